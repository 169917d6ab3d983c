#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/ip_address.hpp"
#include "messages/entry.hpp"

namespace natgw::core::table {

/// The five fields of an entry, packed: a table holds many of them.
struct flow {
  ipv4 external_ip;
  ipv4 internal_ip;
  uint16_t external_port = 0;
  uint16_t internal_port = 0;
  uint16_t count = 1;
  protocol proto = protocol::tcp;

  bool operator==(const flow&) const = default;
};

/// Packs a spec of ours; nothing if an address is no IPv4, a port or `count`
/// is 0, or a range ends beyond 65535.
std::optional<flow> pack(const entry_spec& spec);

/// As `pack`, for what the cloud tells: what cannot be read becomes 0, which
/// equals no wish.
flow pack_seen(const entry_spec& spec);

entry_spec unpack(std::string name, const flow& x);

/// `1.2.3.4:512/tcp`, for people.
std::string external_text(const flow& x);
std::string internal_text(const flow& x);

} // namespace natgw::core::table
