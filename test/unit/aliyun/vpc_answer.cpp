#include "clients/aliyun/vpc_answer.hpp"

#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "clients/aliyun/vpc_json.hpp"

using namespace natgw;
using namespace std::chrono_literals;

namespace {

using enum api_action;

aliyun::vpc_answer read(api_action action, int status, std::string body,
                        std::vector<http::header> headers = {}) {
  api_call call;
  call.id = 7;
  call.action = action;
  return aliyun::read_answer(call, http::response{status, std::move(headers),
                                                  std::move(body)});
}

std::string page(std::string_view entries, std::string_view total = "1") {
  return R"({"PageNumber":1,"PageSize":10,"TotalCount":)" + std::string{total}
         + R"(,"RequestId":"r","ForwardTableEntries":{"ForwardTableEntry":)"
         + std::string{entries} + "}}";
}

constexpr std::string_view documented_entry
  = R"({"ForwardEntryId":"fwd-bp18jpb1tlm550di3q5pb",)"
    R"("ForwardTableId":"ftb-bp15o9aylj19vfvgtnzoy",)"
    R"("ForwardEntryName":"ForwardEntry-1","NatGatewayId":"ngw-1",)"
    R"("ExternalIp":"47.97.1.2","ExternalPort":"8080",)"
    R"("InternalIp":"192.168.1.2","InternalPort":"80",)"
    R"("IpProtocol":"tcp","Status":"Available"})";

forward_entry only_entry(std::string_view json) {
  auto got = read(describe_entries, 200, page("[" + std::string{json} + "]"));
  BOOST_TEST_REQUIRE((got.reply.outcome == call_class::ok));
  BOOST_TEST_REQUIRE(got.reply.entries.size() == 1u);
  return got.reply.entries.front();
}

bool is_malformed(const aliyun::vpc_answer& x) {
  return x.reply.outcome == call_class::unanswered
         && x.reply.code == ec::malformed && x.reply.entries.empty();
}

const std::string gateway_page = R"({"TotalCount":1,"PageNumber":1,
  "NatGateways":{"NatGateway":[{
  "NatGatewayId":"ngw-1","Name":"","Status":"Available",
  "BusinessStatus":"Normal","VpcId":"vpc-1","DeletionProtection":false,
  "ForwardTableIds":{"ForwardTableId":["ftb-1"]},
  "SnatTableIds":{"SnatTableId":["stb-1"]},
  "BandwidthPackageIds":{"BandwidthPackageId":[]},
  "IpLists":{"IpList":[
    {"IpAddress":"116.62.1.1","AllocationId":"eip-1",
     "PrivateIpAddress":"192.168.0.1","UsingStatus":"UsedByForwardTable",
     "SnatEntryEnabled":false,"ApAccessEnabled":false},
    {"IpAddress":"116.62.1.2","AllocationId":"eip-2",
     "UsingStatus":"UsedBySnatTable"},
    {"IpAddress":"116.62.1.3","SnatEntryEnabled":"TRUE"}]},
  "NatGatewayPrivateInfo":{"VswitchId":"vsw-1","IzNo":"cn-hangzhou-b",
    "MaxBandwidth":5120},
  "Tags":{"Tag":[{"TagKey":"k","TagValue":"v"}]}}]}})";

} // namespace

BOOST_AUTO_TEST_SUITE(vpc_answer)

BOOST_AUTO_TEST_CASE(created_entry_has_its_id) {
  auto got = read(create_entry, 200,
                  R"({"RequestId":"r","ForwardEntryId":"fwd-119smw5tkasdf"})");
  BOOST_TEST(got.reply.id == 7u);
  BOOST_TEST((got.reply.outcome == call_class::ok));
  BOOST_TEST(got.reply.entry_id == "fwd-119smw5tkasdf");
  BOOST_TEST(got.from_api);
  BOOST_TEST(got.rule == nullptr);
}

BOOST_AUTO_TEST_CASE(modify_and_delete_need_only_an_object) {
  for (auto action : {modify_entry, delete_entry}) {
    BOOST_TEST((read(action, 200, R"({"RequestId":"r"})").reply.outcome
                == call_class::ok));
    for (auto body : {"", "[]", "\"x\"", "{", R"({"RequestId":"r"}x)",
                      R"({"RequestId")", "<html>"})
      BOOST_TEST(is_malformed(read(action, 200, body)), body);
  }
}

