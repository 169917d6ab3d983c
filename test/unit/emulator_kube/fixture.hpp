#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "emulator/kube/api_server.hpp"

namespace natgw::emulator::kube {

using nlohmann::json;

inline options test_options() {
  options cfg;
  cfg.wall_origin = std::chrono::sys_days{std::chrono::year{2025} / 1 / 31};
  cfg.tokens = {{"t", "admin"}, {"u", "system:serviceaccount:natgw:natgw"}};
  return cfg;
}

/// An answer, parsed.
struct answer {
  int code = 0;
  json body;
  response raw;

  std::string text(std::string_view pointer) const {
    auto value = body.value(json::json_pointer{std::string{pointer}}, json());
    return value.is_string() ? value.get<std::string>() : value.dump();
  }
};

/// An emulated cluster under a clock that only the test moves.
struct cluster {
  explicit cluster(options cfg = test_options()) : api(std::move(cfg)) {
    // nop
  }

  static request make(std::string method, std::string target,
                      std::string token = "t") {
    request x;
    x.method = std::move(method);
    x.target = std::move(target);
    if (!token.empty())
      x.authorization = "Bearer " + token;
    return x;
  }

  answer send(const request& x) {
    answer result;
    result.raw = api.handle(x, now);
    result.code = result.raw.status;
    result.body = json::parse(result.raw.body, nullptr, false);
    return result;
  }

  answer get(std::string target) {
    return send(make("GET", std::move(target)));
  }

  answer post(std::string target, const json& body) {
    auto x = make("POST", std::move(target));
    x.body = body.dump();
    return send(x);
  }

  answer put(std::string target, const json& body) {
    auto x = make("PUT", std::move(target));
    x.body = body.dump();
    return send(x);
  }

  answer patch(std::string target, const json& body,
               std::string_view form = "merge-patch") {
    auto x = make("PATCH", std::move(target));
    x.content_type = "application/" + std::string{form} + "+json";
    x.body = body.dump();
    return send(x);
  }

  answer del(std::string target, const json& how = nullptr) {
    auto x = make("DELETE", std::move(target));
    if (!how.is_null())
      x.body = how.dump();
    return send(x);
  }

  /// Lets time pass in small steps.
  void pass(std::chrono::milliseconds time) {
    for (auto end = now + time; now < end;) {
      now += std::chrono::milliseconds{10};
      api.advance(now);
    }
  }

  uint64_t watch(std::string target) {
    return api.open_watch(make("GET", std::move(target)), now).id;
  }

  /// What a watch has told since the last call, as "TYPE name".
  std::vector<std::string> heard(uint64_t id) {
    std::vector<std::string> result;
    for (const auto& line : api.take(id).lines) {
      auto x = json::parse(*line);
      result.push_back(
        x["type"].get<std::string>() + " "
        + x["object"].value(json::json_pointer{"/metadata/name"}, "-"));
    }
    return result;
  }

  static json pod(std::string name) {
    return {
      {"apiVersion", "v1"},
      {"kind", "Pod"},
      {"metadata", {{"name", std::move(name)}}},
      {"spec",
       {{"containers", json::array({{{"name", "main"}, {"image", "i"}}})}}}};
  }

  static json record(std::string name) {
    return {{"apiVersion", "alibabacloud.com/v1beta1"},
            {"kind", "PodDNAT"},
            {"metadata", {{"name", std::move(name)}}},
            {"spec", {{"externalIP", "1.2.3.4"}, {"tableId", "ngw-1"}}}};
  }

  /// Creates a pod and returns its uid.
  std::string add_pod(std::string name) {
    return post(pods, pod(std::move(name))).text("/metadata/uid");
  }

  std::string add_record(std::string name) {
    return post(records, record(std::move(name))).text("/metadata/uid");
  }

  void bind(const std::string& name) {
    post(pods + "/" + name + "/binding", {{"target", {{"name", "n1"}}}});
  }

  const std::string pods = "/api/v1/namespaces/default/pods";
  const std::string records
    = "/apis/alibabacloud.com/v1beta1/namespaces/default/poddnats";
  instant now{std::chrono::hours{1}};
  api_server api;
};

} // namespace natgw::emulator::kube
