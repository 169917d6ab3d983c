#include <boost/test/unit_test.hpp>

#include "test/unit/core/placement_world.hpp"

using namespace natgw;
using namespace natgw::core;
using natgw::test::placement_world;

namespace {

using texts = std::vector<std::string>;

/// Made by the controller of class "blue".
record_ptr blue_record(const std::string& name, const std::string& gateway) {
  auto result
    = std::make_shared<record_view>(*placement_world::record(name, gateway));
  result->controller_class = "blue";
  return result;
}

struct fixture : placement_world {
  fixture() : placement_world{natgw::test::make_world()} {
    // nop
  }

  /// A placement that has heard of nothing but its configuration.
  static placement_world cold() {
    return placement_world{{{"ngw-a", "a"}, {"ngw-b", "b"}}};
  }

  static std::shared_ptr<record_view> copy(const record_ptr& x) {
    return std::make_shared<record_view>(*x);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(placement_records, fixture)

// -- routes
// ---------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(record_is_told_to_its_gateways_pool) {
  const auto x = record("p", "ngw-b");
  change(x);
  remove(x);
  const auto got = take<send_record>();
  BOOST_REQUIRE(got.size() == 2u);
  BOOST_TEST(got[0].gateway == "ngw-b");
  BOOST_TEST(!got[0].gone);
  BOOST_TEST(got[1].gone);
  settle("ngw-b", "p");
  BOOST_TEST(aut.size() == 0u);
}

BOOST_AUTO_TEST_CASE(pod_with_a_record_goes_where_the_record_is) {
  change(record("p", "ngw-b"));
  change(pod("p"));
  BOOST_TEST(binds() == texts{"ngw-b:p"});
  BOOST_TEST(take<zone_outcome>().empty());
}

BOOST_AUTO_TEST_CASE(record_that_comes_after_its_pod_counts_as_well) {
  auto aut_ = cold();
  aut_.start("ngw-a");
  aut_.start("ngw-b");
  aut_.change(pod("p"));
  BOOST_TEST(aut_.binds().empty());
  aut_.change(record("p", "ngw-b"));
  BOOST_TEST(aut_.binds() == texts{"ngw-b:p"});
}

BOOST_AUTO_TEST_CASE(fm01_nothing_is_placed_before_the_records_are_known) {
  auto aut_ = cold();
  aut_.node("node-a", "a");
  aut_.start("ngw-a");
  aut_.room("ngw-a", 100);
  aut_.change(pod("p"));
  aut_.collect(aut_.aut.pods_synced(aut_.now));
  BOOST_TEST(aut_.binds().empty());
  aut_.collect(aut_.aut.records_synced(7, aut_.now));
  BOOST_TEST(aut_.binds() == texts{"ngw-a:p"});
}

BOOST_AUTO_TEST_CASE(lists_are_announced_after_their_contents) {
  auto aut_ = cold();
  aut_.start("ngw-a");
  aut_.change(pod("p"));
  aut_.change(record("p", "ngw-a"));
  aut_.sync();
  BOOST_REQUIRE(aut_.done.size() == 4u);
  BOOST_TEST(std::holds_alternative<send_record>(aut_.done[0]));
  BOOST_TEST(std::holds_alternative<send_bind>(aut_.done[1]));
  BOOST_TEST(std::holds_alternative<send_pods_synced>(aut_.done[2]));
  const auto* last = std::get_if<send_records_synced>(&aut_.done[3]);
  BOOST_REQUIRE(last != nullptr);
  BOOST_TEST(last->list == 1u);
}

BOOST_AUTO_TEST_CASE(started_pool_is_told_everything_of_its_own) {
  auto aut_ = cold();
  aut_.start("ngw-b");
  aut_.change(pod("p"));
  aut_.change(record("p", "ngw-a"));
  aut_.change(record("q", "ngw-a"));
  aut_.change(record("r", "ngw-b"));
  aut_.sync();
  aut_.done.clear();
  for (int i = 0; i < 2; ++i) {
    aut_.start("ngw-a");
    BOOST_TEST(aut_.take<send_record>().size() == 2u);
    BOOST_TEST(aut_.binds() == texts{"ngw-a:p"});
    BOOST_TEST(aut_.take<send_pods_synced>().size() == 1u);
    BOOST_TEST(aut_.take<send_records_synced>().at(0).list == 1u);
    BOOST_TEST(aut_.done.empty());
  }
}

BOOST_AUTO_TEST_CASE(restarted_pool_has_nothing_left_to_settle) {
  const auto x = pod("p");
  change(x);
  remove(x);
  start("ngw-a");
  BOOST_TEST(aut.size() == 0u);
}

BOOST_AUTO_TEST_CASE(pod_is_bound_again_after_its_pool_has_restarted) {
  change(pod("p"));
  binds();
  start("ngw-a");
  BOOST_TEST(binds() == texts{"ngw-a:p"});
}

BOOST_AUTO_TEST_CASE(old_news_of_a_dead_record_is_no_home) {
  const auto x = pod("p");
  change(x);
  const auto old = record("p", "ngw-a");
  change(old);
  refuse("ngw-a", x);
  BOOST_TEST((binds() == texts{"ngw-a:p", "ngw-b:p"}));
  take<send_record>();
  auto late = copy(old);
  late->deleting = true;
  change(late);
  remove(late);
  BOOST_TEST(take<send_record>().empty());
  auto fresh = copy(record("p", "ngw-b"));
  fresh->uid = "record-2";
  change(fresh);
  BOOST_TEST(take<send_record>().at(0).gateway == "ngw-b");
}

BOOST_AUTO_TEST_CASE(record_edited_to_another_gateway_stays_with_its_pool) {
  change(pod("p"));
  change(record("p", "ngw-a"));
  take<send_record>();
  change(record("p", "ngw-b"));
  BOOST_TEST(take<send_record>().at(0).gateway == "ngw-a");
}

BOOST_AUTO_TEST_CASE(record_of_no_gateway_gets_its_finalizer_off) {
  change(record("p", ""));
  BOOST_TEST(take<send_record>().at(0).gateway == "ngw-a");
  auto plain = copy(record("q", ""));
  plain->finalizer = false;
  change(plain);
  BOOST_TEST(take<send_record>().empty());
}

// -- after a restart
// ---------------------------------------------------------------

BOOST_AUTO_TEST_CASE(pod_whose_annotations_broke_meanwhile_keeps_its_ports) {
  change(record("p", "ngw-b"));
  auto x = pod("p");
  x.annotations.edit().expose_port = "broken";
  change(x);
  const auto got = take<send_bind>();
  BOOST_REQUIRE(got.size() == 1u);
  BOOST_TEST(got[0].order.request.items.at(0).first == 80);
  BOOST_TEST(events() == texts{"DNATInvalid"});
}

BOOST_AUTO_TEST_CASE(another_pods_promise_is_no_reason_to_bind_a_broken_one) {
  change(record("p", "ngw-b", "", "uid-before"));
  auto x = pod("p");
  x.annotations.edit().expose_port = "broken";
  change(x);
  BOOST_TEST(binds().empty());
}

BOOST_AUTO_TEST_CASE(pod_that_finished_meanwhile_is_unbound) {
  change(record("p", "ngw-b"));
  auto x = pod("p");
  x.finished = true;
  change(x);
  BOOST_TEST(unbinds() == texts{"ngw-b:p"});
  BOOST_TEST(binds().empty());
}

BOOST_AUTO_TEST_CASE(fixed_pod_that_returns_goes_back_to_its_pool) {
  change(record("p", "ngw-b", "10.0.0.1", "uid-before", true));
  room("ngw-b", 0);
  change(pod("p"));
  BOOST_TEST(binds() == texts{"ngw-b:p"});
}

// -- gateways that only records know
// --------------------------------------------------

BOOST_AUTO_TEST_CASE(pair_is_asked_for_once_everything_is_listed) {
  auto aut_ = cold();
  aut_.change(record("p", "ngw-old"));
  aut_.change(record("q", "ngw-old"));
  BOOST_TEST(aut_.take<request_pair>().empty());
  aut_.sync();
  BOOST_TEST(aut_.take<request_pair>().size() == 1u);
  aut_.change(record("r", "ngw-older"));
  BOOST_TEST(aut_.take<request_pair>().at(0).gateway == "ngw-older");
  aut_.start("ngw-old");
  BOOST_TEST(aut_.take<send_record>().size() == 2u);
  // Nothing new goes there.
  aut_.node("node-a", "a");
  aut_.room("ngw-old", 100);
  aut_.change(pod("new"));
  BOOST_TEST(aut_.binds().empty());
}

BOOST_AUTO_TEST_CASE(stand_by_decides_once_it_leads) {
  auto aut_ = placement_world::stand_by({{"ngw-a", "a"}});
  aut_.node("node-a", "a");
  aut_.change(record("old", "ngw-old"));
  aut_.change(record("p", "ngw-a"));
  aut_.change(pod("p"));
  aut_.change(pod("q"));
  auto bad = pod("bad");
  bad.annotations.edit().expose_port = "abc";
  aut_.change(bad);
  aut_.sync();
  BOOST_TEST(aut_.done.empty());
  aut_.collect(aut_.aut.lead(aut_.now));
  BOOST_TEST(aut_.events() == texts{"DNATInvalid"});
  BOOST_TEST(aut_.take<request_pair>().at(0).gateway == "ngw-old");
  aut_.start("ngw-a");
  BOOST_TEST(aut_.binds() == texts{"ngw-a:p"});
  aut_.room("ngw-a", 100);
  BOOST_TEST(aut_.binds() == texts{"ngw-a:q"});
}

// An hour of standing by is no reason to leave the pod's zone.
BOOST_AUTO_TEST_CASE(pools_may_take_their_time_after_a_takeover) {
  auto aut_ = placement_world::stand_by({{"ngw-a", "a"}, {"ngw-b", "b"}});
  aut_.node("node-a", "a");
  aut_.sync();
  aut_.change(pod("p"));
  aut_.now += std::chrono::hours{1};
  aut_.collect(aut_.aut.lead(aut_.now));
  aut_.start("ngw-a");
  aut_.start("ngw-b");
  aut_.room("ngw-b", 100);
  BOOST_TEST(aut_.binds().empty());
  aut_.room("ngw-a", 100);
  BOOST_TEST(aut_.binds() == texts{"ngw-a:p"});
}

BOOST_AUTO_TEST_CASE(stand_by_asks_for_no_gateway_of_another_class) {
  auto theirs = pod("p");
  theirs.annotations.edit().controller_class = "blue";
  auto aut_ = placement_world::stand_by({{"ngw-a", "a"}});
  aut_.change(blue_record("p", "ngw-blue"));
  aut_.change(theirs);
  aut_.sync();
  aut_.collect(aut_.aut.lead(aut_.now));
  BOOST_TEST(aut_.take<request_pair>().empty());
}

BOOST_AUTO_TEST_CASE(gateways_that_cannot_exist_are_not_asked_for) {
  change(record("p", "http://evil"));
  change(record("q", "ngw-" + std::string(100, 'a')));
  BOOST_TEST(take<request_pair>().empty());
  BOOST_TEST(take<send_record>().empty());
}

BOOST_AUTO_TEST_CASE(made_up_gateways_are_bounded) {
  for (int i = 0; i < 1000; ++i)
    change(record("p" + std::to_string(i), "ngw-" + std::to_string(i)));
  BOOST_TEST(take<request_pair>().size() == 64u);
}

BOOST_AUTO_TEST_CASE(another_classs_gateway_is_left_alone) {
  auto theirs = pod("p");
  theirs.annotations.edit().controller_class = "blue";
  auto aut_ = cold();
  aut_.change(theirs);
  aut_.change(blue_record("p", "ngw-blue"));
  // The other way round.
  theirs.key.name = "q";
  aut_.change(blue_record("q", "ngw-blue"));
  aut_.change(theirs);
  // A fixed one without a pod.
  aut_.change(blue_record("r", "ngw-blue"));
  aut_.sync();
  BOOST_TEST(aut_.take<request_pair>().empty());
  aut_.change(record("s", "ngw-blue"));
  BOOST_TEST(aut_.take<request_pair>().size() == 1u);
}

// Until then its entries stand, and it would be told of an address that is
// another controller's to take away.
BOOST_AUTO_TEST_CASE(pod_that_changes_its_class_waits_for_its_old_record) {
  const auto theirs = blue_record("p", "ngw-a");
  change(theirs);
  change(pod("p"));
  BOOST_TEST(binds().empty());
  const auto said = take<object_event>();
  BOOST_REQUIRE(said.size() == 1u);
  BOOST_TEST(said.front().reason == "DNATWaiting");
  BOOST_TEST(said.front().message.find(R"(class "blue")") != std::string::npos);
  change(pod("p", "10.0.0.1"));
  BOOST_TEST(events().empty());
  remove(theirs);
  BOOST_TEST(binds() == texts{"ngw-a:p"});
  BOOST_TEST(take<send_record>().empty());
}

// -- addresses
// -----------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(fm05_address_that_another_pod_gets_is_told) {
  change(pod("p", "10.0.0.1"));
  change(plain_pod("stranger", "10.0.0.1"));
  BOOST_TEST(takens() == texts{"ngw-a:10.0.0.1:uid-stranger"});
  // Once.
  change(plain_pod("stranger", "10.0.0.1"));
  BOOST_TEST(takens().empty());
}

BOOST_AUTO_TEST_CASE(fm05_address_of_an_unbound_pod_is_told_until_it_settles) {
  const auto x = pod("p", "10.0.0.1");
  change(x);
  remove(x);
  change(plain_pod("stranger", "10.0.0.1"));
  BOOST_TEST(takens() == texts{"ngw-a:10.0.0.1:uid-stranger"});
  settle("ngw-a", "p");
  remove(plain_pod("stranger", "10.0.0.1"));
  change(plain_pod("another", "10.0.0.1"));
  BOOST_TEST(takens().empty());
}

BOOST_AUTO_TEST_CASE(fm05_address_of_a_record_without_a_pod_is_told) {
  change(plain_pod("stranger", "10.0.0.1"));
  change(record("p", "ngw-b", "10.0.0.1"));
  BOOST_TEST(takens() == texts{"ngw-b:10.0.0.1:uid-stranger"});
  change(record("q", "ngw-a", "10.0.0.2", "", true));
  change(plain_pod("second", "10.0.0.2"));
  BOOST_TEST(takens() == texts{"ngw-a:10.0.0.2:uid-second"});
}

BOOST_AUTO_TEST_CASE(fm30_finished_pod_has_lost_its_address) {
  auto x = pod("p", "10.0.0.1");
  change(x);
  x.finished = true;
  change(x);
  change(pod("q", "10.0.0.1"));
  BOOST_TEST(takens() == texts{"ngw-a:10.0.0.1:uid-q"});
}

BOOST_AUTO_TEST_CASE(finished_stranger_takes_nothing) {
  change(pod("p", "10.0.0.1"));
  auto x = plain_pod("stranger", "10.0.0.1");
  x.finished = true;
  change(x);
  BOOST_TEST(takens().empty());
}

BOOST_AUTO_TEST_CASE(newer_of_two_pods_has_the_address) {
  change(pod("old", "10.0.0.1"));
  change(pod("new", "10.0.0.1"));
  BOOST_TEST(takens() == texts{"ngw-a:10.0.0.1:uid-new"});
  // Changes of the older one do not bring it back.
  change(pod("old", "10.0.0.1"));
  BOOST_TEST(takens().empty());
  // The end of the newer one does.
  remove(pod("new", "10.0.0.1"));
  BOOST_TEST(
    (takens() == texts{"ngw-a:10.0.0.1:uid-old", "ngw-a:10.0.0.1:uid-old"}));
}

BOOST_AUTO_TEST_CASE(terminating_pod_takes_no_address_from_a_live_one) {
  change(pod("p", "10.0.0.1"));
  auto x = plain_pod("stranger", "10.0.0.1");
  x.terminating = true;
  change(x);
  BOOST_TEST(takens().empty());
}

BOOST_AUTO_TEST_CASE(former_address_is_watched_until_the_record_is_proven) {
  change(pod("p", "10.0.0.1"));
  change(record("p", "ngw-a", "10.0.0.1"));
  change(pod("p", "10.0.0.2"));
  auto x = copy(record("p", "ngw-a", "10.0.0.2"));
  change(x);
  change(plain_pod("stranger", "10.0.0.1"));
  BOOST_TEST(takens() == texts{"ngw-a:10.0.0.1:uid-stranger"});
  auto proven = copy(x);
  proven->status = {{"1.1.1.1", "512", "fwd-1", "10.0.0.2", "80"}};
  change(proven);
  remove(plain_pod("stranger", "10.0.0.1"));
  change(plain_pod("another", "10.0.0.1"));
  BOOST_TEST(takens().empty());
}

BOOST_AUTO_TEST_CASE(restarted_pool_hears_of_taken_addresses_again) {
  change(pod("p", "10.0.0.1"));
  change(plain_pod("stranger", "10.0.0.1"));
  takens();
  start("ngw-a");
  BOOST_TEST(takens() == texts{"ngw-a:10.0.0.1:uid-stranger"});
}

BOOST_AUTO_TEST_CASE(successor_with_the_same_address_takes_nothing) {
  change(pod("p", "10.0.0.1", "u1"));
  change(pod("p", "10.0.0.1", "u2"));
  BOOST_TEST(takens().empty());
}

BOOST_AUTO_TEST_SUITE_END()
