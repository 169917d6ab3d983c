#include "core/adoption_plan.hpp"

#include <algorithm>
#include <set>

#include <boost/test/unit_test.hpp>

#include "clients/kube/record_spec.hpp"

using namespace natgw;
using namespace natgw::core;

namespace {

using enum adoption_kind;

const std::string eip = "47.97.0.10";

/// A cluster and a cloud as the product leaves them: records without an intent
/// annotation, entries without a name.
struct world {
  adoption_snapshot x{.names = *entry_names::make("natgw", "cluster-uid"),
                      .rules = {},
                      .blocked_ports = {600}};

  world() {
    x.gateways.push_back({.id = "ngw-1",
                          .zone = "z",
                          .eips = {{.address = eip, .allocation_id = "eip-1"}},
                          .first_port = 512,
                          .last_port = 711});
    x.nodes.push_back({.name = "node", .zone = "z"});
  }

  static pod_view pod(const std::string& name, const std::string& ip,
                      const std::string& ports = "80") {
    pod_view result;
    result.key = {"games", name};
    result.uid = "uid-" + name;
    result.node = "node";
    result.ip = ip;
    result.workload = owner_ref{"apps/v1", "StatefulSet", "set", "uid-set"};
    result.annotations
      = pod_annotations{.present = true, .dnat = "true", .expose_port = ports};
    return result;
  }

  /// @param ports external and internal ones
  static record_view
  record(const pod_view& of,
         const std::vector<std::pair<std::string, std::string>>& ports,
         bool fixed = false) {
    record_view result;
    result.key = of.key;
    result.uid = "record-" + of.key.name;
    result.created = "2026-01-01T00:00:00Z";
    result.finalizer = true;
    result.owner_pod_uid = fixed ? "" : of.uid;
    result.gateway = "ngw-1";
    result.shown_ip = of.ip;
    kube::record_spec spec{"ngw-1", eip, of.ip, "z", "tcp", ports};
    auto read = kube::believe(nullptr, spec, result.owner_pod_uid);
    result.promise = read.promise;
    result.problem = read.problem;
    return result;
  }

  forward_entry& entry(const std::string& id, uint16_t external,
                       const std::string& ip, uint16_t internal,
                       const std::string& name = {}) {
    auto& entries = x.gateways.front().entries;
    entries.push_back({.id = id,
                       .spec = {.name = name,
                                .external_ip = eip,
                                .internal_ip = ip,
                                .external_port = external,
                                .internal_port = internal},
                       .status = entry_status::available});
    return entries.back();
  }

  /// A pod with its record, its status and its entry, all as they should be.
  void served(const std::string& name, uint16_t external,
              const std::string& ip) {
    auto p = pod(name, ip);
    auto r = record(p, {{std::to_string(external), "80"}});
    r.status = {{eip, std::to_string(external), "fwd-" + name, ip, "80"}};
    entry("fwd-" + name, external, ip, 80);
    x.pods.push_back(p);
    x.records.push_back(r);
  }

  adoption_plan plan() const {
    return plan_adoption(x);
  }

  /// The plan's only step.
  adoption_step only() const {
    auto result = plan();
    BOOST_REQUIRE(result.steps.size() == 1U);
    BOOST_TEST((result.steps.front().writes == result.total));
    return result.steps.front();
  }

