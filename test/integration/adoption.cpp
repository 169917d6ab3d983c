// `run --adopt-dry-run` in a process of its own, against an emulated cluster
// and cloud as ack-extend-network-controller leaves them; and then `run`, which
// must do what was foretold.

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "cli/emulation.hpp"
#include "core/entry_name.hpp"
#include "emulator/kube/kubeconfig.hpp"
#include "test/integration/cluster_watch.hpp"
#include "test/integration/process.hpp"

using namespace natgw;
using namespace std::chrono_literals;
using nlohmann::json;
using test::process;
using test::temporary_folder;

namespace {

constexpr auto patience = 120s;
constexpr const char* pods_url = "/api/v1/namespaces/default/pods";
constexpr const char* records_url
  = "/apis/alibabacloud.com/v1beta1/namespaces/default/poddnats";

struct outcome {
  int status = 0;
  std::string output;
};

/// Committed creates, modifies and deletes.
using write_counts = std::array<uint64_t, 3>;

struct world {
  temporary_folder folder;
  std::unique_ptr<cli::emulation> servers = start();
  test::cluster_watch watch{servers->kube()};

  static std::unique_ptr<cli::emulation> start() {
    cli::emulation_options options;
    options.cloud.gateways = 2;
    options.cloud.behaviour = cli::quick_cloud();
    return cli::emulation::start(options).value();
  }

  world() {
    write("kubeconfig", servers->kubeconfig());
    // Nothing has to be waited for that others may still be doing.
    write("config.yaml",
          servers->run_config()
            + "  fixedLinger: 1s\n  writeDeadline: 1s\n  cooldown: 1s\n");
  }

  void write(const std::string& name, const std::string& text) const {
    BOOST_REQUIRE(emulator::kube::write_private_file(folder / name, text));
  }

  // -- the cluster ------------------------------------------------------------

  json send(const std::string& method, const std::string& target,
            const json& body = {}) const {
    json result;
    servers->kube().with([&](emulator::kube::api_server& api, instant now) {
      auto answer = api.handle(
        {.method = method,
         .target = target,
         .authorization = "Bearer " + servers->player_token(),
         .content_type = method == "PATCH" ? "application/merge-patch+json"
                                           : "application/json",
         .user_agent = "product",
         .body = body.is_null() ? std::string{} : body.dump()},
        now);
      BOOST_TEST_REQUIRE(answer.status < 300, answer.body);
      result = json::parse(answer.body);
    });
    return result;
  }

  json pod(const std::string& name) const {
    return send("GET", std::string{pods_url} + "/" + name);
  }

  std::string address(const std::string& name) const {
    return pod(name).at("status").value("podIP", "");
  }

  void create_pod(const std::string& name, const std::string& ports) {
    send("POST", pods_url,
         {{"apiVersion", "v1"},
          {"kind", "Pod"},
          {"metadata",
           {{"name", name},
            {"annotations",
             {{"k8s.aliyun.com/pod-dnat", "true"},
              {"k8s.aliyun.com/pod-dnat-expose-port", ports}}}}},
          {"spec", {{"containers", {{{"name", "game"}, {"image", "game"}}}}}}});
    BOOST_TEST_REQUIRE(
      watch.wait([&] { return !address(name).empty(); }, patience));
  }

  /// A record as the product writes it, for a pod that may not exist.
  void create_record(const std::string& name, const std::string& gateway,
                     const std::string& ip, int port, bool owned,
                     const std::string& protocol = "tcp") const {
    json meta{{"name", name}};
    if (owned)
      meta["ownerReferences"] = {{{"apiVersion", "v1"},
                                  {"kind", "Pod"},
                                  {"name", name},
                                  {"uid", pod(name)["metadata"]["uid"]},
                                  {"blockOwnerDeletion", true}}};
    send(
      "POST", records_url,
      {{"apiVersion", "alibabacloud.com/v1beta1"},
       {"kind", "PodDNAT"},
       {"metadata", meta},
       {"spec",
        {{"externalIP", eip_of(gateway)},
         {"internalIP", ip},
         {"portMapping",
          {{{"externalPort", std::to_string(port)}, {"internalPort", "80"}}}},
         {"protocol", protocol},
         {"tableId", gateway},
         {"zoneID", zone_of(gateway)}}}});
  }

  void set_status(const std::string& name, const std::string& gateway,
                  const std::string& ip, int port,
                  const std::string& id) const {
    send("PATCH", std::string{records_url} + "/" + name + "/status",
         {{"status",
           {{"entries",
             {{{"externalIP", eip_of(gateway)},
               {"externalPort", std::to_string(port)},
               {"forwardEntryId", id},
               {"internalIP", ip},
               {"internalPort", "80"},
               {"ipProtocol", "tcp"}}}}}}});
  }

