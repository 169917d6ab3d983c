#include "emulator/credentials/desk.hpp"

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "emulator/vpc/signature.hpp"

namespace natgw::emulator {

namespace {

using nlohmann::json;

constexpr std::string_view roles_path
  = "/latest/meta-data/ram/security-credentials/";

serving::response sts_refusal(int status, std::string_view code) {
  return serving::response::json(
    status, json{{"RequestId", "emulated"},
                 {"HostId", "sts.emulated"},
                 {"Code", code},
                 {"Message", "The emulator does not agree."}}
              .dump());
}

serving::response nothing_here() {
  return serving::response::text(404, "not found\n");
}

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t result = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(),
                                        result);
  if (problem != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return result;
}

} // namespace

credential_desk::credential_desk(desk_options options, listener on_issue)
  : options_{std::move(options)},
    on_issue_{std::move(on_issue)},
    rng_{options_.seed} {
  // nop
}

std::string credential_desk::word(size_t length) {
  constexpr std::string_view letters
    = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string result;
  while (result.size() < length)
    result += letters[rng_() % letters.size()];
  return result;
}

access_key credential_desk::issue(wall_time now) {
  access_key result;
  result.id = "STS." + word(20);
  result.secret = std::string{secret_mark} + word(32);
  result.security_token = std::string{secret_mark} + word(64) + "+/==";
  result.expires = now + options_.lifetime;
  result.account = options_.account;
  issued_.push_back(result);
  if (on_issue_)
    on_issue_(result);
  return result;
}

const access_key& credential_desk::shown(wall_time now) {
  if (!shown_ || now + options_.renewed_before >= *shown_->expires)
    shown_ = issue(now);
  return *shown_;
}

serving::response credential_desk::open_session(const serving::request& x,
                                                wall_time now) {
  ++counters_.sessions;
  if (!options_.metadata_v2)
    return nothing_here();
  auto seconds
    = whole_number(x.find("x-aliyun-ecs-metadata-token-ttl-seconds"));
  if (!seconds || *seconds < 1 || *seconds > 21'600)
    return serving::response::text(400, "bad ttl\n");
  auto token = std::string{secret_mark} + word(40);
  sessions_[token] = now + std::chrono::seconds{*seconds};
  return serving::response::text(200, std::move(token));
}

serving::response credential_desk::metadata(const serving::request& x,
                                            wall_time now) {
  auto token = x.find("x-aliyun-ecs-metadata-token");
  auto known = sessions_.find(token);
  auto in_session = known != sessions_.end() && now < known->second;
  if (!in_session && (!token.empty() || !options_.metadata_v1))
    return serving::response::text(403, "forbidden\n");
  ++counters_.metadata;
  auto role = x.path().substr(roles_path.size());
  if (options_.node_role.empty())
    return nothing_here();
  if (role.empty())
    return serving::response::text(200, options_.node_role);
  if (role != options_.node_role)
    return nothing_here();
  return serving::response::json(200, credentials_json(shown(now)));
}

serving::response credential_desk::assume(const serving::request& x,
                                          wall_time now) {
  ++counters_.assumed;
  auto fields = decode_parameters(x.query());
  auto form = decode_parameters(x.body);
  if (!fields || !form)
    return sts_refusal(400, "InvalidParameter");
  fields->merge(*form);
  auto get = [&](std::string_view name) -> std::string_view {
    auto i = fields->find(name);
    return i == fields->end() ? std::string_view{} : i->second;
  };
  if (get("Action") != "AssumeRoleWithOIDC" || get("Version") != "2015-04-01")
    return sts_refusal(404, "InvalidAction.NotFound");
  for (const auto* name : {"RoleArn", "OIDCProviderArn", "OIDCToken",
                           "RoleSessionName", "SignatureNonce", "Timestamp"})
    if (get(name).empty())
      return sts_refusal(400, "Missing" + std::string{name});
  auto seconds = whole_number(get("DurationSeconds"));
  if (!seconds || *seconds < 900 || *seconds > 43'200)
    return sts_refusal(400, "InvalidParameter.DurationSeconds");
  if (get("RoleArn") != options_.role_arn)
    return sts_refusal(404, "EntityNotExist.Role");
  if (get("OIDCProviderArn") != options_.provider_arn)
    return sts_refusal(404, "EntityNotExist.OIDCProvider");
  if (!options_.oidc_tokens.contains(get("OIDCToken")))
    return sts_refusal(400, "AuthenticationFail.OIDCToken.Expired");
  auto key = json::parse(credentials_json(issue(now)));
  key.erase("Code");
  key.erase("LastUpdated");
  return serving::response::json(
    200, json{{"RequestId", "emulated"},
              {"OIDCTokenInfo", {{"Issuer", "emulated"}}},
              {"AssumedRoleUser", {{"Arn", options_.role_arn}}},
              {"Credentials", key}}
           .dump());
}

serving::response credential_desk::serve(const serving::request& x,
                                         wall_time now) {
  auto path = x.path();
  if (path == "/latest/api/token" && x.method == "PUT")
    return open_session(x, now);
  if (path.starts_with(roles_path) && x.method == "GET")
    return metadata(x, now);
  if (path == "/credentials" && x.method == "GET") {
    ++counters_.uri;
    return serving::response::json(200, credentials_json(shown(now)));
  }
  if (path == "/" && x.method == "POST")
    return assume(x, now);
  return nothing_here();
}

serving::response credential_desk::handle(const serving::request& x,
                                          wall_time now) {
  if (options_.failures == 0)
    return serve(x, now);
  --options_.failures;
  return sts_refusal(503, "ServiceUnavailable");
}

} // namespace natgw::emulator
