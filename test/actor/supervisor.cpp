#include "actors/supervisor.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "test/actor/fixture.hpp"

using namespace natgw;
using namespace std::chrono_literals;

namespace {

/// All actors but the supervisor are recorders.
struct fixture : test::deterministic {
  test::inbox& keeper_box = make_inbox();
  test::inbox& writer_box = make_inbox();
  test::inbox& caller_box = make_inbox();
  test::inbox& signer_box = make_inbox();
  test::inbox& placement_box = make_inbox();
  test::inbox& other_box = make_inbox();

  lease_keeper_actor keeper;
  status_writer_actor writer;
  credential_keeper_actor signer;
  openapi_caller_actor caller;
  placement_actor placement;
  record_watcher_actor records;
  pod_watcher_actor pods;
  object_reader_actor reader;

  struct table {
    actors::pair_surroundings around;
    forward_table_actor actor;
  };
  struct pair {
    actors::pair_surroundings around;
    forward_table_actor table;
    port_pool_actor pool;
  };
  test::inbox& table_box = make_inbox();
  std::vector<table> tables;
  std::vector<pair> pairs;
  std::vector<instant> lease_ends;
  std::vector<bool> readiness;
  std::shared_ptr<observe::metrics> figures
    = std::make_shared<observe::metrics>();

  supervisor_actor aut = start();

  template <class Handle>
  Handle record(test::inbox& into, Handle& keep) {
    keep = spawn_recorder<Handle>(into);
    return keep;
  }

  actors::spawners make() {
    actors::spawners result;
    result.lease_keeper = [this](const supervisor_actor&) {
      return record(keeper_box, keeper);
    };
    result.writers = [this] { return std::vector{record(writer_box, writer)}; };
    result.credentials = [this](auto&) { return record(signer_box, signer); };
    result.caller = [this](auto&, auto&) { return record(caller_box, caller); };
    result.reader = [this] { return record(other_box, reader); };
    result.placement = [this](auto&, auto&) {
      return record(placement_box, placement);
    };
    result.records = [this](auto&) { return record(other_box, records); };
    result.pods = [this](auto&) { return record(other_box, pods); };
    result.table = [this](const actors::pair_surroundings& around) {
      tables.push_back({.around = around});
      return record(table_box, tables.back().actor);
    };
    result.pool = [this](const actors::pair_surroundings& around,
                         const forward_table_actor& its_table) {
      pairs.push_back({.around = around, .table = its_table});
      return record(other_box, pairs.back().pool);
    };
    return result;
  }

  supervisor_actor start() {
    return start(make());
  }

  supervisor_actor start(actors::spawners spawners) {
    return spawn(
      actors::supervisor,
      actors::supervisor_config{.gateways = {"ngw-1", "ngw-2"}},
      std::move(spawners), clock(), figures,
      actors::supervisor_listeners{
        .on_readiness = [this](bool now) { readiness.push_back(now); },
        .on_lease = [this](instant x) { lease_ends.push_back(x); }});
  }

  /// How many watchers were told to start, and nothing else.
  size_t starts_of_watchers() {
    size_t result = 0;
    for (; !other_box.empty(); ++result)
      other_box.take<atom::start>();
    return result;
  }

  void win(uint64_t epoch = 3) {
    tell(keeper, aut, lease_term{epoch, now() + 15s});
  }

  bool says_leading() const {
    return figures->text().find("natgw_lease_held 1\n") != std::string::npos;
  }

