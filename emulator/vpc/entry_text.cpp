#include "emulator/vpc/entry_text.hpp"

#include <optional>
#include <utility>

namespace natgw::emulator {

namespace {

/// Ports of one side; `any` has neither.
struct ports {
  bool any = false;
  uint16_t first = 0;
  uint16_t count = 1;
};

std::optional<uint16_t> parse_port(std::string_view text) {
  const auto number = parse_number(text, 65535);
  if (!number || *number == 0 || text.front() == '0')
    return std::nullopt;
  return static_cast<uint16_t>(*number);
}

std::optional<ports> parse_ports(std::string_view text) {
  if (same_word(text, "any"))
    return ports{.any = true};
  const auto slash = text.find('/');
  const auto first = parse_port(text.substr(0, slash));
  if (!first)
    return std::nullopt;
  if (slash == std::string_view::npos)
    return ports{.first = *first};
  const auto last = parse_port(text.substr(slash + 1));
  if (!last || *last <= *first)
    return std::nullopt;
  return ports{.first = *first,
               .count = static_cast<uint16_t>(*last - *first + 1)};
}

std::optional<entry_protocol> parse_protocol(std::string_view text) {
  for (auto x : {entry_protocol::tcp, entry_protocol::udp, entry_protocol::any})
    if (same_word(text, to_string(x)))
      return x;
  return std::nullopt;
}

std::unexpected<api_error> bad_address(refusal_code code,
                                       const std::string& what) {
  return refuse(400, code,
                "The specified " + what + " is not a valid IP address.");
}

std::unexpected<api_error> bad_port(refusal_code code,
                                    const std::string& what) {
  return refuse(400, code, "The specified " + what + " is not a valid port.");
}

std::unexpected<api_error> bad_external_port() {
  return bad_port("InvalidExternalPort.Malformed", "ExternalPort");
}

std::unexpected<api_error> bad_internal_port() {
  return bad_port("InvalidInternalPort.Malformed", "InternalPort");
}

port_span span_of(ipv4 address, const ports& x, entry_protocol protocol) {
  if (protocol == entry_protocol::any)
    return {address, 1, 65535, protocol};
  return {address, x.first, x.count, protocol};
}

/// The length of the character that begins the text; 0 if it is not UTF-8.
size_t character_size(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const size_t size = lead < 0x80               ? 1
                      : (lead & 0xe0U) == 0xc0U ? 2
                      : (lead & 0xf0U) == 0xe0U ? 3
                      : (lead & 0xf8U) == 0xf0U ? 4
                                                : 0;
  if (size > text.size())
    return 0;
  for (size_t i = 1; i < size; ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80U)
      return 0;
  return size;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_name_character(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '_'
         || c == '-';
}

} // namespace

bool is_entry_name(std::string_view text) {
  size_t count = 0;
  if (text.starts_with("http://") || text.starts_with("https://"))
    return false;
  for (auto rest = text; !rest.empty(); ++count) {
    const auto size = character_size(rest);
    if (size == 0 || (size == 1 && !is_name_character(rest.front())))
      return false;
    if (count == 0 && size == 1 && !is_letter(rest.front()))
      return false;
    rest.remove_prefix(size);
  }
  return count >= 2 && count <= 128;
}

entry_text entry_text_of(const api_request& asked,
                         const entry_text& otherwise) {
  const auto pick = [&](std::string_view name, const std::string& other) {
    return asked.has(name) ? asked.get(name) : other;
  };
  return {.external_ip = pick("ExternalIp", otherwise.external_ip),
          .external_port = pick("ExternalPort", otherwise.external_port),
          .internal_ip = pick("InternalIp", otherwise.internal_ip),
          .internal_port = pick("InternalPort", otherwise.internal_port),
          .protocol = pick("IpProtocol", otherwise.protocol),
          .name = pick("ForwardEntryName", otherwise.name)};
}

entry_text entry_text_of(const entry& x) {
  return {.external_ip = format_ipv4(x.external.address),
          .external_port = port_text(x.external),
          .internal_ip = format_ipv4(x.internal.address),
          .internal_port = port_text(x.internal),
          .protocol = std::string{to_string(x.external.protocol)},
          .name = x.name};
}

api_expected<entry> read_entry(const entry_text& x) {
  const auto external_ip = parse_ipv4(x.external_ip);
  if (!external_ip)
    return bad_address("InvalidExternalIp.Malformed", "ExternalIp");
  const auto internal_ip = parse_ipv4(x.internal_ip);
  if (!internal_ip)
    return bad_address("InvalidInternalIp.Malformed", "InternalIp");
  const auto external = parse_ports(x.external_port);
  if (!external)
    return bad_external_port();
  const auto internal = parse_ports(x.internal_port);
  if (!internal)
    return bad_internal_port();
  const auto protocol = parse_protocol(x.protocol);
  if (!protocol)
    return refuse(400, "InvalidProtocal.ValueNotSupported",
                  "The specified IpProtocol does not support.");
  const bool any = *protocol == entry_protocol::any;
  if (external->any != any)
    return bad_external_port();
  if (internal->any != any || internal->count != external->count)
    return bad_internal_port();
  if (!x.name.empty() && !is_entry_name(x.name))
    return refuse(400, "InvalidParameter.Name.Malformed",
                  "The specified Name is not valid.");
  entry result;
  result.name = x.name;
  result.external = span_of(*external_ip, *external, *protocol);
  result.internal = span_of(*internal_ip, *internal, *protocol);
  return result;
}

} // namespace natgw::emulator
