#include "config/load.hpp"

#include <algorithm>
#include <filesystem>
#include <string>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "config/describe.hpp"

using namespace natgw;
using namespace natgw::config;
using namespace std::chrono_literals;

namespace {

const std::string head = "regionID: cn-hangzhou\n"
                         "vpcID: vpc-1\n"
                         "enableControllers: [natgw]\n";

const std::string pool = "natGwPool:\n"
                         "  - natgwId: ngw-1\n"
                         "    zoneId: cn-hangzhou-j\n"
                         "    portRangeStart: 512\n"
                         "    portRangeEnd: 1024\n";

std::string problem_of(const std::expected<loaded, load_failure>& x) {
  return x ? "" : x.error().text();
}

loaded good(const std::string& text) {
  auto result = parse(text, "f.yaml");
  BOOST_REQUIRE_MESSAGE(result.has_value(), problem_of(result));
  return *std::move(result);
}

/// The first error of a text that must be refused.
std::string refusal(const std::string& text) {
  auto result = parse(text, "f.yaml");
  BOOST_REQUIRE(!result.has_value());
  BOOST_TEST(!result.error().nothing_to_do);
  return result.error().errors.at(0);
}

std::string sample(const std::string& name) {
  return std::string{NATGW_SOURCE_DIR} + "/config/samples/" + name;
}

} // namespace

BOOST_AUTO_TEST_SUITE(config_load)

BOOST_AUTO_TEST_CASE(the_products_file_is_read_as_it_is) {
  auto x = good(R"(
clusterID: "c11ba338192xxxxxxx"
regionID: "cn-hangzhou"
vpcID: "vpc-bp1rkq0zxxxxxx"
enableControllers:
  - natgw
networkController:
  natGwPool:
    - natgwId: "ngw-1"
      zoneId: "cn-hangzhou-j"
      portRangeStart: 512
      portRangeEnd: 1024
      eips:
        - "114.55.0.10"
        - eip-bp1
  customStatefulWorkloadKinds: [GameServerSet]
kubeClientQPS: 20
kubeClientBurst: 30
enableRRSA: true
rrsaRoleName: "role"
credential:
  accessKey: "key"
  accessSecret: "hush"
)");
  const auto& v = x.values;
  BOOST_TEST(v.cluster_id == "c11ba338192xxxxxxx");
  BOOST_TEST(v.region == "cn-hangzhou");
  BOOST_TEST(v.vpc == "vpc-bp1rkq0zxxxxxx");
  BOOST_REQUIRE(v.gateways.size() == 1U);
  BOOST_TEST(
    (v.gateways[0]
     == gateway_pool{
       "ngw-1", "cn-hangzhou-j", {512, 1024}, {"114.55.0.10", "eip-bp1"}}));
  BOOST_TEST(v.stateful_kinds == std::vector<std::string>{"GameServerSet"},
             boost::test_tools::per_element());
  BOOST_TEST(v.kube_qps == 20U);
  BOOST_TEST(v.kube_burst == 30U);
  BOOST_TEST(v.role.enabled);
  BOOST_TEST(v.role.role_name == "role");
  BOOST_TEST(v.keys.access_key.reveal() == "key");
  BOOST_TEST(v.keys.access_secret.reveal() == "hush");
  BOOST_REQUIRE(x.warnings.size() == 1U);
  BOOST_TEST(x.warnings[0].find("credential: is not used, since enableRRSA")
             != std::string::npos);
  BOOST_TEST(x.ignored.empty());
}

BOOST_AUTO_TEST_CASE(pools_are_found_in_every_plausible_place) {
  auto indented = [](const std::string& text, const std::string& by) {
    std::string out;
    for (size_t i = 0; i < text.size();) {
      auto end = text.find('\n', i) + 1;
      out += by + text.substr(i, end - i);
      i = end;
    }
    return out;
  };
  for (const auto& text :
       {head + pool, head + "networkController:\n" + indented(pool, "  "),
        head + "natGwController:\n" + indented(pool, "  "),
        head + "networkController:\n  natgwController:\n"
          + indented(pool, "    ")}) {
    auto x = good(text);
    BOOST_TEST(x.values.gateways.size() == 1U);
    BOOST_TEST(x.warnings.empty());
  }
}

