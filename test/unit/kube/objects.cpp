#include "clients/kube/objects.hpp"

#include <string>

#include "test/unit/kube/documents.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace natgw;
using namespace natgw::kube;
using testing::event_line;
using testing::with;

std::string list(const std::string& items,
                 const std::string& meta = R"({"resourceVersion":"99"})") {
  return R"({"kind":"PodList","metadata":)" + meta + R"(,"items":[)" + items
         + "]}";
}

expected<page<pod_view>> parse(std::string text) {
  return parse_page<pod_view>(pad(text));
}

watch_event<pod_view> watch(std::string line) {
  return parse_watch_line<pod_view>(pad(line));
}

std::string named(const std::string& name) {
  return with(testing::pod, "game-0", name);
}

} // namespace

BOOST_AUTO_TEST_SUITE(objects_suite)

BOOST_AUTO_TEST_CASE(a_page_has_items_version_and_continuation) {
  auto x = parse(list(named("a") + ',' + named("b"),
                      R"({"resourceVersion":"99","continue":"tok",)"
                      R"("remainingItemCount":7})"))
             .value();
  BOOST_REQUIRE(x.items.size() == 2);
  BOOST_TEST(x.items[0].key.name == "a");
  BOOST_TEST(x.items[1].key.name == "b");
  BOOST_TEST(x.items[1].node == "node-1");
  BOOST_TEST(x.bad.empty());
  BOOST_TEST(x.resource_version == "99");
  BOOST_TEST(x.continue_token == "tok");
  BOOST_TEST((x.remaining == 7U));
}

