#include "core/digest.hpp"

#include <vector>

#include <boost/test/unit_test.hpp>

using namespace natgw::core;

namespace {

std::string base32_of(std::string_view text) {
  const std::vector<uint8_t> bytes{text.begin(), text.end()};
  return base32(bytes);
}

} // namespace

BOOST_AUTO_TEST_SUITE(digest)

BOOST_AUTO_TEST_CASE(sha256_gives_the_vector_of_fips_180) {
  const auto x = sha256("abc");
  BOOST_TEST(x[0] == 0xba);
  BOOST_TEST(x[1] == 0x78);
  BOOST_TEST(x[31] == 0xad);
}

BOOST_AUTO_TEST_CASE(base32_gives_the_vectors_of_rfc_4648) {
  BOOST_TEST(base32_of("") == "");
  BOOST_TEST(base32_of("f") == "my");
  BOOST_TEST(base32_of("fo") == "mzxq");
  BOOST_TEST(base32_of("foo") == "mzxw6");
  BOOST_TEST(base32_of("foob") == "mzxw6yq");
  BOOST_TEST(base32_of("fooba") == "mzxw6ytb");
  BOOST_TEST(base32_of("foobar") == "mzxw6ytboi");
}

BOOST_AUTO_TEST_CASE(fields_cannot_run_into_each_other) {
  std::string left;
  append_field(left, "ab");
  append_field(left, "c");
  std::string right;
  append_field(right, "a");
  append_field(right, "bc");
  BOOST_TEST(left != right);
}

BOOST_AUTO_TEST_SUITE_END()
