#include "core/annotations.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace natgw;
using namespace natgw::core;

namespace {

constexpr auto tcp = protocol::tcp;
constexpr auto udp = protocol::udp;

struct fixture {
  pod_view pod;
  annotation_rules rules;
  node_view node{"n1", "zone-a", false};

  fixture() {
    pod.key = {"default", "a"};
    pod.uid = "u1";
    pod.annotations.edit().present = true;
    pod.annotations.edit().dnat = "true";
    pod.annotations.edit().expose_port = "80";
  }

  annotation_verdict read() {
    return read_annotations(pod, rules, &node);
  }

  annotation_verdict read_ports(std::string_view list,
                                std::string_view proto = "") {
    pod.annotations.edit().expose_port = list;
    pod.annotations.edit().expose_protocol = proto;
    return read();
  }

  std::vector<port_item> items(std::string_view list,
                               std::string_view proto = "") {
    const auto got = read_ports(list, proto);
    const auto* wish = std::get_if<dnat_wish>(&got);
    return wish != nullptr ? wish->request.items : std::vector<port_item>{};
  }

  /// The complaint, empty if there is none.
  std::string complaint() {
    const auto got = read();
    const auto* problem = std::get_if<error>(&got);
    return problem != nullptr ? problem->detail : "";
  }

  std::string complaint(std::string_view list, std::string_view proto = "") {
    pod.annotations.edit().expose_port = list;
    pod.annotations.edit().expose_protocol = proto;
    return complaint();
  }

  dnat_wish wish() {
    return std::get<dnat_wish>(read());
  }
};

using list = std::vector<port_item>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(annotations, fixture)

// -- the switch ---------------------------------------------------------------

BOOST_AUTO_TEST_CASE(true_and_the_empty_text_turn_dnat_on) {
  BOOST_TEST(std::holds_alternative<dnat_wish>(read()));
  pod.annotations.edit().dnat = "";
  BOOST_TEST(std::holds_alternative<dnat_wish>(read()));
}

BOOST_AUTO_TEST_CASE(anything_else_and_absence_turn_it_off) {
  for (const auto* text : {"false", "True", "TRUE", "yes", "1", " true"}) {
    pod.annotations.edit().dnat = text;
    BOOST_TEST((read() == annotation_verdict{not_ours{}}), text);
  }
  pod.annotations.edit().dnat = "";
  pod.annotations.edit().present = false;
  BOOST_TEST((read() == annotation_verdict{not_ours{}}));
}

BOOST_AUTO_TEST_CASE(pod_of_another_class_is_not_ours) {
  pod.annotations.edit().controller_class = "blue";
  pod.annotations.edit().expose_port = "nonsense";
  BOOST_TEST((read() == annotation_verdict{not_ours{}}));
  rules.controller_class = "blue";
  BOOST_TEST(std::holds_alternative<error>(read()));
  pod.annotations.edit().controller_class = "";
  BOOST_TEST((read() == annotation_verdict{not_ours{}}));
}

// -- ports --------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(plain_ports_keep_their_order) {
  BOOST_TEST((items("443,80") == list{{tcp, 443}, {tcp, 80}}));
}

BOOST_AUTO_TEST_CASE(protocol_is_read_in_any_letter_case) {
  for (const auto* text : {"udp", "UDP", "Udp"})
    BOOST_TEST((items("80", text) == list{{udp, 80}}));
  for (const auto* text : {"tcp", "TCP", "tCp", ""})
    BOOST_TEST((items("80", text) == list{{tcp, 80}}));
}

BOOST_AUTO_TEST_CASE(port_may_carry_its_own_protocol_and_be_a_range) {
  BOOST_TEST((items("7000/udp,7000/TCP,8080", "udp")
              == list{{udp, 7000}, {tcp, 7000}, {udp, 8080}}));
  BOOST_TEST((items("7000-7015/udp") == list{{udp, 7000, 16}}));
  BOOST_TEST((items("65520-65535") == list{{tcp, 65520, 16}}));
}

BOOST_AUTO_TEST_CASE(blanks_around_items_do_not_matter) {
  BOOST_TEST(
    (items(" 80 , 7000-7001 / udp ") == list{{tcp, 80}, {udp, 7000, 2}}));
}

BOOST_AUTO_TEST_CASE(fm25_tcp_and_udp_on_one_port_are_no_duplicate) {
  BOOST_TEST(complaint("80/tcp,80/udp") == "");
}

BOOST_AUTO_TEST_CASE(bad_port_lists_are_refused_with_text_and_rule) {
  BOOST_TEST(complaint("80,abc")
             == "k8s.aliyun.com/pod-dnat-expose-port: \"abc\": must be a port "
                "of 1 to 65535 or an ascending range of them, such as "
                "7000-7015");
  BOOST_TEST(complaint("80", "sctp")
             == "k8s.aliyun.com/pod-dnat-expose-protocol: \"sctp\": must be "
                "tcp or udp");
  BOOST_TEST(complaint("80,443,80")
             == "k8s.aliyun.com/pod-dnat-expose-port: \"80,443,80\": port "
                "80/tcp is listed twice");
  for (const auto* text :
       {"", " ", ",", "80,", ",80", "0", "70000", "65536", "-1", "80-", "90-80",
        "80/", "80/sctp", "80/tcp/udp", "8 0", "80;443", "1e3", "80-90,85",
        "7000-7010/udp,7010/udp"})
    BOOST_TEST(complaint(text) != "", text);
}

