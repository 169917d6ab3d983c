#include "core/self_check.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace natgw;
using namespace natgw::core;

namespace {

const std::string eip = "47.97.0.10";

std::vector<invariant> kinds(const std::vector<violation>& all) {
  std::vector<invariant> result;
  for (const auto& x : all)
    result.push_back(x.broken);
  return result;
}

/// One pod that is served: pod, record and entry agree.
struct fixture {
  entry_names names = *entry_names::make("natgw", "cluster-uid");
  table_sweep sweep{.gateway = "ngw-1", .entries = {}, .owners = {}};
  std::vector<checked_record> records;
  std::set<std::string, std::less<>> moving;
  self_check check;

  fixture() {
    serve("a", 512);
  }

  static pod_ptr pod(const std::string& name, const std::string& ip) {
    pod_view result;
    result.key = {"games", name};
    result.uid = "uid-" + name;
    result.ip = ip;
    return std::make_shared<pod_view>(std::move(result));
  }

  void serve(const std::string& name, uint16_t port) {
    auto ip = "172.16.0." + std::to_string(port % 250);
    auto who = pod(name, ip);
    port_run run{.n = 0, .external = port, .internal = 80, .count = 2};
    record_view record;
    record.key = who->key;
    record.promise = intent{.gateway = "ngw-1",
                            .external_ip = eip,
                            .internal_ip = ip,
                            .pod_uid = who->uid,
                            .runs = {run}};
    record.status = {
      {.external_ip = eip,
       .external_port = std::to_string(port) + "-" + std::to_string(port + 1),
       .forward_entry_id = "fwd-" + name,
       .internal_ip = ip,
       .internal_port = "80-81"}};
    records.push_back({std::make_shared<record_view>(record), who});
    sweep.entries.push_back(
      {.id = "fwd-" + name,
       .spec = {.name = names.build(plain_name_key(who->uid), 0),
                .external_ip = eip,
                .internal_ip = ip,
                .external_port = port,
                .internal_port = 80,
                .count = 2},
       .status = entry_status::available});
    sweep.owners.push_back(who);
  }

  void edit(size_t i, const std::function<void(record_view&)>& how) {
    auto next = std::make_shared<record_view>(*records[i].record);
    how(*next);
    records[i].record = next;
  }

  self_check_input input() const {
    return {.sweep = &sweep, .records = records, .moving = moving};
  }