BOOST_AUTO_TEST_CASE(documented_page_is_read) {
  auto got = only_entry(documented_entry);
  forward_entry expected{.id = "fwd-bp18jpb1tlm550di3q5pb",
                         .spec = {.name = "ForwardEntry-1",
                                  .external_ip = "47.97.1.2",
                                  .internal_ip = "192.168.1.2",
                                  .external_port = 8080,
                                  .internal_port = 80,
                                  .count = 1,
                                  .proto = protocol::tcp},
                         .status = entry_status::available,
                         .any = false};
  BOOST_TEST((got == expected));
}

BOOST_AUTO_TEST_CASE(unusual_spellings_are_understood) {
  auto got = only_entry(
    R"({"ForwardEntryId":"fwd-1","ExternalIp":"1.2.3.4","ExternalPort":512,)"
    R"("InternalIp":"10.0.0.1","InternalPort":80,"IpProtocol":"UDP",)"
    R"("Status":"pending","New":{"a":[1,{"b":null}]},)"
    R"("ForwardEntryName":null})");
  BOOST_TEST(got.spec.external_port == 512);
  BOOST_TEST(got.spec.internal_port == 80);
  BOOST_TEST((got.spec.proto == protocol::udp));
  BOOST_TEST((got.status == entry_status::pending));
  BOOST_TEST(got.spec.name == "");
}

BOOST_AUTO_TEST_CASE(range_is_a_first_port_and_a_count) {
  auto got = only_entry(
    R"({"ForwardEntryId":"fwd-1","ExternalIp":"1.2.3.4",)"
    R"("ExternalPort":"512/527","InternalIp":"10.0.0.1",)"
    R"("InternalPort":"7000/7015","IpProtocol":"Tcp","Status":"Modifying"})");
  BOOST_TEST(got.spec.external_port == 512);
  BOOST_TEST(got.spec.internal_port == 7000);
  BOOST_TEST(got.spec.count == 16);
  BOOST_TEST((got.status == entry_status::pending));
  got = only_entry(
    R"({"ForwardEntryId":"fwd-1","ExternalIp":"1.2.3.4",)"
    R"("ExternalPort":"1/65535","InternalIp":"10.0.0.1",)"
    R"("InternalPort":"1/65535","IpProtocol":"tcp","Status":"?"})");
  BOOST_TEST(got.spec.count == 65'535);
  BOOST_TEST((got.status == entry_status::unknown));
}

BOOST_AUTO_TEST_CASE(what_we_do_not_know_occupies_the_whole_address) {
  for (auto [proto, port] : {std::pair{"any", "any"},
                             {"ANY", "Any"},
                             {"sctp", "80"},
                             {"", "80"},
                             {"tcp", "any"},
                             {"tcp", ""},
                             {"tcp", "0"},
                             {"tcp", "65536"},
                             {"tcp", "20/10"},
                             {"tcp", "1/"},
                             {"tcp", "-1"},
                             {"tcp", "80 "}}) {
    auto got = only_entry(
      R"({"ForwardEntryId":"fwd-1","ExternalIp":"1.2.3.4","ExternalPort":")"
      + std::string{port}
      + R"(","InternalIp":"10.0.0.1","InternalPort":"80","IpProtocol":")"
      + proto + R"(","Status":"Available"})");
    BOOST_TEST(got.any, proto << ' ' << port);
    BOOST_TEST(got.spec.external_port == 1);
    BOOST_TEST(got.spec.count == 65'535);
  }
}

BOOST_AUTO_TEST_CASE(empty_table_says_so_itself) {
  auto got = read(describe_entries, 200, page("[]", "0"));
  BOOST_TEST((got.reply.outcome == call_class::ok));
  BOOST_TEST(got.reply.entries.empty());
  BOOST_TEST(got.reply.total_count == 0u);
  BOOST_TEST((read(describe_entries, 200,
                   R"({"TotalCount":"0","ForwardTableEntries":{}})")
                .reply.outcome
              == call_class::ok));
}

BOOST_AUTO_TEST_CASE(nothing_else_looks_like_an_empty_table) {
  for (auto body :
       {"{}", R"({"TotalCount":0})", R"({"ForwardTableEntries":{}})",
        R"({"TotalCount":0,"ForwardTableEntries":"none"})",
        R"({"TotalCount":0,"ForwardTableEntries":{"ForwardTableEntry":7}})",
        R"({"TotalCount":"many","ForwardTableEntries":{}})",
        R"({"TotalCount":-1,"ForwardTableEntries":{}})",
        R"({"TotalCount":[],"ForwardTableEntries":{}})",
        R"({"TotalCount":0,"ForwardTableEntries":{}}})", "", "null", "0"})
    BOOST_TEST(is_malformed(read(describe_entries, 200, body)), body);
}

