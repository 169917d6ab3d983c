#include "emulator/kube/gate.hpp"

#include <boost/test/unit_test.hpp>

#include "fixture.hpp"

namespace natgw::emulator::kube {

BOOST_FIXTURE_TEST_SUITE(emulator_kube_gate, cluster)

BOOST_AUTO_TEST_CASE(token_names_the_user) {
  BOOST_TEST(get(pods).code == 200);
  auto x = send(make("GET", pods, "wrong"));
  BOOST_TEST(x.code == 401);
  BOOST_TEST(x.text("/reason") == "Unauthorized");
  BOOST_TEST(send(make("GET", pods, "")).code == 403);
  BOOST_TEST(send(make("GET", "/healthz", "")).code == 200);
  auto cfg = test_options();
  cfg.anonymous = anonymous_policy::reject;
  BOOST_TEST(cluster{cfg}.send(make("GET", pods, "")).code == 401);
  cfg.anonymous = anonymous_policy::allow;
  BOOST_TEST(cluster{cfg}.send(make("GET", pods, "")).code == 200);
}

BOOST_AUTO_TEST_CASE(denied_verb_is_named_as_rbac_does) {
  api.set_denied(
    {{"system:serviceaccount:natgw:natgw", "patch", "poddnats/status"},
     {"system:serviceaccount:natgw:natgw", "watch", "nodes"}});
  auto x = make("PATCH", records + "/a/status", "u");
  x.content_type = "application/merge-patch+json";
  x.body = "{}";
  auto refused = send(x);
  BOOST_TEST(refused.code == 403);
  BOOST_TEST(
    refused.text("/message")
    == "poddnats.alibabacloud.com \"a\" is forbidden: User "
       "\"system:serviceaccount:natgw:natgw\" cannot patch resource "
       "\"poddnats/status\" in API group \"alibabacloud.com\" in the namespace "
       "\"default\"");
  auto opened = api.open_watch(make("GET", "/api/v1/nodes?watch=1", "u"), now);
  BOOST_TEST(opened.head.status == 403);
  BOOST_TEST(opened.head.body.find("nodes is forbidden: User "
                                   "\\\"system:serviceaccount:natgw:natgw\\\" "
                                   "cannot watch resource \\\"nodes\\\" in API "
                                   "group \\\"\\\" at the cluster scope")
             != std::string::npos);
  BOOST_TEST(send(make("GET", "/api/v1/nodes", "u")).code == 200);
}

BOOST_AUTO_TEST_CASE(faults_strike_as_often_as_told) {
  fault_rule rule;
  rule.verb = "create";
  rule.times = 1;
  rule.status = 500;
  api.set_faults({rule});
  BOOST_TEST(get(pods).code == 200);
  BOOST_TEST(post(pods, pod("a")).code == 500);
  BOOST_TEST(get(pods + "/a").code == 404);
  BOOST_TEST(post(pods, pod("a")).code == 201);
}

BOOST_AUTO_TEST_CASE(throttling_says_when_to_come_back) {
  fault_rule rule;
  rule.kind = fault_kind::throttle;
  rule.retry_after = std::chrono::seconds{7};
  api.set_faults({rule});
  auto x = get(pods);
  BOOST_TEST(x.code == 429);
  BOOST_TEST(x.text("/reason") == "TooManyRequests");
  BOOST_REQUIRE(x.raw.headers.size() == 1U);
  BOOST_TEST(x.raw.headers[0].first == "Retry-After");
  BOOST_TEST(x.raw.headers[0].second == "7");
}

BOOST_AUTO_TEST_CASE(reset_may_come_before_or_after_the_deed) {
  fault_rule rule;
  rule.verb = "create";
  rule.kind = fault_kind::reset_before;
  api.set_faults({rule});
  BOOST_TEST(post(pods, pod("a")).raw.reset);
  BOOST_TEST(get(pods + "/a").code == 404);
  rule.kind = fault_kind::reset_after;
  api.set_faults({rule});
  BOOST_TEST(post(pods, pod("a")).raw.reset);
  BOOST_TEST(get(pods + "/a").code == 200);
}

BOOST_AUTO_TEST_CASE(conflicts_slowness_and_garbage_come_on_demand) {
  add_record("a");
  fault_rule rule;
  rule.kind = fault_kind::conflict;
  rule.resource = "poddnats";
  api.set_faults({rule});
  BOOST_TEST(patch(records + "/a", json::object()).code == 409);
  rule.kind = fault_kind::slow;
  rule.delay = std::chrono::milliseconds{50};
  api.set_faults({rule});
  BOOST_TEST(get(records).raw.delay.count() == 50);
  rule.kind = fault_kind::malformed;
  api.set_faults({rule});
  BOOST_TEST(get(records).body.is_discarded());
}

BOOST_AUTO_TEST_CASE(watch_may_send_an_endless_line) {
  fault_rule rule;
  rule.kind = fault_kind::endless_line;
  rule.verb = "watch";
  rule.bytes = 1000;
  api.set_faults({rule});
  auto batch = api.take(watch(pods + "?watch=1"));
  BOOST_TEST(batch.lines.at(0)->size() > 1000U);
  BOOST_TEST(batch.lines.at(0)->find('\n') == std::string::npos);
  BOOST_TEST(batch.broken);
}

BOOST_AUTO_TEST_CASE(books_count_requests_and_writes) {
  add_pod("a");
  get(pods);
  auto state = get("/emulator/state");
  BOOST_TEST(state.text("/kube_writes") == "1");
  BOOST_TEST(api.writes("admin") == 1U);
  BOOST_TEST(api.writes("nobody") == 0U);
  BOOST_TEST(state.text("/audit/0/verb") == "create");
  BOOST_TEST(state.text("/audit/0/user") == "admin");
  BOOST_TEST(state.text("/audit/0/code") == "201");
  BOOST_TEST(state.text("/objects/pods") == "1");
  BOOST_TEST(state.raw.body.find("Bearer") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(rules_are_set_from_outside) {
  auto denied = json::array({{{"verb", "list"}, {"resource", "pods"}}});
  BOOST_TEST(post("/emulator/denied", denied).code == 200);
  BOOST_TEST(get(pods).code == 403);
  BOOST_TEST(post("/emulator/denied", json::array()).code == 200);
  BOOST_TEST(get(pods).code == 200);
  auto faults = json::array({{{"kind", "refuse"}, {"status", 502}}});
  BOOST_TEST(post("/emulator/faults", faults).code == 200);
  BOOST_TEST(get(pods).code == 502);
  BOOST_TEST(
    post("/emulator/faults", json::array({{{"kind", "nonsense"}}})).code
    == 400);
  BOOST_TEST(post("/emulator/faults", json::object()).code == 400);
  BOOST_TEST(post("/emulator/faults",
                  json::array({{{"kind", "refuse"}, {"status", 200}}}))
               .code
             == 400);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace natgw::emulator::kube
