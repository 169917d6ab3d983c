#include "observe/escape.hpp"

#include <string>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <rapidcheck.h>

using namespace natgw::observe;

namespace {

std::string json(std::string_view text, size_t limit = 1000) {
  std::string out;
  escape_json(out, text, limit);
  return out;
}

std::string plain(std::string_view text, size_t limit = 1000) {
  std::string out;
  escape_text(out, text, limit);
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(observe_escape)

BOOST_AUTO_TEST_CASE(sequences_are_told_from_bad_bytes) {
  BOOST_TEST(utf8_length("a") == 1U);
  BOOST_TEST(utf8_length("é") == 2U);
  BOOST_TEST(utf8_length("€") == 3U);
  BOOST_TEST(utf8_length("😀") == 4U);
  for (const auto* bad : {"", "\x80", "\xC0\x80", "\xC2", "\xE0\x80\x80",
                          "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x82"})
    BOOST_TEST(utf8_length(bad) == 0U);
}

BOOST_AUTO_TEST_CASE(plain_words_stay_bare) {
  BOOST_TEST(plain("default/game-0") == "default/game-0");
  BOOST_TEST(plain("") == "\"\"");
  BOOST_TEST(plain("a b") == "\"a b\"");
  BOOST_TEST(plain("a=b") == "\"a=b\"");
  BOOST_TEST(plain("a\"b\\") == R"("a\"b\\")");
}

BOOST_AUTO_TEST_CASE(nothing_moves_the_cursor_or_forges_a_line) {
  BOOST_TEST(plain("a\nb\r\t") == R"("a\nb\r\t")");
  BOOST_TEST(plain("\x1b[2J") == R"("\u001b[2J")");
  BOOST_TEST(plain("\xC2\x9B") == R"("\u009b")");
  BOOST_TEST(plain("\xFF") == R"("\xff")");
  BOOST_TEST(plain("\x7F") == R"("\u007f")");
}

BOOST_AUTO_TEST_CASE(bad_bytes_become_the_replacement_character_in_json) {
  BOOST_TEST(json("a\xFF") == "a\xEF\xBF\xBD");
  BOOST_TEST(json("é") == "é");
}

BOOST_AUTO_TEST_CASE(long_texts_are_cut) {
  BOOST_TEST(json(std::string(100, 'a'), 5) == "aaaaa…");
  BOOST_TEST(plain(std::string(100, 'a'), 5) == "\"aaaa…\"");
}

BOOST_AUTO_TEST_CASE(any_bytes_make_valid_json) {
  BOOST_TEST(rc::check("parses", [](const std::string& text) {
    RC_ASSERT(nlohmann::json::accept('"' + json(text) + '"'));
  }));
}

BOOST_AUTO_TEST_CASE(valid_text_reads_back_from_json) {
  std::string text = "a\n\"é€😀\\\x01\x7F";
  auto read = nlohmann::json::parse('"' + json(text) + '"');
  BOOST_TEST(read.get<std::string>() == text);
}

BOOST_AUTO_TEST_SUITE_END()
