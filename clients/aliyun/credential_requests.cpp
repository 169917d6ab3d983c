// The sources of clients/aliyun/credential_source.hpp that ask over HTTP.

#include <utility>

#include "clients/aliyun/credential_answers.hpp"
#include "clients/aliyun/credential_source.hpp"
#include "clients/aliyun/secret_file.hpp"
#include "clients/http/percent_encoding.hpp"
#include "core/time_text.hpp"
#include "core/trim.hpp"

namespace natgw::aliyun {

namespace {

constexpr std::chrono::milliseconds sts_timeout{10'000};
/// The service is a part of the machine: it answers soon, or not at all.
constexpr std::chrono::milliseconds metadata_timeout{2'000};
constexpr const char* roles = "/latest/meta-data/ram/security-credentials/";

http::request make(http::method verb, std::string url,
                   std::chrono::milliseconds timeout) {
  http::request result;
  result.verb = verb;
  result.url = std::move(url);
  result.timeout = timeout;
  result.max_response_bytes = max_credential_bytes;
  return result;
}

fetch_step fail_step(std::string detail) {
  return fetch_result{fail(ec::credential, std::move(detail))};
}

fetch_step unanswered(std::string_view who, const error& what) {
  return fail_step(std::string{who}
                   + " does not answer: " + std::string{to_string(what.code)});
}

/// A status that is not 2xx.
fetch_step refused(std::string_view who, http::response& x) {
  auto code = read_refusal_code(std::move(x.body));
  return fail_step(std::string{who} + " answers with status "
                   + std::to_string(x.status)
                   + (code.empty() ? "" : " and the code " + code));
}

bool is_good(const http::response& x) {
  return x.status >= 200 && x.status <= 299;
}

fetch_step done(std::string_view who, expected<credentials> x) {
  if (!x)
    return fail_step(std::string{who} + ": " + x.error().detail);
  return fetch_result{std::move(*x)};
}

// -- a URI --------------------------------------------------------------------

class uri_fetch final : public credential_fetch {
public:
  explicit uri_fetch(std::string url) : url_{std::move(url)} {
  }

  fetch_step begin(wall_time, const std::string&) override {
    return make(http::method::get, url_, sts_timeout);
  }

  fetch_step answered(expected<http::response> x) override {
    constexpr std::string_view who = "the credentials URI";
    if (!x)
      return unanswered(who, x.error());
    if (!is_good(*x))
      return refused(who, *x);
    return done(who, read_credentials(std::move(x->body),
                                      credential_shape::temporary));
  }

private:
  std::string url_;
};

// -- AssumeRoleWithOIDC -------------------------------------------------------

class oidc_fetch final : public credential_fetch {
public:
  explicit oidc_fetch(oidc_options x) : cfg_{std::move(x)} {
  }

  fetch_step begin(wall_time now, const std::string& nonce) override {
    auto token = read_secret_file(cfg_.token_file);
    if (!token)
      return fetch_result{std::unexpected{token.error()}};
    if (!*token)
      return fail_step("there is no token file " + cfg_.token_file);
    if (core::trim(**token).empty())
      return fail_step(cfg_.token_file + " is empty");
    auto result = make(http::method::post,
                       cfg_.endpoint
                         + "/?Action=AssumeRoleWithOIDC&Format=JSON"
                           "&SignatureNonce="
                         + http::percent_encode(nonce) + "&Timestamp="
                         + http::percent_encode(core::format_time(now))
                         + "&Version=2015-04-01",
                       sts_timeout);
    result.headers.push_back(
      {"Content-Type", "application/x-www-form-urlencoded"});
    result.body = form(**token);
    wipe(**token);
    return result;
  }

  fetch_step answered(expected<http::response> x) override {
    constexpr std::string_view who = "STS";
    if (!x)
      return unanswered(who, x.error());
    if (!is_good(*x))
      return refused(who, *x);
    return done(who, read_assumed_role(std::move(x->body)));
  }

private:
  std::string form(std::string_view token) const {
    std::string result;
    auto add = [&result](std::string_view name, std::string_view value) {
      result += result.empty() ? "" : "&";
      result += name;
      result += '=';
      http::percent_encode(result, value);
    };
    result.reserve(4 * token.size() + 2'048);
    add("DurationSeconds", std::to_string(cfg_.duration.count()));
    add("OIDCProviderArn", cfg_.provider_arn);
    add("OIDCToken", core::trim(token));
    add("RoleArn", cfg_.role_arn);
    add("RoleSessionName", cfg_.session_name);
    return result;
  }

  oidc_options cfg_;
};

// -- the metadata service -----------------------------------------------------

class ecs_role_fetch final : public credential_fetch {
public:
  explicit ecs_role_fetch(ecs_role_options x) : cfg_{std::move(x)} {
  }

  fetch_step begin(wall_time, const std::string&) override {
    auto result = make(http::method::put, cfg_.endpoint + "/latest/api/token",
                       metadata_timeout);
    result.headers.push_back(
      {"X-aliyun-ecs-metadata-token-ttl-seconds", "300"});
    return result;
  }

  fetch_step answered(expected<http::response> x) override {
    switch (at_) {
      case stage::token:
        return take_token(std::move(x));
      case stage::name:
        return take_name(std::move(x));
      case stage::keys:
        break;
    }
    return take_keys(std::move(x));
  }

private:
  enum class stage : uint8_t { token, name, keys };

  static constexpr std::string_view who = "the metadata service";

  /// A service of the first version has no such thing, and to a container
  /// beyond the instance's own network its answer may not come.
  fetch_step take_token(expected<http::response> x) {
    if (x && is_good(*x)) {
      auto text = core::trim(x->body);
      if (text.empty() || text.size() > 1'024
          || text.find_first_of("\r\n") != std::string_view::npos)
        return fail_step("the metadata service's token is not one line");
      token_ = secret{text};
      wipe(x->body);
    } else if (!cfg_.allow_v1) {
      return x ? refused(who, *x) : unanswered(who, x.error());
    }
    if (!cfg_.role.empty())
      return ask_keys();
    at_ = stage::name;
    return ask(roles);
  }

  fetch_step take_name(expected<http::response> x) {
    if (!x)
      return unanswered(who, x.error());
    if (x->status == 404)
      return fetch_result{std::nullopt};
    if (!is_good(*x))
      return refused(who, *x);
    auto name = read_role_name(x->body);
    if (!name)
      return fail_step(std::string{who} + ": " + name.error().detail);
    cfg_.role = *name;
    return ask_keys();
  }

  fetch_step take_keys(expected<http::response> x) const {
    if (!x)
      return unanswered(who, x.error());
    if (x->status == 404)
      return fail_step("the metadata service knows no role " + cfg_.role);
    if (!is_good(*x))
      return refused(who, *x);
    return done(who, read_credentials(std::move(x->body),
                                      credential_shape::temporary));
  }

  fetch_step ask_keys() {
    at_ = stage::keys;
    return ask(roles + cfg_.role);
  }

  fetch_step ask(const std::string& path) const {
    auto result = make(http::method::get, cfg_.endpoint + path,
                       metadata_timeout);
    if (!token_.empty())
      result.headers.push_back(
        {"X-aliyun-ecs-metadata-token", std::string{token_.reveal()}});
    return result;
  }

  ecs_role_options cfg_;
  stage at_ = stage::token;
  secret token_;
};

template <class Fetch, class Options>
credential_source remote_source(credential_origin origin, Options cfg) {
  return {.origin = origin, .fetch = [cfg = std::move(cfg)] {
            return std::make_unique<Fetch>(cfg);
          }};
}

} // namespace

credential_source uri_source(std::string url) {
  return remote_source<uri_fetch>(credential_origin::credentials_uri,
                                  std::move(url));
}

credential_source oidc_source(oidc_options x) {
  return remote_source<oidc_fetch>(credential_origin::oidc, std::move(x));
}

credential_source ecs_role_source(ecs_role_options x) {
  return remote_source<ecs_role_fetch>(credential_origin::ecs_role,
                                       std::move(x));
}

} // namespace natgw::aliyun
