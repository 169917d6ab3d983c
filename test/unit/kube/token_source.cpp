#include "clients/kube/token_source.hpp"

#include <filesystem>

#include "test/unit/kube/files.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace natgw;
using kube::token_source;
using kube::testing::temporary_directory;

} // namespace

BOOST_AUTO_TEST_SUITE(token_source_suite)

BOOST_AUTO_TEST_CASE(no_source_sends_nothing) {
  BOOST_TEST(token_source{}.token().value().empty());
}

BOOST_AUTO_TEST_CASE(a_fixed_token_stays) {
  auto source = token_source::fixed("abc");
  source.invalidate();
  BOOST_TEST(source.token().value() == "abc");
}

BOOST_AUTO_TEST_CASE(a_token_that_could_break_a_header_is_refused) {
  for (auto* text : {"", "a b", "a\r\nX-Evil: 1", "\x01"})
    BOOST_TEST(
      (token_source::fixed(text).token().error().code == ec::unauthorized));
}

BOOST_AUTO_TEST_CASE(a_file_that_rotates_is_read_again) {
  temporary_directory dir;
  dir.write("v1/token", "one\n");
  dir.write("v2/token", "two\n");
  std::filesystem::create_directory_symlink("v1", dir.path("data"));
  auto source = token_source::file(dir.path("data/token"));
  BOOST_TEST(source.token().value() == "one");
  // As the kubelet does it: the link moves at once.
  std::filesystem::create_directory_symlink("v2", dir.path("next"));
  std::filesystem::rename(dir.path("next"), dir.path("data"));
  BOOST_TEST(source.token().value() == "two");
}

BOOST_AUTO_TEST_CASE(the_last_token_serves_while_the_file_is_away) {
  temporary_directory dir;
  auto path = dir.write("token", "one");
  auto source = token_source::file(path);
  BOOST_TEST(source.token().value() == "one");
  std::filesystem::remove(path);
  source.invalidate();
  BOOST_TEST(source.token().value() == "one");
  dir.write("token", "two");
  BOOST_TEST(source.token().value() == "two");
}

BOOST_AUTO_TEST_CASE(copies_share_what_was_read) {
  temporary_directory dir;
  auto source = token_source::file(dir.write("token", "one"));
  auto copy = source;
  BOOST_TEST(source.token().value() == "one");
  std::filesystem::remove(dir.path("token"));
  BOOST_TEST(copy.token().value() == "one");
}

BOOST_AUTO_TEST_CASE(a_file_never_readable_is_an_error_without_its_content) {
  temporary_directory dir;
  auto source = token_source::file(dir.write("token", "bad secret\x02"));
  auto token = source.token();
  BOOST_TEST((token.error().code == ec::unauthorized));
  BOOST_TEST(token.error().detail.find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
