#include "clients/kube/objects.hpp"

#include <string>

#include "test/unit/kube/documents.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace natgw;
using namespace natgw::kube;
using testing::with;

pod_view parse(std::string text) {
  auto x = parse_object<pod_view>(pad(text));
  BOOST_REQUIRE_MESSAGE(x, (x ? "" : x.error().detail));
  return *x;
}

} // namespace

BOOST_AUTO_TEST_SUITE(pod_reader_suite)

BOOST_AUTO_TEST_CASE(every_field_in_use_is_read) {
  auto x = parse(testing::pod);
  BOOST_TEST(x.key.str() == "games/game-0");
  BOOST_TEST(x.uid == "pod-uid");
  BOOST_TEST(x.node == "node-1");
  BOOST_TEST(x.ip == "172.16.0.8");
  BOOST_TEST(!x.only_ipv6);
  BOOST_TEST(!x.terminating);
  BOOST_TEST(!x.finished);
  BOOST_TEST(!x.host_network);
  BOOST_TEST((x.gate == gate_state::is_true));
  BOOST_TEST(
    (x.workload == owner_ref{"apps/v1", "StatefulSet", "game", "set-uid"}));
  BOOST_TEST(x.status_annotation == R"({"state":"ready"})");
  BOOST_TEST(x.okg_waiting);
}

BOOST_AUTO_TEST_CASE(the_first_prefix_wins_whatever_the_order) {
  auto check = [](const pod_annotations& x) {
    BOOST_TEST(x.present);
    BOOST_TEST(x.dnat == "true");
    BOOST_TEST(x.expose_port == "7000-7015/udp,80");
    BOOST_TEST(x.expose_protocol == "UDP");
    BOOST_TEST(x.fixed == "true");
    BOOST_TEST(x.gateway == "ngw-1");
    BOOST_TEST(x.zone == "zone-a");
    BOOST_TEST(x.controller_class == "blue");
    BOOST_TEST(x.early == "true");
  };
  check(parse(testing::pod).annotations);
  auto text = testing::pod;
  const std::string second
    = R"("network.alibabacloud.com/pod-dnat-expose-port":"1,2",)";
  text = with(text, second, "");
  check(parse(with(text, R"("k8s.aliyun.com/pod-dnat-zone")",
                   second + R"("k8s.aliyun.com/pod-dnat-zone")"))
          .annotations);
}

BOOST_AUTO_TEST_CASE(an_empty_switch_is_present) {
  auto x = parse(with(testing::pod, R"(pod-dnat":"true")", R"(pod-dnat":"")"));
  BOOST_TEST(x.annotations->present);
  BOOST_TEST(x.annotations->dnat.empty());
  x = parse(with(testing::pod, R"("k8s.aliyun.com/pod-dnat":"true",)", ""));
  BOOST_TEST(!x.annotations->present);
}

BOOST_AUTO_TEST_CASE(addresses_come_from_both_fields) {
  const std::string ips = R"("podIPs":[{"ip":"fd00::5"},{"ip":"172.16.0.8"}],)";
  auto one = with(testing::pod, ips, "");
  BOOST_TEST(parse(one).only_ipv6);
  BOOST_TEST(parse(one).ip.empty());
  one = with(one, R"("podIP":"fd00::5")", R"("podIP":"10.0.0.9")");
  BOOST_TEST(parse(one).ip == "10.0.0.9");
  auto none = with(one, R"("podIP":"10.0.0.9")", R"("hostIP":"10.0.0.1")");
  BOOST_TEST(parse(none).ip.empty());
  BOOST_TEST(!parse(none).only_ipv6);
}

BOOST_AUTO_TEST_CASE(an_address_that_is_not_canonical_is_none) {
  for (auto* text : {"172.16.0.08", "172.16.0.8 ", "172.16.0", "1.2.3.4.5",
                     "0x10.0.0.1", "172.16.0.256"})
    BOOST_TEST(parse(with(testing::pod, "172.16.0.8", text)).ip.empty(), text);
}

