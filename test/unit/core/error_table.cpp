// docs/cloud.md says what the controller does about every code; it is compared
// with what the controller does.

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "core/retry_classifier.hpp"

using namespace natgw;

namespace {

constexpr std::string_view begin_mark = "<!-- error table -->\n";
constexpr std::string_view end_mark = "<!-- end of the error table -->";

std::string read_document() {
  std::ifstream in{NATGW_SOURCE_DIR "/docs/cloud.md"};
  BOOST_REQUIRE(in.is_open());
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::string code_of(const core::error_rule& x) {
  auto code = x.code.empty() ? std::string{"no code"}
                             : fmt::format("`{}`", x.code);
  return x.message.empty() ? code
                           : fmt::format("{} with \"{}\"", code, x.message);
}

std::string status_of(const core::error_rule& x) {
  if (x.status_from == 0)
    return "any";
  if (x.status_from == x.status_to)
    return std::to_string(x.status_from);
  return x.status_from == 400 && x.status_to == 499   ? "4xx"
         : x.status_from == 500 && x.status_to == 599 ? "5xx"
                                                      : "4xx, 5xx";
}

std::string actions_of(const core::error_rule& x) {
  if (x.actions == core::all_actions)
    return "all";
  constexpr std::pair<api_action, std::string_view> words[]
    = {{api_action::create_entry, "create"},
       {api_action::modify_entry, "modify"},
       {api_action::delete_entry, "delete"},
       {api_action::describe_entries, "read"}};
  std::string result;
  for (const auto& [action, word] : words)
    if ((x.actions & core::only(action)) != 0)
      result += (result.empty() ? "" : ", ") + std::string{word};
  return result;
}

std::string render() {
  std::string result
    = "\n| code | status | of | class | what it means, and what "
      "the controller does |\n|---|---|---|---|---|\n";
  for (const auto& x : core::error_rules())
    result += fmt::format("| {} | {} | {} | {} | {} |\n", code_of(x),
                          status_of(x), actions_of(x), to_string(x.outcome),
                          x.meaning);
  return result + "\n";
}

} // namespace

BOOST_AUTO_TEST_SUITE(error_table)

BOOST_AUTO_TEST_CASE(the_document_has_the_classifiers_table) {
  auto document = read_document();
  auto from = document.find(begin_mark);
  auto to = document.find(end_mark);
  BOOST_REQUIRE(from != std::string::npos);
  BOOST_REQUIRE(to != std::string::npos);
  from += begin_mark.size();
  BOOST_REQUIRE(from <= to);
  auto expected = render();
  BOOST_TEST(document.substr(from, to - from) == expected,
             "docs/cloud.md is to contain:\n"
               << expected);
}

BOOST_AUTO_TEST_SUITE_END()