BOOST_AUTO_TEST_CASE(the_case_of_keys_does_not_matter) {
  auto x = good("regionId: cn-a\nVpcId: vpc-1\nEnableControllers: [NatGW]\n"
                "natgwPool:\n"
                "- {natGwId: ngw-1, zoneID: z, PortRangeStart: 5, "
                "portrangeend: 6, EIPs: [1.2.3.4]}\n"
                "KubeClientQps: 7\n");
  BOOST_TEST((x.values.gateways.at(0)
              == gateway_pool{"ngw-1", "z", {5, 6}, {"1.2.3.4"}}));
  BOOST_TEST(x.values.kube_qps == 7U);
  BOOST_TEST(x.warnings.empty());
}

BOOST_AUTO_TEST_CASE(defaults_suit_a_minimal_file) {
  auto v = good(head + pool).values;
  BOOST_TEST(v.kube_qps == 50U);
  BOOST_TEST((v.natgw.write_deadline == 10s));
  BOOST_TEST((v.natgw.cooldown == 60s));
  BOOST_TEST(v.natgw.rates.of(api_action::create_entry) == 300U);
  BOOST_TEST(!v.natgw.blocked_ports.has_value());
  BOOST_TEST((v.natgw.signing == signature::v3));
  BOOST_TEST((v.natgw.http == listen_address{"127.0.0.1", 9461}));
  BOOST_TEST(v.natgw.lease.enabled);
}

BOOST_AUTO_TEST_CASE(absent_values_keep_their_defaults) {
  auto v = good(head + pool
                + "kubeClientQPS:\ncustomStatefulWorkloadKinds:\n"
                  "credential:\nnatgw:\n")
             .values;
  BOOST_TEST(v.kube_qps == 50U);
  BOOST_TEST(v.stateful_kinds.empty());
}

BOOST_AUTO_TEST_CASE(our_own_settings_are_read) {
  auto v = good(head + pool + R"(
natgw:
  class: blue
  endpoint: http://127.0.0.1:4321
  signature: v1
  rates: {createPerMinute: 600, describePerMinute: 900, burst: 5}
  writeDeadline: 5s
  blockedPorts: [42, 3127-3130]
  maxWindow: 8
  acceptOrphans: yes
  lease: {enabled: false, namespace: other}
  httpAddr: "[::1]:80"
  log: {format: json, level: debug}
  podSelector: "app in (game, lobby),tier!=test"
)")
             .values.natgw;
  BOOST_TEST(v.controller_class == "blue");
  BOOST_TEST(v.endpoint == "http://127.0.0.1:4321");
  BOOST_TEST((v.signing == signature::v1));
  BOOST_TEST(v.rates.of(api_action::create_entry) == 600U);
  BOOST_TEST(v.rates.of(api_action::modify_entry) == 300U);
  BOOST_TEST(v.rates.of(api_action::describe_entries) == 900U);
  BOOST_TEST(v.rates.burst == 5U);
  BOOST_TEST((v.write_deadline == 5s));
  BOOST_TEST(
    (v.blocked_ports == std::vector<port_range>{{42, 42}, {3127, 3130}}));
  BOOST_TEST(v.max_window == 8U);
  BOOST_TEST(v.accept_orphans);
  BOOST_TEST(!v.lease.enabled);
  BOOST_TEST(v.lease.ns == "other");
  BOOST_TEST((v.http == listen_address{"::1", 80}));
  BOOST_TEST((v.log.format == observe::log_format::json));
  BOOST_TEST((v.log.level == observe::level::debug));
  BOOST_TEST(v.pod_selector == "app in (game, lobby),tier!=test");
}

