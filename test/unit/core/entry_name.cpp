#include "core/entry_name.hpp"

#include <algorithm>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace natgw;
using namespace natgw::core;

namespace {

entry_names make(std::string_view cluster = "cluster-uid",
                 std::string_view prefix = "natgw") {
  return entry_names::make(prefix, cluster).value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(entry_name)

BOOST_AUTO_TEST_CASE(name_of_ours_is_read_back) {
  const auto aut = make();
  const auto key = plain_name_key("2b7f6a4e");
  const auto name = aut.build(key, 65535);
  BOOST_TEST(name == "natgw." + aut.cluster() + '.' + key + ".65535");
  BOOST_TEST((aut.parse(name) == parsed_name{name_owner::ours, key, 65535}));
}

BOOST_AUTO_TEST_CASE(keys_and_cluster_have_their_lengths) {
  BOOST_TEST(make().cluster().size() == 10u);
  BOOST_TEST(plain_name_key("uid").size() == 26u);
  BOOST_TEST(fixed_name_key({"ns", "name"}).size() == 26u);
}

BOOST_AUTO_TEST_CASE(keys_of_another_kind_or_object_differ) {
  BOOST_TEST(plain_name_key("ns/name") != fixed_name_key({"ns", "name"}));
  BOOST_TEST(plain_name_key("a") != plain_name_key("b"));
  BOOST_TEST(fixed_name_key({"a", "b"}) != fixed_name_key({"a", "c"}));
}

BOOST_AUTO_TEST_CASE(another_cluster_is_recognised) {
  const auto theirs = make("another-uid").build(plain_name_key("uid"), 1);
  BOOST_TEST((make().parse(theirs).owner == name_owner::other_cluster));
}

BOOST_AUTO_TEST_CASE(fm26_longest_name_is_valid_for_the_api) {
  const auto aut = make("uid", std::string(64, 'x'));
  const auto name = aut.build(plain_name_key("uid"), 65535);
  BOOST_TEST(name.size() <= 128u);
  BOOST_TEST((aut.parse(name).owner == name_owner::ours));
}

BOOST_AUTO_TEST_CASE(whatever_is_not_exactly_ours_is_foreign) {
  const auto aut = make();
  const auto key = plain_name_key("uid");
  const auto good = aut.build(key, 1);
  const auto base = "natgw." + aut.cluster() + '.';
  for (const auto& name :
       {std::string{}, std::string{"web"}, std::string{"..."}, good + "x",
        good + ".1", "x" + good, base + key, base + key + ".",
        base + key + ".01", base + key + ".65536", base + key + ".-1",
        base + key.substr(1) + ".1", base + key + "a.1",
        base + std::string(26, 'A') + ".1", base + std::string(26, '1') + ".1",
        "natgw." + key + ".1", "Natgw." + aut.cluster() + '.' + key + ".1"})
    BOOST_TEST((aut.parse(name).owner == name_owner::foreign), name);
}

BOOST_AUTO_TEST_CASE(any_text_is_parsed_without_harm) {
  BOOST_TEST(rc::check([](const std::string& text) {
    RC_ASSERT(make().parse(text).owner == name_owner::foreign);
  }));
}

BOOST_AUTO_TEST_CASE(bad_prefix_or_cluster_is_refused) {
  for (const auto& prefix :
       {std::string{}, std::string{"1a"}, std::string{"-a"}, std::string{"a.b"},
        std::string{"a b"}, std::string{"ä"}, std::string(65, 'a')})
    BOOST_TEST(!entry_names::make(prefix, "uid").has_value(), prefix);
  BOOST_TEST(!entry_names::make("natgw", "").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
