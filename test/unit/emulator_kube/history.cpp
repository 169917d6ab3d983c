#include "emulator/kube/history.hpp"

#include <boost/test/unit_test.hpp>

#include "fixture.hpp"

namespace natgw::emulator::kube {

namespace {

struct observed : cluster {
  static json naming(std::string name, const char* external_ports) {
    auto x = record(std::move(name));
    x["spec"]["protocol"] = "tcp";
    x["spec"]["portMapping"] = json::array(
      {{{"externalPort", external_ports}, {"internalPort", "80"}}});
    return x;
  }

  history past{api.objects()};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(emulator_kube_history, observed)

BOOST_AUTO_TEST_CASE(two_records_with_one_port_are_duplicates) {
  post(records, naming("a", "512"));
  post(records, naming("b", "510-511,513"));
  BOOST_TEST(past.duplicates().empty());
  post(records, naming("c", "511-512"));
  auto found = past.duplicates();
  BOOST_REQUIRE(found.size() == 2U);
  BOOST_TEST(found[0].port.port == 511);
  BOOST_TEST(found[0].first == "default/b");
  BOOST_TEST(found[0].second == "default/c");
  BOOST_TEST(found[1].port.port == 512);
}

BOOST_AUTO_TEST_CASE(port_may_be_named_again_after_its_record_is_gone) {
  post(records, naming("a", "512"));
  del(records + "/a");
  post(records, naming("b", "512"));
  post(records, naming("a", "513"));
  BOOST_TEST(past.duplicates().empty());
  patch(records + "/b", {{"spec", {{"portMapping", json::array()}}}});
  post(records, naming("c", "512"));
  BOOST_TEST(past.duplicates().empty());
}

BOOST_AUTO_TEST_CASE(clash_that_has_passed_still_counts) {
  post(records, naming("a", "512"));
  post(records, naming("b", "512"));
  del(records + "/a");
  del(records + "/b");
  BOOST_TEST(past.duplicates().size() == 1U);
}

BOOST_AUTO_TEST_CASE(intent_tells_protocols_apart) {
  auto with_intent = [](std::string name, const char* intent) {
    auto x = naming(std::move(name), "512");
    x["metadata"]["annotations"]["k8s.aliyun.com/pod-dnat-intent"] = intent;
    return x;
  };
  post(records, with_intent("a", R"({"v":1,"ext":"1.2.3.4",
                                     "runs":[[0,"udp",512,80,2]]})"));
  post(records, with_intent("b", R"({"v":1,"ext":"1.2.3.4",
                                     "runs":[[0,"tcp",512,80,1]]})"));
  BOOST_TEST(past.duplicates().empty());
  BOOST_TEST(past.records().front().names.size() == 2U);
  post(records, with_intent("c", R"({"v":1,"ext":"1.2.3.4",
                                     "runs":[[0,"udp",513,80,1]]})"));
  BOOST_TEST(past.duplicates().size() == 1U);
}

BOOST_AUTO_TEST_CASE(status_is_remembered_with_single_ports) {
  post(records, naming("a", "512"));
  patch(records + "/a/status",
        {{"status",
          {{"entries", json::array({{{"externalIP", "1.2.3.4"},
                                     {"externalPort", "512-513"},
                                     {"internalIP", "172.16.0.8"},
                                     {"internalPort", "80-81"},
                                     {"forwardEntryId", "fwd-1"},
                                     {"ipProtocol", "TCP"}}})}}}});
  del(records + "/a");
  BOOST_REQUIRE(past.records().size() == 3U);
  const auto& shown = past.records()[1].shown;
  BOOST_REQUIRE(shown.size() == 2U);
  BOOST_TEST(shown[1].id == "fwd-1");
  BOOST_TEST(shown[1].outside.port == 513);
  BOOST_TEST(shown[1].outside.protocol == "tcp");
  BOOST_TEST(shown[1].internal_port == 81);
  BOOST_TEST(!past.records()[2].present);
}

BOOST_AUTO_TEST_CASE(pods_are_remembered) {
  auto uid = add_pod("p");
  patch(pods + "/p/status",
        {{"status", {{"podIP", "172.16.0.8"}, {"phase", "Running"}}}});
  del(pods + "/p");
  BOOST_TEST(past.pods().size() == 4U);
  BOOST_TEST(past.pods()[1].ip == "172.16.0.8");
  BOOST_TEST(past.pods()[1].uid == uid);
  BOOST_TEST(past.pods()[2].terminating);
  BOOST_TEST(!past.pods()[3].present);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace natgw::emulator::kube
