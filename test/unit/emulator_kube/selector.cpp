#include "emulator/kube/selector.hpp"

#include <boost/test/unit_test.hpp>

namespace natgw::emulator::kube {

namespace {

const json object{{"metadata",
                   {{"name", "a"},
                    {"namespace", "n"},
                    {"labels", {{"app", "game"}, {"tier", "1"}}}}},
                  {"spec", {{"nodeName", "node-1"}}}};

bool matches(std::string_view labels, std::string_view fields = {}) {
  static const catalog types;
  auto x = selector::parse(*types.find("", "v1", "pods"), labels, fields);
  BOOST_REQUIRE_MESSAGE(x.has_value(), labels);
  return x->matches(object);
}

bool is_bad(std::string_view labels, std::string_view fields = {}) {
  static const catalog types;
  return !selector::parse(*types.find("", "v1", "pods"), labels, fields);
}

} // namespace

BOOST_AUTO_TEST_SUITE(emulator_kube_selector)

BOOST_AUTO_TEST_CASE(labels_are_compared) {
  BOOST_TEST(matches(""));
  BOOST_TEST(matches("app=game"));
  BOOST_TEST(matches("app==game,tier!=2"));
  BOOST_TEST(!matches("app=game,tier=2"));
  BOOST_TEST(matches("absent!=x"));
}

BOOST_AUTO_TEST_CASE(labels_are_looked_up_in_sets) {
  BOOST_TEST(matches("app in (web, game)"));
  BOOST_TEST(!matches("app notin (web,game)"));
  BOOST_TEST(matches("absent notin (a)"));
  BOOST_TEST(!matches("absent in (a)"));
}

BOOST_AUTO_TEST_CASE(presence_of_labels_is_asked) {
  BOOST_TEST(matches("app"));
  BOOST_TEST(!matches("!app"));
  BOOST_TEST(matches("!absent,tier"));
}

BOOST_AUTO_TEST_CASE(fields_are_compared) {
  BOOST_TEST(matches("", "spec.nodeName=node-1,metadata.name=a"));
  BOOST_TEST(!matches("", "spec.nodeName!=node-1"));
  // An absent field is the empty text.
  BOOST_TEST(matches("", "status.phase!=Running"));
  BOOST_TEST(matches("", "status.phase="));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_understood_is_refused) {
  BOOST_TEST(is_bad("a b"));
  BOOST_TEST(is_bad("a in x"));
  BOOST_TEST(is_bad("=x"));
  BOOST_TEST(is_bad("", "spec.image=x"));
  BOOST_TEST(is_bad("", "spec.nodeName"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace natgw::emulator::kube
