#include "clients/kube/files.hpp"

#include "test/unit/kube/files.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace natgw;
using namespace natgw::kube;

} // namespace

BOOST_AUTO_TEST_SUITE(files_suite)

BOOST_AUTO_TEST_CASE(base64_is_decoded_with_padding_and_line_ends) {
  BOOST_TEST(decode_base64("").value().empty());
  BOOST_TEST(decode_base64("YQ==").value() == "a");
  BOOST_TEST(decode_base64("YWI=").value() == "ab");
  BOOST_TEST(decode_base64("YWJj\nZGVm\n").value() == "abcdef");
  BOOST_TEST(decode_base64(std::string(100, 'A')).value()
             == std::string(75, '\0'));
}

BOOST_AUTO_TEST_CASE(what_is_not_base64_is_an_error) {
  for (auto* text : {"Y", "YQ=", "Y*==", "not base64!"})
    BOOST_TEST(!decode_base64(text));
}

BOOST_AUTO_TEST_CASE(a_file_is_read_up_to_its_bound) {
  testing::temporary_directory dir;
  BOOST_TEST(read_file(dir.write("a", "text\n")).value() == "text\n");
  BOOST_TEST(read_file(dir.write("empty", "")).value().empty());
  BOOST_TEST(
    read_file(dir.write("full", std::string(1U << 20U, 'x'))).value().size()
    == 1U << 20U);
  auto large = read_file(dir.write("large", std::string((1U << 20U) + 1, 'x')));
  BOOST_TEST(large.error().detail
             == dir.path("large") + " is larger than 1 MiB");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there_is_named) {
  auto x = read_file("/nowhere/at/all");
  BOOST_TEST((x.error().code == ec::invalid_config));
  BOOST_TEST(x.error().detail
             == "cannot read /nowhere/at/all: No such file or directory");
  BOOST_TEST(!read_file("/tmp"));
}

BOOST_AUTO_TEST_SUITE_END()
