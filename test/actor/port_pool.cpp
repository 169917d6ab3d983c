#include "actors/port_pool.hpp"

#include <memory>
#include <string>

#include <boost/test/unit_test.hpp>

#include "test/actor/fixture.hpp"

using namespace natgw;
using namespace std::chrono_literals;

namespace {

record_watcher_actor::behavior_type numbering_watcher(uint64_t first) {
  auto list = std::make_shared<uint64_t>(first);
  return {
    [](atom::start) {},
    [list](atom::refresh, const std::string&) { return ++*list; },
    [](atom::stop) {},
  };
}

/// One gateway with one EIP; everyone around it is a recorder.
struct fixture : test::deterministic {
  test::inbox& placement_box = make_inbox();
  test::inbox& table_box = make_inbox();
  test::inbox& reader_box = make_inbox();
  test::inbox& writer_box = make_inbox();

  placement_actor placement = spawn_recorder<placement_actor>(placement_box);
  forward_table_actor table = spawn_recorder<forward_table_actor>(table_box);
  object_reader_actor reader = spawn_recorder<object_reader_actor>(reader_box);
  status_writer_actor writer = spawn_recorder<status_writer_actor>(writer_box);
  record_watcher_actor records = spawn(numbering_watcher, uint64_t{0});

  std::shared_ptr<observe::metrics> figures
    = std::make_shared<observe::metrics>();

  port_pool_actor aut = spawn(
    actors::port_pool,
    core::pool_options{.names = *core::entry_names::make("natgw", "uid"),
                       .gateway = "ngw-1",
                       .zone = "z",
                       .epoch = 7},
    actors::pool_peers{placement, table, records, reader, {writer}}, clock(),
    figures);

  void open() {
    tell(table, aut,
         table_report{.usable = true,
                      .eips
                      = {{.address = "47.97.0.10", .allocation_id = "eip-1"}},
                      .listed = true});
    tell(placement, aut, atom::synced_v, uint64_t{1});
    tell(placement, aut, atom::synced_v);
  }

  bind_order order(const std::string& name = "game", int host = 9) {
    auto pod = std::make_shared<pod_view>();
    pod->key = {"default", name};
    pod->uid = name + "-uid";
    pod->node = "node";
    pod->ip = "172.16.0." + std::to_string(host);
    return {pod, {.items = {{protocol::tcp, 80, 1}}}};
  }

  /// Refuses every write that waits.
  void refuse_writes() {
    while (auto write = writer_box.find_one<record_write>())
      tell(writer, aut,
           record_written{.key = write->key,
                          .op = write->op,
                          .problem = error{ec::forbidden, "no"},
                          .absent = true});
  }

