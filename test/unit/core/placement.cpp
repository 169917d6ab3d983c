#include "core/placement.hpp"

#include <boost/test/unit_test.hpp>

#include "test/unit/core/placement_world.hpp"

using namespace natgw;
using namespace natgw::core;
using namespace std::chrono_literals;
using natgw::test::placement_world;

namespace {

using texts = std::vector<std::string>;

struct fixture : placement_world {
  fixture() : placement_world{natgw::test::make_world()} {
    // nop
  }

  pod_view on(const std::string& node, pod_view x) {
    x.node = node;
    return x;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(placement_, fixture)

// -- where to
// ------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(pod_goes_to_the_zone_of_its_node) {
  change(on("node-b", pod("p")));
  BOOST_TEST(binds() == texts{"ngw-b:p"});
  BOOST_TEST(take<zone_outcome>().at(0).hit);
}

BOOST_AUTO_TEST_CASE(full_zone_spills_over) {
  room("ngw-a", 0);
  change(pod("p"));
  BOOST_TEST(binds() == texts{"ngw-b:p"});
  BOOST_TEST(!take<zone_outcome>().at(0).hit);
}

BOOST_AUTO_TEST_CASE(node_without_a_zone_counts_neither_hit_nor_miss) {
  change(on("node-x", pod("p")));
  BOOST_TEST(binds().size() == 1u);
  BOOST_TEST(take<zone_outcome>().empty());
}

BOOST_AUTO_TEST_CASE(pinned_gateway_outranks_the_zone) {
  auto x = pod("p");
  x.annotations.edit().gateway = "ngw-b";
  change(x);
  BOOST_TEST(binds() == texts{"ngw-b:p"});
}

BOOST_AUTO_TEST_CASE(pinned_zone_outranks_the_nodes_zone) {
  auto x = pod("p");
  x.annotations.edit().zone = "b";
  change(x);
  BOOST_TEST(binds() == texts{"ngw-b:p"});
}

BOOST_AUTO_TEST_CASE(pinned_pod_does_not_spill_over) {
  room("ngw-b", 0);
  auto x = pod("p");
  x.annotations.edit().zone = "b";
  change(x);
  auto y = pod("q");
  y.annotations.edit().gateway = "ngw-b";
  change(y);
  BOOST_TEST(binds().empty());
  BOOST_TEST(aut.waiting() == 2u);
  room("ngw-b", 100);
  BOOST_TEST(binds().size() == 2u);
}

BOOST_AUTO_TEST_CASE(unscheduled_pod_holds_nothing) {
  auto x = on("", pod("p"));
  change(x);
  BOOST_TEST(binds().empty());
  BOOST_TEST(aut.waiting() == 0u);
  x.node = "node-a";
  change(x);
  BOOST_TEST(binds() == texts{"ngw-a:p"});
}

BOOST_AUTO_TEST_CASE(pod_waits_until_its_node_is_known) {
  auto x = on("node-new", pod("p"));
  change(x);
  change(x);
  BOOST_TEST(binds().empty());
  node("node-new", "b");
  BOOST_TEST(binds() == texts{"ngw-b:p"});
  BOOST_TEST(take<zone_outcome>().size() == 1u);
}

BOOST_AUTO_TEST_CASE(terminating_pod_is_not_placed_any_more) {
  auto x = pod("p");
  x.terminating = true;
  change(x);
  BOOST_TEST(binds().empty());
}

BOOST_AUTO_TEST_CASE(burst_is_spread_before_the_pools_have_spoken) {
  for (int i = 0; i < 10; ++i)
    change(on("node-x", pod("p" + std::to_string(i))));
  int first = 0;
  for (const auto& x : binds())
    first += x.starts_with("ngw-a") ? 1 : 0;
  BOOST_TEST(first == 5);
}

BOOST_AUTO_TEST_CASE(every_change_of_a_bound_pod_reaches_its_pool) {
  auto x = pod("p");
  change(x);
  x.ip = "10.0.0.1";
  x.annotations.edit().expose_port = "80,81";
  change(x);
  const auto got = take<send_bind>();
  BOOST_REQUIRE(got.size() == 2u);
  BOOST_TEST(got[1].gateway == "ngw-a");
  BOOST_TEST(got[1].order.pod->ip == "10.0.0.1");
  BOOST_TEST(got[1].order.request.items.size() == 2u);
}

// -- refusals and waiting
// --------------------------------------------------------

BOOST_AUTO_TEST_CASE(refused_pod_goes_to_the_next_gateway) {
  const auto x = pod("p");
  change(x);
  refuse("ngw-a", x);
  BOOST_TEST((binds() == texts{"ngw-a:p", "ngw-b:p"}));
  // What the first pool says afterwards is of no interest.
  settle("ngw-a", "p");
  BOOST_TEST(binds().empty());
}

BOOST_AUTO_TEST_CASE(refusing_gateway_is_asked_again_once_it_has_grown) {
  auto x = pod("p");
  x.annotations.edit().gateway = "ngw-a";
  change(x);
  refuse("ngw-a", x);
  BOOST_TEST(binds() == texts{"ngw-a:p"});
  BOOST_TEST(events() == texts{"DNATWaiting"});
  for (int i = 0; i < 10; ++i)
    tick();
  room("ngw-a", 100, 5);
  tick();
  BOOST_TEST(binds().empty());
  room("ngw-a", 101);
  BOOST_TEST(binds() == texts{"ngw-a:p"});
  BOOST_TEST(aut.waiting() == 0u);
}

BOOST_AUTO_TEST_CASE(fm12_refusal_and_growth_make_no_busy_loop) {
  auto x = pod("p");
  x.annotations.edit().gateway = "ngw-a";
  change(x);
  for (uint32_t i = 1; i <= 100; ++i) {
    refuse("ngw-a", x);
    room("ngw-a", 100 + i);
  }
  BOOST_TEST(binds().size() == 1u);
  tick(3s);
  BOOST_TEST(binds().size() == 1u);
}

BOOST_AUTO_TEST_CASE(room_of_a_refused_pod_is_there_for_the_next) {
  room("ngw-a", 1);
  room("ngw-b", 0);
  const auto x = pod("p");
  change(x);
  refuse("ngw-a", x);
  // The pool has nothing new to tell: nothing changed there.
  change(pod("q"));
  BOOST_TEST((binds() == texts{"ngw-a:p", "ngw-a:q"}));
}

BOOST_AUTO_TEST_CASE(refusal_of_an_earlier_pod_is_ignored) {
  const auto x = pod("p");
  change(x);
  binds();
  change(pod("p", "", "another"));
  BOOST_TEST(unbinds() == texts{"ngw-a:p!"});
  BOOST_TEST(binds() == texts{"ngw-a:p"});
  refuse("ngw-a", x);
  BOOST_TEST(binds().empty());
}

BOOST_AUTO_TEST_CASE(waiting_pods_are_served_in_order) {
  close("ngw-a");
  close("ngw-b");
  for (const auto* name : {"p1", "p2", "p3"})
    change(pod(name));
  BOOST_TEST(binds().empty());
  BOOST_TEST(events().size() == 3u);
  room("ngw-b", 2);
  BOOST_TEST((binds() == texts{"ngw-b:p1", "ngw-b:p2"}));
  BOOST_TEST(aut.waiting() == 1u);
  remove(pod("p3"));
  BOOST_TEST(aut.waiting() == 0u);
}

BOOST_AUTO_TEST_CASE(reason_to_wait_is_told_once) {
  close("ngw-a");
  close("ngw-b");
  const auto x = pod("p");
  for (int i = 0; i < 5; ++i) {
    change(x);
    tick();
  }
  const auto got = take<object_event>();
  BOOST_REQUIRE(got.size() == 1u);
  BOOST_TEST(got[0].message
             == "no gateway has room for 1 TCP ports in 1 entries; 1 pods "
                "wait");
}

BOOST_AUTO_TEST_CASE(pod_that_nothing_can_serve_is_told_so) {
  auto x = pod("p");
  x.annotations.edit().gateway = "ngw-other";
  change(x);
  auto got = take<object_event>();
  BOOST_REQUIRE(got.size() == 1u);
  BOOST_TEST(got[0].reason == "DNATFailed");
  BOOST_TEST(got[0].warning);
  BOOST_TEST(got[0].message == "gateway \"ngw-other\" is not configured");
  x.annotations.edit().gateway = "";
  x.annotations.edit().zone = "z";
  change(x);
  got = take<object_event>();
  BOOST_REQUIRE(got.size() == 1u);
  BOOST_TEST(got[0].message == "no gateway is configured in zone \"z\"");
  x.annotations.edit().zone = "";
  change(x);
  BOOST_TEST(binds() == texts{"ngw-a:p"});
}

BOOST_AUTO_TEST_CASE(big_wish_at_the_head_stops_nobody) {
  room("ngw-a", 3);
  room("ngw-b", 0);
  auto big = pod("big");
  big.annotations.edit().expose_port = "7000-7015";
  change(big);
  room("ngw-a", 0);
  change(pod("small"));
  BOOST_TEST(aut.waiting() == 2u);
  room("ngw-a", 3);
  BOOST_TEST(binds() == texts{"ngw-a:small"});
}

BOOST_AUTO_TEST_CASE(ticks_reach_everybody_in_a_long_queue) {
  close("ngw-a");
  close("ngw-b");
  for (int i = 0; i < 300; ++i) {
    auto big = pod("big" + std::to_string(i));
    big.annotations.edit().expose_port = "7000-7015";
    change(big);
  }
  change(pod("small"));
  room("ngw-a", 3);
  BOOST_TEST(binds().empty());
  for (int i = 0; i < 6; ++i)
    tick();
  BOOST_TEST(binds() == texts{"ngw-a:small"});
}

BOOST_AUTO_TEST_CASE(zone_that_warms_up_is_worth_a_moment) {
  placement_world cold{{{"ngw-a", "a"}, {"ngw-b", "b"}}};
  cold.node("node-a", "a");
  cold.start("ngw-a");
  cold.start("ngw-b");
  cold.sync();
  cold.room("ngw-b", 10);
  cold.change(pod("p"));
  BOOST_TEST(cold.binds().empty());
  cold.change(pod("q"));
  cold.room("ngw-a", 1);
  BOOST_TEST((cold.binds() == texts{"ngw-a:p", "ngw-b:q"}));
}

// What is bound stays: a gateway that is late must find something to do.
BOOST_AUTO_TEST_CASE(burst_leaves_some_to_the_gateway_that_is_late) {
  for (const auto* zone : {"a", ""}) {
    placement_world cold{{{"ngw-a", zone}, {"ngw-b", zone}}};
    cold.node("node-a", zone);
    cold.start("ngw-a");
    cold.start("ngw-b");
    cold.sync();
    cold.room("ngw-a", 1000);
    for (auto i = 0; i < 100; ++i)
      cold.change(pod("p" + std::to_string(i)));
    BOOST_TEST(cold.binds().size() == 32u);
    // Its queue is empty again.
    cold.room("ngw-a", 1000);
    BOOST_TEST(cold.binds().size() == 32u);
    cold.room("ngw-b", 1000);
    const auto bound = cold.binds();
    BOOST_TEST(bound.size() == 36u);
    BOOST_TEST(std::ranges::count_if(
                 bound, [](const auto& x) { return x.starts_with("ngw-b"); })
               == 34);
  }
}

BOOST_AUTO_TEST_CASE(burst_does_not_wait_for_a_gateway_that_stays_away) {
  placement_world cold{{{"ngw-a", "a"}, {"ngw-b", "a"}}};
  cold.node("node-a", "a");
  cold.start("ngw-a");
  cold.sync();
  cold.room("ngw-a", 1000);
  for (auto i = 0; i < 100; ++i)
    cold.change(pod("p" + std::to_string(i)));
  cold.tick(16s);
  BOOST_TEST(cold.binds().size() == 100u);
}

BOOST_AUTO_TEST_CASE(zone_that_stays_cold_spills_over_in_the_end) {
  placement_world cold{{{"ngw-a", "a"}, {"ngw-b", "b"}}};
  cold.node("node-a", "a");
  cold.start("ngw-a");
  cold.start("ngw-b");
  cold.sync();
  cold.room("ngw-b", 10);
  cold.change(pod("p"));
  cold.tick(16s);
  BOOST_TEST(cold.binds() == texts{"ngw-b:p"});
}

BOOST_AUTO_TEST_CASE(warming_pools_are_no_news) {
  placement_world cold{{{"ngw-a", "a"}}};
  cold.node("node-a", "a");
  cold.start("ngw-a");
  cold.sync();
  cold.change(pod("p"));
  cold.change(pod("q"));
  BOOST_TEST(cold.events().empty());
  cold.tick(10s);
  BOOST_TEST(cold.events().empty());
  cold.tick(6s);
  BOOST_TEST((cold.events() == texts{"DNATWaiting", "DNATWaiting"}));
  cold.room("ngw-a", 10);
  BOOST_TEST(cold.binds().size() == 2u);
}

// -- ends
// ------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(pod_that_is_gone_is_unbound) {
  const auto x = pod("p");
  change(x);
  remove(x);
  BOOST_TEST(unbinds() == texts{"ngw-a:p!"});
  BOOST_TEST(aut.size() == 1u);
  settle("ngw-a", "p");
  BOOST_TEST(aut.size() == 0u);
}

BOOST_AUTO_TEST_CASE(fm30_finished_pod_is_unbound) {
  auto x = pod("p");
  change(x);
  x.finished = true;
  change(x);
  change(x);
  BOOST_TEST(unbinds() == texts{"ngw-a:p"});
  settle("ngw-a", "p");
  change(x);
  BOOST_TEST(binds() == texts{"ngw-a:p"});
}

BOOST_AUTO_TEST_CASE(fm19_switch_turned_off_and_on_again) {
  auto x = pod("p");
  change(x);
  x.annotations.edit().dnat = "false";
  change(x);
  BOOST_TEST(unbinds() == texts{"ngw-a:p"});
  x.annotations.edit().dnat = "true";
  change(x);
  BOOST_TEST((binds() == texts{"ngw-a:p", "ngw-a:p"}));
  // The pool had said this before it heard of the new wish.
  settle("ngw-a", "p");
  BOOST_TEST(binds().empty());
  remove(x);
  BOOST_TEST(unbinds() == texts{"ngw-a:p!"});
}

BOOST_AUTO_TEST_CASE(other_class_is_unbound) {
  auto x = pod("p");
  change(x);
  x.annotations.edit().controller_class = "blue";
  change(x);
  BOOST_TEST(unbinds() == texts{"ngw-a:p"});
}

BOOST_AUTO_TEST_CASE(fm02_missed_end_is_made_up_for) {
  change(pod("p", "10.0.0.1", "u1"));
  change(pod("p", "10.0.0.2", "u2"));
  BOOST_TEST(done.size() == 4u); // bind, zone, unbind, bind
  BOOST_TEST(unbinds() == texts{"ngw-a:p!"});
  const auto got = take<send_bind>();
  BOOST_REQUIRE(got.size() == 2u);
  BOOST_TEST(got[1].order.pod->uid == "u2");
  // The end arrives late: the new pod stays.
  remove(pod("p", "10.0.0.1", "u1"));
  BOOST_TEST(unbinds().empty());
}

BOOST_AUTO_TEST_CASE(fm06_successor_goes_to_its_predecessors_pool) {
  change(pod("p", "", "u1"));
  remove(pod("p", "", "u1"));
  room("ngw-a", 0);
  change(on("node-b", pod("p", "", "u2")));
  BOOST_TEST((binds() == texts{"ngw-a:p", "ngw-a:p"}));
}

BOOST_AUTO_TEST_CASE(unscheduled_successor_waits) {
  change(pod("p", "", "u1"));
  remove(pod("p", "", "u1"));
  binds();
  auto next = on("", pod("p", "", "u2"));
  change(next);
  BOOST_TEST(binds().empty());
  settle("ngw-a", "p");
  BOOST_TEST(binds().empty());
  next.node = "node-b";
  change(next);
  BOOST_TEST(binds() == texts{"ngw-b:p"});
}

BOOST_AUTO_TEST_CASE(pod_that_pins_another_gateway_moves_once_it_can) {
  auto x = pod("p");
  change(x);
  room("ngw-b", 0);
  x.annotations.edit().gateway = "ngw-b";
  change(x);
  BOOST_TEST(unbinds().empty());
  room("ngw-b", 10);
  change(x);
  BOOST_TEST(unbinds() == texts{"ngw-a:p"});
  binds();
  change(x);
  BOOST_TEST(binds().empty());
  settle("ngw-a", "p");
  BOOST_TEST(binds() == texts{"ngw-b:p"});
}

// -- bad annotations
// ---------------------------------------------------------------

BOOST_AUTO_TEST_CASE(bad_annotations_are_told_once_per_change) {
  auto x = pod("p");
  x.annotations.edit().expose_port = "80,abc";
  change(x);
  change(x);
  BOOST_TEST(binds().empty());
  auto got = take<object_event>();
  BOOST_REQUIRE(got.size() == 1u);
  BOOST_TEST(got[0].reason == "DNATInvalid");
  BOOST_TEST(got[0].warning);
  BOOST_TEST(take<pod_rejected>().size() == 1u);
  x.annotations.edit().expose_port = "0";
  change(x);
  BOOST_TEST(take<object_event>().size() == 1u);
  BOOST_TEST(take<pod_rejected>().size() == 1u);
}

BOOST_AUTO_TEST_CASE(fm19_corrected_pod_is_picked_up_at_once) {
  auto x = pod("p");
  x.annotations.edit().expose_port = "";
  change(x);
  x.annotations.edit().expose_port = "80";
  change(x);
  BOOST_TEST(binds() == texts{"ngw-a:p"});
}

BOOST_AUTO_TEST_CASE(bound_pod_keeps_its_ports_when_its_annotations_break) {
  auto x = pod("p", "10.0.0.1");
  x.annotations.edit().expose_port = "80,81";
  change(x);
  x.annotations.edit().expose_port = "none";
  change(x);
  x.ip = "10.0.0.2";
  change(x);
  BOOST_TEST(unbinds().empty());
  const auto got = take<send_bind>();
  BOOST_REQUIRE(got.size() == 3u);
  BOOST_TEST(got[2].order.pod->ip == "10.0.0.2");
  BOOST_TEST(got[2].order.request.items.size() == 2u);
}

BOOST_AUTO_TEST_CASE(pod_on_a_virtual_node_is_refused) {
  node("node-v", "a", true);
  change(on("node-v", pod("p")));
  BOOST_TEST(binds().empty());
  BOOST_TEST(events() == texts{"DNATInvalid"});
}

BOOST_AUTO_TEST_CASE(pods_without_a_usable_address_are_told_why_once) {
  node("node-v", "a", true);
  auto host = pod("host", "10.0.0.1");
  host.host_network = true;
  auto ipv6 = pod("ipv6");
  ipv6.only_ipv6 = true;
  for (const auto& [x, rule] :
       {std::pair{host, "host network"}, std::pair{ipv6, "no IPv4 address"},
        std::pair{on("node-v", pod("virtual")), "virtual nodes"}}) {
    change(x);
    auto later = x;
    later.terminating = true;
    change(later);
    const auto got = take<object_event>();
    BOOST_REQUIRE(got.size() == 1u);
    BOOST_TEST(got[0].reason == "DNATInvalid");
    BOOST_TEST(got[0].warning);
    BOOST_TEST(got[0].message.find(rule) != std::string::npos, got[0].message);
    BOOST_TEST(got[0].message.find("pod-dnat") != std::string::npos);
    BOOST_TEST(take<pod_rejected>().size() == 1u);
    BOOST_TEST(binds().empty());
  }
}

BOOST_AUTO_TEST_CASE(annotations_may_come_and_go_on_a_live_pod) {
  change(plain_pod("p", "10.0.0.1"));
  BOOST_TEST(binds().empty());
  change(pod("p", "10.0.0.1"));
  BOOST_TEST(binds() == texts{"ngw-a:p"});
  change(plain_pod("p", "10.0.0.1"));
  const auto got = take<send_unbind>();
  BOOST_REQUIRE(got.size() == 1u);
  BOOST_TEST(!got[0].object_gone);
}

BOOST_AUTO_TEST_CASE(fixed_without_a_stateful_workload_is_noticed) {
  auto x = pod("p");
  x.annotations.edit().fixed = "true";
  x.workload.edit().kind = "ReplicaSet";
  change(x);
  change(x);
  BOOST_TEST(events() == texts{"DNATInvalid"});
  BOOST_TEST(!take<send_bind>().at(0).order.request.fixed);
  BOOST_TEST(take<pod_rejected>().empty());
}

BOOST_AUTO_TEST_SUITE_END()
