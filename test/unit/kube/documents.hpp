#pragma once

#include <string>

#include "messages/record.hpp"

// Documents as an API server sends them.

namespace natgw::kube::testing {

inline const std::string pod = R"({
 "kind":"Pod","apiVersion":"v1",
 "metadata":{
  "name":"game-0","namespace":"games","uid":"pod-uid","resourceVersion":"17",
  "creationTimestamp":"2026-01-01T00:00:00Z",
  "labels":{"app":"game"},
  "annotations":{
   "k8s.aliyun.com/pod-dnat":"true",
   "network.alibabacloud.com/pod-dnat-expose-port":"1,2",
   "k8s.aliyun.com/pod-dnat-expose-port":"7000-7015/udp,80",
   "network.alibabacloud.com/pod-dnat-expose-protocol":"UDP",
   "network.alibabacloud.com/pod-dnat-fixed":"true",
   "k8s.aliyun.com/pod-dnat-gateway":"ngw-1",
   "k8s.aliyun.com/pod-dnat-zone":"zone-a",
   "k8s.aliyun.com/pod-dnat-class":"blue",
   "k8s.aliyun.com/pod-dnat-early":"true",
   "k8s.aliyun.com/pod-dnat-status":"{\"state\":\"ready\"}",
   "game.kruise.io/network-status":"{\"currentNetworkState\":\"NotReady\"}"},
  "ownerReferences":[
   {"apiVersion":"v1","kind":"Other","name":"o","uid":"1"},
   {"apiVersion":"apps/v1","kind":"StatefulSet","name":"game","uid":"set-uid",
    "controller":true,"blockOwnerDeletion":true}],
  "managedFields":[{"manager":"x","fieldsV1":{"f:metadata":{}}}]},
 "spec":{"nodeName":"node-1","hostNetwork":false,
  "containers":[{"name":"c","ports":[{"containerPort":80}]}],
  "readinessGates":[{"conditionType":"other"},
                    {"conditionType":"k8s.aliyun.com/pod-dnat"}]},
 "status":{"phase":"Running","podIP":"fd00::5",
  "podIPs":[{"ip":"fd00::5"},{"ip":"172.16.0.8"}],
  "conditions":[{"type":"Ready","status":"False"},
                {"type":"k8s.aliyun.com/pod-dnat","status":"True",
                 "lastTransitionTime":null}]}})";

inline const std::string node = R"({
 "kind":"Node","apiVersion":"v1",
 "metadata":{"name":"node-1","uid":"n","resourceVersion":"3","labels":{
  "failure-domain.beta.kubernetes.io/zone":"old",
  "topology.kubernetes.io/zone":"zone-a","type":"virtual-kubelet"}},
 "status":{"conditions":[{"type":"Ready"}]}})";

/// The intent that the annotation of `record` holds.
inline intent record_intent() {
  intent x;
  x.gateway = "ngw-1";
  x.zone = "zone-a";
  x.external_ip = "114.55.0.10";
  x.internal_ip = "172.16.0.8";
  x.pod_uid = "pod-uid";
  x.workload = {"apps/v1", "StatefulSet", "game", "set-uid"};
  x.attempt = 2;
  x.epoch = 5;
  x.items = {{protocol::udp, 7000, 16}, {protocol::tcp, 80, 1}};
  x.runs = {{0, protocol::udp, 512, 7000, 16}, {3, protocol::tcp, 700, 80, 1}};
  return x;
}

inline const std::string record
  = R"({
 "apiVersion":"alibabacloud.com/v1beta1","kind":"PodDNAT",
 "metadata":{
  "name":"game-0","namespace":"games","uid":"rec-uid","resourceVersion":"21",
  "creationTimestamp":"2026-01-01T00:00:01Z",
  "finalizers":["foregroundDeletion","natgw-controller"],
  "annotations":{"x":"y","k8s.aliyun.com/pod-dnat-intent":
   "{\"v\":1,\"gw\":\"ngw-1\",\"z\":\"zone-a\",)"
    R"(\"ext\":\"114.55.0.10\",\"int\":\"172.16.0.8\",)"
    R"(\"uid\":\"pod-uid\",\"own\":[\"apps/v1\",\"StatefulSet\",\"game\",)"
    R"(\"set-uid\"],\"try\":2,\"ep\":5,\"items\":[[\"udp\",7000,16],)"
    R"([\"tcp\",80,1]],\"runs\":[[0,\"udp\",512,7000,16],[3,\"tcp\",700,)"
    R"(80,1]]}"},
  "ownerReferences":[
   {"apiVersion":"x/v1","kind":"Keeper","name":"k","uid":"k-uid",
    "controller":true},
   {"apiVersion":"v1","kind":"Pod","name":"game-0","uid":"pod-uid",
    "blockOwnerDeletion":true}]},
 "spec":{"eni":"eni-1","vswitch":"vsw-1",
  "externalIP":"114.55.0.10","internalIP":"172.16.0.8",
  "portMapping":[{"externalPort":"512-527","internalPort":"7000-7015"},
                 {"externalPort":"700","internalPort":"80"}],
  "protocol":"udp","tableId":"ngw-1","zoneID":"zone-a"},
 "status":{"entries":[
  {"externalIP":"114.55.0.10","externalPort":"512-527",
   "forwardEntryId":"fwd-1","internalIP":"172.16.0.8",
   "internalPort":"7000-7015","ipProtocol":"udp"},
  {"externalIP":"114.55.0.10","externalPort":"700","forwardEntryId":"fwd-2",
   "internalIP":"172.16.0.8","internalPort":"80","ipProtocol":"TCP"}]}})";

inline const std::string lease = R"({
 "kind":"Lease","apiVersion":"coordination.k8s.io/v1",
 "metadata":{"name":"natgw","namespace":"kube-system","uid":"l-uid",
  "resourceVersion":"9"},
 "spec":{"holderIdentity":"me_1","leaseDurationSeconds":15,
  "acquireTime":"2026-01-31T12:00:00.000001Z",
  "renewTime":"2026-01-31T12:34:56.500000Z","leaseTransitions":4}})";

/// A text with every occurrence of `from` turned into `to`.
inline std::string with(std::string text, std::string_view from,
                        std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos;
       at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

/// One line, as a watch sends it.
inline std::string event_line(const std::string& type,
                              const std::string& object) {
  return with(R"({"type":")" + type + R"(","object":)" + object + '}', "\n",
              "");
}

} // namespace natgw::kube::testing
