#include "observe/metrics.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

using namespace natgw;
using namespace natgw::observe;
using namespace std::chrono_literals;

namespace {

bool has_line(const metrics& x, const std::string& line) {
  return ('\n' + x.text()).find('\n' + line + '\n') != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(observe_metrics)

BOOST_AUTO_TEST_CASE(counters_count_by_label) {
  metrics x;
  x.count_birth(birth_outcome::ready);
  x.count_birth(birth_outcome::ready);
  x.count_birth(birth_outcome::failed);
  x.count_death(death_outcome::kept);
  x.count_anomaly(anomaly::drift);
  x.count_rejected_pod();
  x.count_zone(true);
  x.count_zone(false);
  x.count_relist(watched::pods);
  x.count_watch_events(watched::nodes, 3);
  x.count_restart(actor_kind::port_pool);
  BOOST_TEST(has_line(x, "natgw_births_total{outcome=\"ready\"} 2"));
  BOOST_TEST(has_line(x, "natgw_births_total{outcome=\"failed\"} 1"));
  BOOST_TEST(has_line(x, "natgw_deaths_total{outcome=\"kept\"} 1"));
  BOOST_TEST(has_line(x, "natgw_anomalies_total{kind=\"drift\"} 1"));
  BOOST_TEST(has_line(x, "natgw_anomalies_total{kind=\"orphan\"} 0"));
  BOOST_TEST(has_line(x, "natgw_rejected_pods_total 1"));
  BOOST_TEST(has_line(x, "natgw_zone_placements_total{result=\"hit\"} 1"));
  BOOST_TEST(has_line(x, "natgw_zone_placements_total{result=\"miss\"} 1"));
  BOOST_TEST(has_line(x, "natgw_relists_total{resource=\"pods\"} 1"));
  BOOST_TEST(has_line(x, "natgw_watch_events_total{resource=\"nodes\"} 3"));
  BOOST_TEST(has_line(x, "natgw_actor_restarts_total{actor=\"port_pool\"} 1"));
}

BOOST_AUTO_TEST_CASE(violations_are_there_from_the_start) {
  metrics x;
  for (const auto* number : {"1", "2", "4", "5"})
    BOOST_TEST(has_line(x, std::string{"natgw_invariant_violations_total"}
                             + "{invariant=\"" + number + "\"} 0"));
  x.count_violation("5");
  BOOST_TEST(
    has_line(x, "natgw_invariant_violations_total{invariant=\"5\"} 1"));
}

BOOST_AUTO_TEST_CASE(calls_tell_action_and_result) {
  metrics x;
  x.count_call(api_action::create_entry, std::nullopt);
  x.count_call(api_action::create_entry, ec::throttled);
  x.count_kube_write(kind_of(record_op::status), std::nullopt);
  x.count_kube_write(kube_write::pod_patch, ec::conflict);
  x.count_refusal("patch", "pods/status");
  BOOST_TEST(has_line(x, "natgw_kube_refusals_total{resource=\"pods/status\","
                         "verb=\"patch\"} 1"));
  auto action = std::string{to_string(api_action::create_entry)};
  BOOST_TEST(has_line(x, "natgw_api_calls_total{action=\"" + action
                           + "\",code=\"ok\"} 1"));
  BOOST_TEST(has_line(x, "natgw_api_calls_total{action=\"" + action
                           + "\",code=\"throttled\"} 1"));
  BOOST_TEST(
    has_line(x, "natgw_kube_writes_total{op=\"status\",result=\"ok\"} 1"));
  BOOST_TEST(has_line(
    x, "natgw_kube_writes_total{op=\"pod_patch\",result=\"conflict\"} 1"));
}

BOOST_AUTO_TEST_CASE(gauges_show_the_last_value) {
  metrics x;
  x.set_ports("ngw-1", protocol::tcp, {5, 4, 3, 2});
  x.set_ports("ngw-1", protocol::tcp, {6, 3, 3, 2});
  table_report report;
  report.usable = true;
  report.entries = 7;
  report.quota = 100;
  report.window = 4;
  report.queue_depth = 9;
  x.set_table("ngw-1", report);
  x.set_lease_held(true);
  for (const auto* line :
       {"natgw_ports{gateway=\"ngw-1\",protocol=\"tcp\",state=\"free\"} 6",
        "natgw_ports{gateway=\"ngw-1\",protocol=\"tcp\",state=\"used\"} 3",
        "natgw_gateway_usable{gateway=\"ngw-1\"} 1",
        "natgw_entries{gateway=\"ngw-1\"} 7",
        "natgw_entries_quota{gateway=\"ngw-1\"} 100",
        "natgw_write_window{gateway=\"ngw-1\"} 4",
        "natgw_queue_depth{gateway=\"ngw-1\"} 9", "natgw_lease_held 1"})
    BOOST_TEST(has_line(x, line), line);
}

BOOST_AUTO_TEST_CASE(the_time_to_ready_is_in_seconds) {
  metrics x;
  x.observe_ready(1500ms);
  BOOST_TEST(has_line(x, "natgw_ready_seconds_sum 1.5"));
  BOOST_TEST(has_line(x, "natgw_ready_seconds_bucket{le=\"1\"} 0"));
  BOOST_TEST(has_line(x, "natgw_ready_seconds_bucket{le=\"2.5\"} 1"));
}

BOOST_AUTO_TEST_CASE(a_forgotten_gateway_leaves_no_series) {
  metrics x;
  x.set_ports("ngw-1", protocol::tcp, {5, 4, 3, 2});
  x.set_table("ngw-1", {});
  x.set_table("ngw-2", {});
  x.forget_gateway("ngw-1");
  x.forget_gateway("ngw-unknown");
  BOOST_TEST(x.text().find("ngw-1") == std::string::npos);
  BOOST_TEST(x.text().find("ngw-2") != std::string::npos);
  BOOST_TEST(x.text().find("ngw-unknown") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_number_of_gateways_is_bounded) {
  metrics x;
  for (int i = 0; i < 300; ++i)
    x.set_table("ngw-" + std::to_string(i), {});
  auto text = x.text();
  BOOST_TEST(text.find("\"ngw-255\"") != std::string::npos);
  BOOST_TEST(text.find("\"ngw-256\"") == std::string::npos);
  BOOST_TEST(text.find("gateway=\"other\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_build_is_told) {
  metrics x;
  BOOST_TEST(x.text().find("natgw_build_info{version=\"") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
