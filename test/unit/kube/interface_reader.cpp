#include "clients/kube/objects.hpp"

#include <string>

#include "test/unit/kube/documents.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace natgw;
using namespace natgw::kube;
using testing::with;

// As Terway writes it.
const std::string document = R"({
 "apiVersion":"network.alibabacloud.com/v1beta1","kind":"PodENI",
 "metadata":{"name":"game-0","namespace":"games","uid":"u",
  "resourceVersion":"7","finalizers":["pod-eni"]},
 "spec":{"allocations":[
  {"eni":{"id":"eni-bp1","mac":"00:16:3e:00:00:01","zone":"zone-a",
    "vSwitchID":"vsw-bp1","securityGroupIDs":["sg-1"]},
   "ipv4":"172.16.0.8","ipv4CIDR":"172.16.0.0/24","defaultRoute":true},
  {"eni":{"id":"eni-bp2","vSwitchID":"vsw-bp2"},"ipv4":"172.16.9.8"}],
  "zone":"zone-a"},
 "status":{"phase":"Bind","eniInfos":{"eni-bp1":{"id":"eni-bp1"}}}})";

interface_view parse(std::string text) {
  return parse_object<interface_view>(pad(text)).value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(interface_reader_suite)

BOOST_AUTO_TEST_CASE(every_allocation_is_read) {
  auto x = parse(document);
  BOOST_TEST(x.key.str() == "games/game-0");
  std::vector<interface_ref> wanted{{"172.16.0.8", "eni-bp1", "vsw-bp1"},
                                    {"172.16.9.8", "eni-bp2", "vsw-bp2"}};
  BOOST_TEST((x.allocations == wanted));
}

BOOST_AUTO_TEST_CASE(text_that_is_no_id_is_left_out) {
  for (const auto* id : {"", "eni bp1", "eni-bp1/../x", "eni-\\u00e9", "<b>"})
    BOOST_TEST(
      parse(with(document, "eni-bp1\",\"mac", std::string{id} + "\",\"mac"))
        .allocations.size()
      == 1u);
  auto x = parse(with(document, "eni-bp1", std::string(65, 'e')));
  BOOST_TEST(x.allocations.size() == 1u);
  x = parse(with(document, "vsw-bp1", "vsw_bp1"));
  BOOST_TEST(x.allocations.at(0).eni == "eni-bp1");
  BOOST_TEST(x.allocations.at(0).vswitch == "");
}

BOOST_AUTO_TEST_CASE(allocation_of_the_wrong_type_spoils_no_other) {
  auto x = parse(with(document, R"("172.16.0.8")", "[1]"));
  BOOST_REQUIRE(x.allocations.size() == 1u);
  BOOST_TEST(x.allocations[0].eni == "eni-bp2");
  BOOST_TEST(parse(with(document, "172.16.0.8", "fd00::8")).allocations.size()
             == 1u);
}

BOOST_AUTO_TEST_CASE(an_object_without_allocations_says_nothing) {
  auto x = parse(R"({"metadata":{"name":"a","namespace":"b","uid":"u",
    "resourceVersion":"1"},"spec":{}})");
  BOOST_TEST(x.allocations.empty());
}

BOOST_AUTO_TEST_CASE(allocations_are_bounded) {
  std::string all;
  for (int i = 0; i < 100; ++i)
    all += std::string{i == 0 ? "" : ","} + R"({"eni":{"id":"eni-1"},)"
           + R"("ipv4":"10.0.0.)" + std::to_string(i) + "\"}";
  auto x = parse(R"({"metadata":{"name":"a","namespace":"b","uid":"u",
    "resourceVersion":"1"},"spec":{"allocations":[)"
                 + all + "]}}");
  BOOST_TEST(x.allocations.size() == 8u);
}

BOOST_AUTO_TEST_SUITE_END()
