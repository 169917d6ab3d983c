#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

namespace natgw {

/// A transport protocol that DNAT entries know.
enum class protocol : uint8_t { tcp, udp };

/// "tcp" or "udp".
constexpr std::string_view to_string(protocol x) {
  return x == protocol::tcp ? "tcp" : "udp";
}

/// One item of the expose-port annotation: a single port (`count` = 1) or a
/// range. `first + count - 1` never exceeds 65535; `count` is at least 1.
struct port_item {
  protocol proto = protocol::tcp;
  uint16_t first = 0;
  uint16_t count = 1;

  auto operator<=>(const port_item&) const = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, port_item& x) {
  return f(x.proto, x.first, x.count);
}

/// A run of consecutive external ports mapped onto as many consecutive
/// internal ones; the cloud holds it as one forward entry. Neither side
/// exceeds 65535.
struct port_run {
  /// Number of the entry within its binding, the last part of the entry's
  /// name. Never reused within a binding while an entry may carry it.
  uint16_t n = 0;
  protocol proto = protocol::tcp;
  uint16_t external = 0;
  uint16_t internal = 0;
  uint16_t count = 1;

  auto operator<=>(const port_run&) const = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, port_run& x) {
  return f(x.n, x.proto, x.external, x.internal, x.count);
}

} // namespace natgw
