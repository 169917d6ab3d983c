#include "clients/kube/objects.hpp"

#include <string>

#include "test/unit/kube/documents.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace natgw;
using namespace natgw::kube;
using testing::with;

record_view parse(std::string text) {
  auto x = parse_object<record_view>(pad(text));
  BOOST_REQUIRE_MESSAGE(x, (x ? "" : x.error().detail));
  return *x;
}

} // namespace

BOOST_AUTO_TEST_SUITE(record_reader_suite)

BOOST_AUTO_TEST_CASE(every_field_in_use_is_read) {
  auto x = parse(testing::record);
  BOOST_TEST(x.key.str() == "games/game-0");
  BOOST_TEST(x.uid == "rec-uid");
  BOOST_TEST(x.resource_version == "21");
  BOOST_TEST(x.created == "2026-01-01T00:00:01Z");
  BOOST_TEST(!x.deleting);
  BOOST_TEST(x.finalizer);
  BOOST_TEST(
    (x.foreign_finalizers == std::vector<std::string>{"foregroundDeletion"}));
  BOOST_TEST(x.owner_pod_uid == "pod-uid");
  BOOST_REQUIRE(x.foreign_owners.size() == 1);
  BOOST_TEST((x.foreign_owners.front()
              == foreign_owner{{"x/v1", "Keeper", "k", "k-uid"}, true, false}));
  BOOST_TEST(x.gateway == "ngw-1");
  BOOST_TEST(x.problem == "");
  BOOST_TEST((x.promise == testing::record_intent()));
  BOOST_REQUIRE(x.status.size() == 2);
  BOOST_TEST((x.status[0]
              == status_entry{"114.55.0.10", "512-527", "fwd-1", "172.16.0.8",
                              "7000-7015", protocol::udp}));
  BOOST_TEST((x.status[1].proto == protocol::tcp));
}

BOOST_AUTO_TEST_CASE(an_owner_of_another_name_is_foreign) {
  auto x = parse(with(testing::record, R"("kind":"Pod","name":"game-0")",
                      R"("kind":"Pod","name":"game-1")"));
  BOOST_TEST(x.owner_pod_uid.empty());
  BOOST_TEST(x.foreign_owners.size() == 2);
}

BOOST_AUTO_TEST_CASE(an_edited_spec_wins_over_the_annotation) {
  auto x = parse(with(testing::record, R"("externalPort":"700")",
                      R"("externalPort":"701")"));
  BOOST_REQUIRE(x.promise);
  BOOST_TEST(x.problem == "the intent and spec say different things");
  BOOST_TEST(x.promise->attempt == 0);
  BOOST_TEST(x.promise->runs.back().external == 701);
}

BOOST_AUTO_TEST_CASE(a_spec_of_the_wrong_type_leaves_a_known_record) {
  for (auto* replacement :
       {"\"spec\":7,\"old\"", "\"spec\":null,\"old\"", "\"spec\":[],\"old\""}) {
    auto x = parse(with(testing::record, "\"spec\"", replacement));
    BOOST_TEST(x.uid == "rec-uid");
    BOOST_TEST(x.gateway.empty());
    BOOST_TEST(!x.promise);
    BOOST_TEST(!x.problem.empty());
    BOOST_TEST(x.status.size() == 2);
  }
  auto x = parse(with(testing::record, R"("externalPort":"700","internal)",
                      R"("externalPort":700,"internal)"));
  BOOST_TEST(!x.promise);
  BOOST_TEST(x.status.size() == 2);
  BOOST_TEST(x.problem.starts_with("spec has values of the wrong type"));
}

BOOST_AUTO_TEST_CASE(a_status_of_the_wrong_type_proves_nothing) {
  for (auto* replacement : {R"("entries":{})", R"("entries":"x")"}) {
    auto x = parse(with(testing::record, R"("entries":[)",
                        replacement + std::string{R"(,"old":[)"}));
    BOOST_TEST(x.status.empty());
    BOOST_TEST((x.promise == testing::record_intent()));
    BOOST_TEST(x.problem.starts_with("status has values of the wrong type"));
  }
  auto x = parse(with(testing::record, R"("TCP")", R"("ICMP")"));
  BOOST_TEST(x.status.empty());
}

BOOST_AUTO_TEST_CASE(deletion_and_missing_finalizer_are_seen) {
  auto x = parse(with(with(testing::record, R"("natgw-controller")", R"("x")"),
                      R"("finalizers")",
                      R"("deletionTimestamp":"2026-01-01T00:00:00Z",)"
                      R"("finalizers")"));
  BOOST_TEST(x.deleting);
  BOOST_TEST(!x.finalizer);
}

BOOST_AUTO_TEST_SUITE_END()
