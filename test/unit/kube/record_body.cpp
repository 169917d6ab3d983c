#include "clients/kube/record_body.hpp"

#include <string>

#include "clients/kube/intent_codec.hpp"
#include "clients/kube/objects.hpp"
#include "test/unit/kube/documents.hpp"
#include "test/unit/kube/intents.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <rapidcheck.h>

namespace {

using namespace natgw;
using namespace natgw::kube;
using nlohmann::json;

record_write a_write(record_op op) {
  record_write x;
  x.key = {"games", "game-0"};
  x.op = op;
  x.uid = "rec-uid";
  x.resource_version = "21";
  x.promise = testing::record_intent();
  x.owner_pod_uid = "pod-uid";
  return x;
}

record_view base() {
  auto text = testing::record;
  return parse_object<record_view>(pad(text)).value();
}

const json preconditions{{"uid", "rec-uid"}, {"resourceVersion", "21"}};

// Every leaf of a PodDNAT's spec and status is a string.
bool all_strings(const json& x) {
  if (!x.is_structured())
    return x.is_string();
  for (auto& item : x)
    if (!all_strings(item))
      return false;
  return true;
}

// What the API server does with a merge patch.
record_view patched(const std::string& body) {
  auto object = json::parse(testing::record);
  object.merge_patch(json::parse(body));
  auto text = object.dump();
  return parse_object<record_view>(pad(text)).value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(record_body_suite)

BOOST_AUTO_TEST_CASE(a_create_is_the_object_of_the_contract) {
  auto x = a_write(record_op::create);
  auto body = json::parse(create_body(x));
  auto wanted = json::parse(R"({
    "apiVersion":"alibabacloud.com/v1beta1","kind":"PodDNAT",
    "metadata":{"name":"game-0","namespace":"games",
     "finalizers":["natgw-controller"],
     "ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"game-0",
       "uid":"pod-uid","blockOwnerDeletion":true}]},
    "spec":{"externalIP":"114.55.0.10","internalIP":"172.16.0.8",
     "portMapping":[{"externalPort":"512-527","internalPort":"7000-7015"},
                    {"externalPort":"700","internalPort":"80"}],
     "protocol":"udp","tableId":"ngw-1","zoneID":"zone-a"}})");
  wanted["metadata"]["annotations"]["k8s.aliyun.com/pod-dnat-intent"]
    = encode_intent(x.promise);
  BOOST_TEST(body == wanted);
}

BOOST_AUTO_TEST_CASE(the_controllers_class_is_written_and_read_again) {
  auto x = a_write(record_op::create);
  x.controller_class = "blue";
  auto made = json::parse(create_body(x));
  BOOST_TEST(made["metadata"]["annotations"]["k8s.aliyun.com/pod-dnat-class"]
             == "blue");
  BOOST_TEST(base().controller_class == "");
  BOOST_TEST(patched(promise_body(x, base())).controller_class == "blue");
}

BOOST_AUTO_TEST_CASE(a_fixed_mapping_has_no_owner) {
  auto x = a_write(record_op::create);
  x.owner_pod_uid.clear();
  BOOST_TEST(
    !json::parse(create_body(x))["metadata"].contains("ownerReferences"));
}

BOOST_AUTO_TEST_CASE(an_early_promise_names_no_address) {
  auto x = a_write(record_op::create);
  x.promise.internal_ip.clear();
  x.promise.zone.clear();
  auto spec = json::parse(create_body(x))["spec"];
  BOOST_TEST(!spec.contains("internalIP"));
  BOOST_TEST(!spec.contains("zoneID"));
  // An address that was there before must go.
  auto after = patched(promise_body(x, base()));
  BOOST_TEST((after.promise == x.promise));
}

BOOST_AUTO_TEST_CASE(a_promise_carries_preconditions_and_leaves_eni_alone) {
  auto x = a_write(record_op::promise);
  x.promise.attempt = 9;
  auto body = json::parse(promise_body(x, base()));
  auto meta = body["metadata"];
  BOOST_TEST(meta["uid"] == "rec-uid");
  BOOST_TEST(meta["resourceVersion"] == "21");
  BOOST_TEST(!meta.contains("ownerReferences"));
  BOOST_TEST(!meta.contains("finalizers"));
  BOOST_TEST(!body.contains("status"));
  auto object = json::parse(testing::record);
  object.merge_patch(body);
  BOOST_TEST(object["spec"]["eni"] == "eni-1");
  BOOST_TEST(object["spec"]["vswitch"] == "vsw-1");
  BOOST_TEST(object["metadata"]["annotations"]["x"] == "y");
}

BOOST_AUTO_TEST_CASE(a_promise_makes_a_record_of_others_ours_to_end) {
  auto x = a_write(record_op::promise);
  auto found = base();
  found.finalizer = false;
  found.foreign_finalizers = {"theirs"};
  auto meta = json::parse(promise_body(x, found))["metadata"];
  BOOST_TEST((meta["finalizers"] == json{"theirs", "natgw-controller"}));
  // The server would refuse it.
  found.deleting = true;
  meta = json::parse(promise_body(x, found))["metadata"];
  BOOST_TEST(!meta.contains("finalizers"));
}

