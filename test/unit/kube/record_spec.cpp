#include "clients/kube/record_spec.hpp"

#include <string>

#include "clients/kube/intent_codec.hpp"
#include "test/unit/kube/documents.hpp"
#include "test/unit/kube/intents.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

namespace {

using namespace natgw;
using namespace natgw::kube;

record_spec spec_of(const intent& x) {
  record_spec spec{x.gateway, x.external_ip, x.internal_ip, x.zone, "tcp", {}};
  for (auto& item : project_items(x))
    spec.ports.emplace_back(item.external, item.internal);
  return spec;
}

record_spec products_own() {
  return {"ngw-1",  "114.55.0.10", "172.16.0.8",
          "zone-a", "TCP",         {{"512", "80"}, {"600", "443"}}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(record_spec_suite)

BOOST_AUTO_TEST_CASE(an_annotation_that_agrees_is_believed) {
  BOOST_TEST(rc::check([] {
    auto x = testing::any_intent();
    auto text = encode_intent(x);
    auto spec = spec_of(x);
    std::ranges::reverse(spec.ports);
    auto result = believe(&text, spec, "someone");
    RC_ASSERT(result.promise == x);
    RC_ASSERT(result.problem.empty());
  }));
}

BOOST_AUTO_TEST_CASE(the_products_own_record_is_read_from_its_spec) {
  auto result = believe(nullptr, products_own(), "pod-uid");
  BOOST_REQUIRE(result.promise);
  BOOST_TEST(result.problem == "there is no intent annotation");
  intent wanted;
  wanted.gateway = "ngw-1";
  wanted.zone = "zone-a";
  wanted.external_ip = "114.55.0.10";
  wanted.internal_ip = "172.16.0.8";
  wanted.pod_uid = "pod-uid";
  wanted.items = {{protocol::tcp, 80, 1}, {protocol::tcp, 443, 1}};
  wanted.runs = {{0, protocol::tcp, 512, 80, 1},
                 {1, protocol::tcp, 600, 443, 1}};
  BOOST_TEST((result.promise == wanted));
}

BOOST_AUTO_TEST_CASE(a_record_that_no_pod_owns_is_fixed) {
  BOOST_TEST(believe(nullptr, products_own(), "").promise->fixed);
}

BOOST_AUTO_TEST_CASE(ranges_and_pieces_are_read_from_a_spec) {
  auto spec = products_own();
  spec.ports = {{"512-514,600", "80-83"}};
  auto result = believe(nullptr, spec, "u");
  BOOST_REQUIRE(result.promise);
  BOOST_TEST(
    (result.promise->items == std::vector<port_item>{{protocol::tcp, 80, 4}}));
  BOOST_TEST((result.promise->runs
              == std::vector<port_run>{{0, protocol::tcp, 512, 80, 3},
                                       {1, protocol::tcp, 600, 83, 1}}));
}

BOOST_AUTO_TEST_CASE(any_disagreement_falls_back_to_the_spec) {
  auto x = testing::record_intent();
  auto text = encode_intent(x);
  auto falls_back = [&](auto change) {
    auto spec = spec_of(x);
    change(spec);
    auto result = believe(&text, spec, "u");
    return result.promise && result.promise->attempt == 0
           && result.problem == "the intent and spec say different things";
  };
  BOOST_TEST(!falls_back([](record_spec&) {}));
  BOOST_TEST(falls_back([](record_spec& s) { s.table_id = "ngw-2"; }));
  BOOST_TEST(falls_back([](record_spec& s) { s.external_ip = "1.1.1.1"; }));
  BOOST_TEST(falls_back([](record_spec& s) { s.ports.pop_back(); }));
  BOOST_TEST(falls_back([](record_spec& s) { s.ports[0].first = "1-16"; }));
}

BOOST_AUTO_TEST_CASE(a_bad_annotation_falls_back_to_the_spec) {
  std::string text = "{";
  auto result = believe(&text, products_own(), "u");
  BOOST_TEST(result.promise.has_value());
  BOOST_TEST(result.problem.starts_with("the intent: "));
}

BOOST_AUTO_TEST_CASE(a_spec_that_cannot_be_used_promises_nothing) {
  auto unusable = [](auto change) {
    auto spec = products_own();
    change(spec);
    auto result = believe(nullptr, spec, "u");
    return !result.promise
           && result.problem.starts_with("there is no intent annotation; ");
  };
  using change = record_spec&;
  BOOST_TEST(unusable([](change s) { s.table_id.clear(); }));
  BOOST_TEST(unusable([](change s) { s.external_ip = "x"; }));
  BOOST_TEST(unusable([](change s) { s.protocol = "any"; }));
  BOOST_TEST(unusable([](change s) { s.ports.clear(); }));
  BOOST_TEST(unusable([](change s) { s.ports[0].first = "0"; }));
  BOOST_TEST(unusable([](change s) { s.ports[0].first = "512-513"; }));
  BOOST_TEST(unusable([](change s) { s.ports[0].second = "80,81"; }));
  BOOST_TEST(unusable([](change s) { s.ports[0].second = "80-81"; }));
  BOOST_TEST(unusable([](change s) { s.ports[1] = s.ports[0]; }));
}

BOOST_AUTO_TEST_SUITE_END()