  template <class Handle>
  void kill(const Handle& x) {
    caf::anon_send_exit(caf::actor_cast<caf::actor>(x), caf::exit_reason::kill);
    run();
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(supervisor, fixture)

BOOST_AUTO_TEST_CASE(stand_by_watches_and_mirrors_but_has_no_pool) {
  keeper_box.take<atom::start>();
  BOOST_TEST(starts_of_watchers() == 2U);
  BOOST_REQUIRE(tables.size() == 2U);
  BOOST_TEST(tables[0].around.gateway == "ngw-1");
  BOOST_TEST(!tables[1].around.drain);
  table_box.take<atom::start>();
  table_box.take<atom::start>();
  BOOST_TEST(table_box.empty());
  BOOST_TEST(pairs.empty());
  BOOST_TEST(placement_box.empty());
  BOOST_TEST(readiness.empty());
  BOOST_TEST(!says_leading());
}

// Without a term neither lets a write leave; their own tests show it.
BOOST_AUTO_TEST_CASE(nobody_who_writes_has_a_term_before_the_lease_is_won) {
  advance(1min);
  BOOST_TEST(writer_box.empty());
  BOOST_TEST(caller_box.empty());
}

BOOST_AUTO_TEST_CASE(stand_by_has_credentials_for_its_reads) {
  auto [atom, whom] = signer_box.take<atom::start, openapi_caller_actor>();
  BOOST_TEST((whom == caller));
}

BOOST_AUTO_TEST_CASE(pools_start_once_the_lease_is_won) {
  win();
  BOOST_TEST(pairs.size() == 2U);
  BOOST_TEST(tables.size() == 2U);
  BOOST_TEST((pairs[0].table == tables[0].actor));
  BOOST_TEST((pairs[1].table == tables[1].actor));
  BOOST_TEST(pairs[0].around.epoch == 3U << 16U);
  BOOST_TEST(writer_box.take_one<lease_term>().epoch == 3U);
  BOOST_TEST(caller_box.take_one<lease_term>().epoch == 3U);
  BOOST_TEST((std::get<2>(caller_box.take<atom::epoch, std::string, uint64_t>())
              == pairs[0].around.epoch));
  placement_box.take<atom::start>();
  auto [atom, gateway, pool]
    = placement_box.take<atom::start, std::string, port_pool_actor>();
  BOOST_TEST(gateway == "ngw-1");
  BOOST_TEST((pool == pairs[0].pool));
  BOOST_TEST((readiness == std::vector{true}));
}

BOOST_AUTO_TEST_CASE(renewals_reach_those_who_write) {
  win();
  writer_box.clear();
  caller_box.clear();
  auto ends = now() + 99s;
  tell(keeper, aut, lease_term{3, ends});
  BOOST_TEST((writer_box.take_one<lease_term>().ends == ends));
  BOOST_TEST((caller_box.take_one<lease_term>().ends == ends));
  BOOST_TEST((lease_ends.back() == ends));
  BOOST_TEST(pairs.size() == 2U);
}

BOOST_AUTO_TEST_CASE(pool_and_table_restart_together_under_a_new_epoch) {
  win();
  caller_box.clear();
  placement_box.clear();
  auto before = pairs[0];
  kill(before.pool);
  BOOST_TEST(!alive(before.table));
  BOOST_TEST(alive(pairs[1].table));
  BOOST_TEST(pairs.size() == 2U);
  advance(500ms);
  BOOST_TEST_REQUIRE(pairs.size() == 3U);
  BOOST_TEST(pairs[2].around.gateway == "ngw-1");
  BOOST_TEST(pairs[2].around.epoch > before.around.epoch);
  auto [atom, gateway, epoch]
    = caller_box.take<atom::epoch, std::string, uint64_t>();
  BOOST_TEST(gateway == "ngw-1");
  BOOST_TEST(epoch == pairs[2].around.epoch);
  placement_box.take<atom::start, std::string, port_pool_actor>();
  // The table of a restarted pair knows nothing of the time before.
  BOOST_TEST(tables.size() == 3U);
  BOOST_TEST((pairs[2].table == tables[2].actor));
  BOOST_TEST(alive(aut));
}

BOOST_AUTO_TEST_CASE(pair_that_keeps_breaking_restarts_later_each_time) {
  win();
  kill(pairs[0].table);
  advance(500ms);
  BOOST_TEST_REQUIRE(pairs.size() == 3U);
  kill(pairs[2].pool);
  advance(900ms, 100ms);
  BOOST_TEST(pairs.size() == 3U);
  advance(200ms, 100ms);
  BOOST_TEST(pairs.size() == 4U);
}

BOOST_AUTO_TEST_CASE(death_of_any_other_actor_ends_the_process) {
  win();
  kill(placement);
  BOOST_TEST(!alive(aut));
  BOOST_TEST(!alive(caller));
  BOOST_TEST(!alive(pairs[0].pool));
  BOOST_TEST((readiness == std::vector{true, false}));
}

BOOST_AUTO_TEST_CASE(death_of_anybody_in_a_stand_by_ends_the_process) {
  kill(tables[0].actor);
  BOOST_TEST(!alive(aut));
  BOOST_TEST(!alive(tables[1].actor));
  BOOST_TEST(!alive(writer));
  BOOST_TEST(pairs.empty());
  BOOST_TEST((readiness == std::vector{false}));
}

BOOST_AUTO_TEST_CASE(death_of_a_watcher_in_a_stand_by_ends_the_process) {
  kill(records);
  BOOST_TEST(!alive(aut));
  BOOST_TEST(!alive(tables[0].actor));
}

BOOST_AUTO_TEST_CASE(process_without_a_lease_leads_at_once) {
  auto spawners = make();
  spawners.lease_keeper = nullptr;
  auto alone = start(std::move(spawners));
  BOOST_TEST(pairs.size() == 2U);
  BOOST_TEST((readiness == std::vector{true}));
  BOOST_TEST(says_leading());
  BOOST_TEST((writer_box.take_one<lease_term>().ends == instant::max()));
}

BOOST_AUTO_TEST_CASE(lost_lease_ends_the_process) {
  win();
  BOOST_TEST(says_leading());
  tell(keeper, aut, atom::gone_v, lease_term{3, now()});
  BOOST_TEST(!says_leading());
  BOOST_TEST(!alive(aut));
  BOOST_TEST(!alive(writer));
  BOOST_TEST((readiness == std::vector{true, false}));
}

BOOST_AUTO_TEST_CASE(gateway_that_only_records_name_gets_a_draining_pair) {
  win();
  tell(placement, aut, atom::start_v, std::string{"ngw-old"});
  BOOST_TEST_REQUIRE(pairs.size() == 3U);
  BOOST_TEST(pairs[2].around.drain);
  tell(placement, aut, atom::start_v, std::string{"ngw-old"});
  BOOST_TEST(pairs.size() == 3U);
}

BOOST_AUTO_TEST_CASE(draining_pair_asked_of_a_stand_by_starts_when_it_leads) {
  tell(placement, aut, atom::start_v, std::string{"ngw-old"});
  BOOST_TEST(tables.size() == 2U);
  BOOST_TEST(pairs.empty());
  win();
  BOOST_TEST_REQUIRE(pairs.size() == 3U);
  BOOST_TEST(pairs[2].around.gateway == "ngw-old");
  BOOST_TEST(pairs[2].around.drain);
  BOOST_TEST(!pairs[1].around.drain);
}

BOOST_AUTO_TEST_CASE(stop_drains_the_writes_before_it_hands_the_lease_over) {
  win();
  keeper_box.clear();
  tell(keeper, aut, atom::stop_v);
  BOOST_TEST(!alive(pairs[0].pool));
  BOOST_TEST(keeper_box.empty());
  for (auto& x :
       {caf::actor_cast<caf::actor>(pods), caf::actor_cast<caf::actor>(records),
        caf::actor_cast<caf::actor>(reader),
        caf::actor_cast<caf::actor>(caller)})
    kill(x);
  BOOST_TEST(keeper_box.empty());
  BOOST_TEST(says_leading());
  kill(writer);
  keeper_box.take<atom::stop>();
  BOOST_TEST(!says_leading());
  BOOST_TEST(alive(aut));
  kill(keeper);
  BOOST_TEST(!alive(aut));
}

BOOST_AUTO_TEST_CASE(shutdown_is_bounded) {
  win();
  keeper_box.clear();
  tell(keeper, aut, atom::stop_v);
  advance(12s);
  // Who still writes is ended before another process may begin to.
  BOOST_TEST(!alive(writer));
  BOOST_TEST(!alive(caller));
  keeper_box.take<atom::stop>();
  advance(12s);
  BOOST_TEST(!alive(aut));
}

BOOST_AUTO_TEST_CASE(lease_lost_while_draining_is_not_handed_over) {
  win();
  tell(keeper, aut, atom::stop_v);
  tell(keeper, aut, atom::gone_v, lease_term{3, now()});
  BOOST_TEST(!says_leading());
  kill(keeper);
  for (auto& x :
       {caf::actor_cast<caf::actor>(pods), caf::actor_cast<caf::actor>(records),
        caf::actor_cast<caf::actor>(reader),
        caf::actor_cast<caf::actor>(caller)})
    kill(x);
  BOOST_TEST(alive(aut));
  kill(writer);
  BOOST_TEST(!alive(aut));
}

BOOST_AUTO_TEST_CASE(stand_by_that_is_stopped_hands_nothing_over_but_ends) {
  keeper_box.clear();
  tell(keeper, aut, atom::stop_v);
  keeper_box.take<atom::stop>();
  // It has nothing to drain.
  kill(keeper);
  BOOST_TEST(!alive(aut));
  BOOST_TEST(!alive(tables[0].actor));
  BOOST_TEST(!alive(caller));
  BOOST_TEST(pairs.empty());
  BOOST_TEST(readiness.empty());
}

BOOST_AUTO_TEST_CASE(lease_that_is_won_while_a_stand_by_stops_starts_nothing) {
  tell(keeper, aut, atom::stop_v);
  win();
  BOOST_TEST(pairs.empty());
  BOOST_TEST(writer_box.empty());
  BOOST_TEST(caller_box.empty());
  BOOST_TEST(!says_leading());
}

BOOST_AUTO_TEST_SUITE_END()
