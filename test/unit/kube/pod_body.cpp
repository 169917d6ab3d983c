#include "clients/kube/pod_body.hpp"

#include <string>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

namespace {

using namespace natgw;
using namespace natgw::kube;
using namespace std::chrono;
using nlohmann::json;

constexpr wall_time moment = sys_days{2026y / January / 31} + 12h;

pod_patch a_patch() {
  pod_patch x;
  x.key = {"games", "game-0"};
  x.uid = "pod-uid";
  return x;
}

object_event an_event() {
  return {{"games", "game-0"}, "pod-uid", true, "DNATFailed", "no port"};
}

} // namespace

BOOST_AUTO_TEST_SUITE(pod_body_suite)

BOOST_AUTO_TEST_CASE(an_annotation_touches_nothing_else) {
  auto x = a_patch();
  x.status_annotation = R"({"state":"ready"})";
  BOOST_TEST(json::parse(annotation_body(x)) == json::parse(R"({"metadata":{
    "uid":"pod-uid",
    "annotations":{
     "k8s.aliyun.com/pod-dnat-status":"{\"state\":\"ready\"}"}}})"));
  x.status_annotation = "";
  BOOST_TEST(json::parse(annotation_body(x)) == json::parse(R"({"metadata":{
    "uid":"pod-uid",
    "annotations":{"k8s.aliyun.com/pod-dnat-status":null}}})"));
}

BOOST_AUTO_TEST_CASE(a_condition_touches_no_other_condition) {
  auto x = a_patch();
  x.condition = pod_condition{true, "Forwarding", "all ports"};
  BOOST_TEST(json::parse(condition_body(x, moment)) == json::parse(R"({
    "metadata":{"uid":"pod-uid"},
    "status":{"conditions":[{"type":"k8s.aliyun.com/pod-dnat",
      "status":"True","reason":"Forwarding","message":"all ports",
      "lastTransitionTime":"2026-01-31T12:00:00Z"}]}})"));
  x.condition->is_true = false;
  BOOST_TEST(
    json::parse(condition_body(x, moment))["status"]["conditions"][0]["status"]
    == "False");
}

BOOST_AUTO_TEST_CASE(an_event_is_about_the_pod) {
  auto body
    = json::parse(event_body(an_event(), {3, moment, moment + 90s}, 42));
  BOOST_TEST(body == json::parse(R"({
    "apiVersion":"v1","kind":"Event",
    "metadata":{"name":"game-0.42","namespace":"games"},
    "involvedObject":{"apiVersion":"v1","kind":"Pod","namespace":"games",
      "name":"game-0","uid":"pod-uid"},
    "reason":"DNATFailed","message":"no port","type":"Warning",
    "source":{"component":"natgw-controller"},
    "reportingComponent":"natgw-controller","count":3,
    "firstTimestamp":"2026-01-31T12:00:00Z",
    "lastTimestamp":"2026-01-31T12:01:30Z"})"));
  auto x = an_event();
  x.warning = false;
  BOOST_TEST(json::parse(event_body(x, {}, 0))["type"] == "Normal");
}

BOOST_AUTO_TEST_CASE(an_event_about_the_controller_is_one_of_its_lease) {
  auto x = an_event();
  x.key = {"kube-system", "natgw-controller"};
  x.uid.clear();
  x.about = event_subject::controller;
  auto body = json::parse(event_body(x, {}, 1));
  BOOST_TEST(body["metadata"]["namespace"] == "kube-system");
  BOOST_TEST(body["involvedObject"] == json::parse(R"({
    "apiVersion":"coordination.k8s.io/v1","kind":"Lease",
    "namespace":"kube-system","name":"natgw-controller","uid":""})"));
}

BOOST_AUTO_TEST_CASE(the_name_of_an_event_stays_a_name) {
  auto x = an_event();
  x.key.name = std::string(240, 'a') + std::string(13, '-');
  auto name
    = json::parse(event_body(x, {}, 12345678901234567890U))["metadata"]["name"]
        .get<std::string>();
  BOOST_TEST(name.size() <= 253);
  BOOST_TEST(name.ends_with("a.12345678901234567890"));
}

BOOST_AUTO_TEST_CASE(a_long_message_is_cut_between_characters) {
  auto x = an_event();
  x.message = "x" + std::string(2000, '\0');
  for (size_t i = 1; i + 1 < x.message.size(); i += 2)
    x.message.replace(i, 2, "\xC3\xA9");
  auto message
    = json::parse(event_body(x, {}, 1))["message"].get<std::string>();
  BOOST_TEST(message.size() == 1023);
  BOOST_TEST(message.ends_with("\xC3\xA9"));
}

BOOST_AUTO_TEST_SUITE_END()
