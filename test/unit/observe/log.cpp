#include "observe/log.hpp"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

using namespace natgw::observe;

namespace {

/// Collects the lines of a test and restores the defaults after it.
struct collected {
  std::vector<std::string> lines;

  explicit collected(log_format format, level threshold = level::debug) {
    configure_log({format, threshold, [this](std::string_view line) {
                     lines.emplace_back(line);
                   }});
  }

  ~collected() {
    configure_log({});
  }

  collected(const collected&) = delete;
  collected& operator=(const collected&) = delete;
};

} // namespace

BOOST_AUTO_TEST_SUITE(observe_log)

BOOST_AUTO_TEST_CASE(a_text_line_has_level_event_and_fields) {
  BOOST_TEST(format_line(log_format::text, level::info, "pod_ready",
                         {{"pod", "default/a"}, {"uid", "1-2"}}, "T")
             == "T INFO pod_ready pod=default/a uid=1-2");
}

BOOST_AUTO_TEST_CASE(a_json_line_has_the_same_as_members) {
  auto line = format_line(log_format::json, level::warn, "api_refused",
                          {{"detail", "a \"b\"\n"}}, "T");
  auto object = nlohmann::json::parse(line);
  BOOST_TEST(object["time"].get<std::string>() == "T");
  BOOST_TEST(object["level"].get<std::string>() == "warn");
  BOOST_TEST(object["event"].get<std::string>() == "api_refused");
  BOOST_TEST(object["detail"].get<std::string>() == "a \"b\"\n");
}

BOOST_AUTO_TEST_CASE(one_event_is_one_line) {
  collected out{log_format::text};
  log(level::error, "odd", {{"detail", "a\nb INFO forged"}});
  BOOST_REQUIRE(out.lines.size() == 1U);
  BOOST_TEST(out.lines[0].find('\n') == std::string::npos);
  BOOST_TEST(out.lines[0].ends_with("ERROR odd detail=\"a\\nb INFO forged\""));
}

BOOST_AUTO_TEST_CASE(events_below_the_threshold_are_dropped) {
  collected out{log_format::text, level::warn};
  log(level::info, "quiet");
  log(level::warn, "loud");
  BOOST_REQUIRE(out.lines.size() == 1U);
  BOOST_TEST(out.lines[0].ends_with("WARN loud"));
}

BOOST_AUTO_TEST_CASE(braces_are_not_a_format) {
  collected out{log_format::text};
  log(level::info, "odd", {{"detail", "{}{0}%s%n"}});
  BOOST_TEST(out.lines.at(0).ends_with("detail={}{0}%s%n"));
}

BOOST_AUTO_TEST_CASE(a_line_starts_with_its_time) {
  collected out{log_format::json};
  log(level::info, "x");
  auto object = nlohmann::json::parse(out.lines.at(0));
  auto time = object["time"].get<std::string>();
  BOOST_TEST(time.size() == std::string{"2025-01-31T12:00:00.000Z"}.size());
  BOOST_TEST(time.back() == 'Z');
}

BOOST_AUTO_TEST_CASE(long_lines_are_cut_and_stay_valid) {
  std::string text(100'000, '"');
  auto line = format_line(log_format::json, level::info, "x",
                          {{"a", text}, {"b", text}}, "T");
  BOOST_TEST(line.size() < 17'000U);
  BOOST_TEST(nlohmann::json::accept(line));
}

BOOST_AUTO_TEST_CASE(names_of_levels_and_formats_read_back) {
  for (auto x : {level::debug, level::info, level::warn, level::error})
    BOOST_TEST((parse_level(to_string(x)).value() == x));
  BOOST_TEST(!parse_level("INFO").has_value());
  BOOST_TEST((parse_log_format("json").value() == log_format::json));
  BOOST_TEST(!parse_log_format("xml").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
