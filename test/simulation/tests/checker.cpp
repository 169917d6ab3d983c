#include "test/simulation/checker.hpp"

#include <algorithm>
#include <utility>

#include <boost/test/unit_test.hpp>

#include "core/entry_name.hpp"

// That the judge is neither blind nor unjust: histories that nobody has made.

namespace {

using namespace natgw;
using namespace natgw::simulation;
using namespace std::chrono_literals;
using emulator::entry_change;
using emulator::entry_state;

constexpr auto* prefix = "natgw.cluster.";
constexpr auto* eip = "198.18.0.1";

std::string name_for(const pod_fact& pod) {
  auto key = pod.fixed ? core::fixed_name_key({"default", pod.key.substr(8)})
                       : core::plain_name_key(pod.uid);
  return prefix + key + ".0";
}

pod_fact pod_at(std::string name, std::string ip) {
  return {.at = {},
          .key = "default/" + name,
          .uid = name + "-uid",
          .ip = std::move(ip),
          .scheduled = true,
          .wants = true,
          .ports = {{"tcp", 80}},
          .told_ready = true};
}

entry_change entry_for(const pod_fact& pod, uint16_t port, entry_state state) {
  entry_change result;
  result.id = "fwd-" + std::to_string(port);
  result.name = name_for(pod);
  result.external_ip = eip;
  result.external_port = port;
  result.internal_ip = pod.ip;
  result.internal_port = 80;
  result.state = state;
  return result;
}

record_fact record_for(const pod_fact& pod, int port, bool shown) {
  emulator::kube::public_port outside{eip, port, "tcp"};
  record_fact result{.at = {},
                     .key = pod.key,
                     .uid = pod.uid + "-record",
                     .fixed = pod.fixed,
                     .gateway = "ngw",
                     .names = {outside},
                     .shown = {},
                     .promised = {{{"tcp", 80}, outside}}};
  if (shown)
    result.shown = {{"fwd-" + std::to_string(port), outside, pod.ip, 80}};
  return result;
}

struct fixture {
  checker aut{{.prefix = prefix, .exposure_limit = {}, .exposure_from = {}}};
  pod_fact pod = pod_at("a", "172.16.0.1");
  pod_fact other = pod_at("b", "172.16.0.2");

  /// The whole birth, in its order.
  void bear(const pod_fact& x, uint16_t port) {
    aut.see(x);
    aut.see(record_for(x, port, false));
    aut.see(entry_for(x, port, entry_state::pending));
    aut.see(entry_for(x, port, entry_state::available));
    aut.see(record_for(x, port, true));
  }

  void end(pod_fact x) {
    x.present = false;
    aut.see(x);
  }

  bool broke(int number) const {
    return std::ranges::any_of(aut.violations(), [number](auto& x) {
      return x.invariant == number;
    });
  }

  bool complains(std::string_view part) const {
    return std::ranges::any_of(aut.unsettled(), [part](auto& x) {
      return x.find(part) != std::string::npos;
    });
  }

