#include "config/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace natgw::config {

namespace {

using std::chrono::milliseconds;

constexpr auto longest_duration = std::chrono::years{10};

struct unit {
  std::string_view name;
  milliseconds length;
};

/// "ms" comes before "m", or it would never be found.
constexpr auto units = std::array<unit, 4>{{
  {"ms", milliseconds{1}},
  {"h", std::chrono::hours{1}},
  {"m", std::chrono::minutes{1}},
  {"s", std::chrono::seconds{1}},
}};

bool is_lower_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

std::unexpected<error> bad(std::string rule) {
  return fail(ec::invalid_argument, std::move(rule));
}

std::unexpected<error> bad_duration() {
  return bad("must be a duration such as 10s, 5m or 200ms");
}

/// Takes one "10s" off the front of `text`.
std::optional<milliseconds> take_part(std::string_view& text) {
  uint32_t number = 0;
  const auto* end = text.data() + text.size();
  auto [rest, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc{})
    return std::nullopt;
  text.remove_prefix(static_cast<size_t>(rest - text.data()));
  for (const auto& x : units) {
    if (text.starts_with(x.name)) {
      text.remove_prefix(x.name.size());
      return x.length * number;
    }
  }
  return std::nullopt;
}

expected<std::string> canonical_ip(std::string_view text, int family) {
  std::string copy{text};
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (inet_pton(family, copy.c_str(), bytes.data()) != 1
      || copy.find('\0') != std::string::npos
      || inet_ntop(family, bytes.data(), out.data(), out.size()) == nullptr)
    return bad("must be a numeric address");
  return std::string{out.data()};
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "[::1]"
         || (host.starts_with("127.") && parse_ipv4(host).has_value());
}

/// Splits "host:port" at its last colon, outside of brackets; the port may be
/// missing.
std::pair<std::string_view, std::string_view>
split_port(std::string_view text) {
  auto colon = text.rfind(':');
  auto bracket = text.rfind(']');
  if (colon == std::string_view::npos
      || (bracket != std::string_view::npos && colon < bracket))
    return {text, {}};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

bool is_host(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    return canonical_ip(host.substr(1, host.size() - 2), AF_INET6).has_value();
  return !host.empty() && host.size() <= 253
         && std::ranges::all_of(host, [](char c) {
              return is_lower_word(c) || c == '.';
            });
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/// http or https, a host, perhaps a port, and nothing else.
bool is_web_address(std::string_view text) {
  auto secure = text.starts_with("https://");
  if (!secure && !text.starts_with("http://"))
    return false;
  auto rest = text.substr(secure ? 8 : 7);
  auto [host, digits] = split_port(rest);
  return is_host(host)
         && (host.size() == rest.size() || parse_number(digits, 1, 65535));
}

} // namespace

expected<uint64_t> parse_number(std::string_view text, uint64_t low,
                                uint64_t high) {
  uint64_t result = 0;
  const auto* end = text.data() + text.size();
  auto [rest, problem] = std::from_chars(text.data(), end, result);
  if (problem != std::errc{} || rest != end || result < low || result > high)
    return bad(fmt::format("must be a whole number from {} to {}", low, high));
  return result;
}

expected<milliseconds> parse_duration(std::string_view text) {
  if (text == "0")
    return milliseconds{0};
  if (text.empty() || text.size() > 32)
    return bad_duration();
  milliseconds sum{0};
  while (!text.empty()) {
    auto part = take_part(text);
    if (!part)
      return bad_duration();
    sum += *part;
  }
  if (sum > longest_duration)
    return bad("must be a duration of at most ten years");
  return sum;
}

std::string format_duration(milliseconds x) {
  if (x <= milliseconds{0})
    return "0s";
  std::string result;
  // From large to small.
  for (auto i : {1U, 2U, 3U, 0U}) {
    auto n = x / units[i].length;
    if (n > 0)
      result += fmt::format("{}{}", n, units[i].name);
    x %= units[i].length;
  }
  return result;
}

expected<port_range> parse_ports(std::string_view text) {
  auto dash = text.find('-');
  auto first = parse_number(text.substr(0, dash), 1, 65535);
  auto last = dash == std::string_view::npos
                ? first
                : parse_number(text.substr(dash + 1), 1, 65535);
  if (!first || !last || *first > *last)
    return bad("must be a port or a range such as 3127-3130, from 1 to 65535");
  return port_range{static_cast<uint16_t>(*first),
                    static_cast<uint16_t>(*last)};
}

expected<listen_address> parse_listen_address(std::string_view text) {
  auto [host, digits] = split_port(text);
  auto port = parse_number(digits, 0, 65535);
  auto bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  auto ip = bracketed ? canonical_ip(host.substr(1, host.size() - 2), AF_INET6)
                      : canonical_ip(host, AF_INET);
  if (!port || !ip)
    return bad("must be a numeric address and a port, such as 127.0.0.1:9461 "
               "or [::1]:9461");
  return listen_address{*ip, static_cast<uint16_t>(*port)};
}

expected<std::string> parse_ipv4(std::string_view text) {
  return canonical_ip(text, AF_INET);
}

expected<std::string> parse_id(std::string_view text, std::string_view prefix) {
  auto tail = text.starts_with(prefix) ? text.substr(prefix.size()) : "";
  if (tail.empty() || tail.size() > 60
      || !std::ranges::all_of(tail, is_lower_word))
    return bad(fmt::format("must be an id that begins with {}", prefix));
  return std::string{text};
}

expected<std::string> parse_label(std::string_view text, size_t max_length) {
  if (text.empty() || text.size() > max_length || text.front() == '-'
      || text.back() == '-' || !std::ranges::all_of(text, is_lower_word))
    return bad(fmt::format("must be 1 to {} lower-case letters, digits and "
                           "dashes, without a dash at either end",
                           max_length));
  return std::string{text};
}

expected<std::string> parse_endpoint(std::string_view text) {
  if (!is_web_address(text))
    return bad("must be https://HOST or https://HOST:PORT");
  auto plain = text.starts_with("http://");
  if (plain && !is_loopback(split_port(text.substr(7)).first))
    return bad("must be https, since http is for loopback addresses only");
  return std::string{text};
}

expected<std::string> parse_local_endpoint(std::string_view text) {
  if (!is_web_address(text))
    return bad("must be http://HOST, perhaps with https or a :PORT");
  return std::string{text};
}

expected<std::string> parse_url(std::string_view text) {
  auto scheme = text.find("://");
  auto path = text.find_first_of(
    "/?", scheme == std::string_view::npos ? 0 : scheme + 3);
  auto rest = path == std::string_view::npos ? std::string_view{}
                                             : text.substr(path);
  auto printable = std::ranges::all_of(rest, [](char c) {
    return c > ' ' && c <= '~' && c != '#';
  });
  if (!is_web_address(text.substr(0, path)) || !printable)
    return bad("must be a URL such as http://127.0.0.1:8080/credentials");
  return std::string{text};
}

expected<std::string> parse_path(std::string_view text) {
  if (!text.starts_with('/') || text.contains('\0'))
    return bad("must be an absolute path");
  return std::string{text};
}

expected<std::string> parse_ram_name(std::string_view text) {
  if (text.empty() || text.size() > 64 || !std::ranges::all_of(text, is_word))
    return bad("must be 1 to 64 letters, digits, dots, dashes and underscores");
  return std::string{text};
}

expected<std::string> parse_arn(std::string_view text, std::string_view kind) {
  constexpr std::string_view head = "acs:ram::";
  auto rest = text.starts_with(head) ? text.substr(head.size())
                                     : std::string_view{};
  auto colon = rest.find(':');
  auto account = rest.substr(0, colon);
  auto tail = colon == std::string_view::npos ? std::string_view{}
                                              : rest.substr(colon + 1);
  auto prefix = std::string{kind} + '/';
  auto name = tail.starts_with(prefix) ? tail.substr(prefix.size())
                                       : std::string_view{};
  auto digits = !account.empty() && account.size() <= 32
                && account.find_first_not_of("0123456789")
                     == std::string_view::npos;
  if (!digits || name.empty() || name.size() > 128
      || !std::ranges::all_of(name, is_word))
    return bad(fmt::format("must be acs:ram::ACCOUNT:{}/NAME", kind));
  return std::string{text};
}

std::string lower(std::string_view text) {
  std::string result{text};
  for (auto& c : result)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return result;
}

size_t edit_distance(std::string_view a, std::string_view b) {
  a = a.substr(0, 64);
  b = b.substr(0, 64);
  // Rows of the usual table: two before, before, and the present one.
  std::vector<size_t> older(b.size() + 1);
  std::vector<size_t> old(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    older.swap(old);
    old.swap(row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      auto same = a[i - 1] == b[j - 1];
      row[j]
        = std::min({old[j] + 1, row[j - 1] + 1, old[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], older[j - 2] + 1);
    }
  }
  return row[b.size()];
}

} // namespace natgw::config