  std::vector<violation> look() const {
    return find_violations(input(), names);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(live_self_check, fixture)

BOOST_AUTO_TEST_CASE(what_agrees_is_no_violation) {
  serve("b", 514);
  BOOST_TEST(look().empty());
}

BOOST_AUTO_TEST_CASE(port_that_is_promised_twice_breaks_1) {
  serve("b", 513);
  auto found = look();
  BOOST_TEST((kinds(found) == std::vector{invariant::one_owner}));
  BOOST_TEST(found.front().key.name == "a");
  BOOST_TEST(found.front().other.name == "b");
  BOOST_TEST(found.front().claim.find("47.97.0.10:513/tcp")
             != std::string::npos);
  // A clash that is known is being decided.
  records[1].in_flux = true;
  BOOST_TEST(look().empty());
}

BOOST_AUTO_TEST_CASE(long_range_hides_nobody_who_comes_later) {
  edit(0, [](record_view& x) { x.promise->runs.front().count = 100; });
  serve("b", 520);
  serve("c", 540);
  auto found = look();
  BOOST_TEST(
    (kinds(found) == std::vector{invariant::one_owner, invariant::one_owner}));
  BOOST_TEST(found.back().other.name == "c");
}

BOOST_AUTO_TEST_CASE(one_port_of_two_protocols_or_addresses_is_two) {
  serve("b", 512);
  edit(1,
       [](record_view& x) { x.promise->runs.front().proto = protocol::udp; });
  BOOST_TEST(std::ranges::none_of(look(), [](const violation& x) {
    return x.broken == invariant::one_owner;
  }));
  edit(1, [](record_view& x) {
    x.promise->runs.front().proto = protocol::tcp;
    x.promise->external_ip = "47.97.0.11";
  });
  BOOST_TEST(std::ranges::none_of(look(), [](const violation& x) {
    return x.broken == invariant::one_owner;
  }));
}

BOOST_AUTO_TEST_CASE(entry_at_a_strangers_address_breaks_2) {
  records.clear();
  sweep.owners[0] = pod("stranger", sweep.entries[0].spec.internal_ip);
  auto found = look();
  BOOST_TEST_REQUIRE((kinds(found) == std::vector{invariant::no_stranger}));
  BOOST_TEST(found.front().entry_id == "fwd-a");
  BOOST_TEST(found.front().claim.find("games/stranger") != std::string::npos);
  // Its end is under way.
  moving.insert(sweep.entries[0].spec.name);
  BOOST_TEST(look().empty());
}

BOOST_AUTO_TEST_CASE(entry_of_a_fixed_name_serves_every_pod_of_that_name) {
  auto next = std::make_shared<pod_view>(*records[0].pod);
  next->uid = "uid-next";
  sweep.owners[0] = records[0].pod = next;
  BOOST_TEST((kinds(look()) == std::vector{invariant::no_stranger}));
  sweep.entries[0].spec.name = names.build(fixed_name_key(next->key), 0);
  BOOST_TEST(look().empty());
}

BOOST_AUTO_TEST_CASE(entries_of_others_may_point_anywhere) {
  records.clear();
  sweep.entries[0].spec.name = "web";
  BOOST_TEST(look().empty());
}

BOOST_AUTO_TEST_CASE(status_that_shows_an_entry_of_others_breaks_4) {
  sweep.entries[0].spec.name = "web";
  BOOST_TEST((kinds(look()) == std::vector{invariant::foreign_untouched}));
}

BOOST_AUTO_TEST_CASE(status_that_is_not_true_breaks_5) {
  auto breaks = [&] {
    return kinds(look()) == std::vector{invariant::status_true};
  };
  auto& e = sweep.entries[0];
  auto good = e;
  e.status = entry_status::pending;
  BOOST_TEST(breaks());
  e = good;
  e.spec.external_port = 600;
  BOOST_TEST(breaks());
  e = good;
  e.spec.internal_port = 81;
  BOOST_TEST(breaks());
  e = good;
  e.spec.proto = protocol::udp;
  BOOST_TEST(breaks());
  e = good;
  BOOST_TEST(!breaks());
  sweep.entries.clear();
  sweep.owners.clear();
  BOOST_TEST(breaks());
  // A write of it is under way.
  records[0].in_flux = true;
  BOOST_TEST(look().empty());
}

BOOST_AUTO_TEST_CASE(status_of_a_pod_that_has_moved_breaks_5) {
  records[0].pod = pod("a", "172.16.9.9");
  BOOST_TEST((kinds(look()) == std::vector{invariant::status_true}));
  records[0].pod = nullptr;
  BOOST_TEST(look().empty());
}

BOOST_AUTO_TEST_CASE(unreadable_ports_in_a_status_break_5) {
  for (const auto* text : {"", "x", "0", "512;513", "99999"}) {
    edit(0, [&](record_view& x) { x.status.front().external_port = text; });
    BOOST_TEST((kinds(look()) == std::vector{invariant::status_true}));
  }
}

BOOST_AUTO_TEST_CASE(only_what_two_checks_in_a_row_show_counts) {
  sweep.entries[0].status = entry_status::pending;
  BOOST_TEST(check.check(input(), names).empty());
  BOOST_TEST(check.check(input(), names).size() == 1U);
  // It is told until it is mended.
  BOOST_TEST(check.check(input(), names).size() == 1U);
  sweep.entries[0].status = entry_status::available;
  BOOST_TEST(check.check(input(), names).empty());
  sweep.entries[0].status = entry_status::pending;
  BOOST_TEST(check.check(input(), names).empty());
}

BOOST_AUTO_TEST_SUITE_END()
