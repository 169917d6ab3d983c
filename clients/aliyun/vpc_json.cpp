#include "clients/aliyun/vpc_json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "clients/aliyun/json_reader.hpp"

namespace natgw::aliyun {

namespace {

using json::step;
using json::value;

constexpr size_t max_id = 128;
constexpr size_t max_name = 512;
constexpr size_t max_address = 45;
constexpr size_t max_code = 128;
constexpr size_t max_message = 256;
/// Far above any page that the API gives.
constexpr size_t max_elements = 1'000;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9');
}

bool is_id(std::string_view x) {
  return !x.empty() && x.size() <= max_id && std::ranges::all_of(x, [](char c) {
    return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
  });
}

bool is_address(std::string_view x) {
  return !x.empty() && x.size() <= max_address
         && std::ranges::all_of(x, [](char c) {
              return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')
                     || (c >= 'A' && c <= 'F') || c == '.' || c == ':';
            });
}

std::string lower(std::string_view x) {
  std::string result{x};
  for (auto& c : result)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return result;
}

step read_id(value x, std::string& out) {
  return json::read_text(x, out) && is_id(out);
}

/// Absent or null is no id, and no mistake.
step read_optional_id(value x, std::string& out) {
  return json::read_text(x, out) && (out.empty() || is_id(out));
}

struct port_span {
  uint16_t first = 0;
  uint16_t count = 0;
};

std::optional<uint16_t> parse_port(std::string_view x) {
  auto result = uint16_t{0};
  auto [end, problem] = std::from_chars(x.data(), x.data() + x.size(), result);
  if (problem != std::errc{} || end != x.data() + x.size() || result == 0)
    return std::nullopt;
  return result;
}

/// "80" or "10/20".
std::optional<port_span> parse_ports(std::string_view x) {
  auto slash = x.find('/');
  auto first = parse_port(x.substr(0, slash));
  auto last = slash == std::string_view::npos ? first
                                              : parse_port(x.substr(slash + 1));
  if (!first || !last || *last < *first)
    return std::nullopt;
  return port_span{*first, static_cast<uint16_t>(*last - *first + 1)};
}

std::optional<protocol> parse_protocol(std::string_view x) {
  auto text = lower(x);
  if (text == to_string(protocol::tcp))
    return protocol::tcp;
  if (text == to_string(protocol::udp))
    return protocol::udp;
  return std::nullopt;
}

entry_status parse_status(std::string_view x) {
  auto text = lower(x);
  if (text == "available")
    return entry_status::available;
  if (text == "pending" || text == "modifying")
    return entry_status::pending;
  if (text == "deleting")
    return entry_status::deleting;
  return entry_status::unknown;
}

struct raw_entry {
  std::string id;
  std::string_view name;
  std::string_view external_ip;
  std::string_view external_port;
  std::string_view internal_ip;
  std::string_view internal_port;
  std::string_view proto;
  std::string_view status;
};

step read_raw_entry(value x, raw_entry& out) {
  return json::each_field(x, [&out](std::string_view key, value content) {
    if (key == "ForwardEntryId")
      return read_id(content, out.id);
    using member = std::string_view raw_entry::*;
    constexpr std::array<std::pair<std::string_view, member>, 7> members{{
      {"ForwardEntryName", &raw_entry::name},
      {"ExternalIp", &raw_entry::external_ip},
      {"ExternalPort", &raw_entry::external_port},
      {"InternalIp", &raw_entry::internal_ip},
      {"InternalPort", &raw_entry::internal_port},
      {"IpProtocol", &raw_entry::proto},
      {"Status", &raw_entry::status},
    }};
    const auto* i = std::ranges::find(
      members, key, &std::pair<std::string_view, member>::first);
    return i == members.end() || json::read_text(content, out.*(i->second));
  });
}

