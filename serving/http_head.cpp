#include "serving/http_head.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace natgw::serving {

namespace {

void append_field(std::string& out, std::string_view name,
                  std::string_view value) {
  const auto clean = [&out](std::string_view text) {
    for (char c : text)
      out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  };
  clean(name);
  out += ": ";
  clean(value);
  out += "\r\n";
}

bool is_framing(std::string_view name) {
  static constexpr auto own = std::to_array<std::string_view>(
    {"content-length", "transfer-encoding", "connection"});
  const auto same = [](char x, char y) { return (x | 0x20) == y; };
  return std::ranges::any_of(own, [&](std::string_view x) {
    return std::ranges::equal(name, x, same);
  });
}

bool has_no_body(int status) {
  return status < 200 || status == 204 || status == 304;
}

} // namespace

std::string_view reason_phrase(int status) {
  static constexpr auto phrases
    = std::to_array<std::pair<int, std::string_view>>(
      {{200, "OK"},
       {201, "Created"},
       {202, "Accepted"},
       {204, "No Content"},
       {301, "Moved Permanently"},
       {302, "Found"},
       {304, "Not Modified"},
       {400, "Bad Request"},
       {401, "Unauthorized"},
       {403, "Forbidden"},
       {404, "Not Found"},
       {405, "Method Not Allowed"},
       {406, "Not Acceptable"},
       {408, "Request Timeout"},
       {409, "Conflict"},
       {410, "Gone"},
       {413, "Content Too Large"},
       {415, "Unsupported Media Type"},
       {422, "Unprocessable Content"},
       {429, "Too Many Requests"},
       {431, "Request Header Fields Too Large"},
       {500, "Internal Server Error"},
       {501, "Not Implemented"},
       {502, "Bad Gateway"},
       {503, "Service Unavailable"},
       {504, "Gateway Timeout"}});
  const auto found = std::ranges::find(
    phrases, status, &std::pair<int, std::string_view>::first);
  return found == phrases.end() ? "Unknown" : found->second;
}

std::string format_head(int status, std::span<const header> headers,
                        body_framing framing) {
  std::string out = "HTTP/1.1 ";
  out += std::to_string(status);
  out += ' ';
  out += reason_phrase(status);
  out += "\r\n";
  for (const auto& x : headers)
    if (!is_framing(x.name))
      append_field(out, x.name, x.value);
  if (!framing.length)
    append_field(out, "Transfer-Encoding", "chunked");
  else if (!has_no_body(status) || *framing.length > 0)
    append_field(out, "Content-Length", std::to_string(*framing.length));
  append_field(out, "Connection", framing.keep_alive ? "keep-alive" : "close");
  out += "\r\n";
  return out;
}

void append_chunk(std::string& out, std::string_view data) {
  if (data.empty())
    return;
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(),
                                 data.size(), 16);
  out.append(digits.data(), end.ptr);
  out += "\r\n";
  out += data;
  out += "\r\n";
}

} // namespace natgw::serving