  record_ptr record_of(const record_write& x) {
    auto result = std::make_shared<record_view>();
    result->key = x.key;
    result->uid = "record-uid";
    result->resource_version = "7";
    result->finalizer = true;
    result->owner_pod_uid = x.owner_pod_uid;
    result->promise = x.promise;
    return result;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(port_pool, fixture)

BOOST_AUTO_TEST_CASE(table_is_told_whom_to_serve) {
  auto [atom, pool, epoch]
    = table_box.take<atom::start, port_pool_actor, uint64_t>();
  BOOST_TEST((pool == aut));
  BOOST_TEST(epoch == 7U);
}

BOOST_AUTO_TEST_CASE(capacity_is_told_once_the_records_are_fresh) {
  BOOST_TEST(!placement_box.take_one<pool_capacity>().open);
  open();
  pool_capacity last;
  while (!placement_box.empty())
    last = placement_box.take_one<pool_capacity>();
  BOOST_TEST(last.open);
  BOOST_TEST(last.free_tcp > 400U);
}

BOOST_AUTO_TEST_CASE(table_that_cannot_be_read_attracts_nobody) {
  tell(table, aut,
       table_report{.usable = true,
                    .eips
                    = {{.address = "47.97.0.10", .allocation_id = "eip-1"}}});
  tell(placement, aut, atom::synced_v, uint64_t{1});
  while (!placement_box.empty())
    BOOST_TEST(!placement_box.take_one<pool_capacity>().open);
}

BOOST_AUTO_TEST_CASE(table_is_settled_by_a_list_that_began_after_its_own) {
  table_box.clear();
  open();
  BOOST_TEST(table_box.empty());
  tell(placement, aut, atom::synced_v, uint64_t{2});
  table_box.take<atom::settled>();
}

BOOST_AUTO_TEST_CASE(promise_is_stored_before_an_entry_is_wished) {
  open();
  table_box.clear();
  tell(placement, aut, order());
  auto write = writer_box.take_one<record_write>();
  BOOST_TEST((write.op == record_op::create));
  BOOST_TEST(write.promise.internal_ip == "172.16.0.9");
  BOOST_TEST(table_box.empty());
  tell(
    writer, aut,
    record_written{.key = write.key, .op = write.op, .now = record_of(write)});
  auto want = table_box.take_one<entry_want>();
  BOOST_TEST(want.record_uid == "record-uid");
  BOOST_TEST(want.spec.external_port == write.promise.runs[0].external);
}

BOOST_AUTO_TEST_CASE(drift_is_counted) {
  open();
  table_box.clear();
  tell(placement, aut, order());
  auto write = writer_box.take_one<record_write>();
  tell(
    writer, aut,
    record_written{.key = write.key, .op = write.op, .now = record_of(write)});
  auto spec = table_box.take_one<entry_want>().spec;
  tell(table, aut,
       entry_news{.fact = entry_fact::available, .spec = spec, .id = "fwd-1"});
  tell(table, aut, entry_news{.fact = entry_fact::lost, .spec = spec});
  auto text = figures->text();
  BOOST_TEST(text.find("natgw_anomalies_total{kind=\"drift\"} 1")
             != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_the_self_check_finds_is_counted_and_said) {
  open();
  tell(placement, aut, atom::synced_v, uint64_t{2});
  placement_box.clear();
  auto stranger = order("stranger").pod;
  auto names = *core::entry_names::make("natgw", "uid");
  table_sweep read{.gateway = "ngw-1", .entries = {{}}, .owners = {}};
  read.entries[0].id = "fwd-1";
  read.entries[0].status = entry_status::available;
  read.entries[0].spec = {.name = names.build(core::plain_name_key("old"), 0),
                          .external_ip = "47.97.0.10",
                          .internal_ip = stranger->ip,
                          .external_port = 512,
                          .internal_port = 80};
  tell(table, aut, sweep_ptr{std::make_shared<table_sweep>(read)});
  BOOST_TEST(placement_box.take_one<sweep_ptr>()->entries.size() == 1U);
  read.owners = {stranger};
  auto is_counted = [this](const char* number) {
    return figures->text().find(
             "natgw_invariant_violations_total{invariant=\"2\"} "
             + std::string{number})
           != std::string::npos;
  };
  BOOST_TEST(is_counted("0"));
  for (auto i = 0; i < 2; ++i)
    tell(placement, aut, atom::status_v,
         sweep_ptr{std::make_shared<table_sweep>(read)});
  BOOST_TEST(is_counted("1"));
  auto said = writer_box.find_one<object_event>();
  BOOST_TEST_REQUIRE(said.has_value());
  BOOST_TEST(said->reason == "InvariantViolated");
  BOOST_TEST((said->about == event_subject::controller));
}

BOOST_AUTO_TEST_CASE(ports_are_counted_after_the_last_change_too) {
  auto used = [this] {
    auto text = figures->text();
    std::string_view line
      = R"(natgw_ports{gateway="ngw-1",protocol="tcp",state="used"} )";
    auto at = text.find(line);
    return at == std::string::npos ? std::string{}
                                   : text.substr(at + line.size(), 1);
  };
  open();
  advance(2s);
  BOOST_TEST(used() == "0");
  // Within the second in which they were counted.
  tell(placement, aut, order());
  advance(2s);
  BOOST_TEST(used() == "1");
}

BOOST_AUTO_TEST_CASE(failed_write_is_repeated_after_a_while) {
  open();
  tell(placement, aut, order());
  auto write = writer_box.take_one<record_write>();
  tell(writer, aut,
       record_written{.key = write.key,
                      .op = write.op,
                      .problem = error{ec::forbidden, "no"},
                      .absent = true});
  BOOST_TEST(writer_box.empty());
  advance(1s);
  BOOST_TEST((writer_box.take_one<record_write>().op == record_op::create));
}

BOOST_AUTO_TEST_CASE(timers_do_not_multiply) {
  open();
  // Two that fail for ever, so that one of them always waits.
  tell(placement, aut, order("late", 1));
  for (auto i = 0; i < 100; ++i) {
    if (i == 5)
      tell(placement, aut, order("later", 2));
    refuse_writes();
    advance(1s);
  }
  // Each of these is due before them, and then never again.
  for (auto i = 0; i < 5; ++i) {
    auto name = "soon-" + std::to_string(i);
    tell(placement, aut, order(name, 10 + i));
    refuse_writes();
    advance(1s);
    auto write = writer_box.find_one<record_write>();
    while (write && write->key.name != name)
      write = writer_box.find_one<record_write>();
    BOOST_TEST_REQUIRE(write.has_value());
    tell(writer, aut,
         record_written{
           .key = write->key, .op = write->op, .now = record_of(*write)});
  }
  for (auto i = 0; i < 180; ++i) {
    refuse_writes();
    advance(1s);
  }
  BOOST_TEST(sched.clock().schedule().size() <= 2U);
}

BOOST_AUTO_TEST_CASE(pool_without_an_answer_to_its_refresh_starts_over) {
  BOOST_TEST(alive(aut));
  caf::anon_send_exit(caf::actor_cast<caf::actor>(records),
                      caf::exit_reason::kill);
  run();
  tell(table, aut, table_report{.usable = true, .listed = true});
  tell(placement, aut, atom::synced_v, uint64_t{1});
  BOOST_TEST(!alive(aut));
}

BOOST_AUTO_TEST_SUITE_END()
