#include "emulator/kube/patch.hpp"

#include <array>
#include <string>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

namespace natgw::emulator::kube {

namespace {

struct example {
  const char* target;
  const char* patch;
  const char* expected;
};

// Appendix A of RFC 7386.
constexpr std::array<example, 15> rfc7386{{
  {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
  {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
  {R"({"a":"b"})", R"({"a":null})", R"({})"},
  {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
  {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
  {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
  {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
  {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
  {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
  {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
  {R"({"a":"foo"})", R"(null)", R"(null)"},
  {R"({"a":"foo"})", R"("bar")", R"("bar")"},
  {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
  {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
  {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
}};

json strategic(const char* target, const char* patch) {
  auto result = strategic_patch(json::parse(target), json::parse(patch));
  return result ? *result : json("error: " + result.error());
}

json parse(const char* text) {
  return json::parse(text);
}

} // namespace

BOOST_AUTO_TEST_SUITE(emulator_kube_patch)

BOOST_AUTO_TEST_CASE(merge_patch_does_what_rfc_7386_says) {
  for (const auto& x : rfc7386) {
    auto target = parse(x.target);
    merge_patch(target, parse(x.patch));
    BOOST_TEST(target.dump() == parse(x.expected).dump());
  }
}

BOOST_AUTO_TEST_CASE(merge_patch_twice_is_merge_patch_once) {
  auto holds = rc::check([](std::map<std::string, int> target,
                            std::map<std::string, int> set,
                            std::vector<std::string> removed) {
    json patch = set;
    for (const auto& name : removed)
      patch[name] = nullptr;
    if (patch.is_null())
      patch = json::object();
    json once = target.empty() ? json::object() : json(target);
    merge_patch(once, patch);
    auto twice = once;
    merge_patch(twice, patch);
    RC_ASSERT(once == twice);
    for (const auto& name : removed)
      RC_ASSERT(!once.contains(name));
  });
  BOOST_TEST(holds);
}

BOOST_AUTO_TEST_CASE(conditions_merge_by_type) {
  BOOST_TEST(
    strategic(
      R"({"status":{"conditions":[{"type":"A","status":"True","x":1},
                                  {"type":"B","status":"True"}]}})",
      R"({"status":{"conditions":[{"type":"A","status":"False"},
                                  {"type":"C","status":"True"}]}})")
    == parse(R"({"status":{"conditions":[{"type":"A","status":"False","x":1},
                                         {"type":"B","status":"True"},
                                         {"type":"C","status":"True"}]}})"));
}

BOOST_AUTO_TEST_CASE(keyed_element_is_deleted_on_demand) {
  BOOST_TEST(strategic(R"({"containers":[{"name":"a"},{"name":"b"}]})",
                       R"({"containers":[{"$patch":"delete","name":"a"}]})")
             == parse(R"({"containers":[{"name":"b"}]})"));
}

BOOST_AUTO_TEST_CASE(keyed_list_is_replaced_on_demand) {
  BOOST_TEST(strategic(R"({"podIPs":[{"ip":"a"},{"ip":"b"}]})",
                       R"({"podIPs":[{"ip":"c"},{"$patch":"replace"}]})")
             == parse(R"({"podIPs":[{"ip":"c"}]})"));
}

BOOST_AUTO_TEST_CASE(element_without_its_key_is_refused) {
  BOOST_TEST(!strategic_patch(parse(R"({"containers":[{"name":"a"}]})"),
                              parse(R"({"containers":[{"image":"b"}]})")));
}

BOOST_AUTO_TEST_CASE(finalizers_are_a_set) {
  BOOST_TEST(
    strategic(R"({"finalizers":["a","b"]})", R"({"finalizers":["b","c"]})")
    == parse(R"({"finalizers":["a","b","c"]})"));
  BOOST_TEST(strategic(R"({"finalizers":["a","b"]})",
                       R"({"$deleteFromPrimitiveList/finalizers":["a"]})")
             == parse(R"({"finalizers":["b"]})"));
}

BOOST_AUTO_TEST_CASE(owner_references_merge_by_uid) {
  BOOST_TEST(strategic(R"({"ownerReferences":[{"uid":"1","name":"a"}]})",
                       R"({"ownerReferences":[{"uid":"2","name":"b"}]})")
             == parse(R"({"ownerReferences":[{"uid":"1","name":"a"},
                                             {"uid":"2","name":"b"}]})"));
}

BOOST_AUTO_TEST_CASE(other_lists_are_replaced) {
  BOOST_TEST(strategic(R"({"args":["a","b"],"tolerations":[{"key":"a"}]})",
                       R"({"args":["c"],"tolerations":[{"key":"b"}]})")
             == parse(R"({"args":["c"],"tolerations":[{"key":"b"}]})"));
}

BOOST_AUTO_TEST_CASE(element_order_is_set_on_demand) {
  BOOST_TEST(strategic(R"({"conditions":[{"type":"A"},{"type":"B"}]})",
                       R"({"$setElementOrder/conditions":[{"type":"B"},
                                                          {"type":"A"}]})")
             == parse(R"({"conditions":[{"type":"B"},{"type":"A"}]})"));
}

BOOST_AUTO_TEST_CASE(null_removes_a_member) {
  BOOST_TEST(strategic(R"({"a":{"b":1,"c":2}})", R"({"a":{"b":null}})")
             == parse(R"({"a":{"c":2}})"));
}

BOOST_AUTO_TEST_CASE(json_patch_applies_all_operations_or_none) {
  auto target = parse(R"({"a":{"b":["x"]}})");
  auto done = json_patch(target,
                         parse(R"([{"op":"test","path":"/a/b/0","value":"x"},
                      {"op":"add","path":"/a/b/-","value":"y"},
                      {"op":"move","from":"/a/b","path":"/c"},
                      {"op":"replace","path":"/a","value":1}])"));
  BOOST_REQUIRE(done.has_value());
  BOOST_TEST(*done == parse(R"({"a":1,"c":["x","y"]})"));
  BOOST_TEST(!json_patch(target, parse(R"([{"op":"test","path":"/a",
                                            "value":1}])")));
  BOOST_TEST(!json_patch(target, parse(R"([{"op":"remove","path":"/z"}])")));
  BOOST_TEST(!json_patch(target, parse(R"({"op":"remove"})")));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace natgw::emulator::kube
