#pragma once

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "emulator/vpc/core.hpp"

/// A caller of the emulated API in virtual time.
namespace natgw::emulator::test {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct answer {
  int status = 0;
  std::string code;
  std::string message;
  json body;
  vpc_reply reply;

  bool ok() const {
    return status == 200;
  }
};

/// Two gateways with two EIPs each; a prompt behaviour.
inline vpc_options prompt_options() {
  vpc_options result;
  result.gateways = make_gateways(2, 2, 2);
  result.behaviour = prompt_behaviour();
  return result;
}

class world {
public:
  explicit world(const vpc_options& options = prompt_options()) {
    auto made = vpc_core::make(options);
    BOOST_REQUIRE(made.has_value());
    core = std::move(*made);
    core->advance(now, wall);
  }

  void pass(std::chrono::nanoseconds time) {
    now += time;
    wall += std::chrono::floor<milliseconds>(time);
    core->advance(now, wall);
  }

  /// Sends a request as it is.
  answer send(const serving::request& x) const {
    answer result;
    result.reply = core->handle(x, now, wall);
    result.status = result.reply.what.status;
    result.body = json::parse(result.reply.what.body, nullptr, false);
    if (result.body.is_object()) {
      result.code = result.body.value("Code", "");
      result.message = result.body.value("Message", "");
    }
    return result;
  }

  /// A well-signed ACS3 request with parameters in the query.
  serving::request request(const std::string& action, parameters x) {
    serving::request result;
    result.method = "POST";
    x.emplace("RegionId", "cn-hangzhou");
    result.target = "/?" + canonical_query(x);
    result.headers = {{"host", "vpc.cn-hangzhou.aliyuncs.com"},
                      {"x-acs-action", action},
                      {"x-acs-version", "2016-04-28"},
                      {"x-acs-date", format_timestamp(wall)},
                      {"x-acs-signature-nonce", std::to_string(++nonce)},
                      {"x-acs-content-sha256", sha256_hex("")}};
    if (!key.security_token.empty())
      result.headers.push_back({"x-acs-security-token", key.security_token});
    sign(result);
    return result;
  }

  /// Adds the Authorization for the headers that are there.
  void sign(serving::request& x) const {
    std::string names;
    std::vector<std::string> sorted;
    for (const auto& h : x.headers)
      sorted.push_back(h.name);
    std::ranges::sort(sorted);
    for (const auto& name : sorted)
      names += (names.empty() ? "" : ";") + name;
    const auto query = *decode_parameters(x.query());
    const auto hash = sha256_hex(x.body);
    const auto text
      = acs_string_to_sign(acs_canonical_request({.method = x.method,
                                                  .path = x.path(),
                                                  .query = &query,
                                                  .headers = x.headers,
                                                  .signed_headers = names,
                                                  .payload_hash = hash}));
    x.headers.push_back(
      {"authorization", "ACS3-HMAC-SHA256 Credential=" + key.id
                          + ",SignedHeaders=" + names
                          + ",Signature=" + acs_signature(key.secret, text)});
  }

  answer call(const std::string& action, parameters x) {
    return send(request(action, std::move(x)));
  }

  /// Parameters of a good entry; `x` overrides.
  parameters entry(parameters x = {}) const {
    parameters result{{"ForwardTableId", table()}, {"ExternalIp", "198.18.0.1"},
                      {"ExternalPort", "512"},     {"InternalIp", "172.16.0.8"},
                      {"InternalPort", "80"},      {"IpProtocol", "tcp"}};
    for (auto& [name, value] : x)
      result[name] = value;
    return result;
  }

  answer create(parameters x = {}) {
    return call("CreateForwardEntry", entry(std::move(x)));
  }
  /// Creates an entry, lets it become Available and returns its id.
  std::string settled(parameters x = {}) {
    const auto got = create(std::move(x));
    BOOST_REQUIRE_MESSAGE(got.ok(), got.code + " " + got.message);
    pass(seconds{10});
    return got.body.at("ForwardEntryId");
  }
  answer modify(const std::string& id, parameters x) {
    x["ForwardTableId"] = table();
    x["ForwardEntryId"] = id;
    return call("ModifyForwardEntry", std::move(x));
  }
  answer erase(const std::string& id, parameters x = {}) {
    x["ForwardTableId"] = table();
    x["ForwardEntryId"] = id;
    return call("DeleteForwardEntry", std::move(x));
  }
  json list(parameters x = {}) {
    x.emplace("ForwardTableId", table());
    const auto got = call("DescribeForwardTableEntries", std::move(x));
    BOOST_REQUIRE_MESSAGE(got.ok(), got.code);
    return got.body.at("ForwardTableEntries").at("ForwardTableEntry");
  }
  /// The status of an entry; empty if it is not there.
  std::string status(const std::string& id) {
    const auto found = list({{"ForwardEntryId", id}});
    return found.empty() ? "" : found[0].at("Status").get<std::string>();
  }

  static std::string gateway(int i = 0) {
    return "ngw-emu0000000000000000" + std::to_string(i);
  }
  static std::string table(int i = 0) {
    return "ftb-emu0000000000000000" + std::to_string(i);
  }

  instant now{std::chrono::hours{1}};
  wall_time wall{seconds{1'700'000'000}};
  access_key key;
  int nonce = 0;
  std::unique_ptr<vpc_core> core;
};

} // namespace natgw::emulator::test
