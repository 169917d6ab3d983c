#include "clients/aliyun/vpc_request.hpp"

#include <chrono>
#include <map>
#include <string>

#include <boost/test/unit_test.hpp>

using namespace natgw;
using namespace std::chrono_literals;
using aliyun::parameter_place;
using aliyun::signature_scheme;

namespace {

using enum api_action;

const aliyun::credentials key_pair{
  "testid", aliyun::secret{"testsecret"}, {}, {}};
const aliyun::credentials with_token{
  "testid", aliyun::secret{"testsecret"}, aliyun::secret{"sts+token/=="}, {}};

// 2023-10-26T10:22:32Z
constexpr wall_time now{1'698'315'752s};
constexpr std::string_view nonce = "3156853299f313e23d1673dc12e1703d";

/// The entry of the signature vectors.
api_call create_call() {
  api_call x;
  x.action = create_entry;
  x.gateway = "ngw-1";
  x.table_id = "ftb-bp1mbjubq34hlcqpa0000";
  x.spec = {.name = "ns/pod *~ \u4e2d",
            .external_ip = "203.0.113.10",
            .internal_ip = "192.168.1.5",
            .external_port = 10,
            .internal_port = 80,
            .count = 11};
  x.port_break = true;
  x.client_token = "token-1";
  return x;
}

aliyun::vpc_endpoint endpoint() {
  return {.region = "cn-hangzhou", .internal = false};
}

std::map<std::string, std::string> as_map(const aliyun::parameters& x) {
  return {x.begin(), x.end()};
}

std::map<std::string, std::string> parameters_of(const api_call& x) {
  auto got = aliyun::call_parameters(x, "cn-hangzhou");
  BOOST_REQUIRE(got);
  return as_map(*got);
}

std::string header_of(const http::request& x, std::string_view name) {
  for (const auto& h : x.headers)
    if (h.name == name)
      return h.value;
  return {};
}

using map = std::map<std::string, std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(vpc_request)

BOOST_AUTO_TEST_CASE(create_names_every_property_of_the_entry) {
  BOOST_TEST((parameters_of(create_call())
              == map{{"RegionId", "cn-hangzhou"},
                     {"ForwardTableId", "ftb-bp1mbjubq34hlcqpa0000"},
                     {"ExternalIp", "203.0.113.10"},
                     {"ExternalPort", "10/20"},
                     {"InternalIp", "192.168.1.5"},
                     {"InternalPort", "80/90"},
                     {"IpProtocol", "TCP"},
                     {"ForwardEntryName", "ns/pod *~ \u4e2d"},
                     {"PortBreak", "true"},
                     {"ClientToken", "token-1"}}));
}

BOOST_AUTO_TEST_CASE(single_port_is_no_range_and_udp_is_udp) {
  auto x = create_call();
  x.spec.count = 1;
  x.spec.proto = protocol::udp;
  x.port_break = false;
  auto got = parameters_of(x);
  BOOST_TEST(got["ExternalPort"] == "10");
  BOOST_TEST(got["InternalPort"] == "80");
  BOOST_TEST(got["IpProtocol"] == "UDP");
  BOOST_TEST(!got.contains("PortBreak"));
}

BOOST_AUTO_TEST_CASE(modify_and_delete_name_the_entry) {
  auto x = create_call();
  x.action = modify_entry;
  x.entry_id = "fwd-1";
  BOOST_TEST(parameters_of(x)["ForwardEntryId"] == "fwd-1");
  BOOST_TEST(parameters_of(x)["ExternalPort"] == "10/20");
  x.action = delete_entry;
  BOOST_TEST((parameters_of(x)
              == map{{"RegionId", "cn-hangzhou"},
                     {"ForwardTableId", "ftb-bp1mbjubq34hlcqpa0000"},
                     {"ForwardEntryId", "fwd-1"},
                     {"ClientToken", "token-1"}}));
}

BOOST_AUTO_TEST_CASE(describe_carries_filters_and_page) {
  api_call x;
  x.action = describe_entries;
  x.table_id = "ftb-1";
  x.filter.external_ip = "203.0.113.10";
  x.filter.external_port = "512/527";
  x.filter.proto = protocol::udp;
  x.page_number = 3;
  x.page_size = 500;
  BOOST_TEST((parameters_of(x)
              == map{{"RegionId", "cn-hangzhou"},
                     {"ForwardTableId", "ftb-1"},
                     {"ExternalIp", "203.0.113.10"},
                     {"ExternalPort", "512/527"},
                     {"IpProtocol", "UDP"},
                     {"PageNumber", "3"},
                     {"PageSize", "50"}}));
  x = {};
  x.action = describe_gateways;
  x.gateway = "ngw-1";
  x.page_number = 0;
  BOOST_TEST((parameters_of(x)
              == map{{"RegionId", "cn-hangzhou"},
                     {"NatGatewayId", "ngw-1"},
                     {"PageNumber", "1"},
                     {"PageSize", "50"}}));
}

BOOST_AUTO_TEST_CASE(entries_of_an_unknown_table_are_asked_of_the_gateway) {
  api_call x;
  x.action = describe_entries;
  x.gateway = "ngw-1";
  x.page_size = 1;
  BOOST_TEST((parameters_of(x)
              == map{{"RegionId", "cn-hangzhou"},
                     {"NatGatewayId", "ngw-1"},
                     {"PageNumber", "1"},
                     {"PageSize", "1"}}));
  x.gateway.clear();
  BOOST_TEST(!aliyun::call_parameters(x, "cn-hangzhou"));
}

BOOST_AUTO_TEST_CASE(incomplete_calls_are_refused) {
  auto refused = [](auto change) {
    auto x = create_call();
    x.entry_id = "fwd-1";
    change(x);
    auto got = aliyun::call_parameters(x, "cn-hangzhou");
    return !got && got.error().code == ec::invalid_argument;
  };
  BOOST_TEST(refused([](api_call& x) { x.table_id = ""; }));
  BOOST_TEST(refused([](api_call& x) { x.client_token = ""; }));
  BOOST_TEST(
    refused([](api_call& x) { x.client_token = std::string(65, 'a'); }));
  BOOST_TEST(refused([](api_call& x) { x.client_token = "\u4e2d"; }));
  BOOST_TEST(refused([](api_call& x) { x.spec.external_port = 0; }));
  BOOST_TEST(refused([](api_call& x) { x.spec.external_port = 65'530; }));
  BOOST_TEST(refused([](api_call& x) { x.spec.internal_port = 65'530; }));
  BOOST_TEST(refused([](api_call& x) { x.spec.count = 0; }));
  BOOST_TEST(refused([](api_call& x) { x.spec.internal_ip = ""; }));
  BOOST_TEST(refused([](api_call& x) {
    x.action = delete_entry;
    x.entry_id = "";
  }));
  BOOST_TEST(refused([](api_call& x) {
    x.action = describe_gateways;
    x.gateway = "";
  }));
  BOOST_TEST(!refused([](api_call& x) { x.spec.external_port = 65'525; }));
}

BOOST_AUTO_TEST_CASE(v3_puts_parameters_into_the_query_and_signs_headers) {
  auto got = aliyun::make_request(create_call(), endpoint(), with_token, now,
                                  nonce);
  BOOST_REQUIRE(got);
  BOOST_TEST((got->verb == http::method::post));
  BOOST_TEST(got->body == "");
  BOOST_TEST(got->url.starts_with("https://vpc.cn-hangzhou.aliyuncs.com/?"));
  BOOST_TEST(header_of(*got, "host") == "vpc.cn-hangzhou.aliyuncs.com");
  BOOST_TEST(header_of(*got, "x-acs-action") == "CreateForwardEntry");
  BOOST_TEST(header_of(*got, "x-acs-version") == "2016-04-28");
  BOOST_TEST(header_of(*got, "x-acs-date") == "2023-10-26T10:22:32Z");
  BOOST_TEST(header_of(*got, "x-acs-security-token") == "sts+token/==");
  BOOST_TEST(header_of(*got, "content-type") == "");
  // What is signed is what is sent.
  aliyun::v3_input input;
  auto query = got->url.substr(got->url.find('?') + 1);
  input.query = query;
  auto headers = got->headers;
  headers.pop_back();
  input.headers = &headers;
  auto hash = header_of(*got, "x-acs-content-sha256");
  input.payload_hash = hash;
  BOOST_TEST(
    header_of(*got, "Authorization")
    == aliyun::v3_authorization(input, "testid", aliyun::secret{"testsecret"}));
  BOOST_TEST(header_of(*got, "Authorization")
               .find("x-acs-accesskey-id;x-acs-action;x-acs-content-sha256")
             != std::string::npos);
}

BOOST_AUTO_TEST_CASE(v3_signs_a_form_with_its_type) {
  auto to = endpoint();
  to.place = parameter_place::form;
  auto got = aliyun::make_request(create_call(), to, key_pair, now, nonce);
  BOOST_REQUIRE(got);
  BOOST_TEST(got->url == "https://vpc.cn-hangzhou.aliyuncs.com/");
  BOOST_TEST(got->body.starts_with("ClientToken=token-1&ExternalIp="));
  BOOST_TEST(header_of(*got, "x-acs-content-sha256")
             == aliyun::sha256_hex(got->body));
  BOOST_TEST(
    header_of(*got, "Authorization").find("SignedHeaders=content-type;")
    != std::string::npos);
  BOOST_TEST(header_of(*got, "x-acs-security-token") == "");
}

BOOST_AUTO_TEST_CASE(v1_puts_the_signature_among_the_parameters) {
  auto to = endpoint();
  to.scheme = signature_scheme::v1;
  auto got = aliyun::make_request(create_call(), to, with_token, now, nonce);
  BOOST_REQUIRE(got);
  auto query = got->url.substr(got->url.find('?') + 1);
  BOOST_TEST(
    query.starts_with("AccessKeyId=testid&Action=CreateForwardEntry&"));
  BOOST_TEST(query.find("&SecurityToken=sts%2Btoken%2F%3D%3D&")
             != std::string::npos);
  BOOST_TEST(got->headers.empty());
  // Take the signature out again and compute it.
  auto at = query.find("&Signature=");
  auto end = query.find('&', at + 1);
  auto signature = query.substr(at, end - at);
  auto rest = query.substr(0, at) + query.substr(end);
  auto expected = aliyun::v1_signature(aliyun::v1_string_to_sign("POST", rest),
                                       aliyun::secret{"testsecret"});
  BOOST_TEST(signature
             == "&" + aliyun::canonical_query({{"Signature", expected}}));
}

BOOST_AUTO_TEST_CASE(endpoint_follows_region_network_and_override) {
  auto to = endpoint();
  BOOST_TEST(to.resolved_host() == "vpc.cn-hangzhou.aliyuncs.com");
  to.internal = true;
  BOOST_TEST(to.resolved_host() == "vpc-vpc.cn-hangzhou.aliyuncs.com");
  to.host = "127.0.0.1:8080";
  to.tls = false;
  auto got = aliyun::make_request(create_call(), to, key_pair, now, nonce);
  BOOST_REQUIRE(got);
  BOOST_TEST(got->url.starts_with("http://127.0.0.1:8080/?"));
  BOOST_TEST(header_of(*got, "host") == "127.0.0.1:8080");
}

BOOST_AUTO_TEST_CASE(endpoint_with_strange_characters_is_refused) {
  BOOST_TEST(aliyun::validate(endpoint()).has_value());
  for (auto host : {"a/b", "a?b", "user@host", "a b", "a#b"})
    BOOST_TEST(!aliyun::validate({.region = "r", .host = host}).has_value());
  BOOST_TEST(!aliyun::validate({.region = ""}).has_value());
  BOOST_TEST(!aliyun::validate({.region = "evil.com/"}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