BOOST_AUTO_TEST_CASE(sources_of_credentials_are_read) {
  auto v = good(head + pool + R"(
natgw:
  credentials:
    sources: [file, oidc, ecsRole]
    file: /etc/natgw/keys
    credentialsURI: http://127.0.0.1:1/keys?a=b
    roleARN: acs:ram::123:role/natgw
    oidcProviderARN: acs:ram::123:oidc-provider/ack-rrsa-c1
    oidcTokenFile: /var/run/token
    roleSessionName: natgw_1
    sessionDuration: 30m
    stsEndpoint: https://sts.example.com
    ecsRole: KubernetesWorkerRole-1
    metadataEndpoint: http://127.0.0.1:2
    metadataV1: false
)")
             .values.natgw.credentials;
  using enum credential_origin;
  BOOST_TEST(
    (v.sources == std::vector<credential_origin>{file, oidc, ecs_role}));
  BOOST_TEST(v.file == "/etc/natgw/keys");
  BOOST_TEST(v.uri == "http://127.0.0.1:1/keys?a=b");
  BOOST_TEST(v.role_arn == "acs:ram::123:role/natgw");
  BOOST_TEST(v.provider_arn == "acs:ram::123:oidc-provider/ack-rrsa-c1");
  BOOST_TEST(v.token_file == "/var/run/token");
  BOOST_TEST(v.session_name == "natgw_1");
  BOOST_TEST((v.session_duration == 30min));
  BOOST_TEST(v.sts_endpoint == "https://sts.example.com");
  BOOST_TEST(v.ecs_role == "KubernetesWorkerRole-1");
  BOOST_TEST(v.metadata_endpoint == "http://127.0.0.1:2");
  BOOST_TEST(!v.metadata_v1);
}

BOOST_AUTO_TEST_CASE(sources_of_credentials_have_rules) {
  auto why = [](const std::string& text) {
    return refusal(head + pool + "natgw: {credentials: {" + text + "}}\n");
  };
  for (const auto* text :
       {"sources: [wallet]", "sources: [oidc, oidc]", "sources: [file]",
        "sources: [configuration]", "file: keys", "credentialsURI: here",
        "credentialsURI: 'http://h/a b'", "roleARN: natgw",
        "roleARN: 'acs:ram::1:oidc-provider/x'",
        "oidcProviderARN: 'acs:ram::x:oidc-provider/y'", "oidcTokenFile: x",
        "roleSessionName: a b", "sessionDuration: 1m",
        "stsEndpoint: http://sts.example.com", "ecsRole: a/b",
        "metadataEndpoint: http://h/path"})
    BOOST_TEST(why(text).contains("natgw.credentials"), text);
}

BOOST_AUTO_TEST_CASE(an_empty_block_list_blocks_nothing) {
  auto v = good(head + pool + "natgw: {blockedPorts: []}\n").values.natgw;
  BOOST_REQUIRE(v.blocked_ports.has_value());
  BOOST_TEST(v.blocked_ports->empty());
}

