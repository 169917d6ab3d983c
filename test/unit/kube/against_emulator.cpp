#include <optional>
#include <string>

#include "clients/kube/client.hpp"
#include "emulator/kube/api_server.hpp"
#include "emulator/kube/resource.hpp"
#include "test/unit/kube/documents.hpp"
#include "test/unit/kube/fake_transport.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

// The client's requests as an API server understands them.

namespace {

using namespace natgw;
using namespace natgw::kube;
using namespace std::chrono_literals;
namespace emulated = natgw::emulator::kube;
using nlohmann::json;

const std::string base_url = "http://emulator";

std::string_view name_of(http::method x) {
  switch (x) {
    case http::method::get:
      return "GET";
    case http::method::post:
      return "POST";
    case http::method::put:
      return "PUT";
    case http::method::patch:
      return "PATCH";
    case http::method::del:
      return "DELETE";
  }
  return "";
}

emulated::options cluster_options() {
  emulated::options cfg;
  cfg.tokens = {{"secret", "admin"}};
  return cfg;
}

struct cluster {
  testing::fake_transport net;
  emulated::api_server api{cluster_options()};
  api_server address{base_url, {}, token_source::fixed("secret"), "default"};
  client aut{net, address};

  cluster() {
    post("/api/v1/namespaces", R"({"metadata":{"name":"games"}})");
    post("/api/v1/namespaces/games/pods", R"({"metadata":{"name":"game-0",
      "annotations":{"k8s.aliyun.com/pod-dnat":"true"}},
      "spec":{"nodeName":"n","containers":[{"name":"c","image":"i"}],
      "readinessGates":[{"conditionType":"k8s.aliyun.com/pod-dnat"}]}})");
  }

  static emulated::request convert(const http::request& x) {
    emulated::request result;
    result.method = name_of(x.verb);
    result.target = x.url.substr(base_url.size());
    result.authorization = testing::find_header(x, "Authorization");
    result.accept = testing::find_header(x, "Accept");
    result.content_type = testing::find_header(x, "Content-Type");
    result.body = x.body;
    return result;
  }

  void post(const std::string& path, const std::string& body) {
    auto x = api.handle({"POST", path, "Bearer secret", "", "application/json",
                         "", body},
                        instant{});
    BOOST_REQUIRE_MESSAGE(x.status < 300, x.body);
  }

  // One request of somebody else; the answer's body.
  json other_hand(const std::string& method, const std::string& path,
                  const std::string& body = {}) {
    auto x = api.handle({method, path, "Bearer secret", "",
                         "application/merge-patch+json", "", body},
                        instant{});
    BOOST_REQUIRE_MESSAGE(x.status < 300, x.body);
    return json::parse(x.body);
  }

  // Answers every request that waits.
  void run() {
    while (!net.pending.empty()) {
      auto x = api.handle(convert(net.next()), instant{});
      net.answer(x.status, x.body);
    }
  }

  template <class T, class Ask>
  expected<T> call(Ask ask) {
    std::optional<expected<T>> result;
    ask([&result](expected<T> x) { result = std::move(x); });
    run();
    BOOST_REQUIRE(result);
    return std::move(*result);
  }

  expected<record_ptr> write(record_write x) {
    return call<record_ptr>([&](completion<record_ptr> done) {
      aut.write(std::move(x), {}, std::move(done));
    });
  }

  record_ptr create() {
    record_write x;
    x.key = {"games", "game-0"};
    x.promise = testing::record_intent();
    x.owner_pod_uid = pod()->uid;
    auto made = write(x);
    BOOST_REQUIRE_MESSAGE(made, (made ? "" : made.error().detail));
    return *made;
  }

  static record_write next(record_op op, const record_ptr& now) {
    record_write x;
    x.key = now->key;
    x.op = op;
    x.uid = now->uid;
    x.resource_version = now->resource_version;
    x.base = now;
    return x;
  }

  pod_ptr pod() {
    auto found = call<page<pod_view>>([&](completion<page<pod_view>> done) {
      aut.list_page<pod_view>({.ns = "games",
                               .field_selector = "metadata.name=game-0"},
                              std::move(done));
    });
    return std::make_shared<const pod_view>(found.value().items.at(0));
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(against_emulator_suite, cluster)

BOOST_AUTO_TEST_CASE(a_record_lives_from_promise_to_absence) {
  auto now = create();
  BOOST_TEST((now->promise == testing::record_intent()));
  BOOST_TEST(now->problem == "");
  BOOST_TEST(now->finalizer);
  BOOST_TEST(now->owner_pod_uid == pod()->uid);

  auto x = next(record_op::promise, now);
  x.promise = testing::record_intent();
  x.promise.internal_ip.clear();
  x.promise.fixed = true;
  now = write(x).value();
  BOOST_TEST((now->promise == x.promise));
  BOOST_TEST(now->owner_pod_uid == "");

  x = next(record_op::status, now);
  x.status = {{"114.55.0.10", "512-527", "fwd-1", "172.16.0.8", "7000-7015",
               protocol::udp}};
  now = write(x).value();
  BOOST_TEST((now->status == x.status));

  x = next(record_op::status, now);
  now = write(x).value();
  BOOST_TEST(now->status.empty());

  now = write(next(record_op::remove, now)).value();
  BOOST_REQUIRE(now);
  BOOST_TEST(now->deleting);
  BOOST_TEST((write(next(record_op::release, now)).value() == nullptr));
  auto gone = call<record_ptr>([&](completion<record_ptr> done) {
    aut.get_record({"games", "game-0"}, std::move(done));
  });
  BOOST_TEST((gone.error().code == ec::not_found));
}

BOOST_AUTO_TEST_CASE(a_release_before_the_remove_leaves_nothing_to_hold) {
  auto now = create();
  auto x = next(record_op::release, now);
  x.base = nullptr;
  now = write(x).value();
  BOOST_TEST(!now->finalizer);
  BOOST_TEST((write(next(record_op::remove, now)).value() == nullptr));
}

BOOST_AUTO_TEST_CASE(what_others_put_on_a_record_survives_all_writes) {
  const std::string path = "/apis/alibabacloud.com/v1beta1/namespaces/games/"
                           "poddnats/game-0";
  create();
  auto before = other_hand("GET", path);
  auto added = json::parse(R"({"metadata":{"labels":{"team":"blue"},
    "annotations":{"note":"mine"}},"spec":{"eni":"eni-9","vswitch":"vsw-9"}})");
  auto& meta = before["metadata"];
  meta["finalizers"].push_back("example.com/keep");
  meta["ownerReferences"].push_back({{"apiVersion", "example.com/v1"},
                                     {"kind", "Keeper"},
                                     {"name", "k"},
                                     {"uid", "k-uid"},
                                     {"controller", true}});
  added["metadata"]["finalizers"] = meta["finalizers"];
  added["metadata"]["ownerReferences"] = meta["ownerReferences"];
  other_hand("PATCH", path, added.dump());
  auto now = call<record_ptr>([&](completion<record_ptr> done) {
               aut.get_record({"games", "game-0"}, std::move(done));
             }).value();

  auto check = [&] {
    auto seen = other_hand("GET", path);
    auto& its = seen["metadata"];
    BOOST_TEST(its["labels"]["team"] == "blue");
    BOOST_TEST(its["annotations"]["note"] == "mine");
    BOOST_TEST(its["finalizers"].dump().find("example.com/keep")
               != std::string::npos);
    BOOST_TEST(its["ownerReferences"].dump().find("k-uid")
               != std::string::npos);
    BOOST_TEST(seen["spec"]["eni"] == "eni-9");
    BOOST_TEST(seen["spec"]["vswitch"] == "vsw-9");
    return seen;
  };
  // The pod's own reference goes and comes, as `fixed` is turned on and off.
  for (const auto& owner : {std::string{}, pod()->uid}) {
    auto x = next(record_op::promise, now);
    x.promise = testing::record_intent();
    x.promise.fixed = owner.empty();
    x.owner_pod_uid = owner;
    now = write(x).value();
    auto seen = check();
    BOOST_TEST(seen["metadata"]["ownerReferences"].size()
               == (owner.empty() ? 1u : 2u));
  }
  auto x = next(record_op::status, now);
  x.status
    = {{"114.55.0.10", "700", "fwd-2", "172.16.0.8", "80", protocol::tcp}};
  now = write(x).value();
  BOOST_TEST(check()["status"]["state"] == "Forwarding");
  now = write(next(record_op::status, now)).value();
  BOOST_TEST(check()["status"]["state"] == "Waiting");
  now = write(next(record_op::remove, now)).value();
  check();
  now = write(next(record_op::release, now)).value();
  BOOST_REQUIRE(now);
  BOOST_TEST(!now->finalizer);
  check();
}