  uint64_t revisions() const {
    uint64_t result = 0;
    servers->kube().with_history([&](const emulator::kube::history& seen) {
      result = seen.records().size() + seen.pods().size();
    });
    return result;
  }

  size_t leases() const {
    return send("GET", "/apis/coordination.k8s.io/v1/leases")["items"].size();
  }

  core::entry_names names() const {
    auto uid = send("GET", "/api/v1/namespaces/kube-system")["metadata"]["uid"];
    return core::entry_names::make("natgw", uid.get<std::string>()).value();
  }

  bool is_ready(const std::string& name) const {
    auto meta = pod(name)["metadata"];
    auto& notes = meta["annotations"];
    return notes.value("k8s.aliyun.com/pod-dnat-status", "")
      .starts_with(R"({"state":"ready")");
  }

  bool has_record(const std::string& name) const {
    auto items = send("GET", records_url)["items"];
    return std::ranges::any_of(items, [&](const json& x) {
      return x["metadata"]["name"] == name;
    });
  }

  // -- the cloud --------------------------------------------------------------

  std::vector<std::string> gateways() const {
    std::vector<std::string> result;
    servers->vpc().with_core([&](emulator::vpc_core& core) {
      for (const auto& [id, gateway] : core.resources().gateways())
        result.push_back(id);
    });
    return result;
  }

  std::string eip_of(const std::string& gateway) const {
    std::string result = "47.99.0.1";
    servers->vpc().with_core([&](emulator::vpc_core& core) {
      if (auto* found = core.resources().find_gateway(gateway))
        result = found->eips.front();
    });
    return result;
  }

  std::string zone_of(const std::string& gateway) const {
    std::string result;
    servers->vpc().with_core([&](emulator::vpc_core& core) {
      if (auto* found = core.resources().find_gateway(gateway))
        result = found->zone;
    });
    return result;
  }

  /// An entry that another hand than ours has made.
  std::string create_entry(const std::string& gateway, uint16_t external,
                           const std::string& ip, uint16_t internal,
                           const std::string& name = {}) const {
    emulator::entry x;
    x.name = name;
    x.external = {*emulator::parse_ipv4(eip_of(gateway)), external, 1,
                  emulator::entry_protocol::tcp};
    x.internal = {*emulator::parse_ipv4(ip), internal, 1,
                  emulator::entry_protocol::tcp};
    x.state = emulator::entry_state::available;
    std::string result;
    servers->vpc().with_core([&](emulator::vpc_core& core) {
      result = core.resources().foreign_create(gateway, x).value();
    });
    return result;
  }

  bool has_entry(const std::string& id) const {
    auto result = false;
    servers->vpc().with_core([&](emulator::vpc_core& core) {
      for (const auto& [ignored, gateway] : core.resources().gateways())
        result = result || gateway.table.find(id) != nullptr;
    });
    return result;
  }

  write_counts writes() const {
    write_counts result{};
    servers->vpc().with_core([&](emulator::vpc_core& core) {
      for (const auto& call : core.log().calls()) {
        if (!call.committed)
          continue;
        result[0] += call.action == "CreateForwardEntry" ? 1 : 0;
        result[1] += call.action == "ModifyForwardEntry" ? 1 : 0;
        result[2] += call.action == "DeleteForwardEntry" ? 1 : 0;
      }
    });
    return result;
  }

  /// Whether the cloud was only ever read from.
  bool was_only_read() const {
    auto result = true;
    servers->vpc().with_core([&](emulator::vpc_core& core) {
      BOOST_TEST(!core.log().calls().empty());
      for (const auto& call : core.log().calls())
        result = result && call.action.starts_with("Describe");
    });
    return result;
  }

  /// Pod, record, status and entry, all as they should be.
  void serve(const std::string& name, const std::string& gateway,
             uint16_t port) {
    create_pod(name, "80");
    auto ip = address(name);
    create_record(name, gateway, ip, port, true);
    set_status(name, gateway, ip, port, create_entry(gateway, port, ip, 80));
  }

  // -- the program ------------------------------------------------------------

  std::vector<std::string> command(std::vector<std::string> more) const {
    std::vector<std::string> result{NATGW_CONTROLLER, "run",
                                    "--config",       folder / "config.yaml",
                                    "--kubeconfig",   folder / "kubeconfig"};
    result.insert(result.end(), more.begin(), more.end());
    return result;
  }

  outcome foresee(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), "--adopt-dry-run");
    process running{command(std::move(more))};
    outcome result;
    result.output = running.read_all();
    result.status = running.wait();
    return result;
  }

  json foresee_json(int status = 0) const {
    auto result = foresee({"-o", "json"});
    BOOST_TEST(result.status == status, result.output);
    return json::parse(result.output);
  }

  std::unique_ptr<process> run() const {
    return std::make_unique<process>(command({"--http-addr", "127.0.0.1:0"}));
  }
};