BOOST_AUTO_TEST_CASE(an_interface_is_never_that_of_another_address) {
  auto spec_after = [](const record_write& x) {
    auto object = json::parse(testing::record);
    object.merge_patch(json::parse(promise_body(x, base())));
    return object["spec"];
  };
  auto x = a_write(record_op::promise);
  x.promise.internal_ip = "172.16.0.99";
  auto spec = spec_after(x);
  BOOST_TEST(spec["internalIP"] == "172.16.0.99");
  BOOST_TEST(!spec.contains("eni"));
  BOOST_TEST(!spec.contains("vswitch"));
  // What is known of the former address does not help.
  x.interface = std::make_shared<interface_ref>("172.16.0.8", "eni-2", "vsw-2");
  BOOST_TEST(!spec_after(x).contains("eni"));
  x.interface = std::make_shared<interface_ref>("172.16.0.99", "eni-2", "");
  spec = spec_after(x);
  BOOST_TEST(spec["eni"] == "eni-2");
  BOOST_TEST(!spec.contains("vswitch"));
}

BOOST_AUTO_TEST_CASE(a_known_interface_is_written_with_a_promise) {
  auto x = a_write(record_op::create);
  x.interface = std::make_shared<interface_ref>("172.16.0.8", "eni-2", "vsw-2");
  auto spec = json::parse(create_body(x))["spec"];
  BOOST_TEST(spec["eni"] == "eni-2");
  BOOST_TEST(spec["vswitch"] == "vsw-2");
  spec = json::parse(promise_body(x, base()))["spec"];
  BOOST_TEST(spec["eni"] == "eni-2");
  BOOST_TEST(spec["vswitch"] == "vsw-2");
  // An early promise is about no address.
  x.promise.internal_ip.clear();
  BOOST_TEST(!json::parse(create_body(x))["spec"].contains("eni"));
}

BOOST_AUTO_TEST_CASE(owners_change_without_loss_to_others) {
  auto x = a_write(record_op::promise);
  x.owner_pod_uid.clear();
  auto after = patched(promise_body(x, base()));
  BOOST_TEST(after.owner_pod_uid.empty());
  BOOST_TEST((after.foreign_owners == base().foreign_owners));
  x.owner_pod_uid = "pod-2";
  after = patched(promise_body(x, base()));
  BOOST_TEST(after.owner_pod_uid == "pod-2");
  BOOST_TEST((after.foreign_owners == base().foreign_owners));
}

BOOST_AUTO_TEST_CASE(what_was_promised_is_believed_when_read_back) {
  BOOST_TEST(rc::check([] {
    auto x = a_write(record_op::promise);
    x.promise = testing::any_intent();
    auto after = patched(promise_body(x, base()));
    RC_ASSERT(after.problem.empty());
    RC_ASSERT(after.promise == x.promise);
    auto text = json::parse(create_body(x));
    RC_ASSERT(all_strings(text["spec"]));
    text["metadata"].update(preconditions);
    auto made = text.dump();
    auto created = parse_object<record_view>(pad(made)).value();
    RC_ASSERT(created.problem.empty());
    RC_ASSERT(created.promise == x.promise);
    RC_ASSERT(created.finalizer);
    RC_ASSERT(created.owner_pod_uid == "pod-uid");
  }));
}

BOOST_AUTO_TEST_CASE(a_status_replaces_all_entries_and_nothing_else) {
  auto x = a_write(record_op::status);
  x.status
    = {{"114.55.0.10", "512", "fwd-9", "172.16.0.8", "80", protocol::tcp}};
  auto body = json::parse(status_body(x));
  BOOST_TEST(body["metadata"] == preconditions);
  BOOST_TEST(body.size() == 2);
  BOOST_TEST(all_strings(body["status"]));
  auto after = patched(status_body(x));
  BOOST_TEST((after.status == x.status));
  BOOST_TEST(body["status"]["state"] == "Forwarding");
  x.status.clear();
  BOOST_TEST(json::parse(status_body(x))["status"]
             == json::parse(R"({"entries":[],"state":"Waiting"})"));
}

BOOST_AUTO_TEST_CASE(what_people_read_makes_no_difference) {
  auto shown = json::parse(testing::record);
  shown["status"]["state"] = "Waiting";
  auto text = shown.dump();
  BOOST_TEST((parse_object<record_view>(pad(text)).value() == base()));
  shown["spec"]["eni"] = "eni-9";
  text = shown.dump();
  BOOST_TEST((parse_object<record_view>(pad(text)).value() == base()));
}

BOOST_AUTO_TEST_CASE(a_release_keeps_foreign_finalizers) {
  auto x = a_write(record_op::release);
  auto body = json::parse(release_body(x, base()));
  auto wanted = preconditions;
  wanted["finalizers"] = {"foregroundDeletion"};
  BOOST_TEST(body == json({{"metadata", wanted}}));
  auto after = patched(release_body(x, base()));
  BOOST_TEST(!after.finalizer);
  BOOST_TEST((after.foreign_finalizers == base().foreign_finalizers));
}

BOOST_AUTO_TEST_SUITE_END()