BOOST_AUTO_TEST_CASE(interfaces_are_listed_where_they_are_defined) {
  auto list = [&] {
    return call<page<interface_view>>(
      [&](completion<page<interface_view>> done) {
        aut.list_page<interface_view>({}, std::move(done));
      });
  };
  BOOST_TEST((list().error().code == ec::not_found));
  post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
       emulated::podeni_crd().dump());
  BOOST_TEST(list().value().items.empty());
  post("/apis/network.alibabacloud.com/v1beta1/namespaces/games/podenis",
       R"({"metadata":{"name":"game-0"},"spec":{"allocations":[
         {"ipv4":"172.16.0.8","eni":{"id":"eni-1","vSwitchID":"vsw-1"}}]}})");
  auto got = list().value();
  BOOST_REQUIRE(got.items.size() == 1u);
  BOOST_TEST(got.items[0].key.str() == "games/game-0");
  BOOST_TEST(got.items[0].allocations.at(0).eni == "eni-1");
}

BOOST_AUTO_TEST_CASE(stale_writes_are_conflicts) {
  auto first = create();
  record_write again;
  again.key = first->key;
  again.promise = testing::record_intent();
  BOOST_TEST((write(again).error().code == ec::already_exists));
  auto x = next(record_op::status, first);
  x.status
    = {{"114.55.0.10", "700", "fwd-2", "172.16.0.8", "80", protocol::tcp}};
  BOOST_REQUIRE(write(x));
  for (auto op : {record_op::promise, record_op::status, record_op::release,
                  record_op::remove}) {
    auto stale = next(op, first);
    stale.promise = testing::record_intent();
    BOOST_TEST((write(stale).error().code == ec::conflict), to_string(op));
  }
}