BOOST_AUTO_TEST_CASE(fm14_range_to_65535_and_its_last_port_overlap) {
  BOOST_TEST(complaint("65530-65535,65535") != "");
  BOOST_TEST(complaint("65530-65534,65535") == "");
}

BOOST_AUTO_TEST_CASE(more_ports_than_a_gateway_has_are_refused) {
  rules.max_ports = 16;
  BOOST_TEST(complaint("7000-7015,7000-7015/udp") == "");
  BOOST_TEST(complaint("7000-7015,80")
             == "k8s.aliyun.com/pod-dnat-expose-port: \"7000-7015,80\": asks "
                "for more than 16 ports of one protocol");
}

BOOST_AUTO_TEST_CASE(fm28_offending_text_is_bounded_and_escaped) {
  const auto got = complaint(std::string(100'000, '\n'));
  BOOST_TEST(got.size() < 500u);
  BOOST_TEST(got.find('\n') == std::string::npos);
  BOOST_TEST(got.find("\\x0a") != std::string::npos);
  BOOST_TEST(quoted("a\"b\\\x7f\xc3") == "\"a\\\"b\\\\\\x7f\\xc3\"");
}

// -- the pod ------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(pods_that_cannot_be_reached_are_refused) {
  pod.host_network = true;
  BOOST_TEST(complaint().find("host network") != std::string::npos);
  pod.host_network = false;
  pod.only_ipv6 = true;
  BOOST_TEST(complaint().find("IPv4") != std::string::npos);
  pod.only_ipv6 = false;
  node.is_virtual = true;
  BOOST_TEST(complaint().find("virtual") != std::string::npos);
  BOOST_TEST(
    std::holds_alternative<dnat_wish>(read_annotations(pod, rules, nullptr)));
}

BOOST_AUTO_TEST_CASE(fixed_holds_for_stateful_workloads_only) {
  pod.annotations.edit().fixed = "true";
  rules.stateful_kinds = {"gameserverset"};
  for (const auto* kind :
       {"", "StatefulSet", "statefulset", "GameServerSet", "GAMESERVERSET"}) {
    pod.workload.edit().kind = kind;
    BOOST_TEST(wish().request.fixed, kind);
    BOOST_TEST(wish().notices.empty());
  }
  for (const auto* kind : {"ReplicaSet", "Job", "CloneSet"}) {
    pod.workload.edit().kind = kind;
    BOOST_TEST(!wish().request.fixed, kind);
    BOOST_TEST(wish().notices.size() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(only_true_makes_a_mapping_fixed) {
  for (const auto* text : {"", "false"}) {
    pod.annotations.edit().fixed = text;
    BOOST_TEST(!wish().request.fixed);
    BOOST_TEST(wish().notices.empty());
  }
  pod.annotations.edit().fixed = "yes";
  BOOST_TEST(!wish().request.fixed);
  BOOST_TEST(wish().notices.at(0).find("\"yes\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(pins_and_early_are_taken_over) {
  pod.annotations.edit().gateway = "ngw-bp1abc";
  pod.annotations.edit().zone = " cn-hangzhou-k ";
  pod.annotations.edit().early = "true";
  const auto got = wish().request;
  BOOST_TEST(got.gateway == "ngw-bp1abc");
  BOOST_TEST(got.zone == "cn-hangzhou-k");
  BOOST_TEST(got.early);
}

BOOST_AUTO_TEST_CASE(fm28_pins_with_other_characters_are_refused) {
  for (const auto& text :
       {std::string{"eip-1"}, std::string{"ngw-A"}, std::string{"ngw-1&x=2"},
        std::string{"ngw-1/.."}, "ngw-" + std::string(100, 'a')}) {
    pod.annotations.edit().gateway = text;
    BOOST_TEST(complaint() != "", text);
  }
  pod.annotations.edit().gateway = "";
  pod.annotations.edit().zone = "a b";
  BOOST_TEST(complaint().starts_with("k8s.aliyun.com/pod-dnat-zone: \"a b\""));
}

BOOST_AUTO_TEST_CASE(any_text_gives_a_wish_that_holds_or_a_complaint) {
  BOOST_TEST(rc::check([this] {
    const auto text = *rc::gen::container<std::string>(
      rc::gen::elementOf(std::string{"0123456789,,--/tcpudp \xff"}));
    const auto got = read_ports(text);
    if (const auto* ok = std::get_if<dnat_wish>(&got)) {
      RC_ASSERT(!ok->request.items.empty());
      for (const auto& x : ok->request.items) {
        RC_ASSERT(x.first >= 1);
        RC_ASSERT(x.count >= 1);
        RC_ASSERT(uint32_t{x.first} + x.count <= 65536U);
      }
    } else {
      RC_ASSERT(!std::get<error>(got).detail.empty());
    }
  }));
}

BOOST_AUTO_TEST_SUITE_END()
