#include "actors/placement.hpp"

#include <array>

#include <boost/test/unit_test.hpp>

#include "test/actor/fixture.hpp"

using namespace natgw;
using namespace natgw::test;
using namespace std::chrono_literals;

namespace {

struct fixture : deterministic {
  std::array<inbox, 2> written;
  inbox pool_told;
  inbox supervised;
  std::shared_ptr<observe::metrics> metrics
    = std::make_shared<observe::metrics>();
  std::vector<status_writer_actor> writers{
    spawn_recorder<status_writer_actor>(written[0]),
    spawn_recorder<status_writer_actor>(written[1])};
  port_pool_actor pool = spawn_recorder<port_pool_actor>(pool_told);
  placement_actor aut = spawn(
    actors::placement,
    core::placement_options{.rules = {}, .gateways = {{"ngw-a", "a"}}}, writers,
    spawn_recorder<supervisor_actor>(supervised), clock(), metrics);

  template <class... Ts>
  void tell(Ts&&... xs) {
    caf::anon_send(aut, std::forward<Ts>(xs)...);
    run();
  }

  /// The lease is won, everything is listed, nothing is there, the pool may be
  /// open.
  void begin(bool open = true) {
    tell(atom::start_v);
    tell(atom::start_v, std::string{"ngw-a"}, pool);
    tell(atom::changed_v, node_view{"n1", "a", false});
    tell(atom::synced_v);
    tell(atom::synced_v, uint64_t{1});
    if (open)
      tell(room());
    pool_told.clear();
  }

  static pool_capacity room() {
    pool_capacity x;
    x.gateway = "ngw-a";
    x.open = true;
    x.free_tcp = x.free_udp = x.free_entries = 10;
    return x;
  }

  static std::shared_ptr<pod_view> pod(const std::string& name) {
    auto x = std::make_shared<pod_view>();
    x->key = {"ns", name};
    x->uid = "uid-" + name;
    x->node = "n1";
    x->ip = "10.0.0.1";
    x->annotations.edit().present = true;
    x->annotations.edit().expose_port = "80";
    return x;
  }

  static record_ptr record(const std::string& name,
                           const std::string& gateway) {
    auto x = std::make_shared<record_view>();
    x->key = {"ns", name};
    x->uid = "record-" + name;
    x->gateway = gateway;
    return x;
  }

