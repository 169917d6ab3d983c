// The whole crew, as it is spawned in production, on transports whose answers
// the test writes.

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <boost/test/unit_test.hpp>

#include "actors/supervisor.hpp"
#include "cli/crew.hpp"
#include "test/actor/kube_world.hpp"
#include "test/secrets.hpp"

using namespace natgw;
using namespace natgw::test;
using namespace std::chrono_literals;

namespace {

const std::string gateways_json
  = R"({"TotalCount":1,"NatGateways":{"NatGateway":[{"NatGatewayId":"ngw-1",)"
    R"("Status":"Available","BusinessStatus":"Normal","VpcId":"vpc-1",)"
    R"("ForwardTableIds":{"ForwardTableId":["ftb-1"]},)"
    R"("IpLists":{"IpList":[{"IpAddress":"116.62.1.1",)"
    R"("AllocationId":"eip-1"}]},)"
    R"("NatGatewayPrivateInfo":{"IzNo":"zone-a"}}]}})";

const std::string entries_json
  = R"({"TotalCount":1,"ForwardTableEntries":{"ForwardTableEntry":[)"
    R"({"ForwardEntryId":"fwd-9","ForwardTableId":"ftb-1",)"
    R"("ForwardEntryName":"web","ExternalIp":"116.62.1.1",)"
    R"("ExternalPort":"512/519","InternalIp":"10.9.0.1",)"
    R"("InternalPort":"80/87",)"
    R"("IpProtocol":"tcp","Status":"Available"}]}})";

constexpr std::string_view leases = "/leases";
constexpr std::string_view poddnats = "/poddnats";
constexpr std::string_view watching = "watch=";

std::string lease_json(std::string_view holder, int transitions) {
  return R"({"metadata":{"namespace":"kube-system","name":"natgw",)"
         R"("uid":"l-1","resourceVersion":"7"},"spec":{"holderIdentity":")"
         + std::string{holder}
         + R"(","leaseDurationSeconds":15,"leaseTransitions":)"
         + std::to_string(transitions)
         + R"(,"renewTime":"2026-01-31T12:34:56.123456Z"}})";
}

/// A pod of node n1 that asks for one port.
std::string asking_pod() {
  return R"({"metadata":{"namespace":"games","name":"a","uid":"p1",)"
         R"("resourceVersion":"8","annotations":{)"
         R"("k8s.aliyun.com/pod-dnat":"true",)"
         R"("k8s.aliyun.com/pod-dnat-expose-port":"80"}},)"
         R"("spec":{"nodeName":"n1"},)"
         R"("status":{"phase":"Running","podIP":"10.0.0.1"}})";
}

struct cloud {
  fake_transport cloud_net;
};

struct fixture : cloud, kube_world {
  std::shared_ptr<observe::metrics> figures
    = std::make_shared<observe::metrics>();
  bool ready = false;
  supervisor_actor aut = start();

  supervisor_actor start() {
    natgw::config::settings settings;
    settings.vpc = "vpc-1";
    settings.region = "cn-hangzhou";
    settings.gateways = {{.id = "ngw-1", .zone = "zone-a"}};
    settings.gateways.front().ports = {512, 520};
    auto keys = aliyun::fixed_source(
      credential_origin::configuration,
      {"testid", aliyun::secret{marked_secret()}, {}, {}});
    cli::crew_parts parts{.settings = settings,
                          .names = *core::entry_names::make("natgw", "uid"),
                          .identity = "me",
                          .api = api,
                          .lease_api = api,
                          .cloud_net = &cloud_net,
                          .sources = {keys},
                          .time = clock(),
                          .metrics = figures};
    return spawn(actors::supervisor, cli::supervisor_config_of(settings),
                 cli::spawners_of(sys, std::move(parts)), clock(), figures,
                 actors::supervisor_listeners{
                   .on_readiness = [this](bool now) { ready = now; },
                   .on_lease = [](instant) {}});
  }

  ~fixture() {
    // Its crew is not spawned by the test.
    caf::anon_send(aut, atom::stop_v);
    run();
    advance(60s);
  }

  static std::string action_of(const exchange& x) {
    for (const auto& h : x.request.headers)
      if (h.name == "x-acs-action")
        return h.value;
    return {};
  }

  /// The oldest open call of that action, or null.
  exchange* call(std::string_view action) {
    for (auto& x : cloud_net.exchanges)
      if (x.open && action_of(x) == action)
        return &x;
    return nullptr;
  }

  void answer_call(std::string_view action, const std::string& body) {
    auto* x = call(action);
    BOOST_REQUIRE(x != nullptr);
    answer(*x, 200, body);
  }

