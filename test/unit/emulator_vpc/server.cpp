#include "emulator/vpc/server.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "test/unit/serving/http_client.hpp"

using namespace natgw;
using namespace natgw::emulator;
using natgw::test::http_client;
using nlohmann::json;

namespace {

std::unique_ptr<vpc_server> prompt_server() {
  vpc_options options;
  options.gateways = make_gateways(1, 1, 1);
  options.behaviour = prompt_behaviour();
  auto result = vpc_server::start(options);
  BOOST_REQUIRE(result.has_value());
  return std::move(*result);
}

/// A signed GET of the RPC scheme.
std::string target(const std::string& action, parameters x = {}) {
  static int nonce = 0;
  const access_key key;
  const auto now = std::chrono::floor<std::chrono::milliseconds>(
    std::chrono::system_clock::now());
  x.merge(parameters{{"AccessKeyId", key.id},
                     {"Action", action},
                     {"Format", "JSON"},
                     {"RegionId", "cn-hangzhou"},
                     {"SignatureMethod", "HMAC-SHA1"},
                     {"SignatureNonce", std::to_string(++nonce)},
                     {"SignatureVersion", "1.0"},
                     {"Timestamp", format_timestamp(now)},
                     {"Version", "2016-04-28"}});
  x["Signature"] = rpc_signature(key.secret, rpc_string_to_sign("GET", x));
  return "/?" + canonical_query(x);
}

std::string create_target() {
  return target("CreateForwardEntry",
                {{"ForwardTableId", "ftb-emu00000000000000000"},
                 {"ExternalIp", "198.18.0.1"},
                 {"ExternalPort", "512"},
                 {"InternalIp", "172.16.0.8"},
                 {"InternalPort", "80"},
                 {"IpProtocol", "tcp"},
                 {"ClientToken", "t"}});
}

} // namespace

BOOST_AUTO_TEST_SUITE(vpc_server_suite, *boost::unit_test::label("concurrent"))

BOOST_AUTO_TEST_CASE(api_is_served) {
  const auto server = prompt_server();
  http_client client;
  const auto got = client.get(server->url() + create_target());
  BOOST_TEST(got.status == 200);
  const auto id = json::parse(got.body).at("ForwardEntryId");
  BOOST_TEST(got.head.find("x-acs-request-id") != std::string::npos);
  const auto state = json::parse(client.get(server->url() + "/state").body);
  BOOST_TEST(state.at("gateways")[0].at("entries")[0].at("id") == id);
  server->with_core([&](vpc_core& core) {
    BOOST_TEST(core.log().counters().unsigned_or_badly_signed == 0U);
    BOOST_TEST((core.log().calls()[0].at <= vpc_server::now()));
  });
}

BOOST_AUTO_TEST_CASE(answer_comes_after_the_call_s_time) {
  const auto server = prompt_server();
  const std::chrono::milliseconds delay{30};
  server->with_core(
    [&](vpc_core& core) { core.behaviour().write_time = {delay, delay}; });
  http_client client;
  const auto begin = vpc_server::now();
  BOOST_TEST(client.get(server->url() + create_target()).status == 200);
  BOOST_TEST((vpc_server::now() - begin >= delay));
}

BOOST_AUTO_TEST_CASE(faults_reach_the_wire) {
  const auto server = prompt_server();
  const auto plan = [&](fault_kind kind) {
    server->with_core([&](vpc_core& core) {
      core.faults().add({.kind = kind, .time = std::chrono::milliseconds{1}});
    });
  };
  http_client client;
  plan(fault_kind::reset_after);
  BOOST_TEST(client.get(server->url() + create_target()).result != CURLE_OK);
  plan(fault_kind::truncated);
  BOOST_TEST(client.get(server->url() + create_target()).result
             == CURLE_PARTIAL_FILE);
  plan(fault_kind::drip);
  BOOST_TEST(client.get(server->url() + create_target()).status == 200);
  plan(fault_kind::wrong_type);
  BOOST_TEST(client.get(server->url() + create_target()).body.starts_with("<"));
  plan(fault_kind::endless);
  size_t seen = 0;
  const auto got = client.run(server->url() + create_target(),
                              {.on_data = [&](std::string_view x) {
                                seen += x.size();
                                return seen < (1U << 20U);
                              }});
  BOOST_TEST(got.result == CURLE_WRITE_ERROR);
  server->with_core([](vpc_core& core) {
    // Executed once, whatever became of the answers.
    BOOST_TEST(core.resources().gateways().begin()->second.table.size() == 1U);
  });
}

BOOST_AUTO_TEST_CASE(stop_drops_what_is_under_way) {
  const auto server = prompt_server();
  server->with_core([](vpc_core& core) {
    const std::chrono::hours hour{1};
    core.behaviour().read_time = {hour, hour};
  });
  std::jthread stopper{[&] {
    bool asked = false;
    while (!asked)
      server->with_core(
        [&](vpc_core& core) { asked = core.log().counters().calls > 0; });
    server->stop();
  }};
  http_client client;
  BOOST_TEST(client.get(server->url() + target("DescribeNatGateways")).result
             != CURLE_OK);
}

BOOST_AUTO_TEST_SUITE_END()