step read_entry(value x, forward_entry& out) {
  raw_entry raw;
  if (!read_raw_entry(x, raw) || raw.id.empty() || !is_address(raw.external_ip)
      || (!raw.internal_ip.empty() && !is_address(raw.internal_ip)))
    return false;
  out.id = std::move(raw.id);
  out.status = parse_status(raw.status);
  out.spec.name = clean(raw.name, max_name);
  out.spec.external_ip = raw.external_ip;
  out.spec.internal_ip = raw.internal_ip;
  auto proto = parse_protocol(raw.proto);
  auto external = parse_ports(raw.external_port);
  auto internal = parse_ports(raw.internal_port);
  out.any = !proto || !external || !internal;
  out.spec.proto = proto.value_or(protocol::tcp);
  auto whole = port_span{1, 65'535};
  auto span = out.any ? whole : *external;
  out.spec.external_port = span.first;
  out.spec.count = span.count;
  out.spec.internal_port = out.any ? whole.first : internal->first;
  // A range onto one of another size is nothing that we would ever wish.
  if (!out.any && internal->count != span.count)
    out.spec.internal_port = 0;
  return true;
}

step read_eip(value x, gateway_eip& out) {
  std::string_view use;
  auto snat = false;
  auto ok = json::each_field(x, [&](std::string_view key, value content) {
    if (key == "IpAddress")
      return json::read_text(content, out.address);
    if (key == "AllocationId")
      return read_optional_id(content, out.allocation_id);
    if (key == "UsingStatus")
      return json::read_text(content, use);
    return key != "SnatEntryEnabled" || json::read_bool(content, snat);
  });
  out.shared_with_snat = snat || lower(use) == "usedbysnattable";
  return ok && is_address(out.address);
}

template <class T, class F>
step append(std::vector<T>& out, F fill) {
  return out.size() < max_elements && fill(out.emplace_back());
}

step read_zone(value x, std::string& out) {
  return json::each_element(x, {}, [&out](value private_info) {
    return json::each_field(private_info, [&out](std::string_view key,
                                                 value content) {
      return key != "IzNo" || read_optional_id(content, out);
    });
  });
}

step read_gateway_field(std::string_view key, value content,
                        gateway_view& out) {
  if (key == "NatGatewayId")
    return read_id(content, out.id);
  if (key == "VpcId")
    return read_optional_id(content, out.vpc_id);
  if (key == "Status")
    return read_optional_id(content, out.status);
  if (key == "NatGatewayPrivateInfo")
    return read_zone(content, out.zone);
  if (key == "BusinessStatus") {
    std::string_view text;
    auto ok = json::read_text(content, text);
    out.financial_locked = lower(text) == "financiallocked";
    return ok;
  }
  if (key == "ForwardTableIds")
    return json::each_element(content, "ForwardTableId", [&](value x) {
      return append(out.forward_tables,
                    [x](std::string& id) { return read_id(x, id); });
    });
  if (key == "IpLists")
    return json::each_element(content, "IpList", [&](value x) {
      return append(out.eips,
                    [x](gateway_eip& eip) { return read_eip(x, eip); });
    });
  return true;
}

step read_gateway(value x, gateway_view& out) {
  return json::each_field(x,
                          [&out](std::string_view key, value content) {
                            return read_gateway_field(key, content, out);
                          })
         && !out.id.empty();
}

step read_locks(value x, bool& locked) {
  return json::each_element(x, "LockReason", [&locked](value) {
    locked = true;
    return true;
  });
}

step read_bound_eip(value x, eip_view& out) {
  auto ok = json::each_field(x, [&](std::string_view key, value content) {
    if (key == "IpAddress")
      return json::read_text(content, out.address);
    if (key == "OperationLocks")
      return read_locks(content, out.locked);
    return true;
  });
  return ok && is_address(out.address);
}

/// Reads `{"TotalCount": n, <outer>: {<inner>: [...]}}`; both must be there.
template <class T, class F>
expected<uint32_t> read_page(std::string& body, std::string_view outer,
                             std::string_view inner, std::vector<T>& out,
                             F read_one) {
  auto total = uint32_t{0};
  auto has_total = false;
  auto has_list = false;
  auto ok = json::read_document(body, [&](std::string_view key, value x) {
    if (key == "TotalCount") {
      has_total = true;
      return json::read_count(x, total);
    }
    if (key != outer)
      return true;
    has_list = true;
    return json::each_element(x, inner, [&](value element) {
      return append(out, [&](T& one) { return read_one(element, one); });
    });
  });
  if (!ok || !has_total || !has_list)
    return fail(ec::malformed, "not a page of " + std::string{outer});
  return std::max(total, static_cast<uint32_t>(out.size()));
}

} // namespace

expected<error_body> read_error(std::string& body) {
  error_body result;
  auto take = [](value x, std::string& out, size_t max) {
    // The view dies with the parser.
    std::string_view text;
    auto ok = json::read_text(x, text);
    out = clean(text, max);
    return ok;
  };
  auto ok = json::read_document(body, [&](std::string_view key, value x) {
    if (key == "Code")
      return take(x, result.code, max_code);
    return key != "Message" || take(x, result.message, max_message);
  });
  if (!ok)
    return fail(ec::malformed, "not an error of the API");
  return result;
}

expected<std::string> read_created(std::string& body) {
  std::string id;
  auto ok = json::read_document(body, [&id](std::string_view key, value x) {
    return key != "ForwardEntryId" || read_id(x, id);
  });
  if (!ok || id.empty())
    return fail(ec::malformed, "no id of a forward entry");
  return id;
}

expected<void> read_done(std::string& body) {
  if (!json::read_document(body, [](std::string_view, value) { return true; }))
    return fail(ec::malformed, "not an answer of the API");
  return {};
}

expected<entry_page> read_entries(std::string& body) {
  entry_page result;
  auto total = read_page(body, "ForwardTableEntries", "ForwardTableEntry",
                         result.entries, read_entry);
  if (!total)
    return std::unexpected{total.error()};
  result.total_count = *total;
  return result;
}

expected<gateway_page> read_gateways(std::string& body) {
  gateway_page result;
  auto total = read_page(body, "NatGateways", "NatGateway", result.gateways,
                         read_gateway);
  if (!total)
    return std::unexpected{total.error()};
  result.total_count = *total;
  return result;
}

expected<eip_page> read_eips(std::string& body) {
  eip_page result;
  auto total = read_page(body, "EipAddresses", "EipAddress", result.eips,
                         read_bound_eip);
  if (!total)
    return std::unexpected{total.error()};
  result.total_count = *total;
  return result;
}

std::string clean(std::string_view x, size_t max) {
  // A cut within a character of several bytes would leave half of it.
  auto size = std::min(x.size(), max);
  while (size < x.size() && size > 0
         && (static_cast<unsigned char>(x[size]) & 0xc0U) == 0x80U)
    --size;
  std::string result{x.substr(0, size)};
  std::ranges::replace_if(
    result, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return result;
}

} // namespace natgw::aliyun
