#include "emulator/vpc/api_request.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "emulator/vpc/address.hpp"

namespace natgw::emulator {

namespace {

constexpr auto common_names = std::to_array<std::string_view>(
  {"AccessKeyId", "Action", "ClientToken", "Format", "SecurityToken",
   "Signature", "SignatureMethod", "SignatureNonce", "SignatureType",
   "SignatureVersion", "Timestamp", "Version"});

void take_acs_headers(api_request& into) {
  const auto& x = *into.raw;
  into.acs = true;
  into.authorization = parse_authorization(x.find("authorization"));
  into.action = x.find("x-acs-action");
  into.version = x.find("x-acs-version");
  into.security_token = x.find("x-acs-security-token");
  into.nonce = x.find("x-acs-signature-nonce");
  into.timestamp = x.find("x-acs-date");
  if (into.authorization)
    into.access_key_id = into.authorization->credential;
}

void take_rpc_parameters(api_request& into) {
  into.action = into.get("Action");
  into.version = into.get("Version");
  into.access_key_id = into.get("AccessKeyId");
  into.security_token = into.get("SecurityToken");
  into.nonce = into.get("SignatureNonce");
  into.timestamp = into.get("Timestamp");
}

/// The official SDKs send ACS3's headers with a signature of RPC 1.0, too; then
/// the parameters count.
bool is_acs(const api_request& x) {
  if (parse_authorization(x.raw->find("authorization")))
    return true;
  return !x.raw->find("x-acs-action").empty() && !x.has("Signature");
}

bool is_form(const serving::request& x) {
  const auto type = x.find("content-type");
  constexpr std::string_view form = "application/x-www-form-urlencoded";
  return same_word(type.substr(0, form.size()), form);
}

} // namespace

const std::string& api_request::get(std::string_view name) const {
  static const std::string nothing;
  const auto found = all.find(name);
  return found == all.end() ? nothing : found->second;
}

bool api_request::flag(std::string_view name) const {
  return same_word(get(name), "true");
}

api_expected<api_request> parse_request(const serving::request& x) {
  if (x.method != "GET" && x.method != "POST")
    return refuse(400, "UnsupportedHTTPMethod",
                  "This http method is not supported.");
  api_request result;
  result.raw = &x;
  auto query = decode_parameters(x.query());
  auto form = is_form(x) ? decode_parameters(x.body) : parameters{};
  if (!query || !form)
    return refuse(400, "InvalidParameter.Format",
                  "The request parameters are not well formatted.");
  result.query = std::move(*query);
  result.all = result.query;
  result.all.merge(*form);
  if (is_acs(result))
    take_acs_headers(result);
  else
    take_rpc_parameters(result);
  return result;
}

uint64_t hash_parameters(const api_request& x) {
  uint64_t result = 14695981039346656037U;
  const auto mix = [&result](std::string_view text) {
    for (char c : text)
      result = (result ^ static_cast<unsigned char>(c)) * 1099511628211U;
    result = (result ^ 0xffU) * 1099511628211U;
  };
  mix(x.action);
  for (const auto& [name, value] : x.all) {
    if (std::ranges::find(common_names, name) == common_names.end()) {
      mix(name);
      mix(value);
    }
  }
  return result;
}

std::optional<wall_time> parse_timestamp(std::string_view text) {
  constexpr std::string_view form = "dddd-dd-ddTdd:dd:ddZ";
  if (text.size() != form.size())
    return std::nullopt;
  for (size_t i = 0; i < form.size(); ++i)
    if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
      return std::nullopt;
  const auto number = [text](size_t at, size_t size) {
    return *parse_number(text.substr(at, size), 9999);
  };
  using namespace std::chrono;
  const year_month_day date{year{static_cast<int>(number(0, 4))},
                            month{number(5, 2)}, day{number(8, 2)}};
  if (!date.ok() || number(11, 2) > 23 || number(14, 2) > 59
      || number(17, 2) > 60)
    return std::nullopt;
  return sys_days{date} + hours{number(11, 2)} + minutes{number(14, 2)}
         + seconds{number(17, 2)};
}

std::string format_timestamp(wall_time x, bool precise) {
  using namespace std::chrono;
  const auto midnight = floor<days>(x);
  const year_month_day date{midnight};
  const hh_mm_ss time{x - midnight};
  std::array<char, 64> text{};
  const auto size = std::snprintf(
    text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d",
    static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
    static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
    static_cast<int>(time.minutes().count()),
    static_cast<int>(time.seconds().count()));
  std::string result{text.data(), static_cast<size_t>(size)};
  if (precise) {
    const auto digits = std::to_string(1000 + time.subseconds().count());
    result += "." + digits.substr(1);
  }
  return result + "Z";
}

} // namespace natgw::emulator