write_counts foretold(const json& plan) {
  auto& total = plan.at("total");
  return {total.at("creates"), total.at("modifies"), total.at("deletes")};
}

/// Writes to PodDNATs and pods.
uint64_t foretold_objects(const json& plan) {
  auto& total = plan.at("total");
  return total.at("poddnats").get<uint64_t>()
         + total.at("pods").get<uint64_t>();
}

const json* step_of(const json& plan, const std::string& name) {
  auto& steps = plan.at("steps");
  auto found = std::ranges::find_if(steps, [&](const json& x) {
    return x.value("name", "") == name;
  });
  return found == steps.end() ? nullptr : &*found;
}

void check_kind(const json& plan, const std::string& name,
                const std::string& kind) {
  auto* step = step_of(plan, name);
  BOOST_TEST_REQUIRE(step != nullptr, "no step for " << name);
  BOOST_TEST(step->at("kind") == kind, name << ": " << step->dump());
}

/// One of each kind.
struct mixed_fleet : world {
  std::string place = gateways().front();
  /// Entries that are somebody else's, that has to follow its pod, that stays
  /// for a while, and that nobody wants.
  std::string theirs;
  std::string followed;
  std::string lingering;
  std::string lost;

  mixed_fleet() {
    serve("fine", place, 600);
    plant("missing", 601);
    plant("taken", 602);
    theirs = create_entry(place, 602, "172.16.200.1", 80);
    serve("grown", place, 603);
    annotate("grown", "expose-port", "80,443");
    create_record("kept", place, "172.16.200.2", 604, false);
    lingering = create_entry(place, 604, "172.16.200.2", 80);
    create_record("odd", place, "172.16.200.3", 605, false, "sctp");
    create_record("elsewhere", "ngw-elsewhere", "172.16.200.4", 606, false);
    create_pod("fresh", "80,81");
    lost = create_entry(place, 607, "172.16.200.5", 80,
                        names().build(core::plain_name_key("uid"), 0));
    create_pod("back", "80");
    annotate("back", "fixed", "true");
    create_record("back", place, "172.16.200.6", 608, false);
    followed = create_entry(place, 608, "172.16.200.6", 80);
    plant("first", 609);
    plant("second", 609);
  }

  /// A pod with a record, and without its entry.
  void plant(const std::string& name, int port) {
    create_pod(name, "80");
    create_record(name, place, address(name), port, true);
  }

  void annotate(const std::string& name, const std::string& what,
                const std::string& value) const {
    send("PATCH", std::string{pods_url} + "/" + name,
         {{"metadata",
           {{"annotations", {{"k8s.aliyun.com/pod-dnat-" + what, value}}}}}});
  }

