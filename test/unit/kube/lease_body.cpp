#include "clients/kube/lease_body.hpp"

#include <string>

#include "test/unit/kube/documents.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

namespace {

using namespace natgw;
using namespace natgw::kube;
using namespace std::chrono;
using nlohmann::json;
using testing::with;

expected<lease_view> parse(std::string text) {
  return parse_lease(pad(text));
}

} // namespace

BOOST_AUTO_TEST_SUITE(lease_body_suite)

BOOST_AUTO_TEST_CASE(a_lease_is_read) {
  auto x = parse(testing::lease).value();
  BOOST_TEST(x.key.str() == "kube-system/natgw");
  BOOST_TEST(x.uid == "l-uid");
  BOOST_TEST(x.resource_version == "9");
  BOOST_TEST(x.holder == "me_1");
  BOOST_TEST((x.duration == 15s));
  BOOST_TEST((x.acquired == sys_days{2026y / January / 31} + 12h + 1us));
  BOOST_TEST(x.transitions == 4);
}

BOOST_AUTO_TEST_CASE(a_lease_survives_the_way_there_and_back) {
  auto x = parse(testing::lease).value();
  BOOST_TEST((parse(lease_body(x)) == x));
  BOOST_TEST(json::parse(lease_body(x)) == json::parse(testing::lease));
}

BOOST_AUTO_TEST_CASE(a_create_names_no_version) {
  auto x = parse(testing::lease).value();
  x.resource_version.clear();
  x.acquired.reset();
  auto body = json::parse(lease_body(x));
  BOOST_TEST(body["metadata"]
             == json({{"name", "natgw"}, {"namespace", "kube-system"}}));
  BOOST_TEST(!body["spec"].contains("acquireTime"));
}

BOOST_AUTO_TEST_CASE(a_lease_may_be_empty) {
  auto x = parse(R"({"metadata":{"name":"a","namespace":"b","uid":"c",)"
                 R"("resourceVersion":"1"},"spec":{"holderIdentity":null}})")
             .value();
  BOOST_TEST(x.holder.empty());
  BOOST_TEST(!x.renewed);
}

BOOST_AUTO_TEST_CASE(odd_values_are_bounded_or_refused) {
  auto x = with(testing::lease, ":15", ":99999999999");
  BOOST_TEST((parse(x)->duration == 24h));
  BOOST_TEST((parse(with(testing::lease, ":15", ":-1"))->duration == 0s));
  BOOST_TEST(!parse(with(testing::lease, "2026-01-31T12:34", "x"))->renewed);
  BOOST_TEST(!parse(with(testing::lease, ":15", ":\"15\"")));
  BOOST_TEST(!parse(with(testing::lease, ":4", ":-4")));
  BOOST_TEST(!parse(with(testing::lease, "\"l-uid\"", "7")));
  BOOST_TEST(!parse(R"({"kind":"Lease"})"));
}

BOOST_AUTO_TEST_SUITE_END()
