#include "cli/crew.hpp"

#include <memory>
#include <string>
#include <utility>

#include <boost/test/unit_test.hpp>

#include "test/actor/kube_world.hpp"

using namespace natgw;
using namespace natgw::test;
using namespace std::chrono_literals;

namespace {

struct fixture : kube_world {
  inbox& told = make_inbox();
  caf::actor asker = spawn(recorder, &told);
  std::shared_ptr<observe::metrics> figures
    = std::make_shared<observe::metrics>();

  actors::spawners make() {
    cli::crew_parts parts{.settings = {},
                          .names = *core::entry_names::make("natgw", "uid"),
                          .identity = "me",
                          .api = api,
                          .lease_api = api,
                          .cloud_net = &net,
                          .keys = nullptr,
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

BOOST_AUTO_TEST_SUITE_END()
