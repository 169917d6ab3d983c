#include "core/forward_table/flow.hpp"

#include <utility>

#include "core/port_text.hpp"

namespace natgw::core::table {

namespace {

bool fits(uint16_t first, uint16_t count) {
  return first != 0 && count != 0
         && uint32_t{first} + uint32_t{count} - 1 <= 65535;
}

std::string endpoint(ipv4 address, uint16_t port, const flow& x) {
  auto result = to_string(address) + ':' + format_ports({port, x.count}) + '/';
  result += natgw::to_string(x.proto);
  return result;
}

} // namespace

std::optional<flow> pack(const entry_spec& spec) {
  auto external = parse_ipv4(spec.external_ip);
  auto internal = parse_ipv4(spec.internal_ip);
  if (!external || !internal || !fits(spec.external_port, spec.count)
      || !fits(spec.internal_port, spec.count))
    return std::nullopt;
  return pack_seen(spec);
}

flow pack_seen(const entry_spec& spec) {
  return {parse_ipv4(spec.external_ip).value_or(ipv4{}),
          parse_ipv4(spec.internal_ip).value_or(ipv4{}),
          spec.external_port,
          spec.internal_port,
          spec.count,
          spec.proto};
}

entry_spec unpack(std::string name, const flow& x) {
  return {std::move(name), to_string(x.external_ip), to_string(x.internal_ip),
          x.external_port, x.internal_port,          x.count,
          x.proto};
}

std::string external_text(const flow& x) {
  return endpoint(x.external_ip, x.external_port, x);
}

std::string internal_text(const flow& x) {
  return endpoint(x.internal_ip, x.internal_port, x);
}

} // namespace natgw::core::table
