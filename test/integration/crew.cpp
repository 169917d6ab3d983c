#include "cli/crew.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "test/actor/kube_world.hpp"
#include "test/secrets.hpp"

using namespace natgw;
using namespace natgw::test;
using namespace std::chrono_literals;

namespace {

struct fixture : kube_world {
  inbox& told = make_inbox();
  caf::actor asker = spawn(recorder, &told);
  std::shared_ptr<observe::metrics> figures
    = std::make_shared<observe::metrics>();

  actors::spawners make(natgw::config::settings settings = {},
                        std::vector<aliyun::credential_source> sources = {}) {
    cli::crew_parts parts{.settings = std::move(settings),
                          .names = *core::entry_names::make("natgw", "uid"),
                          .identity = "me",
                          .api = api,
                          .lease_api = api,
                          .cloud_net = &net,
                          .sources = std::move(sources),
                          .time = clock(),
                          .metrics = figures};
    return cli::spawners_of(sys, std::move(parts));
  }

  template <class Handle>
  void end(const Handle& x) {
    caf::anon_send_exit(caf::actor_cast<caf::actor>(x), caf::exit_reason::kill);
    run();
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_crew, fixture)

BOOST_AUTO_TEST_CASE(writes_to_kubernetes_are_counted) {
  auto writers = make().writers();
  BOOST_TEST_REQUIRE(!writers.empty());
  auto& aut = writers.front();
  tell(asker, aut, lease_term{.epoch = 1, .ends = now() + 15s});
  tell(asker, aut,
       pod_patch{.key = {"games", "a"}, .uid = "p1", .status_annotation = "x"});
  answer(net.the(http::method::patch, "/pods/a"), 200,
         pod_json("a", "p1", "9"));
  BOOST_TEST(figures->text().find("natgw_kube_writes_total{op=\"pod_patch\","
                                  "result=\"ok\"} 1")
             != std::string::npos);
  for (auto& x : writers)
    end(x);
}

BOOST_AUTO_TEST_CASE(end_of_the_credentials_is_shown) {
  auto shown = [this](std::optional<wall_time> expires) {
    auto keeper = make({},
                       {aliyun::fixed_source(
                         credential_origin::environment,
                         {"id", aliyun::secret{marked_secret()}, {}, expires})})
                    .credentials(spawn_recorder<status_writer_actor>(told));
    tell(asker, keeper, atom::start_v,
         spawn_recorder<openapi_caller_actor>(told));
    end(keeper);
    auto text = figures->text();
    const std::string name = "\nnatgw_credentials_expiry_timestamp_seconds ";
    auto from = text.find(name) + name.size();
    return text.substr(from, text.find('\n', from) - from);
  };
  BOOST_TEST(shown(std::nullopt) == "+Inf");
  BOOST_TEST(shown(clock().wall() + 1h)
             == std::to_string(20'000 * 86'400 + 3'600));
  BOOST_TEST(shown(clock().wall() - 1h) == "0");
  BOOST_TEST(figures->text().contains(
    "natgw_credentials_refreshes_total{result=\"failed\","
    "source=\"environment\"} 1"));
}

BOOST_AUTO_TEST_CASE(a_pool_knows_how_many_entries_are_configured) {
  natgw::config::settings settings;
  settings.natgw.entries_per_gateway = 7;
  auto& rooms = make_inbox();
  actors::pair_surroundings around{
    .gateway = "ngw-1",
    .placement = spawn_recorder<placement_actor>(rooms),
    .records = spawn_recorder<record_watcher_actor>(told),
    .reader = spawn_recorder<object_reader_actor>(told),
    .caller = spawn_recorder<openapi_caller_actor>(told),
    .writers = {spawn_recorder<status_writer_actor>(told)}};
  auto pool = make(settings).pool(around,
                                  spawn_recorder<forward_table_actor>(told));
  run();
  BOOST_TEST(rooms.take_one<pool_capacity>().free_entries == 7U);
  end(pool);
}

BOOST_AUTO_TEST_SUITE_END()
