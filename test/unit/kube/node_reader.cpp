#include "clients/kube/objects.hpp"

#include <string>

#include "test/unit/kube/documents.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace natgw;
using namespace natgw::kube;
using testing::with;

node_view parse(std::string text) {
  return parse_object<node_view>(pad(text)).value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(node_reader_suite)

BOOST_AUTO_TEST_CASE(zone_and_type_come_from_labels) {
  auto x = parse(testing::node);
  BOOST_TEST(x.name == "node-1");
  BOOST_TEST(x.zone == "zone-a");
  BOOST_TEST(x.is_virtual);
}

BOOST_AUTO_TEST_CASE(the_older_label_serves_alone) {
  auto x = parse(with(testing::node, "topology.kubernetes.io/zone", "other"));
  BOOST_TEST(x.zone == "old");
}

BOOST_AUTO_TEST_CASE(a_node_may_have_no_labels) {
  auto x
    = parse(R"({"metadata":{"name":"n","uid":"u","resourceVersion":"1"}})");
  BOOST_TEST(x.name == "n");
  BOOST_TEST(x.zone.empty());
  BOOST_TEST(!x.is_virtual);
}

BOOST_AUTO_TEST_SUITE_END()
