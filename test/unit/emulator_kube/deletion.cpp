#include <boost/test/unit_test.hpp>

#include "emulator/kube/writer.hpp"
#include "fixture.hpp"

namespace natgw::emulator::kube {

BOOST_FIXTURE_TEST_SUITE(emulator_kube_deletion, cluster)

BOOST_AUTO_TEST_CASE(object_without_finalizer_goes_at_once) {
  auto uid = add_record("a");
  auto x = del(records + "/a");
  BOOST_TEST(x.code == 200);
  BOOST_TEST(x.text("/status") == "Success");
  BOOST_TEST(x.text("/details/uid") == uid);
  BOOST_TEST(get(records + "/a").code == 404);
  BOOST_TEST(del(records + "/a").code == 404);
}

BOOST_AUTO_TEST_CASE(finalizer_holds_the_object_until_it_is_off) {
  auto body = record("a");
  body["metadata"]["finalizers"] = {"natgw-controller"};
  post(records, body);
  auto x = del(records + "/a");
  BOOST_TEST(x.code == 200);
  BOOST_TEST(x.text("/metadata/deletionTimestamp") == "2025-01-31T01:00:00Z");
  BOOST_TEST(x.text("/metadata/generation") == "2");
  auto again = del(records + "/a");
  BOOST_TEST(again.body == x.body);
  BOOST_TEST(patch(records + "/a",
                   {{"metadata", {{"finalizers", {"natgw-controller", "b"}}}}})
               .code
             == 422);
  BOOST_TEST(
    patch(records + "/a", {{"metadata", {{"deletionTimestamp", nullptr}}}})
      .text("/metadata/deletionTimestamp")
    == "2025-01-31T01:00:00Z");
  BOOST_TEST(
    patch(records + "/a", {{"metadata", {{"finalizers", nullptr}}}}).code
    == 200);
  BOOST_TEST(get(records + "/a").code == 404);
}

BOOST_AUTO_TEST_CASE(unbound_pod_goes_at_once) {
  add_pod("p");
  auto x = del(pods + "/p");
  BOOST_TEST(x.text("/kind") == "Pod");
  BOOST_TEST(get(pods + "/p").code == 404);
}

BOOST_AUTO_TEST_CASE(bound_pod_ends_with_the_last_deletion) {
  add_pod("p");
  bind("p");
  auto x = del(pods + "/p");
  BOOST_TEST(x.text("/metadata/deletionGracePeriodSeconds") == "30");
  BOOST_TEST(x.text("/metadata/deletionTimestamp") == "2025-01-31T01:00:30Z");
  auto before = api.objects().revision();
  BOOST_TEST(del(pods + "/p").code == 200);
  BOOST_TEST(api.objects().revision() == before);
  x = del(pods + "/p", {{"gracePeriodSeconds", 5}});
  BOOST_TEST(x.text("/metadata/deletionGracePeriodSeconds") == "5");
  BOOST_TEST(del(pods + "/p", {{"gracePeriodSeconds", 0}}).code == 200);
  BOOST_TEST(get(pods + "/p").code == 404);
}

BOOST_AUTO_TEST_CASE(finished_pod_goes_at_once) {
  add_pod("p");
  bind("p");
  patch(pods + "/p/status", {{"status", {{"phase", "Succeeded"}}}});
  del(pods + "/p");
  BOOST_TEST(get(pods + "/p").code == 404);
}

BOOST_AUTO_TEST_CASE(finalizer_outlives_the_grace_period) {
  add_pod("p");
  bind("p");
  patch(pods + "/p", {{"metadata", {{"finalizers", {"a/b"}}}}});
  del(pods + "/p");
  // Off too early: the grace period still runs.
  patch(pods + "/p", {{"metadata", {{"finalizers", nullptr}}}});
  BOOST_TEST(get(pods + "/p").code == 200);
  del(pods + "/p", {{"gracePeriodSeconds", 0}});
  BOOST_TEST(get(pods + "/p").code == 404);
}

BOOST_AUTO_TEST_CASE(preconditions_hold_a_deletion_back) {
  auto made = post(records, record("a"));
  auto x = del(records + "/a", {{"preconditions", {{"uid", "other"}}}});
  BOOST_TEST(x.code == 409);
  BOOST_TEST(
    x.text("/message")
    == "Operation cannot be fulfilled on PodDNAT.alibabacloud.com \"a\": the "
       "UID in the precondition (other) does not match the UID in record ("
         + made.text("/metadata/uid")
         + "). The object might have been deleted and then recreated");
  BOOST_TEST(
    del(records + "/a", {{"preconditions", {{"resourceVersion", "1"}}}}).code
    == 409);
  BOOST_TEST(
    del(records + "/a",
        {{"preconditions",
          {{"uid", made.text("/metadata/uid")},
           {"resourceVersion", made.text("/metadata/resourceVersion")}}}})
      .code
    == 200);
}

BOOST_AUTO_TEST_CASE(collection_is_deleted_by_selector) {
  for (const auto* name : {"a", "b", "c"}) {
    auto body = record(name);
    body["metadata"]["labels"] = {{"keep", name[0] == 'b' ? "yes" : "no"}};
    post(records, body);
  }
  auto x = del(records + "?labelSelector=keep%3Dno");
  BOOST_TEST(x.body["items"].size() == 2U);
  BOOST_TEST(get(records).body["items"].size() == 1U);
}

BOOST_AUTO_TEST_CASE(eviction_deletes_the_pod) {
  add_pod("p");
  bind("p");
  BOOST_TEST(post(pods + "/p/eviction", {{"metadata", {{"name", "p"}}}}).code
             == 201);
  BOOST_TEST(get(pods + "/p").body["metadata"].contains("deletionTimestamp"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace natgw::emulator::kube
