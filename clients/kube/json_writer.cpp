#include "clients/kube/json_writer.hpp"

namespace natgw::kube {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// The range that the second byte of a sequence must lie in: this is what
// excludes overlong forms, surrogates and what is above U+10FFFF.
bool is_second(unsigned char lead, char c) {
  auto byte = static_cast<unsigned char>(c);
  switch (lead) {
    case 0xE0:
      return byte >= 0xA0 && byte <= 0xBF;
    case 0xED:
      return byte >= 0x80 && byte <= 0x9F;
    case 0xF0:
      return byte >= 0x90 && byte <= 0xBF;
    case 0xF4:
      return byte >= 0x80 && byte <= 0x8F;
    default:
      return is_continuation(c);
  }
}

// Length of the valid sequence that `text` begins with; 0: there is none.
size_t sequence_length(std::string_view text) {
  auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80)
    return 1;
  size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                  : lead >= 0xE0 && lead <= 0xEF ? 3
                  : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                 : 0;
  if (length == 0 || text.size() < length || !is_second(lead, text[1]))
    return 0;
  for (size_t i = 2; i < length; ++i)
    if (!is_continuation(text[i]))
      return 0;
  return length;
}

void append_escaped(std::string& out, char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  auto byte = static_cast<unsigned char>(c);
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      if (byte >= 0x20) {
        out += c;
        break;
      }
      out += "\\u00";
      out += hex[byte >> 4U];
      out += hex[byte & 0x0FU];
  }
}

} // namespace

void append_utf8(std::string& out, std::string_view text, bool escape) {
  while (!text.empty()) {
    auto length = sequence_length(text);
    if (length == 0)
      out += replacement;
    else if (length == 1 && escape)
      append_escaped(out, text.front());
    else
      out += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

json_writer& json_writer::key(std::string_view name) {
  string(name);
  out_ += ':';
  return *this;
}

json_writer& json_writer::string(std::string_view text) {
  separate();
  out_ += '"';
  append_utf8(out_, text, true);
  out_ += '"';
  return *this;
}

json_writer& json_writer::raw(std::string_view text) {
  separate();
  out_ += text;
  return *this;
}

json_writer& json_writer::open(char bracket) {
  separate();
  out_ += bracket;
  return *this;
}

void json_writer::separate() {
  if (!out_.empty()
      && std::string_view{"{[:,"}.find(out_.back()) == std::string_view::npos)
    out_ += ',';
}

} // namespace natgw::kube
