#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/model.hpp"
#include "messages/error.hpp"

/// The small languages that values of the configuration are written in. All
/// errors are `invalid_argument`, with the rule as their detail.
namespace natgw::config {

/// A whole decimal number within bounds (both included).
expected<uint64_t> parse_number(std::string_view text, uint64_t low,
                                uint64_t high);

/// A duration as in Go, of whole numbers: "200ms", "10s", "5m", "1h30m"; "0"
/// needs no unit. At most ten years.
expected<std::chrono::milliseconds> parse_duration(std::string_view text);

/// The inverse, in the largest units that fit: "1h30m".
std::string format_duration(std::chrono::milliseconds x);

/// A port or a range of ports, both ends included: "80", "3127-3130".
expected<port_range> parse_ports(std::string_view text);

/// "127.0.0.1:9461" or "[::1]:9461"; the host must be numeric.
expected<listen_address> parse_listen_address(std::string_view text);

/// An IPv4 address in dotted form, made canonical.
expected<std::string> parse_ipv4(std::string_view text);

/// An id of the cloud such as "ngw-bp1…": the prefix, then up to 60 lower-case
/// letters, digits and dashes.
expected<std::string> parse_id(std::string_view text, std::string_view prefix);

/// A name that may become part of a host name or of a path: lower-case
/// letters, digits and dashes, at most `max_length`, dashes not at the ends.
expected<std::string> parse_label(std::string_view text, size_t max_length);

/// The address of an API: "https://HOST[:PORT]", or "http://" to loopback.
expected<std::string> parse_endpoint(std::string_view text);

/// "http://HOST[:PORT]" or the same with https: an address inside the machine
/// or the VPC, where http is usual.
expected<std::string> parse_local_endpoint(std::string_view text);

/// The same with a path and perhaps a query, in printable ASCII.
expected<std::string> parse_url(std::string_view text);

/// An absolute path.
expected<std::string> parse_path(std::string_view text);

/// The name of a RAM role or session: 1 to 64 letters, digits and ".-_".
expected<std::string> parse_ram_name(std::string_view text);

/// "acs:ram::ACCOUNT:KIND/NAME" with this kind, such as "role".
expected<std::string> parse_arn(std::string_view text, std::string_view kind);

/// The same text in lower case (ASCII).
std::string lower(std::string_view text);

/// The number of insertions, deletions, substitutions and swaps of neighbours
/// that turn one text into the other. Texts over 64 bytes are cut.
size_t edit_distance(std::string_view a, std::string_view b);

} // namespace natgw::config
