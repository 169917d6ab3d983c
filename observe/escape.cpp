#include "observe/escape.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>

namespace natgw::observe {

namespace {

uint8_t byte_at(std::string_view text, size_t i) {
  return static_cast<uint8_t>(text[i]);
}

bool in(uint8_t x, uint8_t low, uint8_t high) {
  return low <= x && x <= high;
}

/// A row of table 3-7 of the Unicode standard.
struct utf8_form {
  uint8_t first_low;
  uint8_t first_high;
  uint8_t second_low;
  uint8_t second_high;
  uint8_t length;
};

constexpr auto utf8_forms = std::array<utf8_form, 8>{{
  {0xC2, 0xDF, 0x80, 0xBF, 2},
  {0xE0, 0xE0, 0xA0, 0xBF, 3},
  {0xE1, 0xEC, 0x80, 0xBF, 3},
  {0xED, 0xED, 0x80, 0x9F, 3},
  {0xEE, 0xEF, 0x80, 0xBF, 3},
  {0xF0, 0xF0, 0x90, 0xBF, 4},
  {0xF1, 0xF3, 0x80, 0xBF, 4},
  {0xF4, 0xF4, 0x80, 0x8F, 4},
}};

/// A control character of ASCII or of the C1 set, which some terminals obey.
bool is_control(std::string_view sequence) {
  auto first = byte_at(sequence, 0);
  if (sequence.size() == 1)
    return first < 0x20 || first == 0x7F;
  return sequence.size() == 2 && first == 0xC2 && byte_at(sequence, 1) < 0xA0;
}

void append_control(std::string& out, std::string_view sequence) {
  auto code = byte_at(sequence, sequence.size() - 1);
  switch (code) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += fmt::format("\\u{:04x}", code);
  }
}

/// Appends text with quotes, backslashes, controls and bad bytes escaped.
void append_escaped(std::string& out, std::string_view text, size_t limit,
                    bool json) {
  while (!text.empty()) {
    if (out.size() >= limit) {
      out += "…";
      return;
    }
    auto length = utf8_length(text);
    auto sequence = text.substr(0, std::max<size_t>(length, 1));
    if (length == 0)
      out += json ? "\xEF\xBF\xBD" : fmt::format("\\x{:02x}", byte_at(text, 0));
    else if (is_control(sequence))
      append_control(out, sequence);
    else if (sequence == "\"" || sequence == "\\")
      (out += '\\') += sequence;
    else
      out += sequence;
    text.remove_prefix(sequence.size());
  }
}

bool is_plain(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    auto x = static_cast<uint8_t>(c);
    return x > 0x20 && x < 0x7F && c != '"' && c != '\\' && c != '=';
  });
}

} // namespace

size_t utf8_length(std::string_view text) {
  if (text.empty())
    return 0;
  auto first = byte_at(text, 0);
  if (first < 0x80)
    return 1;
  for (const auto& form : utf8_forms) {
    if (!in(first, form.first_low, form.first_high))
      continue;
    if (text.size() < form.length
        || !in(byte_at(text, 1), form.second_low, form.second_high))
      return 0;
    for (size_t i = 2; i < form.length; ++i)
      if (!in(byte_at(text, i), 0x80, 0xBF))
        return 0;
    return form.length;
  }
  return 0;
}

void escape_json(std::string& out, std::string_view text, size_t limit) {
  append_escaped(out, text, limit, true);
}

void escape_text(std::string& out, std::string_view text, size_t limit) {
  if (is_plain(text) && out.size() + text.size() <= limit) {
    out += text;
    return;
  }
  out += '"';
  append_escaped(out, text, limit, false);
  out += '"';
}

} // namespace natgw::observe
