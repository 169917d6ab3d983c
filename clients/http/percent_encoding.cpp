#include "clients/http/percent_encoding.hpp"

namespace natgw::http {

namespace {

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
         || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'
         || c == '~';
}

} // namespace

void percent_encode(std::string& out, std::string_view x) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (auto c : x) {
    if (is_unreserved(c)) {
      out += c;
      continue;
    }
    auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4U];
    out += digits[byte & 0xfU];
  }
}

std::string percent_encode(std::string_view x) {
  std::string result;
  result.reserve(x.size());
  percent_encode(result, x);
  return result;
}

} // namespace natgw::http