BOOST_AUTO_TEST_CASE(wrong_types_within_an_entry_spoil_the_page) {
  for (auto entry :
       {R"({"ForwardEntryId":{},"ExternalIp":"1.2.3.4"})",
        R"({"ExternalIp":"1.2.3.4"})", R"({"ForwardEntryId":"fwd-1"})",
        R"({"ForwardEntryId":"fwd 1","ExternalIp":"1.2.3.4"})",
        R"({"ForwardEntryId":"fwd-1","ExternalIp":"example.com"})",
        R"({"ForwardEntryId":"fwd-1","ExternalIp":"1.2.3.4","Status":true})",
        R"({"ForwardEntryId":"fwd-1","ExternalIp":["1.2.3.4"]})", R"("fwd-1")"})
    BOOST_TEST(is_malformed(read(describe_entries, 200,
                                 page("[" + std::string{entry} + "]"))),
               entry);
}

// Found by fuzzing: what only begins like null is no null.
BOOST_AUTO_TEST_CASE(what_begins_like_null_is_malformed) {
  for (const auto* word : {"n", "n1", "nul", "nulll", "num"}) {
    BOOST_TEST(is_malformed(read(describe_entries, 200, page("[]", word))));
    BOOST_TEST(is_malformed(read(create_entry, 200,
                                 R"({"ForwardEntryId":)" + std::string{word}
                                   + R"(,"RequestId":"r"})")));
  }
}

BOOST_AUTO_TEST_CASE(every_truncation_is_malformed) {
  auto whole = page("[" + std::string{documented_entry} + "]");
  for (size_t i = 0; i < whole.size(); ++i)
    BOOST_REQUIRE(
      is_malformed(read(describe_entries, 200, whole.substr(0, i))));
  for (size_t i = 0; i < gateway_page.size(); ++i)
    BOOST_REQUIRE(
      is_malformed(read(describe_gateways, 200, gateway_page.substr(0, i))));
}

BOOST_AUTO_TEST_CASE(gateway_is_read) {
  auto got = read(describe_gateways, 200, gateway_page);
  BOOST_TEST((got.reply.outcome == call_class::ok));
  BOOST_REQUIRE(got.reply.gateways.size() == 1u);
  gateway_view expected{.id = "ngw-1",
                        .vpc_id = "vpc-1",
                        .zone = "cn-hangzhou-b",
                        .status = "Available",
                        .financial_locked = false,
                        .forward_tables = {"ftb-1"},
                        .eips = {{"116.62.1.1", "eip-1", false},
                                 {"116.62.1.2", "eip-2", true},
                                 {"116.62.1.3", "", true}}};
  BOOST_TEST((got.reply.gateways.front() == expected));
  BOOST_TEST(got.reply.total_count == 1u);
}

BOOST_AUTO_TEST_CASE(lists_without_wrapper_or_brackets_are_lists) {
  auto got = read(describe_gateways, 200,
                  R"({"TotalCount":1,"NatGateways":[{"NatGatewayId":"ngw-1",
      "BusinessStatus":"FinancialLocked","ForwardTableIds":["ftb-1","ftb-2"],
      "IpLists":{"IpList":{"IpAddress":"1.2.3.4"}},
      "NatGatewayPrivateInfo":null}]})");
  BOOST_REQUIRE(got.reply.gateways.size() == 1u);
  auto& x = got.reply.gateways.front();
  BOOST_TEST(x.financial_locked);
  BOOST_TEST(x.forward_tables.size() == 2u);
  BOOST_REQUIRE(x.eips.size() == 1u);
  BOOST_TEST(x.eips.front().address == "1.2.3.4");
}