BOOST_AUTO_TEST_CASE(a_token_that_fits_no_request_is_refused) {
  auto meta = [](size_t size) {
    return R"({"resourceVersion":"9","continue":")" + std::string(size, 'c')
           + "\"}";
  };
  BOOST_TEST(parse(list("", meta(16'384))).has_value());
  BOOST_TEST(!parse(list("", meta(16'385))));
}

BOOST_AUTO_TEST_CASE(metadata_may_come_last) {
  auto x = parse(R"({"items":[)" + named("a")
                 + R"(],"metadata":{"resourceVersion":"5"}})")
             .value();
  BOOST_TEST(x.items.size() == 1);
  BOOST_TEST(x.resource_version == "5");
}

BOOST_AUTO_TEST_CASE(an_empty_list_may_be_null) {
  auto x = parse(R"({"metadata":{"resourceVersion":"5"},"items":null})");
  BOOST_TEST(x.value().items.empty());
}

BOOST_AUTO_TEST_CASE(one_bad_object_spoils_no_other) {
  // Each is wrong at another depth, so that the reader stops elsewhere.
  for (auto& bad :
       {with(named("bad"), R"("nodeName":"node-1")", R"("nodeName":{})"),
        with(named("bad"), R"({"ip":"fd00::5"})", "[[1,{}]]"),
        with(named("bad"), R"("apiVersion":"apps/v1")", R"("apiVersion":[])"),
        with(named("bad"), R"("uid":"pod-uid",)", ""),
        with(named("bad"), R"("annotations":{)", R"("annotations":[],"x":{)"),
        std::string{R"({"metadata":{"name":"bad"},"spec":[]})"}}) {
    auto x = parse(list(named("a") + ',' + bad + ',' + named("b"))).value();
    BOOST_REQUIRE(x.items.size() == 2);
    BOOST_TEST(x.items[0].key.name == "a");
    BOOST_TEST((x.items[1] == parse(list(named("b")))->items[0]));
    BOOST_REQUIRE(x.bad.size() == 1);
    BOOST_TEST(x.bad[0].key.name == "bad");
    BOOST_TEST(!x.bad[0].problem.empty());
  }
  auto x = parse(list(named("a") + ",7,null,\"x\",[]," + named("b"))).value();
  BOOST_TEST(x.items.size() == 2);
  BOOST_TEST(x.bad.size() == 4);
}

BOOST_AUTO_TEST_CASE(a_damaged_page_is_no_shorter_page) {
  auto whole = list(named("a") + ',' + named("b"));
  for (auto& text :
       {with(whole, "},{\n \"kind\"", "}{\n \"kind\""), whole + "}",
        whole + whole, whole.substr(0, whole.size() - 2),
        whole.substr(0, whole.size() / 2), with(whole, "99\"", "99"),
        list(named("a") + ","), with(whole, "\"b\"", "\"\xFF\"")}) {
    auto x = parse(text);
    BOOST_TEST(!x);
    if (!x)
      BOOST_TEST((x.error().code == ec::malformed));
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_list_is_an_error) {
  for (auto* text : {"", " ", "{}", "[]", "null", "<html>", "{\"items\":7}",
                     "{\"metadata\":[]}", "{\"items\":[}"})
    BOOST_TEST(!parse(text), text);
}

BOOST_AUTO_TEST_CASE(events_carry_the_object_and_its_version) {
  auto kinds = {std::pair{"ADDED", watch_kind::added},
                std::pair{"MODIFIED", watch_kind::modified},
                std::pair{"DELETED", watch_kind::deleted}};
  for (auto& [type, kind] : kinds) {
    auto x = watch(event_line(type, testing::pod));
    BOOST_TEST((x.kind == kind));
    BOOST_TEST(x.resource_version == "17");
    BOOST_TEST(x.object.ip == "172.16.0.8");
    BOOST_TEST(!x.problem);
  }
}

BOOST_AUTO_TEST_CASE(the_object_may_come_before_the_type) {
  auto x = watch(
    with(R"({"object":)" + testing::pod + R"(,"type":"ADDED"})", "\n", ""));
  BOOST_TEST((x.kind == watch_kind::added));
  BOOST_TEST(x.object.key.name == "game-0");
}

BOOST_AUTO_TEST_CASE(a_bookmark_is_a_version) {
  auto x = watch(R"({"type":"BOOKMARK","object":{"kind":"Pod",)"
                 R"("metadata":{"resourceVersion":"123"},"spec":{}}})");
  BOOST_TEST((x.kind == watch_kind::bookmark));
  BOOST_TEST(x.resource_version == "123");
}

BOOST_AUTO_TEST_CASE(an_error_line_ends_the_watch_with_its_code) {
  auto x = watch(R"({"type":"ERROR","object":{"kind":"Status","code":410,)"
                 R"("reason":"Expired","message":"too old"}})");
  BOOST_TEST((x.kind == watch_kind::failed));
  BOOST_TEST((x.problem->code == ec::expired));
  BOOST_TEST(x.problem->detail == "HTTP 410 Expired: too old");
}

BOOST_AUTO_TEST_CASE(a_bad_object_is_told_and_the_watch_goes_on) {
  auto x
    = watch(event_line("MODIFIED", with(testing::pod, R"("nodeName":"node-1")",
                                        R"("nodeName":1)")));
  BOOST_TEST((x.kind == watch_kind::bad));
  BOOST_TEST(x.key.str() == "games/game-0");
  BOOST_TEST(x.resource_version == "17");
  BOOST_TEST((x.problem->code == ec::malformed));
}

BOOST_AUTO_TEST_CASE(a_line_that_is_no_event_ends_the_watch) {
  for (auto* line :
       {"", "{", "x", "[]", R"({"type":"ADDED"})",
        R"({"type":"NEW","object":{}})", R"({"type":"ADDED","object":7})",
        R"({"object":{}})", R"({"type":1,"object":{}})"}) {
    auto x = watch(line);
    BOOST_TEST((x.kind == watch_kind::failed), line);
    BOOST_TEST((x.problem && x.problem->code == ec::malformed), line);
  }
}

BOOST_AUTO_TEST_CASE(a_line_does_not_read_into_the_next) {
  std::string buffer = R"({"type":"ADDED","object":{"a":[)";
  auto size = buffer.size();
  buffer += "]}}\n" + event_line("ADDED", testing::pod);
  pad(buffer);
  auto x = parse_watch_line<pod_view>({buffer.data(), size});
  BOOST_TEST((x.kind == watch_kind::failed));
}

BOOST_AUTO_TEST_CASE(a_delete_is_answered_by_object_or_status) {
  std::string gone = R"({"kind":"Status","status":"Success"})";
  BOOST_TEST(!parse_removed(pad(gone)).value());
  auto text = testing::record;
  BOOST_TEST(parse_removed(pad(text)).value()->uid == "rec-uid");
  std::string other = "{";
  BOOST_TEST(!parse_removed(pad(other)));
}

BOOST_AUTO_TEST_CASE(plurals_are_found_by_kind) {
  std::string text = R"({"kind":"APIResourceList","resources":[
    {"name":"gameserversets/status","kind":"GameServerSet","namespaced":true},
    {"name":"gameserversets","kind":"GameServerSet","namespaced":true},
    {"name":"gameservers","kind":"GameServer"}]})";
  BOOST_TEST(parse_plural(pad(text), "GameServerSet").value()
             == "gameserversets");
  BOOST_TEST((parse_plural(pad(text), "Other").error().code == ec::not_found));
  std::string bad = R"({"resources":[{"name":1}]})";
  BOOST_TEST((parse_plural(pad(bad), "Other").error().code == ec::malformed));
}

BOOST_AUTO_TEST_CASE(a_uid_is_read_of_any_object) {
  auto text = testing::pod;
  BOOST_TEST(parse_uid(pad(text)).value() == "pod-uid");
  std::string none = R"({"metadata":{}})";
  BOOST_TEST(!parse_uid(pad(none)));
}

BOOST_AUTO_TEST_SUITE_END()
