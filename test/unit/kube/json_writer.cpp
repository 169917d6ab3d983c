#include "clients/kube/json_writer.hpp"

#include <cstdint>
#include <limits>
#include <string>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <rapidcheck.h>

namespace {

using natgw::kube::json_writer;

std::string written(std::string_view text) {
  return json_writer{}.string(text).take();
}

} // namespace

BOOST_AUTO_TEST_SUITE(json_writer_suite)

BOOST_AUTO_TEST_CASE(commas_stand_between_values_only) {
  json_writer out;
  out.begin_object().member("a", "x").key("b").begin_array();
  out.number(1).number(-2).boolean(true).null().begin_object().end_object();
  out.end_array().member_or_null("c", "").member_number("d", 7).end_object();
  BOOST_TEST(out.take()
             == R"({"a":"x","b":[1,-2,true,null,{}],"c":null,"d":7})");
}

BOOST_AUTO_TEST_CASE(a_string_that_ends_like_a_bracket_is_no_bracket) {
  json_writer out;
  out.begin_array().string("{").string("[,:").string("").end_array();
  BOOST_TEST(out.take() == R"(["{","[,:",""])");
}

BOOST_AUTO_TEST_CASE(control_characters_quotes_and_backslashes_are_escaped) {
  BOOST_TEST(written(std::string_view{"\"\\\n\r\t\0\x1f/", 8})
             == R"("\"\\\n\r\t\u0000\u001f/")");
}

BOOST_AUTO_TEST_CASE(what_is_not_utf8_is_replaced) {
  const std::string bad = "\xEF\xBF\xBD";
  // A lone continuation, an overlong form, a surrogate, a cut sequence, and
  // what lies above U+10FFFF.
  BOOST_TEST(written("a\x80z") == "\"a" + bad + "z\"");
  BOOST_TEST(written("\xC0\xAF") == '"' + bad + bad + '"');
  BOOST_TEST(written("\xED\xA0\x80") == '"' + bad + bad + bad + '"');
  BOOST_TEST(written("\xE2\x82") == '"' + bad + bad + '"');
  BOOST_TEST(written("\xF4\x90\x80\x80") == '"' + bad + bad + bad + bad + '"');
}

BOOST_AUTO_TEST_CASE(valid_utf8_of_every_length_passes) {
  const std::string text
    = "\x7F\xC2\xA2\xE2\x82\xAC\xED\x9F\xBF\xF0\x9F\x98\x80";
  BOOST_TEST(written(text) == '"' + text + '"');
}

BOOST_AUTO_TEST_CASE(numbers_keep_their_whole_range) {
  json_writer out;
  out.begin_array()
    .number(std::numeric_limits<uint64_t>::max())
    .number(std::numeric_limits<int64_t>::min())
    .end_array();
  BOOST_TEST(out.take() == "[18446744073709551615,-9223372036854775808]");
}

BOOST_AUTO_TEST_CASE(another_parser_reads_back_any_bytes) {
  BOOST_TEST(rc::check([](const std::string& text) {
    auto parsed = nlohmann::json::parse(written(text));
    std::string clean;
    natgw::kube::append_utf8(clean, text, false);
    RC_ASSERT(parsed.get<std::string>() == clean);
  }));
}

BOOST_AUTO_TEST_SUITE_END()
