#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "clients/kube/client.hpp"
#include "test/actor/fake_transport.hpp"
#include "test/actor/fixture.hpp"

namespace natgw::test {

/// Outlives the actors, which use it to their last breath.
struct network {
  fake_transport net;
};

/// The real Kubernetes client on a transport whose answers the test writes.
struct kube_world : network, deterministic {
  std::shared_ptr<kube::client> api = std::make_shared<kube::client>(
    net, kube::api_server{"https://kube", {}, {}});

  using exchange = fake_transport::exchange;

  void answer(exchange& to, int status, std::string body = {}) {
    to.answer(status, std::move(body));
    run();
  }

  void fail(exchange& to, ec code) {
    to.fail(code);
    run();
  }
};

/// What the API server says when it refuses something about an object `a`.
inline std::string status_body(int code, std::string_view reason,
                               std::string_view message = "no") {
  return R"({"kind":"Status","apiVersion":"v1","status":"Failure","message":")"
         + std::string{message} + R"(","reason":")" + std::string{reason}
         + R"(","details":{"name":"a"},"code":)" + std::to_string(code) + "}";
}

inline std::string pod_json(std::string_view name, std::string_view uid,
                            std::string_view version,
                            std::string_view ip = "10.0.0.1") {
  return R"({"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"games",)"
         R"("name":")"
         + std::string{name} + R"(","uid":")" + std::string{uid}
         + R"(","resourceVersion":")" + std::string{version}
         + R"("},"spec":{"nodeName":"n1"},"status":{"phase":"Running",)"
           R"("podIP":")"
         + std::string{ip} + R"("}})";
}

inline std::string node_json(std::string_view name, std::string_view zone,
                             std::string_view version) {
  return R"({"apiVersion":"v1","kind":"Node","metadata":{"name":")"
         + std::string{name} + R"(","uid":"n-)" + std::string{name}
         + R"(","resourceVersion":")" + std::string{version}
         + R"(","labels":{"topology.kubernetes.io/zone":")" + std::string{zone}
         + R"("}}})";
}

/// A pod with the annotation that turns DNAT on.
inline std::string dnat_pod_json(std::string_view name, std::string_view uid,
                                 std::string_view version,
                                 std::string_view ip = "10.0.0.1") {
  auto result = pod_json(name, uid, version, ip);
  return result.insert(result.find(R"("name")"),
                       R"("annotations":{"k8s.aliyun.com/pod-dnat":"true"},)");
}

inline std::string interface_json(std::string_view name, std::string_view eni,
                                  std::string_view version,
                                  std::string_view ip = "10.0.0.1") {
  return R"({"apiVersion":"network.alibabacloud.com/v1beta1","kind":"PodENI",)"
         R"("metadata":{"namespace":"games","name":")"
         + std::string{name} + R"(","uid":"i-)" + std::string{name}
         + R"(","resourceVersion":")" + std::string{version}
         + R"("},"spec":{"allocations":[{"ipv4":")" + std::string{ip}
         + R"(","eni":{"id":")" + std::string{eni}
         + R"(","vSwitchID":"vsw-1"}}]}})";
}

inline std::string record_json(std::string_view name, std::string_view uid,
                               std::string_view version,
                               std::string_view gateway = "ngw-1",
                               std::string_view more_metadata = {}) {
  return R"({"apiVersion":"alibabacloud.com/v1beta1","kind":"PodDNAT",)"
         R"("metadata":{"namespace":"games","name":")"
         + std::string{name} + R"(","uid":")" + std::string{uid}
         + R"(","resourceVersion":")" + std::string{version} + '"'
         + std::string{more_metadata} + R"(},"spec":{"tableId":")"
         + std::string{gateway}
         + R"(","externalIP":"114.55.0.10","internalIP":"10.0.0.1",)"
           R"("protocol":"tcp","portMapping":[{"externalPort":"512",)"
           R"("internalPort":"80"}]}})";
}

inline std::string list_json(std::string_view version, std::string_view token,
                             std::initializer_list<std::string> items) {
  auto result = R"({"kind":"List","metadata":{"resourceVersion":")"
                + std::string{version} + R"(","continue":")"
                + std::string{token} + R"("},"items":[)";
  for (const auto& x : items) {
    if (result.back() == '}')
      result += ',';
    result += x;
  }
  return result + "]}";
}

inline std::string event_json(std::string_view type, std::string_view object) {
  return R"({"type":")" + std::string{type} + R"(","object":)"
         + std::string{object} + "}\n";
}

inline std::string bookmark_json(std::string_view version) {
  return event_json("BOOKMARK", R"({"metadata":{"resourceVersion":")"
                                  + std::string{version} + R"("}})");
}

} // namespace natgw::test
