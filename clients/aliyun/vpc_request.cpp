#include "clients/aliyun/vpc_request.hpp"

#include <algorithm>
#include <utility>

#include "core/time_text.hpp"

namespace natgw::aliyun {

namespace {

constexpr std::string_view api_version = "2016-04-28";

constexpr std::string_view form_type = "application/x-www-form-urlencoded";

constexpr uint32_t max_page_size = 50;

constexpr size_t max_token = 64;

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':'
         || c == '[' || c == ']';
}

/// Collects parameters, leaving out those that are not set.
class builder {
public:
  builder& add(std::string_view name, std::string_view value) {
    if (!value.empty())
      result_.emplace_back(name, value);
    return *this;
  }

  builder& add(std::string_view name, uint32_t value) {
    return add(name, std::to_string(value));
  }

  parameters take() {
    return std::move(result_);
  }

private:
  parameters result_;
};

std::string_view wire_name(protocol x) {
  return x == protocol::tcp ? "TCP" : "UDP";
}

std::string port_text(uint16_t first, uint16_t count) {
  auto result = std::to_string(first);
  if (count > 1)
    result += '/' + std::to_string(first + count - 1);
  return result;
}

bool is_sound(const entry_spec& x) {
  auto fits = [&x](uint16_t first) {
    return first >= 1 && x.count >= 1 && first + x.count - 1 <= 65'535;
  };
  return !x.external_ip.empty() && !x.internal_ip.empty()
         && fits(x.external_port) && fits(x.internal_port);
}

bool is_token(std::string_view x) {
  return !x.empty() && x.size() <= max_token
         && std::ranges::all_of(x, [](char c) { return c > ' ' && c <= '~'; });
}

/// Entries can be read by their gateway alone: of one that is gone since before
/// this process began nobody knows the table.
bool names_gateway(const api_call& x) {
  return x.action == api_action::describe_gateways
         || (x.action == api_action::describe_entries && x.table_id.empty());
}

expected<void> check(const api_call& x) {
  if (names_gateway(x) || x.action == api_action::describe_eips)
    return x.gateway.empty() ? fail(ec::invalid_argument, "no gateway")
                             : expected<void>{};
  if (x.table_id.empty())
    return fail(ec::invalid_argument, "no forward table");
  if (!is_write(x.action))
    return {};
  if (!is_token(x.client_token))
    return fail(ec::invalid_argument, "the ClientToken is not 1 to 64 ASCII");
  if (x.action != api_action::create_entry && x.entry_id.empty())
    return fail(ec::invalid_argument, "no entry id");
  if (x.action != api_action::delete_entry && !is_sound(x.spec))
    return fail(ec::invalid_argument, "the entry is not complete");
  return {};
}

void add_spec(builder& out, const api_call& x) {
  const auto& spec = x.spec;
  out.add("ExternalIp", spec.external_ip)
    .add("ExternalPort", port_text(spec.external_port, spec.count))
    .add("InternalIp", spec.internal_ip)
    .add("InternalPort", port_text(spec.internal_port, spec.count))
    .add("IpProtocol", wire_name(spec.proto))
    .add("ForwardEntryName", spec.name)
    .add("PortBreak", x.port_break ? "true" : "");
}

void add_filter(builder& out, const api_call& x) {
  const auto& filter = x.filter;
  out.add("ForwardEntryId", filter.entry_id)
    .add("ForwardEntryName", filter.entry_name)
    .add("ExternalIp", filter.external_ip)
    .add("ExternalPort", filter.external_port)
    .add("InternalIp", filter.internal_ip)
    .add("InternalPort", filter.internal_port)
    .add("IpProtocol", filter.proto ? wire_name(*filter.proto) : "");
}

void add_page(builder& out, const api_call& x) {
  out.add("PageNumber", std::max(x.page_number, 1U))
    .add("PageSize", std::clamp(x.page_size, 1U, max_page_size));
}

http::request start_request(const vpc_endpoint& to) {
  http::request result;
  // The nonce counts as used as soon as it has been seen.
  result.only_once = true;
  result.verb = http::method::post;
  result.url = to.tls ? "https://" : "http://";
  result.url += to.resolved_host();
  result.url += '/';
  return result;
}

void place_parameters(http::request& out, const std::string& text,
                      parameter_place place) {
  if (place == parameter_place::query) {
    out.url += '?' + text;
  } else {
    out.body = text;
    out.headers.push_back({"content-type", std::string{form_type}});
  }
}

http::request sign_v1(parameters x, const api_call& call,
                      const vpc_endpoint& to, const credentials& who,
                      wall_time now, std::string_view nonce) {
  x.emplace_back("Action", to_string(call.action));
  x.emplace_back("Version", api_version);
  x.emplace_back("Format", "JSON");
  x.emplace_back("AccessKeyId", who.access_key);
  x.emplace_back("SignatureMethod", "HMAC-SHA1");
  x.emplace_back("SignatureVersion", "1.0");
  x.emplace_back("SignatureNonce", nonce);
  x.emplace_back("Timestamp", core::format_time(now));
  if (!who.security_token.empty())
    x.emplace_back("SecurityToken", who.security_token.reveal());
  auto text = v1_string_to_sign("POST", canonical_query(x));
  x.emplace_back("Signature", v1_signature(text, who.access_secret));
  auto result = start_request(to);
  place_parameters(result, canonical_query(std::move(x)), to.place);
  return result;
}

http::request sign_v3(parameters x, const api_call& call,
                      const vpc_endpoint& to, const credentials& who,
                      wall_time now, std::string_view nonce) {
  auto result = start_request(to);
  auto text = canonical_query(std::move(x));
  place_parameters(result, text, to.place);
  auto hash = sha256_hex(result.body);
  auto& headers = result.headers;
  headers.push_back({"host", to.resolved_host()});
  headers.push_back({"x-acs-action", std::string{to_string(call.action)}});
  headers.push_back({"x-acs-version", std::string{api_version}});
  headers.push_back({"x-acs-date", core::format_time(now)});
  headers.push_back({"x-acs-signature-nonce", std::string{nonce}});
  headers.push_back({"x-acs-content-sha256", hash});
  if (!who.security_token.empty()) {
    headers.push_back({"x-acs-accesskey-id", who.access_key});
    headers.push_back(
      {"x-acs-security-token", std::string{who.security_token.reveal()}});
  }
  v3_input input;
  input.query = to.place == parameter_place::query ? text : std::string{};
  input.headers = &headers;
  input.payload_hash = hash;
  auto value = v3_authorization(input, who.access_key, who.access_secret);
  headers.push_back({"Authorization", std::move(value)});
  return result;
}

} // namespace