BOOST_AUTO_TEST_CASE(a_pod_is_patched_only_where_it_is_ours) {
  pod_patch x;
  x.key = {"games", "game-0"};
  x.uid = pod()->uid;
  x.condition = pod_condition{true, "Forwarding", "words"};
  x.status_annotation = R"({"state":"ready"})";
  auto patch = [&] {
    return call<void>([&](completion<void> done) {
      aut.patch_pod(x, {}, {}, std::move(done));
    });
  };
  BOOST_TEST((pod()->gate == gate_state::not_true));
  auto done = patch();
  BOOST_REQUIRE_MESSAGE(done, (done ? "" : done.error().detail));
  BOOST_TEST((pod()->gate == gate_state::is_true));
  BOOST_TEST(pod()->status_annotation == R"({"state":"ready"})");
  BOOST_TEST(pod()->annotations->dnat == "true");
  x.status_annotation = "";
  BOOST_REQUIRE(patch());
  BOOST_TEST(pod()->status_annotation == "");
  x.uid = "another";
  BOOST_TEST((patch().error().code == ec::not_found));
}

BOOST_AUTO_TEST_CASE(leases_are_held_by_version) {
  lease_view x;
  x.key = {"kube-system", "natgw"};
  x.holder = "me";
  x.duration = 15s;
  x.renewed = micro_time{1'700'000'000'123'456us};
  auto made = call<lease_view>(
    [&](completion<lease_view> done) { aut.create_lease(x, std::move(done)); });
  BOOST_REQUIRE_MESSAGE(made, (made ? "" : made.error().detail));
  BOOST_TEST((made->renewed == x.renewed));
  auto put = [&](const lease_view& lease) {
    return call<lease_view>([&](completion<lease_view> done) {
      aut.put_lease(lease, 1s, std::move(done));
    });
  };
  made->transitions = 7;
  auto newer = put(*made);
  BOOST_TEST(newer.value().transitions == 7);
  BOOST_TEST((put(*made).error().code == ec::conflict));
}

BOOST_AUTO_TEST_CASE(objects_are_looked_up_by_kind) {
  auto found = [&](const std::string& version, const std::string& kind,
                   const std::string& name) {
    return call<object_answer>([&](completion<object_answer> done) {
      aut.exists({1, version, kind, {"games", name}}, std::move(done));
    });
  };
  create();
  BOOST_TEST((found("v1", "Pod", "game-0").value().found == presence::exists));
  BOOST_TEST((found("v1", "Pod", "game-1").value().found == presence::absent));
  BOOST_TEST(
    (found("alibabacloud.com/v1beta1", "PodDNAT", "game-0").value().found
     == presence::exists));
  BOOST_TEST((found("alibabacloud.com/v1beta1", "PodDNAT", "x").value().found
              == presence::absent));
  BOOST_TEST(
    (found("no.such/v1", "Thing", "x").error().code == ec::unavailable));
}

BOOST_AUTO_TEST_CASE(events_are_accepted) {
  auto done = call<void>([&](completion<void> then) {
    aut.create_event({{"games", "game-0"}, "u", true, "DNATFailed", "m"}, {}, 1,
                     std::nullopt, std::move(then));
  });
  BOOST_TEST_INFO((done ? "" : done.error().detail));
  BOOST_TEST(done.has_value());
}

BOOST_AUTO_TEST_CASE(lists_come_in_pages_and_watches_go_on_from_there) {
  create();
  for (int i = 1; i < 5; ++i)
    post("/api/v1/namespaces/games/pods",
         R"({"metadata":{"name":"p-)" + std::to_string(i)
           + R"("},"spec":{"containers":[{"name":"c","image":"i"}]}})");
  list_query query;
  query.limit = 2;
  size_t count = 0;
  std::string version;
  do {
    auto x = call<page<pod_view>>([&](completion<page<pod_view>> done) {
      aut.list_page<pod_view>(query, std::move(done));
    });
    BOOST_REQUIRE_MESSAGE(x, (x ? "" : x.error().detail));
    BOOST_TEST(x->bad.empty());
    count += x->items.size();
    query.continue_token = x->continue_token;
    version = x->resource_version;
  } while (!query.continue_token.empty());
  BOOST_TEST(count == 5);

  std::vector<watch_event<pod_view>> events;
  watch_query from;
  from.resource_version = version;
  aut.watch<pod_view>(from, {[&](watch_batch<pod_view> x) {
                               for (auto& event : x.events)
                                 events.push_back(std::move(event));
                             },
                             [](expected<void>) {}});
  auto& stream = net.pending.at(0);
  auto opened = api.open_watch(convert(stream.what), instant{});
  BOOST_REQUIRE(opened.id != 0);
  post("/api/v1/namespaces/games/pods",
       R"({"metadata":{"name":"late"},)"
       R"("spec":{"containers":[{"name":"c","image":"i"}]}})");
  for (auto& line : api.take(opened.id).lines)
    stream.handler.on_data(*line);
  BOOST_REQUIRE(events.size() == 1);
  BOOST_TEST((events[0].kind == watch_kind::added));
  BOOST_TEST(events[0].object.key.name == "late");
  net.pending.clear();
}

BOOST_AUTO_TEST_SUITE_END()