BOOST_AUTO_TEST_CASE(refusal_has_class_code_and_message) {
  auto got
    = read(create_entry, 409,
           R"({"Code":"OperationConflict","HostId":"vpc-unit-share","Message":)"
           R"("The operation against this instance is too frequent",)"
           R"("Recommend":"https://next.api.aliyun.com/x","RequestId":"r"})");
  BOOST_TEST((got.reply.outcome == call_class::retry_soon));
  BOOST_TEST((got.reply.code == ec::busy));
  BOOST_TEST(got.reply.detail == "OperationConflict");
  BOOST_TEST(got.reply.message.starts_with("The operation against"));
  BOOST_TEST(got.from_api);
  BOOST_TEST(got.status == 409);
  BOOST_REQUIRE(got.rule != nullptr);
}

BOOST_AUTO_TEST_CASE(retry_after_is_believed_if_it_is_a_number) {
  auto wish = [](std::string value) {
    return read(create_entry, 400, R"({"Code":"Throttling"})",
                {{"x-acs-retry-after", std::move(value)}})
      .reply.retry_after;
  };
  BOOST_TEST((wish("1500") == 1'500ms));
  for (auto x : {"0", "-5", "soon", "", "15s", "99999999999999999999"})
    BOOST_TEST((wish(x) == 0ms), x);
  BOOST_TEST((wish("999999999999") == 10min));
}

BOOST_AUTO_TEST_CASE(hostile_texts_are_cut_and_cleaned) {
  auto got = read(create_entry, 400,
                  R"({"Code":"A\u0000\nB","Message":")"
                    + std::string(100'000, 'x') + R"("})");
  BOOST_TEST(got.reply.detail == "A??B");
  BOOST_TEST(got.reply.message.size() == 256u);
  auto entry = only_entry(R"({"ForwardEntryId":"fwd-1","ExternalIp":"1.2.3.4",)"
                          R"("ForwardEntryName":"\u001b[31m)"
                          + std::string(10'000, 'y') + R"("})");
  BOOST_TEST(entry.spec.name.size() == 512u);
  BOOST_TEST(entry.spec.name.starts_with("?[31m"));
}

BOOST_AUTO_TEST_CASE(cut_never_splits_a_character) {
  BOOST_TEST(aliyun::clean("ab\u4e2d", 5) == "ab\u4e2d");
  BOOST_TEST(aliyun::clean("ab\u4e2d", 4) == "ab");
  BOOST_TEST(aliyun::clean("ab\u4e2d", 2) == "ab");
}

BOOST_AUTO_TEST_CASE(signature_message_is_not_handed_on) {
  auto got = read(create_entry, 400,
                  R"({"Code":"SignatureDoesNotMatch","Message":)"
                  R"("server string to sign is:GET&AccessKeyId=x"})");
  BOOST_TEST(got.reply.message == "");
  BOOST_TEST((got.reply.code == ec::credential));
}

BOOST_AUTO_TEST_CASE(answer_of_a_box_before_the_api_decides_nothing) {
  auto got = read(create_entry, 403, "<html>Forbidden</html>");
  BOOST_TEST((got.reply.outcome == call_class::unanswered));
  BOOST_TEST(!got.from_api);
  BOOST_TEST(got.reply.detail == "HTTP status 403");
}

BOOST_AUTO_TEST_CASE(transport_error_is_classified_and_bounded) {
  api_call call;
  call.action = create_entry;
  auto got = aliyun::read_answer(call,
                                 fail(ec::timeout, std::string(1'000, 'x')));
  BOOST_TEST((got.reply.outcome == call_class::unanswered));
  BOOST_TEST((got.reply.code == ec::timeout));
  BOOST_TEST(got.reply.detail.size() == 256u);
  BOOST_TEST(got.status == 0);
}

BOOST_AUTO_TEST_CASE(deep_nesting_is_survived) {
  auto body = R"({"TotalCount":0,"ForwardTableEntries":{},"x":)"
              + std::string(100'000, '[');
  BOOST_TEST(is_malformed(read(describe_entries, 200, body)));
  BOOST_TEST(
    is_malformed(read(describe_entries, 200, page(std::string(100'000, '[')))));
}

BOOST_AUTO_TEST_CASE(damaged_answers_never_crash) {
  auto whole = page("[" + std::string{documented_entry} + "]");
  auto ok = rc::check([&] {
    auto body = *rc::gen::element(whole, gateway_page);
    for (auto i = *rc::gen::inRange(1, 6); i > 0; --i) {
      auto at = *rc::gen::inRange<size_t>(0, body.size());
      body[at] = *rc::gen::arbitrary<char>();
    }
    for (auto action :
         {create_entry, delete_entry, describe_entries, describe_gateways})
      for (auto status : {200, 400, 500})
        read(action, status, body);
  });
  BOOST_TEST(ok);
}

BOOST_AUTO_TEST_SUITE_END()