std::string vpc_endpoint::resolved_host() const {
  if (!host.empty())
    return host;
  return (internal ? "vpc-vpc." : "vpc.") + region + ".aliyuncs.com";
}

expected<void> validate(const vpc_endpoint& x) {
  if (x.region.empty() || !std::ranges::all_of(x.region, is_host_character))
    return fail(ec::invalid_argument, "the region is missing or malformed");
  if (!std::ranges::all_of(x.host, is_host_character))
    return fail(ec::invalid_argument, "the endpoint is not a host");
  return {};
}

expected<parameters> call_parameters(const api_call& x,
                                     const std::string& region) {
  if (auto ok = check(x); !ok)
    return std::unexpected{ok.error()};
  builder out;
  out.add("RegionId", region);
  if (names_gateway(x))
    out.add("NatGatewayId", x.gateway);
  else if (x.action == api_action::describe_eips)
    out.add("AssociatedInstanceType", "Nat")
      .add("AssociatedInstanceId", x.gateway);
  else
    out.add("ForwardTableId", x.table_id);
  if (x.action == api_action::modify_entry
      || x.action == api_action::delete_entry)
    out.add("ForwardEntryId", x.entry_id);
  if (x.action == api_action::create_entry
      || x.action == api_action::modify_entry)
    add_spec(out, x);
  if (x.action == api_action::describe_entries)
    add_filter(out, x);
  if (is_write(x.action))
    out.add("ClientToken", x.client_token);
  else
    add_page(out, x);
  return out.take();
}

expected<http::request> make_request(const api_call& x, const vpc_endpoint& to,
                                     const credentials& who, wall_time now,
                                     std::string_view nonce) {
  auto business = call_parameters(x, to.region);
  if (!business)
    return std::unexpected{business.error()};
  auto sign = to.scheme == signature_scheme::v1 ? sign_v1 : sign_v3;
  return sign(std::move(*business), x, to, who, now, nonce);
}

} // namespace natgw::aliyun
