#include "config/merge.hpp"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace natgw::config;

namespace {

struct outcome {
  std::vector<gateway_pool> pools;
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
};

outcome merge(std::vector<gateway_pool> pools) {
  reader in{"f"};
  std::vector<pool_item> items;
  for (auto& x : pools)
    items.push_back({{static_cast<int>(items.size()) + 1, 1}, std::move(x)});
  auto merged = merge_pools(in, items);
  return {std::move(merged), in.errors(), in.warnings()};
}

gateway_pool pool(std::string id, std::vector<std::string> eips,
                  std::string zone = "z", port_range ports = {512, 1024}) {
  return {std::move(id), std::move(zone), ports, std::move(eips)};
}

} // namespace

BOOST_AUTO_TEST_SUITE(config_merge)

BOOST_AUTO_TEST_CASE(different_gateways_stay_apart_and_in_order) {
  auto x = merge({pool("ngw-2", {"1.1.1.1"}), pool("ngw-1", {"1.1.1.2"})});
  BOOST_REQUIRE(x.pools.size() == 2U);
  BOOST_TEST(x.pools[0].id == "ngw-2");
  BOOST_TEST(x.errors.empty());
  BOOST_TEST(x.warnings.empty());
}

BOOST_AUTO_TEST_CASE(compatible_items_become_one_gateway) {
  auto x = merge({pool("ngw-1", {"1.1.1.1"}, ""), pool("ngw-1", {"1.1.1.2"})});
  BOOST_REQUIRE(x.pools.size() == 1U);
  BOOST_TEST((x.pools[0] == pool("ngw-1", {"1.1.1.1", "1.1.1.2"})));
  BOOST_TEST(x.errors.empty());
  BOOST_TEST(x.warnings.size() == 1U);
}

BOOST_AUTO_TEST_CASE(all_eips_cover_those_that_are_named) {
  BOOST_TEST(merge({pool("ngw-1", {}), pool("ngw-1", {"1.1.1.1"})})
               .pools.at(0)
               .eips.empty());
  BOOST_TEST(merge({pool("ngw-1", {"1.1.1.1"}), pool("ngw-1", {})})
               .pools.at(0)
               .eips.empty());
}

BOOST_AUTO_TEST_CASE(contradictions_are_refused) {
  auto zones = merge({pool("ngw-1", {}, "a"), pool("ngw-1", {}, "b")});
  BOOST_REQUIRE(zones.errors.size() == 1U);
  BOOST_TEST(zones.errors[0]
             == "f:2:1: the gateway is in another zone in "
                "line 1");
  auto ports = merge(
    {pool("ngw-1", {"1.1.1.1"}), pool("ngw-1", {"1.1.1.2"}, "z", {512, 1025})});
  BOOST_REQUIRE(ports.errors.size() == 1U);
  BOOST_TEST(ports.errors[0] == "f:2:1: the gateway has other ports in line 1");
}

BOOST_AUTO_TEST_CASE(an_eip_on_two_gateways_is_refused) {
  auto x = merge({pool("ngw-1", {"1.1.1.1"}), pool("ngw-2", {"1.1.1.1"})});
  BOOST_REQUIRE(x.errors.size() == 1U);
  BOOST_TEST(x.errors[0] == "f:2:1: 1.1.1.1 belongs to ngw-1 in line 1");
}

BOOST_AUTO_TEST_CASE(an_eip_that_is_named_twice_counts_once) {
  auto x = merge({pool("ngw-1", {"1.1.1.1", "1.1.1.1"})});
  BOOST_TEST(x.pools.at(0).eips.size() == 1U);
  BOOST_TEST(x.errors.empty());
  BOOST_TEST(x.warnings.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