  inbox& writer_of(const std::string& name) {
    return written[std::hash<object_key>{}({"ns", name}) % written.size()];
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(placement, fixture)

BOOST_AUTO_TEST_CASE(life_of_a_pod_reaches_its_pool) {
  begin();
  const pod_ptr x = pod("p");
  tell(atom::changed_v, x);
  BOOST_TEST(pool_told.take_one<bind_order>().pod == x);
  tell(atom::gone_v, x);
  const auto [what, who, gone]
    = pool_told.take<atom::unbind_pod, pod_ptr, bool>();
  BOOST_TEST(who == x);
  BOOST_TEST(gone);
  tell(atom::settled_v, std::string{"ngw-a"}, x->key);
  BOOST_TEST(pool_told.empty());
  BOOST_TEST(
    metrics->text().find("natgw_zone_placements_total{result=\"hit\"} 1")
    != std::string::npos);
}

BOOST_AUTO_TEST_CASE(sweep_comes_back_with_the_owners_of_its_addresses) {
  begin();
  const pod_ptr x = pod("p");
  tell(atom::changed_v, x);
  pool_told.clear();
  table_sweep sweep{.gateway = "ngw-a", .entries = {{}, {}, {}}, .owners = {}};
  sweep.entries[0].spec.internal_ip = x->ip;
  sweep.entries[1].spec.internal_ip = "10.0.0.2";
  sweep.entries[2].spec.internal_ip = "nonsense";
  tell(sweep_ptr{std::make_shared<table_sweep>(sweep)});
  const auto [what, told] = pool_told.take<atom::status, sweep_ptr>();
  BOOST_TEST(told->entries.size() == 3U);
  BOOST_TEST_REQUIRE(told->owners.size() == 3U);
  BOOST_TEST(told->owners[0] == x);
  BOOST_TEST(told->owners[1] == nullptr);
  BOOST_TEST(told->owners[2] == nullptr);
}

BOOST_AUTO_TEST_CASE(records_and_lists_reach_the_pool) {
  begin();
  const auto x = record("p", "ngw-a");
  tell(atom::changed_v, x);
  tell(atom::gone_v, x);
  tell(atom::synced_v, uint64_t{2});
  BOOST_TEST((std::get<1>(pool_told.take<atom::changed, record_ptr>()) == x));
  BOOST_TEST((std::get<1>(pool_told.take<atom::gone, record_ptr>()) == x));
  BOOST_TEST((std::get<1>(pool_told.take<atom::synced, uint64_t>()) == 2u));
}

BOOST_AUTO_TEST_CASE(restarted_pool_is_told_everything) {
  begin();
  const pod_ptr x = pod("p");
  tell(atom::changed_v, x);
  inbox again;
  auto successor = spawn_recorder<port_pool_actor>(again);
  tell(atom::start_v, std::string{"ngw-a"}, successor);
  BOOST_TEST(again.take_one<bind_order>().pod == x);
  again.take<atom::synced>();
  BOOST_TEST((std::get<1>(again.take<atom::synced, uint64_t>()) == 1u));
}

BOOST_AUTO_TEST_CASE(taken_address_is_told) {
  begin();
  tell(atom::changed_v, pod_ptr{pod("p")});
  pool_told.clear();
  auto stranger = pod("stranger");
  stranger->annotations = {};
  tell(atom::changed_v, pod_ptr{stranger});
  const auto [what, ip, uid]
    = pool_told.take<atom::taken, std::string, std::string>();
  BOOST_TEST(ip == "10.0.0.1");
  BOOST_TEST(uid == "uid-stranger");
}

BOOST_AUTO_TEST_CASE(bad_annotations_become_an_event_at_the_pods_writer) {
  begin();
  auto x = pod("p");
  x->annotations.edit().expose_port = "abc";
  tell(atom::changed_v, pod_ptr{x});
  BOOST_TEST(pool_told.empty());
  BOOST_TEST(writer_of("p").take_one<object_event>().reason == "DNATInvalid");
  BOOST_TEST(metrics->text().find("natgw_rejected_pods_total 1")
             != std::string::npos);
}

BOOST_AUTO_TEST_CASE(unknown_gateway_is_asked_for) {
  begin();
  tell(atom::changed_v, record("p", "ngw-old"));
  BOOST_TEST(
    (std::get<1>(supervised.take<atom::start, std::string>()) == "ngw-old"));
}

BOOST_AUTO_TEST_CASE(stand_by_asks_for_nothing_and_says_nothing) {
  tell(atom::changed_v, node_view{"n1", "a", false});
  auto bad = pod("bad");
  bad->annotations.edit().expose_port = "abc";
  tell(atom::changed_v, pod_ptr{bad});
  tell(atom::changed_v, pod_ptr{pod("p")});
  tell(atom::changed_v, record("q", "ngw-old"));
  tell(atom::synced_v);
  tell(atom::synced_v, uint64_t{1});
  advance(20s);
  BOOST_TEST(supervised.empty());
  BOOST_TEST(written[0].empty());
  BOOST_TEST(written[1].empty());
  BOOST_TEST(metrics->text().find("natgw_rejected_pods_total 1")
             == std::string::npos);
  tell(atom::start_v);
  BOOST_TEST(
    (std::get<1>(supervised.take<atom::start, std::string>()) == "ngw-old"));
  BOOST_TEST(writer_of("bad").take_one<object_event>().reason == "DNATInvalid");
  tell(atom::start_v, std::string{"ngw-a"}, pool);
  tell(room());
  BOOST_TEST(pool_told.find_one<bind_order>()->pod->key.name == "p");
}

BOOST_AUTO_TEST_CASE(refused_pod_waits_and_is_tried_again) {
  begin();
  const pod_ptr x = pod("p");
  tell(atom::changed_v, x);
  tell(bind_refused{"ngw-a", x->key, x->uid, ec::no_port, "full"});
  pool_told.clear();
  auto more = room();
  more.free_tcp = 11;
  tell(more);
  BOOST_TEST(pool_told.empty());
  advance(5s);
  BOOST_TEST(pool_told.take_one<bind_order>().pod == x);
  BOOST_TEST(pool_told.empty());
}

BOOST_AUTO_TEST_CASE(clock_ticks_only_while_somebody_waits) {
  begin(false);
  tell(atom::changed_v, pod_ptr{pod("p")});
  BOOST_TEST(sched.has_job() == false);
  advance(3s);
  tell(room());
  pool_told.take_one<bind_order>();
  advance(2s);
  // Without a tick under way the next message is the only one.
  BOOST_TEST(sched.clock().schedule().empty());
}

BOOST_AUTO_TEST_SUITE_END()