  /// Answers every list that is under way.
  void answer_lists(const std::string& pod = asking_pod()) {
    // NOLINTNEXTLINE(modernize-loop-convert): answers bring more of them.
    for (size_t i = 0; i < net.exchanges.size(); ++i) {
      auto& x = net.exchanges[i];
      if (!x.open || x.streaming || x.request.verb != http::method::get)
        continue;
      const auto& url = x.request.url;
      if (url.find("/nodes") != std::string::npos)
        answer(x, 200, list_json("10", "", {node_json("n1", "zone-a", "3")}));
      else if (url.find("/pods") != std::string::npos)
        answer(x, 200, list_json("10", "", {pod}));
      else if (url.find(poddnats) != std::string::npos)
        answer(x, 200, list_json("10", "", {}));
    }
  }

  /// Another process leads; all that there is has been read.
  void stand_by() {
    answer(net.the(http::method::get, leases), 200, lease_json("other", 4));
    answer_lists();
    answer_call("DescribeNatGateways", gateways_json);
    answer_call("DescribeForwardTableEntries", entries_json);
    advance(1s, 100ms);
  }

  void win() {
    while (net.find(http::method::get, leases) == nullptr)
      advance(100ms, 100ms);
    answer(net.the(http::method::get, leases), 200, lease_json("", 4));
    answer(net.the(http::method::put, leases), 200, lease_json("me", 5));
  }

  size_t writes() const {
    size_t result = 0;
    for (const auto& x : net.exchanges)
      if (x.request.verb != http::method::get
          && x.request.url.find(leases) == std::string::npos)
        ++result;
    for (const auto& x : cloud_net.exchanges)
      if (!action_of(x).starts_with("Describe"))
        ++result;
    return result;
  }

  /// The API server takes the object as it was sent.
  void accept_record(exchange& x) {
    auto body = x.request.body;
    const std::string_view begin = R"("metadata":{)";
    auto at = body.find(begin);
    BOOST_REQUIRE(at != std::string::npos);
    body.insert(at + begin.size(), R"("uid":"r1","resourceVersion":"20",)");
    answer(x, 201, body);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(takeover, fixture)

BOOST_AUTO_TEST_CASE(stand_by_reads_everything_and_writes_nothing) {
  stand_by();
  BOOST_TEST(net.find(http::method::get, watching) != nullptr);
  advance(20min, 1s);
  BOOST_TEST(writes() == 0U);
  BOOST_TEST(!ready);
}

BOOST_AUTO_TEST_CASE(released_lease_is_taken_by_the_first_poll) {
  stand_by();
  auto before = now();
  win();
  BOOST_TEST(ready);
  // retryPeriod * (1 + 1.2) at most, whatever the duration is.
  BOOST_TEST((now() - before <= 4500ms));
}

BOOST_AUTO_TEST_CASE(takeover_begins_with_a_fresh_list_of_the_records) {
  stand_by();
  BOOST_TEST(net.find(http::method::get, poddnats)->streaming);
  win();
  auto& list = net.the(http::method::get, poddnats);
  BOOST_TEST(!list.streaming);
  BOOST_TEST(list.request.url.find("resourceVersion") == std::string::npos);
  // Nothing is promised before it has come.
  advance(5s, 100ms);
  BOOST_TEST(writes() == 0U);
}

BOOST_AUTO_TEST_CASE(first_birth_waits_for_no_answer_of_the_cloud) {
  stand_by();
  auto reads = cloud_net.exchanges.size();
  win();
  BOOST_REQUIRE(cloud_net.exchanges.size() > reads);
  answer_lists();
  auto& create = net.the(http::method::post, poddnats);
  // The only port that the entry which the stand-by saw leaves.
  BOOST_TEST(create.request.body.find("\"520\"") != std::string::npos);
  accept_record(create);
  BOOST_TEST(call("CreateForwardEntry") != nullptr);
  BOOST_TEST(call("DescribeNatGateways") != nullptr);
  BOOST_TEST(call("DescribeForwardTableEntries") != nullptr);
  BOOST_TEST(call("ModifyForwardEntry") == nullptr);
  BOOST_TEST(call("DeleteForwardEntry") == nullptr);
}

BOOST_AUTO_TEST_CASE(stand_by_that_is_stopped_leaves_the_lease_alone) {
  stand_by();
  caf::anon_send(aut, atom::stop_v);
  run();
  BOOST_TEST(!alive(aut));
  BOOST_TEST(net.find(http::method::put) == nullptr);
  BOOST_TEST(writes() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
