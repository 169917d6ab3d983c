#include "config/guard.hpp"

#include <string>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace natgw::config;

namespace {

std::string rule_of(const std::string& text) {
  auto problem = guard_yaml(text);
  return problem ? problem->rule : "";
}

std::string repeat(const std::string& text, size_t n) {
  std::string result;
  for (size_t i = 0; i < n; ++i)
    result += text;
  return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(config_guard)

BOOST_AUTO_TEST_CASE(an_ordinary_text_passes) {
  BOOST_TEST(!guard_yaml("a: 1\nb: [1, 2]\nc: &x {d: e}\nf: *x\n"));
  BOOST_TEST(!guard_yaml(""));
}

BOOST_AUTO_TEST_CASE(a_broken_text_is_refused_with_its_place) {
  auto problem = guard_yaml("a: 1\nb: [1, 2\nc: 3\n");
  BOOST_REQUIRE(problem.has_value());
  BOOST_TEST(problem->line > 0);
  BOOST_TEST(!problem->rule.empty());
}

BOOST_AUTO_TEST_CASE(depth_is_bounded) {
  BOOST_TEST(rule_of(repeat("[", 32) + repeat("]", 32)) == "");
  BOOST_TEST(rule_of(repeat("[", 33) + repeat("]", 33)) == "nested too deeply");
  BOOST_TEST(rule_of(repeat("[", 500'000)) != "");
  BOOST_TEST(rule_of(repeat("{a: ", 500'000)) != "");
  BOOST_TEST(rule_of(repeat("- ", 500'000)) != "");
}

BOOST_AUTO_TEST_CASE(aliases_are_bounded) {
  std::string text = "a: &x [1]\nb:\n";
  BOOST_TEST(rule_of(text + repeat("- *x\n", 1000)) == "");
  BOOST_TEST(rule_of(text + repeat("- *x\n", 1001)) == "too many aliases");
}

BOOST_AUTO_TEST_CASE(the_number_of_values_is_bounded) {
  BOOST_TEST(rule_of(repeat("- 1\n", 200'000)) == "too many values");
}

BOOST_AUTO_TEST_CASE(a_second_document_is_refused) {
  BOOST_TEST(rule_of("a: 1\n---\nb: 2\n") == "only one document is allowed");
}

BOOST_AUTO_TEST_CASE(any_bytes_are_answered_without_an_exception) {
  BOOST_TEST(rc::check("never throws",
                       [](const std::string& text) { guard_yaml(text); }));
}

BOOST_AUTO_TEST_SUITE_END()