BOOST_AUTO_TEST_CASE(phases_and_deletion_are_seen) {
  for (auto* phase : {"Succeeded", "Failed"})
    BOOST_TEST(parse(with(testing::pod, "Running", phase)).finished);
  BOOST_TEST(!parse(with(testing::pod, "Running", "Pending")).finished);
  auto x = with(testing::pod, R"("labels")",
                R"("deletionTimestamp":"2026-01-01T00:00:00Z","labels")");
  BOOST_TEST(parse(x).terminating);
  BOOST_TEST(
    !parse(with(x, R"("2026-01-01T00:00:00Z","labels")", R"(null,"labels")"))
       .terminating);
}

BOOST_AUTO_TEST_CASE(the_gate_needs_both_spec_and_condition) {
  BOOST_TEST((parse(with(testing::pod, R"(dnat","status":"True")",
                         R"(dnat","status":"False")"))
                .gate
              == gate_state::not_true));
  BOOST_TEST((parse(with(testing::pod, R"("type":"k8s.aliyun.com/pod-dnat")",
                         R"("type":"x")"))
                .gate
              == gate_state::not_true));
  BOOST_TEST(
    (parse(with(testing::pod, R"("conditionType":"k8s.aliyun.com/pod-dnat")",
                R"("conditionType":"x")"))
       .gate
     == gate_state::none));
}

BOOST_AUTO_TEST_CASE(okg_waits_only_for_what_is_not_ready) {
  auto waits = [](std::string_view status) {
    return parse(with(testing::pod, R"({\"currentNetworkState\":\"NotReady\"})",
                      status))
      .okg_waiting;
  };
  BOOST_TEST(waits(R"({\"networkState\":\"Waiting\"})"));
  BOOST_TEST(!waits(R"({\"currentNetworkState\":\"Ready\"})"));
  BOOST_TEST(!waits(R"({\"desiredNetworkState\":\"Ready\"})"));
  for (auto* text : {"", "null", "[]", "{", R"({\"currentNetworkState\":1})"})
    BOOST_TEST(!waits(text), text);
}

BOOST_AUTO_TEST_CASE(only_the_controller_is_the_workload) {
  auto x = parse(with(testing::pod, R"("controller":true,)", ""));
  BOOST_TEST(x.workload->kind.empty());
}

BOOST_AUTO_TEST_CASE(escaped_keys_are_the_same_keys) {
  auto x = parse(with(testing::pod, R"("nodeName")", R"("node\u004eame")"));
  BOOST_TEST(x.node == "node-1");
}

BOOST_AUTO_TEST_CASE(wrong_types_and_missing_names_are_errors) {
  auto fails = [](std::string text) {
    auto x = parse_object<pod_view>(pad(text));
    return !x && x.error().code == ec::malformed;
  };
  BOOST_TEST(
    fails(with(testing::pod, R"("nodeName":"node-1")", R"("nodeName":1)")));
  BOOST_TEST(fails(
    with(testing::pod, R"("hostNetwork":false)", R"("hostNetwork":"no")")));
  BOOST_TEST(fails(with(testing::pod, R"("uid":"pod-uid",)", "")));
  BOOST_TEST(fails(with(testing::pod, R"("namespace":"games",)", "")));
  BOOST_TEST(fails(with(testing::pod, R"("name":"game-0")", R"("name":"..")")));
  BOOST_TEST(
    fails(with(testing::pod, R"("name":"game-0")", R"("name":"a\nb")")));
  BOOST_TEST(fails(with(testing::pod, R"("name":"game-0")",
                        R"("name":")" + std::string(254, 'a') + '"')));
  for (auto* text : {"", "null", "[]", "1", "\"x\"", "{", "{}", "{}}"})
    BOOST_TEST(fails(text), text);
}

BOOST_AUTO_TEST_SUITE_END()
