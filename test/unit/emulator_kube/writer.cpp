#include "emulator/kube/writer.hpp"

#include <boost/test/unit_test.hpp>

#include "fixture.hpp"

namespace natgw::emulator::kube {

BOOST_FIXTURE_TEST_SUITE(emulator_kube_writer, cluster)

BOOST_AUTO_TEST_CASE(created_object_gets_system_fields) {
  auto x = post(records, record("a"));
  BOOST_TEST(x.code == 201);
  BOOST_TEST(x.text("/metadata/uid").size() == 36U);
  BOOST_TEST(x.text("/metadata/creationTimestamp") == "2025-01-31T01:00:00Z");
  BOOST_TEST(x.text("/metadata/generation") == "1");
  BOOST_TEST(x.text("/metadata/namespace") == "default");
  BOOST_TEST(x.text("/metadata/resourceVersion")
             == std::to_string(api.objects().revision()));
  BOOST_TEST(get(records + "/a").body == x.body);
}

BOOST_AUTO_TEST_CASE(create_drops_the_status_of_a_subresource) {
  auto body = record("a");
  body["status"] = {{"entries", json::array()}};
  body["spec"]["unknown"] = 1;
  auto x = post(records, body);
  BOOST_TEST(!x.body.contains("status"));
  BOOST_TEST(!x.body["spec"].contains("unknown"));
  auto sick = pod("p");
  sick["status"] = {{"phase", "Failed"}};
  BOOST_TEST(post(pods, sick).text("/status/phase") == "Pending");
}

BOOST_AUTO_TEST_CASE(name_that_exists_is_refused) {
  add_record("a");
  auto x = post(records, record("a"));
  BOOST_TEST(x.code == 409);
  BOOST_TEST(x.text("/reason") == "AlreadyExists");
  BOOST_TEST(x.text("/message")
             == R"(poddnats.alibabacloud.com "a" already exists)");
  BOOST_TEST(x.text("/details/group") == "alibabacloud.com");
}

BOOST_AUTO_TEST_CASE(generate_name_makes_different_names) {
  json body = pod("");
  body["metadata"] = {{"generateName", "game-"}};
  auto first = post(pods, body).text("/metadata/name");
  auto second = post(pods, body).text("/metadata/name");
  BOOST_TEST(first.starts_with("game-"));
  BOOST_TEST(first.size() == 10U);
  BOOST_TEST(first != second);
}

BOOST_AUTO_TEST_CASE(malformed_objects_are_refused) {
  auto expect = [this](const json& body, int code) {
    BOOST_TEST(post(pods, body).code == code, body.dump());
  };
  expect(json::array(), 400);
  expect({{"kind", "Node"}, {"apiVersion", "v1"}}, 400);
  expect({{"metadata", 1}}, 422);
  expect({{"metadata", {{"name", 5}}}}, 400);
  expect({{"metadata", {{"name", "Bad_Name"}}}}, 422);
  expect({{"metadata", {{"name", "x"}, {"labels", {{"a", 1}}}}}}, 400);
  expect({{"metadata", {{"name", "x"}}}}, 422);
  auto elsewhere = pod("x");
  elsewhere["metadata"]["namespace"] = "other";
  expect(elsewhere, 400);
  auto x = make("POST", pods);
  x.body = "{\"a\":";
  BOOST_TEST(send(x).code == 400);
  x.body = std::string(100'000, '[');
  BOOST_TEST(send(x).code == 400);
}

BOOST_AUTO_TEST_CASE(absent_namespace_is_named) {
  auto x = post("/api/v1/namespaces/nope/pods", pod("a"));
  BOOST_TEST(x.code == 404);
  BOOST_TEST(x.text("/message") == R"(namespaces "nope" not found)");
}

BOOST_AUTO_TEST_CASE(custom_schema_is_enforced) {
  auto body = record("a");
  body["spec"]["portMapping"] = json::array({{{"externalPort", 512}}});
  auto x = post(records, body);
  BOOST_TEST(x.code == 422);
  BOOST_TEST(x.text("/reason") == "Invalid");
  BOOST_TEST(x.text("/details/causes/0/field")
             == "spec.portMapping[0].externalPort");
  body["spec"]["portMapping"] = nullptr;
  BOOST_TEST(!post(records, body).body["spec"].contains("portMapping"));
}

BOOST_AUTO_TEST_CASE(stale_update_conflicts) {
  auto old = post(records, record("a")).body;
  auto next = old;
  next["spec"]["externalIP"] = "9.9.9.9";
  BOOST_TEST(put(records + "/a", next).code == 200);
  auto x = put(records + "/a", next);
  BOOST_TEST(x.code == 409);
  BOOST_TEST(x.text("/reason") == "Conflict");
  BOOST_TEST(
    x.text("/message")
    == "Operation cannot be fulfilled on poddnats.alibabacloud.com \"a\": the "
       "object has been modified; please apply your changes to the latest "
       "version and try again");
}

BOOST_AUTO_TEST_CASE(custom_update_needs_a_version_and_a_pod_does_not) {
  add_record("a");
  BOOST_TEST(put(records + "/a", record("a")).code == 422);
  auto made = post(pods, pod("p")).body;
  made["metadata"].erase("resourceVersion");
  made["metadata"]["labels"] = {{"a", "b"}};
  BOOST_TEST(put(pods + "/p", made).code == 200);
}

BOOST_AUTO_TEST_CASE(update_that_changes_nothing_writes_nothing) {
  auto made = post(records, record("a")).body;
  auto before = api.objects().revision();
  BOOST_TEST(put(records + "/a", made).body == made);
  BOOST_TEST(patch(records + "/a", json::object()).body == made);
  BOOST_TEST(api.objects().revision() == before);
}

BOOST_AUTO_TEST_CASE(generation_counts_changes_of_the_specification) {
  add_record("a");
  auto generation = [this](const answer& x) {
    return x.text("/metadata/generation");
  };
  BOOST_TEST(generation(patch(records + "/a",
                              {{"metadata", {{"labels", {{"a", "b"}}}}}}))
             == "1");
  BOOST_TEST(
    generation(patch(records + "/a", {{"spec", {{"externalIP", "2.2.2.2"}}}}))
    == "2");
  BOOST_TEST(generation(patch(records + "/a/status",
                              {{"status", {{"entries", json::array()}}}}))
             == "2");
}

BOOST_AUTO_TEST_CASE(status_and_main_writes_do_not_mix) {
  add_record("a");
  auto x = patch(records + "/a/status",
                 {{"metadata", {{"labels", {{"a", "b"}}}}},
                  {"spec", {{"externalIP", "6.6.6.6"}}},
                  {"status", {{"entries", json::array()}}}});
  BOOST_TEST(x.code == 200);
  BOOST_TEST(x.text("/spec/externalIP") == "1.2.3.4");
  BOOST_TEST(!x.body["metadata"].contains("labels"));
  BOOST_TEST(x.body["status"].contains("entries"));
  x = patch(records + "/a", {{"status", nullptr}});
  BOOST_TEST(x.body["status"].contains("entries"));
}

BOOST_AUTO_TEST_CASE(pod_status_write_keeps_the_specification) {
  add_pod("p");
  auto x = patch(pods + "/p/status",
                 {{"spec", {{"nodeName", "evil"}}},
                  {"metadata", {{"annotations", {{"a", "b"}}}}},
                  {"status", {{"phase", "Running"}}}},
                 "strategic-merge-patch");
  BOOST_TEST(x.text("/status/phase") == "Running");
  BOOST_TEST(!x.body["spec"].contains("nodeName"));
  BOOST_TEST(x.text("/metadata/annotations/a") == "b");
}

BOOST_AUTO_TEST_CASE(pod_specification_cannot_change) {
  add_pod("p");
  BOOST_TEST(patch(pods + "/p", {{"spec", {{"hostNetwork", true}}}}).code
             == 422);
  BOOST_TEST(patch(pods + "/p", {{"spec", {{"activeDeadlineSeconds", 5}}}}).code
             == 200);
}

BOOST_AUTO_TEST_CASE(version_in_a_patch_is_a_precondition) {
  auto made = post(records, record("a"));
  json body{{"metadata",
             {{"resourceVersion", made.text("/metadata/resourceVersion")},
              {"labels", {{"a", "1"}}}}}};
  BOOST_TEST(patch(records + "/a", body).code == 200);
  body["metadata"]["labels"]["a"] = "2";
  BOOST_TEST(patch(records + "/a", body).code == 409);
}

BOOST_AUTO_TEST_CASE(foreign_uid_is_refused) {
  add_record("a");
  auto x = patch(records + "/a", {{"metadata", {{"uid", "other"}}}});
  BOOST_TEST(x.code == 422);
  BOOST_TEST(x.text("/details/causes/0/field") == "metadata.uid");
  auto whole = get(records + "/a").body;
  whole["metadata"]["uid"] = "other";
  x = put(records + "/a", whole);
  BOOST_TEST(x.code == 409);
  BOOST_TEST(x.text("/message").find("UID in precondition: other")
             != std::string::npos);
}

BOOST_AUTO_TEST_CASE(patch_of_an_unknown_form_is_refused) {
  add_record("a");
  BOOST_TEST(patch(records + "/a", json::object(), "strategic-merge-patch").code
             == 415);
  BOOST_TEST(patch(records + "/a", json::object(), "foo").code == 415);
  BOOST_TEST(patch(records + "/b", json::object()).code == 404);
  BOOST_TEST(patch(records + "/a", json::array({1}), "json-patch").code == 422);
}

BOOST_AUTO_TEST_CASE(dry_run_leaves_no_trace) {
  auto before = api.objects().revision();
  BOOST_TEST(post(pods + "?dryRun=All", pod("p")).code == 201);
  BOOST_TEST(get(pods + "/p").code == 404);
  BOOST_TEST(api.objects().revision() == before);
}

BOOST_AUTO_TEST_CASE(binding_works_once) {
  add_pod("p");
  json binding{{"target", {{"name", "n1"}}}};
  BOOST_TEST(post(pods + "/p/binding", binding).code == 201);
  BOOST_TEST(get(pods + "/p").text("/spec/nodeName") == "n1");
  BOOST_TEST(post(pods + "/p/binding", binding).code == 409);
}

BOOST_AUTO_TEST_CASE(a_new_pod_ip_takes_the_place_of_the_old_ones) {
  add_pod("p");
  auto give = [this](const char* ip) {
    return patch(
      pods + "/p/status",
      {{"status", {{"podIP", ip}, {"podIPs", json::array({{{"ip", ip}}})}}}},
      "strategic-merge-patch");
  };
  give("172.16.0.1");
  auto x = give("172.16.0.2");
  BOOST_TEST(x.code == 200);
  BOOST_TEST(x.text("/status/podIPs") == R"([{"ip":"172.16.0.2"}])");
}

BOOST_AUTO_TEST_CASE(jobs_are_kept_as_other_workloads_are) {
  const std::string jobs = "/apis/batch/v1/namespaces/default/jobs";
  BOOST_TEST(
    post(jobs, {{"metadata", {{"name", "j"}}}, {"spec", {{"completions", 2}}}})
      .code
    == 201);
  BOOST_TEST(get(jobs + "/j").text("/spec/completions") == "2");
  BOOST_TEST(get(jobs + "/j").text("/metadata/generation") == "1");
}

BOOST_AUTO_TEST_CASE(events_of_either_group_are_one) {
  const std::string modern = "/apis/events.k8s.io/v1/namespaces/default/events";
  auto x = post(modern, {{"metadata", {{"name", "e"}}},
                         {"regarding", {{"name", "p"}}},
                         {"note", "hello"},
                         {"reason", "DNATReady"}});
  BOOST_TEST(x.code == 201);
  BOOST_TEST(x.text("/note") == "hello");
  auto core = get("/api/v1/namespaces/default/events?fieldSelector="
                  "involvedObject.name%3Dp");
  BOOST_TEST(core.text("/items/0/message") == "hello");
  BOOST_TEST(get(modern).text("/items/0/regarding/name") == "p");
}

BOOST_AUTO_TEST_CASE(lease_can_be_created_by_an_update) {
  const std::string leases
    = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
  json body{{"metadata", {{"name", "l"}}}, {"spec", {{"holderIdentity", "a"}}}};
  BOOST_TEST(put(leases + "/l", body).code == 201);
  BOOST_TEST(put(leases + "/l", body).code == 422);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace natgw::emulator::kube