  static void check_kinds(const json& plan) {
    BOOST_TEST(plan["kinds"]["taken_over"] == 1);
    check_kind(plan, "taken", "port_foreign");
    check_kind(plan, "grown", "ports_differ");
    check_kind(plan, "back", "entry_differs");
    check_kind(plan, "kept", "kept");
    check_kind(plan, "odd", "unreadable");
    check_kind(plan, "elsewhere", "left_alone");
    check_kind(plan, "fresh", "new_mapping");
    // "missing", and whichever of the two that clash was made first.
    BOOST_TEST(plan["kinds"]["entry_missing"] == 2);
    BOOST_TEST(plan["kinds"]["clash_lost"] == 1);
    BOOST_TEST(plan["kinds"]["orphan"] == 1);
    BOOST_TEST(plan["gateways"][0]["foreign"] == 1);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(adoption, world)

BOOST_AUTO_TEST_CASE(matching_fleet_is_taken_over_without_a_write) {
  auto all = gateways();
  for (uint16_t i = 0; i < 6; ++i)
    serve("game-" + std::to_string(i), all[i % 2],
          static_cast<uint16_t>(600 + i));
  auto before = revisions();
  auto plan = foresee_json();
  BOOST_TEST(plan["kinds"]["taken_over"] == 6);
  BOOST_TEST(plan["steps"].empty());
  BOOST_TEST((foretold(plan) == write_counts{}));
  BOOST_TEST(plan["total"]["poddnats"] == 6);
  auto text = foresee();
  BOOST_TEST(text.status == 0);
  BOOST_TEST(text.output.contains("6 PodDNATs are taken over as they are"));
  BOOST_TEST(text.output.contains("writes to the cloud: 0"));
  BOOST_TEST(was_only_read());
  BOOST_TEST(revisions() == before);
  BOOST_TEST(leases() == 0U);
  auto controller = run();
  auto ready = [this] {
    for (int i = 0; i < 6; ++i)
      if (!is_ready("game-" + std::to_string(i)))
        return false;
    return true;
  };
  BOOST_TEST(watch.wait(ready, patience));
  controller->signal(SIGTERM);
  BOOST_TEST(controller->wait() == 0);
  BOOST_TEST((writes() == write_counts{}));
  BOOST_TEST(revisions() - before == foretold_objects(plan));
  auto records = send("GET", records_url);
  for (auto& record : records["items"])
    BOOST_TEST((record["metadata"]["finalizers"] == json{"natgw-controller"}));
}

BOOST_FIXTURE_TEST_CASE(what_is_foretold_is_what_happens, mixed_fleet) {
  auto before = revisions();
  auto plan = foresee_json();
  check_kinds(plan);
  BOOST_TEST((foretold(plan) == write_counts{6, 1, 2}));
  auto text = foresee();
  BOOST_TEST(text.output.contains("PodDNAT default/taken on " + place
                                  + ": somebody else's entry"));
  BOOST_TEST(text.output.contains("entry " + lost + " on " + place));
  BOOST_TEST(was_only_read());
  BOOST_TEST(revisions() == before);
  auto controller = run();
  auto settled = [&] {
    for (auto name : {"fine", "missing", "taken", "grown", "back", "fresh",
                      "first", "second"})
      if (!is_ready(name))
        return false;
    return !has_entry(lost) && !has_entry(lingering) && !has_record("odd");
  };
  BOOST_TEST(watch.wait(settled, patience));
  controller->signal(SIGTERM);
  BOOST_TEST(controller->wait() == 0);
  BOOST_TEST((writes() == foretold(plan)));
  BOOST_TEST(revisions() - before == foretold_objects(plan));
  BOOST_TEST(has_entry(theirs));
  BOOST_TEST(has_entry(followed));
  BOOST_TEST(has_record("kept"));
  BOOST_TEST(has_record("elsewhere"));
}

BOOST_AUTO_TEST_CASE(gateway_that_cannot_be_read_is_said) {
  auto all = gateways();
  serve("one", all[0], 600);
  serve("two", all[1], 600);
  servers->vpc().with_core([&](emulator::vpc_core& core) {
    core.resources().find_gateway(all[1])->only_errors = true;
  });
  auto plan = foresee_json(1);
  BOOST_TEST(plan["kinds"]["taken_over"] == 1);
  check_kind(plan, "two", "unknown");
  BOOST_TEST(plan["gateways"][1]["access"] == "unread");
  BOOST_TEST(plan["problems"].size() == 1U);
}

BOOST_AUTO_TEST_CASE(table_of_several_pages_is_read_whole) {
  auto g = gateways().front();
  for (uint16_t i = 0; i < 120; ++i)
    create_entry(g, static_cast<uint16_t>(600 + i), "172.16.200.1",
                 static_cast<uint16_t>(1 + i), "web");
  BOOST_TEST(foresee_json()["gateways"][0]["foreign"] == 120);
}

BOOST_AUTO_TEST_CASE(throttled_calls_are_made_again) {
  servers->vpc().with_core([](emulator::vpc_core& core) {
    core.behaviour().rate_of(emulator::fault_kind::throttle) = 0.4;
  });
  serve("one", gateways().front(), 600);
  BOOST_TEST(foresee_json()["kinds"]["taken_over"] == 1);
  servers->vpc().with_core([](emulator::vpc_core& core) {
    BOOST_TEST(core.log().counters().throttled > 0U);
  });
}

BOOST_AUTO_TEST_CASE(refused_key_is_said_and_never_shown) {
  std::string secret;
  servers->vpc().with_core(
    [&](emulator::vpc_core& core) { core.gate().set_keys({}); });
  std::ifstream file{folder / "config.yaml"};
  std::ostringstream text;
  text << file.rdbuf();
  auto config = text.str();
  constexpr std::string_view mark = "accessSecret: ";
  auto from = config.find(mark) + mark.size();
  secret = config.substr(from, config.find('\n', from) - from);
  BOOST_REQUIRE(secret.size() > 20U);
  auto log = folder / "log";
  process running{command({"--adopt-dry-run"}), log};
  BOOST_TEST(running.wait() == 1);
  std::ifstream said_file{log};
  std::ostringstream said;
  said << said_file.rdbuf();
  BOOST_TEST(said.str().contains("InvalidAccessKeyId"));
  // Another call, for the other gateway, would only cost the account's quota.
  servers->vpc().with_core([](emulator::vpc_core& core) {
    BOOST_TEST(core.log().calls().size() == 2U);
  });
  BOOST_TEST(!said.str().contains(secret), "the secret was told");
}

BOOST_AUTO_TEST_CASE(wrong_flags_end_with_2) {
  BOOST_TEST(foresee({"-o", "yaml"}).status == 2);
  process running{command({"-o", "json"})};
  BOOST_TEST(running.read_all().empty());
  BOOST_TEST(running.wait() == 2);
}

BOOST_AUTO_TEST_SUITE_END()