BOOST_AUTO_TEST_CASE(keys_of_the_product_that_we_do_not_need_are_ignored) {
  auto x = good(head + pool
                + "eipController: {a: [1]}\nenableVirtualNode: true\n"
                  "networkController: {ipv6GatewayController: {b: 1}}\n");
  BOOST_TEST(x.warnings.empty());
  BOOST_TEST(
    x.ignored
      == (std::vector<std::string>{"eipController", "enableVirtualNode",
                                   "networkController.ipv6GatewayController"}),
    boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_unknown_key_is_a_warning_with_the_nearest_one) {
  auto x = good(head + pool + "natgw:\n  coldown: 5s\n");
  BOOST_REQUIRE(x.warnings.size() == 1U);
  BOOST_TEST(x.warnings[0]
             == "f.yaml:10:3: natgw: unknown key coldown, ignored; the nearest "
                "known key is cooldown");
}

BOOST_AUTO_TEST_CASE(a_key_with_control_characters_forges_no_line) {
  auto x = good(head + pool + "\"a\\nb\\e[2J\": 1\n");
  BOOST_REQUIRE(x.warnings.size() == 1U);
  BOOST_TEST(x.warnings[0].find('\n') == std::string::npos);
  BOOST_TEST(x.warnings[0].find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_wrong_value_is_an_error_with_its_place_and_rule) {
  BOOST_TEST(refusal(head + pool + "kubeClientQPS: fast\n")
             == "f.yaml:9:16: kubeClientQPS: must be a whole number from 1 to "
                "10000");
  BOOST_TEST(refusal(head
                     + "natGwPool:\n- natgwId: ngw-1\n"
                       "  portRangeEnd: 65536\n")
             == "f.yaml:6:17: natGwPool[0].portRangeEnd: must be a whole "
                "number from 1 to 65535");
  BOOST_TEST(refusal(head + pool + "natgw: {writeDeadline: 10}\n")
             == "f.yaml:9:24: natgw.writeDeadline: must be a duration such as "
                "10s, 5m or 200ms");
}

BOOST_AUTO_TEST_CASE(the_bounds_of_the_port_range_are_inclusive) {
  auto range = [](const std::string& first, const std::string& last) {
    return head + "natGwPool: [{natgwId: ngw-1, portRangeStart: " + first
           + ", portRangeEnd: " + last + "}]\n";
  };
  BOOST_TEST(good(range("1", "65535")).values.gateways[0].ports.count()
             == 65535U);
  BOOST_TEST(good(range("80", "80")).values.gateways[0].ports.count() == 1U);
  BOOST_TEST(refusal(range("0", "80")).ends_with("from 1 to 65535"));
  BOOST_TEST(refusal(range("81", "80"))
               .ends_with("portRangeStart must not exceed portRangeEnd"));
}

BOOST_AUTO_TEST_CASE(types_are_checked) {
  BOOST_TEST(refusal("enableControllers: natgw\n").ends_with("must be a list"));
  BOOST_TEST(refusal("[]\n").ends_with("must be a map of keys and values"));
  BOOST_TEST(refusal(head + "natGwPool: 5\n").ends_with("must be a list"));
  BOOST_TEST(refusal(head + pool + "regionID2: 1\nclusterID: [a]\n")
               .ends_with("must be a single value"));
  BOOST_TEST(refusal(head + pool + "enableRRSA: maybe\n")
               .ends_with("must be true or false"));
  BOOST_TEST(
    refusal(head + pool + "? [a]\n: b\n").ends_with("must have simple keys"));
  BOOST_TEST(refusal(head + pool + "clusterID: " + std::string(300, 'a'))
               .ends_with("is longer than 256 bytes"));
}

BOOST_AUTO_TEST_CASE(a_key_that_stands_twice_is_an_error) {
  BOOST_TEST(refusal(head + pool + "vpcId: vpc-2\n")
               .ends_with("vpcID: stands here twice"));
}

BOOST_AUTO_TEST_CASE(what_must_be_there_is_asked_for) {
  BOOST_TEST(refusal("enableControllers: [natgw]\nvpcID: vpc-1\n" + pool)
             == "f.yaml: regionID: must say the region of the cluster");
  BOOST_TEST(refusal("enableControllers: [natgw]\nregionID: r\n" + pool)
             == "f.yaml: vpcID: must say the VPC of the cluster");
  BOOST_TEST(refusal(head).ends_with("must list at least one NAT gateway"));
  BOOST_TEST(refusal(head + "natGwPool: [{zoneId: z}]\n")
               .ends_with("must have a natgwId"));
}

BOOST_AUTO_TEST_CASE(rules_between_values_know_their_place) {
  auto error = refusal(head + pool + "natgw:\n  lease: {duration: 12s}\n");
  BOOST_TEST(error.starts_with("f.yaml: natgw.writeDeadline: with 1s"), error);
  error = refusal(head + pool + "natgw:\n  lease:\n    renewDeadline: 20s\n");
  BOOST_TEST(error
             == "f.yaml:11:20: natgw.lease.renewDeadline: must be shorter than "
                "the lease's duration");
}

BOOST_AUTO_TEST_CASE(without_natgw_there_is_nothing_to_do) {
  for (const auto* text :
       {"regionID: r\n", "enableControllers: [eip]\n", "enableControllers:\n",
        "enableControllers: [\"\"]\n"}) {
    auto result = parse(text, "f.yaml");
    BOOST_REQUIRE(!result.has_value());
    BOOST_TEST(result.error().nothing_to_do, text);
  }
}

BOOST_AUTO_TEST_CASE(secrets_are_never_shown) {
  const std::string keys = "credential: {accessKey: LTAI5t, accessSecret: "
                           "topsecret}\n";
  auto x = good(head + pool + keys);
  for (const auto& line : describe(x.values)) {
    BOOST_TEST(line.find("topsecret") == std::string::npos, line);
    BOOST_TEST(line.find("LTAI5t") == std::string::npos, line);
  }
  auto result = parse(head + "credential: {accessSecret: topsecret}\n", "f");
  BOOST_REQUIRE(!result.has_value());
  BOOST_TEST(result.error().text().find("topsecret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_samples_are_valid_and_without_warnings) {
  auto files = {"minimal.yaml", "complete.yaml", "fleet.yaml", "product.yaml"};
  for (const auto* name : files) {
    auto x = load(sample(name));
    BOOST_REQUIRE_MESSAGE(x.has_value(), problem_of(x));
    BOOST_TEST(x->warnings.empty(), name);
    BOOST_TEST(x->ignored.empty() == (name != std::string{"product.yaml"}),
               name);
  }
}

BOOST_AUTO_TEST_CASE(the_complete_sample_tells_the_defaults) {
  auto from_sample = describe(load(sample("complete.yaml")).value().values);
  settings defaults;
  auto expected_lines = describe(defaults);
  auto own = [](const std::string& line) { return line.starts_with("natgw."); };
  std::erase_if(from_sample, std::not_fn(own));
  std::erase_if(expected_lines, std::not_fn(own));
  BOOST_TEST(from_sample == expected_lines, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_an_error) {
  for (const auto* path : {"/does/not/exist", "/dev/null", "/"}) {
    auto result = load(path);
    BOOST_REQUIRE(!result.has_value());
    BOOST_TEST(result.error().text().starts_with(path), path);
  }
  auto endless = load("/dev/zero");
  BOOST_REQUIRE(!endless.has_value());
  BOOST_TEST(endless.error().text().ends_with("larger than 1048576 bytes"));
}

BOOST_AUTO_TEST_CASE(a_text_full_of_aliases_stays_cheap) {
  std::string text = head + "x: &x [";
  for (int i = 0; i < 4000; ++i)
    text += "1.2.3.4,";
  text += "]\nnatGwPool:\n";
  for (int i = 0; i < 999; ++i)
    text += "- {natgwId: ngw-" + std::to_string(i) + ", eips: *x}\n";
  auto result = parse(text, "f.yaml");
  BOOST_REQUIRE(!result.has_value());
  BOOST_TEST(result.error().errors.size() <= 21U);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_one_error_lists_only_some) {
  std::string text = head + "natGwPool:\n";
  for (int i = 0; i < 100; ++i)
    text += "- {natgwId: nonsense}\n";
  auto result = parse(text, "f.yaml");
  BOOST_REQUIRE(!result.has_value());
  BOOST_TEST(result.error().errors.size() == 21U);
  BOOST_TEST(result.error().errors.back() == "f.yaml: there are more errors");
}

BOOST_AUTO_TEST_CASE(any_bytes_are_answered_without_an_exception) {
  BOOST_TEST(rc::check("never throws", [](const std::string& tail) {
    (void)parse(head + pool + tail, "f");
    (void)parse(tail, "f");
  }));
}

BOOST_AUTO_TEST_SUITE_END()