  std::string plain_name(const pod_view& p, uint16_t n = 0) const {
    return x.names.build(plain_name_key(p.uid), n);
  }
};

void check_cloud(const adoption_writes& x, uint32_t creates, uint32_t modifies,
                 uint32_t deletes) {
  BOOST_TEST(x.creates == creates);
  BOOST_TEST(x.modifies == modifies);
  BOOST_TEST(x.deletes == deletes);
}

bool is_kind(const adoption_step& x, adoption_kind kind) {
  BOOST_TEST_INFO(to_string(x.kind));
  BOOST_TEST(to_string(x.kind) == to_string(kind));
  return x.kind == kind;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(adoption_plan, world)

BOOST_AUTO_TEST_CASE(fleet_that_matches_takes_no_write_to_the_cloud) {
  for (uint16_t i = 0; i < 50; ++i)
    served("pod-" + std::to_string(i), 512 + i,
           "172.16.0." + std::to_string(i + 1));
  auto result = plan();
  BOOST_REQUIRE(result.steps.size() == 50U);
  for (auto& step : result.steps)
    is_kind(step, taken_over);
  BOOST_TEST(result.total.cloud() == 0U);
  // The promise, and the pod's annotation; the status is right already.
  BOOST_TEST(result.total.records == 50U);
  BOOST_TEST(result.total.pods == 50U);
  BOOST_TEST(result.gateways.front().taken_over == 50U);
  BOOST_TEST(result.gateways.front().foreign == 0U);
}

BOOST_AUTO_TEST_CASE(steps_come_by_key_and_then_by_entry) {
  entry("fwd-b", 700, "172.16.9.9", 80, x.names.build(plain_name_key("b"), 0));
  entry("fwd-a", 701, "172.16.9.8", 80, x.names.build(plain_name_key("a"), 0));
  for (auto name : {"c", "a", "b"})
    served(name, static_cast<uint16_t>(600 + name[0]), "172.16.0.1");
  auto result = plan();
  BOOST_REQUIRE(result.steps.size() == 5U);
  BOOST_TEST(result.steps[0].key.name == "a");
  BOOST_TEST(result.steps[2].key.name == "c");
  BOOST_TEST(result.steps[3].entries.front().id == "fwd-a");
  BOOST_TEST(result.steps[4].entries.front().id == "fwd-b");
}

BOOST_AUTO_TEST_CASE(second_start_finds_nothing_to_write) {
  served("a", 512, "172.16.0.1");
  auto& r = x.records.front();
  r.problem.clear();
  r.promise->workload = *x.pods.front().workload;
  x.pods.front().status_annotation
    = R"({"state":"ready","externalIP":"47.97.0.10","ports":[{"external":512,)"
      R"("internal":80,"protocol":"tcp"}],"gateway":"ngw-1","nudge":2})";
  BOOST_TEST((only().writes == adoption_writes{}));
}

BOOST_AUTO_TEST_CASE(entry_that_is_missing_is_created) {
  served("a", 512, "172.16.0.1");
  x.gateways.front().entries.clear();
  auto step = only();
  is_kind(step, entry_missing);
  check_cloud(step.writes, 1, 0, 0);
  // The promise, and the status with another id.
  BOOST_TEST(step.writes.records == 2U);
  BOOST_TEST(step.entries.front().spec.external_port == 512);
}

BOOST_AUTO_TEST_CASE(entry_on_its_way_out_counts_as_missing) {
  served("a", 512, "172.16.0.1");
  x.gateways.front().entries.front().status = entry_status::deleting;
  is_kind(only(), entry_missing);
}

BOOST_AUTO_TEST_CASE(named_entry_that_points_elsewhere_is_modified) {
  served("a", 512, "172.16.0.1");
  auto& standing = x.gateways.front().entries.front();
  standing.spec.name = plain_name(x.pods.front());
  standing.spec.internal_ip = "172.16.7.7";
  auto step = only();
  is_kind(step, entry_differs);
  check_cloud(step.writes, 0, 1, 0);
  BOOST_TEST(step.entries.front().id == "fwd-a");
}

BOOST_AUTO_TEST_CASE(nameless_entry_that_points_elsewhere_is_foreign) {
  served("a", 512, "172.16.0.1");
  x.gateways.front().entries.front().spec.internal_ip = "172.16.7.7";
  auto result = plan();
  auto& step = result.steps.front();
  is_kind(step, port_foreign);
  BOOST_TEST(!step.no_room);
  check_cloud(step.writes, 1, 0, 0);
  BOOST_TEST((step.entries.front().what == entry_step::other_port));
  BOOST_TEST(step.entries.front().id == "fwd-a");
  BOOST_TEST(result.gateways.front().foreign == 1U);
}

BOOST_AUTO_TEST_CASE(no_other_port_is_taken_where_none_is_free) {
  x.gateways.front().last_port = 512;
  served("a", 512, "172.16.0.1");
  x.gateways.front().entries.front().spec.internal_ip = "172.16.7.7";
  auto step = only();
  is_kind(step, port_foreign);
  BOOST_TEST(step.no_room);
  BOOST_TEST(step.writes.cloud() == 0U);
}

BOOST_AUTO_TEST_CASE(ip_mapping_keeps_its_whole_eip) {
  served("a", 512, "172.16.0.1");
  auto& standing = x.gateways.front().entries.front();
  standing.any = true;
  standing.spec.external_port = standing.spec.internal_port = 1;
  standing.spec.count = 65535;
  auto result = plan();
  is_kind(result.steps.front(), port_foreign);
  BOOST_TEST(result.steps.front().no_room);
  BOOST_TEST(result.gateways.front().foreign_ports == 131'070U);
}

BOOST_AUTO_TEST_CASE(foreign_internal_triple_forbids_the_entry) {
  served("a", 512, "172.16.0.1");
  x.gateways.front().entries.front().spec.external_port = 513;
  auto step = only();
  is_kind(step, address_foreign);
  BOOST_TEST(step.writes.cloud() == 0U);
  BOOST_TEST(step.entries.front().id == "fwd-a");
}

BOOST_AUTO_TEST_CASE(other_order_of_the_ports_is_no_difference) {
  auto p = pod("a", "172.16.0.1", "81,80");
  x.pods.push_back(p);
  x.records.push_back(record(p, {{"512", "80"}, {"520", "81"}}));
  entry("fwd-1", 512, p.ip, 80);
  entry("fwd-2", 520, p.ip, 81);
  auto step = only();
  is_kind(step, taken_over);
  // The status was empty.
  BOOST_TEST(step.writes.records == 2U);
}

BOOST_AUTO_TEST_CASE(other_ports_are_made_and_broken) {
  served("a", 512, "172.16.0.1");
  x.pods.front().annotations.edit().expose_port = "443,8080";
  auto step = only();
  is_kind(step, ports_differ);
  check_cloud(step.writes, 2, 0, 1);
  // The old status is withdrawn, then the promise, then the new one.
  BOOST_TEST(step.writes.records == 3U);
}

BOOST_AUTO_TEST_CASE(more_ports_need_room_on_the_same_eip) {
  x.gateways.front().last_port = 512;
  served("a", 512, "172.16.0.1");
  x.pods.front().annotations.edit().expose_port = "80,443";
  auto result = plan();
  is_kind(result.steps.front(), ports_differ);
  BOOST_TEST(result.steps.front().no_room);
  BOOST_TEST((result.total == adoption_writes{}));
  BOOST_TEST(result.gateways.front().foreign == 0U);
}

BOOST_AUTO_TEST_CASE(record_without_a_pod_is_released) {
  served("a", 512, "172.16.0.1");
  x.pods.clear();
  auto result = plan();
  auto& step = result.steps.front();
  is_kind(step, released);
  check_cloud(step.writes, 0, 0, 1);
  // Status, delete, finalizer.
  BOOST_TEST(step.writes.records == 3U);
  BOOST_TEST(step.entries.front().id == "fwd-a");
  BOOST_TEST(result.gateways.front().foreign == 0U);
}

BOOST_AUTO_TEST_CASE(release_never_takes_a_foreign_entry_away) {
  served("a", 512, "172.16.0.1");
  x.pods.clear();
  x.gateways.front().entries.front().spec.internal_ip = "172.16.7.7";
  auto result = plan();
  is_kind(result.steps.front(), released);
  BOOST_TEST(result.total.cloud() == 0U);
  BOOST_TEST(result.gateways.front().foreign == 1U);
}

BOOST_AUTO_TEST_CASE(pod_that_ended_or_turned_it_off_has_no_claim) {
  served("a", 512, "172.16.0.1");
  x.pods.front().finished = true;
  is_kind(only(), released);
  x.pods.front().finished = false;
  x.pods.front().annotations.edit().dnat = "false";
  is_kind(only(), released);
}

BOOST_AUTO_TEST_CASE(fixed_mapping_without_a_pod_is_kept_without_its_entry) {
  auto p = pod("a", "172.16.0.1");
  x.records.push_back(record(p, {{"512", "80"}}, true));
  entry("fwd-a", 512, p.ip, 80);
  auto step = only();
  is_kind(step, kept);
  BOOST_TEST(step.fixed);
  check_cloud(step.writes, 0, 0, 1);
  BOOST_TEST(step.writes.records == 0U);
  // Whoever turns the switch off ends it.
  x.pods.push_back(p);
  x.pods.front().annotations.reset();
  is_kind(only(), released);
}

BOOST_AUTO_TEST_CASE(fixed_mapping_is_taken_over_under_its_name) {
  auto p = pod("a", "172.16.0.1");
  p.annotations.edit().fixed = "true";
  x.pods.push_back(p);
  x.records.push_back(record(p, {{"512", "80"}}, true));
  entry("fwd-a", 512, p.ip, 80);
  auto step = only();
  is_kind(step, taken_over);
  BOOST_TEST(step.entries.front().spec.name
             == x.names.build(fixed_name_key(p.key), 0));
}

BOOST_AUTO_TEST_CASE(fixed_pod_that_came_back_keeps_its_nameless_entry) {
  auto p = pod("a", "172.16.0.1");
  p.annotations.edit().fixed = "true";
  x.records.push_back(record(p, {{"512", "80"}}, true));
  entry("fwd-a", 512, p.ip, 80);
  p.uid = "uid-successor";
  p.ip = "172.16.0.2";
  x.pods.push_back(p);
  auto step = only();
  is_kind(step, entry_differs);
  check_cloud(step.writes, 0, 1, 0);
  BOOST_TEST(step.entries.front().id == "fwd-a");
}

BOOST_AUTO_TEST_CASE(change_of_fixed_renames_only_what_has_a_name) {
  served("a", 512, "172.16.0.1");
  x.pods.front().annotations.edit().fixed = "true";
  is_kind(only(), taken_over);
  x.gateways.front().entries.front().spec.name = plain_name(x.pods.front());
  auto step = only();
  is_kind(step, entry_differs);
  check_cloud(step.writes, 0, 1, 0);
}

BOOST_AUTO_TEST_CASE(record_of_a_former_pod_of_the_name_makes_way) {
  served("a", 512, "172.16.0.1");
  x.pods.front().uid = "uid-successor";
  x.pods.front().ip = "172.16.0.2";
  auto step = only();
  is_kind(step, superseded);
  check_cloud(step.writes, 1, 0, 1);
  // Status, delete, finalizer; record and status of the successor.
  BOOST_TEST(step.writes.records == 5U);
}

BOOST_AUTO_TEST_CASE(pod_without_an_address_is_waited_for) {
  served("a", 512, "172.16.0.1");
  x.pods.front().ip.clear();
  auto result = plan();
  is_kind(result.steps.front(), waiting);
  BOOST_TEST((result.total == adoption_writes{}));
  BOOST_TEST(result.gateways.front().foreign == 0U);
}

BOOST_AUTO_TEST_CASE(record_that_is_being_deleted_comes_back) {
  served("a", 512, "172.16.0.1");
  x.records.front().deleting = true;
  auto step = only();
  is_kind(step, remade);
  BOOST_TEST(step.writes.cloud() == 0U);
  BOOST_TEST(step.writes.records == 3U);
  x.pods.front().terminating = true;
  is_kind(only(), released);
}

BOOST_AUTO_TEST_CASE(pin_moves_a_pod_only_to_where_it_can_go) {
  served("a", 512, "172.16.0.1");
  x.pods.front().annotations.edit().gateway = "ngw-2";
  is_kind(only(), taken_over);
  x.gateways.push_back({.id = "ngw-2", .zone = "z"});
  auto step = only();
  is_kind(step, moved);
  check_cloud(step.writes, 1, 0, 1);
}

BOOST_AUTO_TEST_CASE(gateway_that_only_records_name_is_drained) {
  served("a", 512, "172.16.0.1");
  x.gateways.front().configured = false;
  auto step = only();
  is_kind(step, draining);
  BOOST_TEST(step.writes.cloud() == 0U);
  x.pods.clear();
  is_kind(only(), released);
}

BOOST_AUTO_TEST_CASE(gateway_elsewhere_is_left_alone) {
  served("a", 512, "172.16.0.1");
  auto& gateway = x.gateways.front();
  gateway.configured = false;
  gateway.access = gateway_access::unusable;
  gateway.problem = "lies in VPC vpc-2, not in vpc-1";
  auto step = only();
  is_kind(step, left_alone);
  BOOST_TEST(step.detail == gateway.problem);
  BOOST_TEST((step.writes == adoption_writes{}));
  x.gateways.clear();
  step = only();
  is_kind(step, left_alone);
  BOOST_TEST(step.gateway == "ngw-1");
}

BOOST_AUTO_TEST_CASE(gateway_that_cannot_be_read_is_not_planned) {
  served("a", 512, "172.16.0.1");
  x.gateways.front().access = gateway_access::unread;
  x.gateways.front().entries.clear();
  auto result = plan();
  is_kind(result.steps.front(), unknown);
  BOOST_TEST((result.total == adoption_writes{}));
  BOOST_TEST((result.gateways.front().access == gateway_access::unread));
}

BOOST_AUTO_TEST_CASE(record_of_another_controllers_pod_is_its_own) {
  served("a", 512, "172.16.0.1");
  x.pods.front().annotations.edit().controller_class = "blue";
  // A record of ours is ours to end.
  is_kind(only(), released);
  x.records.front().controller_class = "blue";
  auto step = only();
  is_kind(step, left_alone);
  BOOST_TEST(step.detail == R"(made by the controller of class "blue")");
  // Also where the pod has become ours.
  x.pods.front().annotations.edit().controller_class = "";
  is_kind(only(), left_alone);
}

BOOST_AUTO_TEST_CASE(unreadable_record_is_replaced_or_removed) {
  served("a", 512, "172.16.0.1");
  auto& r = x.records.front();
  r.promise.reset();
  r.problem = "spec.protocol is neither tcp nor udp";
  auto result = plan();
  auto& step = result.steps.front();
  is_kind(step, unreadable);
  BOOST_TEST(step.detail == r.problem);
  check_cloud(step.writes, 1, 0, 0);
  // What it had promised nobody knows.
  BOOST_TEST(result.gateways.front().foreign == 1U);
  x.pods.clear();
  check_cloud(plan().total, 0, 0, 0);
  BOOST_TEST(plan().total.records == 3U);
}

BOOST_AUTO_TEST_CASE(older_record_wins_a_port_that_both_were_promised) {
  served("a", 512, "172.16.0.1");
  served("b", 512, "172.16.0.2");
  x.records[1].created = "2025-01-01T00:00:00Z";
  x.gateways.front().entries.erase(x.gateways.front().entries.begin());
  auto result = plan();
  BOOST_REQUIRE(result.steps.size() == 2U);
  is_kind(result.steps[0], clash_lost);
  BOOST_TEST(result.steps[0].rival.name == "b");
  check_cloud(result.steps[0].writes, 1, 0, 0);
  is_kind(result.steps[1], taken_over);
}

BOOST_AUTO_TEST_CASE(loser_of_a_clash_gives_up_what_it_held) {
  served("a", 512, "172.16.0.1");
  served("b", 512, "172.16.0.2");
  x.records[1].created = "2025-01-01T00:00:00Z";
  x.gateways.front().entries.pop_back();
  auto result = plan();
  is_kind(result.steps[0], clash_lost);
  check_cloud(result.steps[0].writes, 1, 0, 1);
  // It makes room for the winner's.
  is_kind(result.steps[1], entry_missing);
}

BOOST_AUTO_TEST_CASE(named_entry_wins_over_age) {
  served("a", 512, "172.16.0.1");
  served("b", 512, "172.16.0.2");
  x.records[1].created = "2025-01-01T00:00:00Z";
  x.gateways.front().entries.pop_back();
  x.gateways.front().entries.front().spec.name = plain_name(x.pods[0]);
  auto result = plan();
  is_kind(result.steps[0], taken_over);
  is_kind(result.steps[1], clash_lost);
  check_cloud(result.total, 1, 0, 0);
}

BOOST_AUTO_TEST_CASE(eip_that_left_keeps_what_stands_and_takes_nothing) {
  served("a", 512, "172.16.0.1");
  x.gateways.front().eips.clear();
  auto step = only();
  is_kind(step, eip_unbound);
  BOOST_TEST(step.writes.cloud() == 0U);
  BOOST_TEST((step.entries.front().what == entry_step::stays));
  x.gateways.front().entries.clear();
  BOOST_TEST((only().entries.front().what == entry_step::refused));
}

BOOST_AUTO_TEST_CASE(pod_without_a_record_gets_a_mapping) {
  x.pods.push_back(pod("a", "172.16.0.1", "80,81,443/udp"));
  auto step = only();
  is_kind(step, new_mapping);
  // Two neighbours share an entry.
  check_cloud(step.writes, 2, 0, 0);
  BOOST_TEST(step.writes.records == 2U);
  BOOST_TEST(step.writes.pods == 1U);
  x.pods.front().terminating = true;
  BOOST_TEST(plan().steps.empty());
}

BOOST_AUTO_TEST_CASE(pod_whose_annotations_do_not_hold_is_named) {
  x.pods.push_back(pod("a", "172.16.0.1", "80,abc"));
  auto step = only();
  is_kind(step, rejected);
  BOOST_TEST(step.detail.contains("abc"));
  BOOST_TEST((step.writes == adoption_writes{}));
}

BOOST_AUTO_TEST_CASE(annotations_that_do_not_hold_any_more_break_nothing) {
  served("a", 512, "172.16.0.1");
  x.pods.front().annotations.edit().expose_port = "80,abc";
  is_kind(only(), taken_over);
}

BOOST_AUTO_TEST_CASE(entry_of_ours_without_anybody_is_an_orphan) {
  entry("fwd-1", 700, "172.16.9.9", 80, x.names.build(plain_name_key("u"), 3));
  auto step = only();
  is_kind(step, orphan);
  BOOST_TEST(step.gateway == "ngw-1");
  BOOST_TEST(step.key.name.empty());
  check_cloud(step.writes, 0, 0, 1);
  BOOST_TEST(plan().gateways.front().orphans == 1U);
}

BOOST_AUTO_TEST_CASE(many_orphans_stop_the_clean_up) {
  for (uint16_t i = 0; i < 11; ++i)
    entry("fwd-" + std::to_string(i), 600 + i, "172.16.9.9", 80 + i,
          x.names.build(plain_name_key(std::to_string(i)), 0));
  auto result = plan();
  BOOST_TEST(result.gateways.front().orphans_stopped);
  BOOST_TEST(result.total.cloud() == 0U);
  for (auto& step : result.steps)
    is_kind(step, orphan_stopped);
  x.accept_orphans = true;
  check_cloud(plan().total, 0, 0, 11);
  x.accept_orphans = false;
  // Up to ten never do, however few there are besides.
  x.gateways.front().entries.pop_back();
  check_cloud(plan().total, 0, 0, 10);
}

BOOST_AUTO_TEST_CASE(second_entry_of_a_name_goes) {
  served("a", 512, "172.16.0.1");
  auto name = plain_name(x.pods.front());
  x.gateways.front().entries.front().spec.name = name;
  entry("fwd-2", 513, "172.16.0.1", 81, name);
  auto result = plan();
  BOOST_REQUIRE(result.steps.size() == 2U);
  is_kind(result.steps[0], taken_over);
  is_kind(result.steps[1], duplicate);
  check_cloud(result.total, 0, 0, 1);
  x.pods.clear();
  check_cloud(only().writes, 0, 0, 2);
}

BOOST_AUTO_TEST_CASE(entries_of_others_are_counted_and_kept) {
  auto other = *entry_names::make("natgw", "another-cluster");
  entry("fwd-1", 700, "172.16.9.9", 80, "web");
  entry("fwd-2", 701, "172.16.9.8", 80, other.build(plain_name_key("u"), 0))
    .spec.count
    = 3;
  entry("fwd-3", 710, "172.16.9.7", 80);
  auto result = plan();
  BOOST_TEST(result.steps.empty());
  BOOST_TEST(result.gateways.front().entries == 3U);
  BOOST_TEST(result.gateways.front().foreign == 3U);
  BOOST_TEST(result.gateways.front().foreign_ports == 5U);
}

BOOST_AUTO_TEST_CASE(every_kind_and_step_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < adoption_kind_count; ++i)
    names.insert(to_string(static_cast<adoption_kind>(i)));
  BOOST_TEST(names.size() == adoption_kind_count);
  BOOST_TEST(to_string(entry_step::other_port) == "other_port");
}

BOOST_AUTO_TEST_SUITE_END()
