#include "clients/aliyun/credential_answers.hpp"

#include <algorithm>
#include <utility>

#include "clients/aliyun/wiped_text.hpp"
#include "clients/kube/timestamps.hpp"
#include "core/trim.hpp"

namespace natgw::aliyun {

namespace {

bool is_word(std::string_view x, size_t max) {
  return !x.empty() && x.size() <= max && std::ranges::all_of(x, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

/// The fields as they stand there.
struct raw_credentials {
  credentials keys;
  std::string expiration;
  std::string code;
};

json::step read_field(std::string_view key, json::value x,
                      raw_credentials& out) {
  if (key == "AccessKeyId")
    return json::read_text(x, out.keys.access_key);
  if (key == "AccessKeySecret")
    return json::read_secret(x, out.keys.access_secret);
  if (key == "SecurityToken")
    return json::read_secret(x, out.keys.security_token);
  if (key == "Expiration")
    return json::read_text(x, out.expiration);
  if (key == "Code")
    return json::read_text(x, out.code);
  return true;
}

expected<credentials> finish(raw_credentials x, credential_shape shape) {
  if (!x.code.empty() && x.code != "Success")
    return fail(ec::credential,
                is_word(x.code, 128)
                  ? "the answer is no credentials but the code " + x.code
                  : "the answer is no credentials but an error");
  if (auto ok = validate(x.keys); !ok)
    return std::unexpected{ok.error()};
  auto temporary = shape == credential_shape::temporary;
  if (temporary && x.keys.security_token.empty())
    return fail(ec::credential, "SecurityToken is missing");
  if (x.expiration.empty()) {
    if (temporary)
      return fail(ec::credential, "Expiration is missing");
    return std::move(x.keys);
  }
  auto ends = kube::parse_time(x.expiration);
  if (!ends)
    return fail(ec::credential,
                "Expiration is not a time like 2026-01-31T12:34:56Z");
  x.keys.expires = std::chrono::floor<wall_time::duration>(*ends);
  return std::move(x.keys);
}

std::unexpected<error> too_large() {
  return fail(ec::credential, "the answer is larger than 64 KiB");
}

} // namespace

expected<std::string> read_role_name(std::string_view body) {
  auto name = core::trim(body);
  if (!is_word(name, 64))
    return fail(ec::credential, "the answer is not the name of a role");
  return std::string{name};
}

expected<credentials> read_credentials(std::string body,
                                       credential_shape shape) {
  wiped_text text{std::move(body)};
  if (text.text.size() > max_credential_bytes)
    return too_large();
  raw_credentials result;
  if (!json::read_document(text.text, [&](std::string_view key, auto value) {
        return read_field(key, value, result);
      }))
    return fail(ec::credential, "the answer is not a JSON object of texts");
  return finish(std::move(result), shape);
}

expected<credentials> read_assumed_role(std::string body) {
  wiped_text text{std::move(body)};
  if (text.text.size() > max_credential_bytes)
    return too_large();
  raw_credentials result;
  auto found = false;
  auto read = [&](std::string_view key, json::value value) {
    if (key != "Credentials")
      return true;
    found = true;
    return json::each_field(value, [&](std::string_view name, json::value x) {
      return read_field(name, x, result);
    });
  };
  if (!json::read_document(text.text, read) || !found)
    return fail(ec::credential, "the answer is not a JSON object that has "
                                "Credentials");
  return finish(std::move(result), credential_shape::temporary);
}

std::string read_refusal_code(std::string body) {
  wiped_text text{std::move(body)};
  std::string code;
  if (text.text.size() > max_credential_bytes
      || !json::read_document(text.text,
                              [&](std::string_view key, json::value value) {
                                return key != "Code"
                                       || json::read_text(value, code);
                              })
      || !is_word(code, 128))
    return {};
  return code;
}

} // namespace natgw::aliyun