  bool content() const {
    return aut.violations().empty() && aut.unsettled().empty();
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(simulation_checker, fixture)

BOOST_AUTO_TEST_CASE(decent_birth_and_death_are_no_harm) {
  bear(pod, 1000);
  bear(other, 1001);
  BOOST_CHECK(content());
  end(pod);
  aut.see(record_for(pod, 1000, false));
  aut.see(entry_for(pod, 1000, entry_state::deleting));
  aut.see(entry_for(pod, 1000, entry_state::gone));
  auto last = record_for(pod, 1000, false);
  last.present = false;
  aut.see(last);
  BOOST_CHECK(content());
}

BOOST_AUTO_TEST_CASE(what_works_is_not_taken_back) {
  bear(pod, 1000);
  auto taken_back = record_for(pod, 1000, false);
  taken_back.at = pod.at + 11min;
  aut.see(taken_back);
  BOOST_CHECK(broke(5));
}

BOOST_AUTO_TEST_CASE(who_learns_late_may_take_back) {
  bear(pod, 1000);
  auto taken_back = record_for(pod, 1000, false);
  taken_back.at = pod.at + 9min;
  aut.see(taken_back);
  aut.see(record_for(pod, 1000, true));
  aut.stir(pod.key, pod.at + 10min);
  taken_back.at = pod.at + 15min;
  aut.see(taken_back);
  BOOST_CHECK(!broke(5));
}

BOOST_AUTO_TEST_CASE(port_promised_twice_is_harm) {
  aut.see(record_for(pod, 1000, false));
  aut.see(record_for(other, 1000, false));
  BOOST_CHECK(broke(1));
}

BOOST_AUTO_TEST_CASE(port_that_moves_on_is_no_harm) {
  aut.see(record_for(pod, 1000, false));
  aut.see(record_for(pod, 1002, false));
  aut.see(record_for(other, 1000, false));
  BOOST_CHECK(!broke(1));
}

BOOST_AUTO_TEST_CASE(promise_of_a_forger_is_not_ours) {
  aut.see(record_for(pod, 1000, false));
  aut.forged(other.key);
  aut.see(record_for(other, 1000, true));
  BOOST_CHECK(aut.violations().empty());
}

BOOST_AUTO_TEST_CASE(entry_at_a_strangers_address_is_harm) {
  bear(pod, 1000);
  end(pod);
  auto heir = pod_at("b", pod.ip);
  aut.see(heir);
  BOOST_CHECK(complains("exposes a stranger"));
  aut.see(entry_for(pod, 1000, entry_state::deleting));
  BOOST_CHECK(!complains("exposes a stranger"));
}

BOOST_AUTO_TEST_CASE(exposure_is_bounded_where_nothing_fails) {
  aut = checker{
    {.prefix = prefix, .exposure_limit = 5s, .exposure_from = instant{60s}}};
  bear(pod, 1000);
  end(pod);
  aut.see(pod_at("b", pod.ip));
  aut.pass(instant{64s});
  BOOST_CHECK(!broke(2));
  aut.pass(instant{66s});
  BOOST_CHECK(broke(2));
}

BOOST_AUTO_TEST_CASE(successor_of_a_fixed_pod_is_no_stranger) {
  pod.fixed = true;
  bear(pod, 1000);
  end(pod);
  auto heir = pod;
  heir.uid = "another";
  aut.see(heir);
  BOOST_CHECK(!complains("exposes a stranger"));
}

BOOST_AUTO_TEST_CASE(successor_of_a_plain_pod_is_a_stranger) {
  bear(pod, 1000);
  end(pod);
  auto heir = pod;
  heir.uid = "another";
  aut.see(heir);
  BOOST_CHECK(complains("exposes a stranger"));
}

BOOST_AUTO_TEST_CASE(what_is_left_of_a_pod_is_seen) {
  bear(pod, 1000);
  end(pod);
  BOOST_CHECK(complains("no pod that wants it"));
  auto last = record_for(pod, 1000, false);
  last.present = false;
  aut.see(last);
  BOOST_CHECK(complains("is nobody's"));
}

BOOST_AUTO_TEST_CASE(record_of_a_fixed_mapping_may_stay_but_not_its_entry) {
  pod.fixed = true;
  bear(pod, 1000);
  end(pod);
  aut.see(record_for(pod, 1000, false));
  BOOST_CHECK(complains("is nobody's"));
  aut.see(entry_for(pod, 1000, entry_state::gone));
  BOOST_CHECK(content());
}

BOOST_AUTO_TEST_CASE(foreign_entry_must_not_change) {
  auto entry = entry_for(pod, 1000, entry_state::available);
  entry.name = "theirs";
  entry.foreign = true;
  aut.see(entry);
  BOOST_CHECK(aut.violations().empty());
  entry.foreign = false;
  entry.state = entry_state::deleting;
  aut.see(entry);
  BOOST_CHECK(broke(4));
}

BOOST_AUTO_TEST_CASE(entry_of_another_cluster_must_not_change) {
  auto entry = entry_for(pod, 1000, entry_state::available);
  entry.name = "natgw.elsewhere.key.0";
  entry.foreign = true;
  aut.see(entry);
  entry.foreign = false;
  entry.state = entry_state::pending;
  entry.name = name_for(pod);
  aut.see(entry);
  BOOST_CHECK(broke(4));
}

BOOST_AUTO_TEST_CASE(foreign_hand_may_change_what_is_its_own) {
  auto entry = entry_for(pod, 1000, entry_state::available);
  entry.name = "theirs";
  entry.foreign = true;
  aut.see(entry);
  entry.state = entry_state::gone;
  aut.see(entry);
  BOOST_CHECK(aut.violations().empty());
}

BOOST_AUTO_TEST_CASE(status_before_available_is_harm) {
  aut.see(pod);
  aut.see(record_for(pod, 1000, false));
  aut.see(entry_for(pod, 1000, entry_state::pending));
  aut.see(record_for(pod, 1000, true));
  BOOST_CHECK(broke(5));
}

BOOST_AUTO_TEST_CASE(status_of_an_entry_that_points_elsewhere_is_harm) {
  aut.see(pod);
  auto entry = entry_for(pod, 1000, entry_state::available);
  entry.internal_ip = other.ip;
  aut.see(entry);
  aut.see(record_for(pod, 1000, true));
  BOOST_CHECK(broke(5));
}

BOOST_AUTO_TEST_CASE(entry_that_goes_while_it_is_shown_is_harm) {
  bear(pod, 1000);
  BOOST_CHECK(!broke(5));
  aut.see(entry_for(pod, 1000, entry_state::deleting));
  BOOST_CHECK(broke(5));
}

BOOST_AUTO_TEST_CASE(entry_that_another_hand_takes_is_not_our_harm) {
  bear(pod, 1000);
  auto entry = entry_for(pod, 1000, entry_state::gone);
  entry.foreign = true;
  aut.see(entry);
  BOOST_CHECK(aut.violations().empty());
  BOOST_CHECK(complains("shows an entry that is not so"));
}

BOOST_AUTO_TEST_CASE(item_in_pieces_may_show_the_id_of_one) {
  aut.see(pod);
  aut.see(entry_for(pod, 1000, entry_state::available));
  auto second = entry_for(pod, 1005, entry_state::available);
  second.internal_port = 81;
  aut.see(second);
  auto record = record_for(pod, 1000, true);
  record.shown.push_back({"fwd-1000", {eip, 1005, "tcp"}, pod.ip, 81});
  aut.see(record);
  BOOST_CHECK(aut.violations().empty());
}

BOOST_AUTO_TEST_CASE(fixed_port_must_not_move) {
  pod.fixed = true;
  bear(pod, 1000);
  aut.see(record_for(pod, 1001, false));
  BOOST_CHECK(broke(6));
}

BOOST_AUTO_TEST_CASE(fixed_port_must_not_move_to_the_successor) {
  pod.fixed = true;
  bear(pod, 1000);
  end(pod);
  aut.see(record_for(pod, 1000, false));
  pod.uid = "another";
  aut.see(pod);
  aut.see(record_for(pod, 1001, false));
  BOOST_CHECK(broke(6));
}

BOOST_AUTO_TEST_CASE(fixed_port_outlives_a_record_that_a_person_deletes) {
  pod.fixed = true;
  bear(pod, 1000);
  auto last = record_for(pod, 1000, false);
  last.present = false;
  aut.see(last);
  aut.see(record_for(pod, 1001, false));
  BOOST_CHECK(broke(6));
}

BOOST_AUTO_TEST_CASE(fixed_mapping_without_a_pod_ends_with_its_record) {
  pod.fixed = true;
  bear(pod, 1000);
  end(pod);
  auto last = record_for(pod, 1000, false);
  last.present = false;
  aut.see(last);
  aut.see(pod);
  aut.see(record_for(pod, 1001, false));
  BOOST_CHECK(!broke(6));
}

BOOST_AUTO_TEST_CASE(fixed_port_that_nobody_asks_for_may_change) {
  pod.fixed = true;
  bear(pod, 1000);
  pod.ports = {{"tcp", 81}};
  aut.see(pod);
  pod.ports = {{"tcp", 80}};
  aut.see(pod);
  aut.see(record_for(pod, 1001, false));
  BOOST_CHECK(!broke(6));
}

BOOST_AUTO_TEST_CASE(fixed_port_of_a_lost_eip_may_change) {
  pod.fixed = true;
  bear(pod, 1000);
  aut.pardon_address(eip);
  aut.see(record_for(pod, 1001, false));
  BOOST_CHECK(!broke(6));
}

BOOST_AUTO_TEST_CASE(plain_port_may_move) {
  bear(pod, 1000);
  aut.see(record_for(pod, 1001, false));
  BOOST_CHECK(!broke(6));
}

BOOST_AUTO_TEST_CASE(pod_that_is_not_served_is_seen) {
  aut.see(pod);
  BOOST_CHECK(complains("has no record"));
  aut.see(record_for(pod, 1000, false));
  BOOST_CHECK(complains("shows 0 ports of 1"));
}

BOOST_AUTO_TEST_CASE(pod_that_has_not_heard_is_seen) {
  pod.told_ready = false;
  bear(pod, 1000);
  BOOST_CHECK(complains("has not been told"));
}

BOOST_AUTO_TEST_CASE(status_with_an_old_address_is_seen) {
  bear(pod, 1000);
  pod.ip = "172.16.0.9";
  aut.see(pod);
  BOOST_CHECK(complains("instead of 172.16.0.9"));
}

BOOST_AUTO_TEST_SUITE_END()
