#include "emulator/kube/watch_hub.hpp"

#include <map>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "fixture.hpp"

namespace natgw::emulator::kube {

namespace {

using lines = std::vector<std::string>;

// The objects that a reader of a watch believes in.
struct mirror {
  std::map<std::string, std::string> seen;
  std::string revision = "0";

  // Returns false if a line contradicts what was told before.
  bool hear(const json& x) {
    const auto& metadata = x["object"]["metadata"];
    auto name = metadata["name"].get<std::string>();
    auto known = seen.contains(name);
    revision = metadata["resourceVersion"];
    if (x["type"] == "DELETED")
      return seen.erase(name) == 1;
    seen[name] = x["object"]["spec"].dump();
    return known == (x["type"] == "MODIFIED");
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(emulator_kube_watch_hub, cluster)

BOOST_AUTO_TEST_CASE(watch_goes_on_after_a_revision) {
  add_pod("a");
  auto from = get(pods).text("/metadata/resourceVersion");
  add_pod("b");
  auto id = watch(pods + "?watch=1&resourceVersion=" + from);
  BOOST_TEST(heard(id) == lines{"ADDED b"}, boost::test_tools::per_element());
  patch(pods + "/a", {{"metadata", {{"labels", {{"x", "y"}}}}}});
  del(pods + "/b");
  BOOST_TEST(heard(id) == (lines{"MODIFIED a", "MODIFIED b", "DELETED b"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(watch_without_revision_tells_all_first) {
  add_pod("a");
  add_pod("b");
  auto id = watch("/api/v1/pods?watch=true");
  BOOST_TEST(heard(id) == (lines{"ADDED a", "ADDED b"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(selector_turns_changes_into_comings_and_goings) {
  auto id = watch(pods + "?watch=1&labelSelector=app%3Dx");
  add_pod("a");
  BOOST_TEST(heard(id).empty());
  patch(pods + "/a", {{"metadata", {{"labels", {{"app", "x"}}}}}});
  patch(pods + "/a", {{"metadata", {{"labels", {{"b", "c"}}}}}});
  BOOST_TEST(heard(id) == (lines{"ADDED a", "MODIFIED a"}),
             boost::test_tools::per_element());
  auto left = patch(pods + "/a", {{"metadata", {{"labels", {{"app", "y"}}}}}});
  auto batch = api.take(id);
  BOOST_REQUIRE(batch.lines.size() == 1U);
  auto line = json::parse(*batch.lines[0]);
  BOOST_TEST(line["type"] == "DELETED");
  // The last state that was visible, with the revision of the change.
  BOOST_TEST(line["object"]["metadata"]["labels"]["app"] == "x");
  BOOST_TEST(line["object"]["metadata"]["resourceVersion"]
             == left.body["metadata"]["resourceVersion"]);
  del(pods + "/a");
  BOOST_TEST(heard(id).empty());
}

BOOST_AUTO_TEST_CASE(watch_of_one_object_sees_no_other) {
  auto id = watch(pods + "?watch=1&fieldSelector=metadata.name%3Da");
  add_pod("b");
  add_pod("a");
  BOOST_TEST(heard(id) == lines{"ADDED a"}, boost::test_tools::per_element());
  auto elsewhere = watch("/api/v1/namespaces/kube-system/pods?watch=1");
  add_pod("c");
  BOOST_TEST(heard(elsewhere).empty());
}

BOOST_AUTO_TEST_CASE(watches_share_their_lines) {
  auto first = watch(pods + "?watch=1");
  auto second = watch("/api/v1/pods?watch=1");
  add_pod("a");
  BOOST_TEST(api.take(first).lines.at(0) == api.take(second).lines.at(0));
}

BOOST_AUTO_TEST_CASE(deletion_carries_its_own_revision) {
  add_record("a");
  auto id = watch(records + "?watch=1&resourceVersion="
                  + std::to_string(api.objects().revision()));
  del(records + "/a");
  auto line = json::parse(*api.take(id).lines.at(0));
  BOOST_TEST(line["object"]["metadata"]["resourceVersion"]
             == std::to_string(api.objects().revision()));
}

BOOST_AUTO_TEST_CASE(bookmarks_come_to_those_who_ask) {
  auto with = watch(pods + "?watch=1&allowWatchBookmarks=true");
  auto without = watch(pods + "?watch=1");
  add_record("r");
  pass(std::chrono::seconds{61});
  auto batch = api.take(with);
  BOOST_REQUIRE(batch.lines.size() == 1U);
  auto line = json::parse(*batch.lines[0]);
  BOOST_TEST(line["type"] == "BOOKMARK");
  BOOST_TEST(line["object"]["kind"] == "Pod");
  BOOST_TEST(line["object"]["metadata"]["resourceVersion"]
             == std::to_string(api.objects().revision()));
  BOOST_TEST(api.take(without).lines.empty());
}

BOOST_AUTO_TEST_CASE(watch_ends_in_good_order_at_its_time_out) {
  auto id = watch(pods + "?watch=1&timeoutSeconds=2&allowWatchBookmarks=1");
  pass(std::chrono::milliseconds{1900});
  BOOST_TEST(!api.take(id).ended);
  pass(std::chrono::milliseconds{200});
  auto last = api.take(id);
  BOOST_TEST(last.ended);
  BOOST_TEST(!last.broken);
  BOOST_TEST(last.lines.size() == 1U);
  api.close_watch(id);
  add_pod("a");
  BOOST_TEST(api.take(id).ended);
}

BOOST_AUTO_TEST_CASE(old_revision_is_gone) {
  add_pod("a");
  add_pod("b");
  api.compact();
  auto id = watch(pods + "?watch=1&resourceVersion=5");
  auto batch = api.take(id);
  BOOST_TEST(batch.ended);
  auto line = json::parse(*batch.lines.at(0));
  BOOST_TEST(line["type"] == "ERROR");
  BOOST_TEST(line["object"]["code"] == 410);
  BOOST_TEST(line["object"]["reason"] == "Expired");
  auto current = std::to_string(api.objects().revision());
  auto fresh = watch(pods + "?watch=1&resourceVersion=" + current);
  BOOST_TEST(!api.take(fresh).ended);
}

BOOST_AUTO_TEST_CASE(old_revision_may_be_gone_by_status) {
  auto cfg = test_options();
  cfg.gone_as_status = true;
  cfg.log_window = 2;
  cluster small{cfg};
  for (const auto* name : {"a", "b", "c", "d"})
    small.add_pod(name);
  auto opened = small.api.open_watch(
    make("GET", pods + "?watch=1&resourceVersion=5"), small.now);
  BOOST_TEST(opened.id == 0U);
  BOOST_TEST(opened.head.status == 410);
}

BOOST_AUTO_TEST_CASE(slow_reader_loses_its_watch) {
  auto cfg = test_options();
  cfg.watch_queue_limit = 3;
  cluster small{cfg};
  auto id = small.watch(pods + "?watch=1");
  for (const auto* name : {"a", "b", "c", "d", "e"})
    small.add_pod(name);
  auto batch = small.api.take(id);
  BOOST_TEST(batch.lines.size() == 3U);
  BOOST_TEST(batch.ended);
}

BOOST_AUTO_TEST_CASE(watches_break_on_demand) {
  auto a = watch(pods + "?watch=1");
  auto b = watch(records + "?watch=1");
  api.break_watches("pods");
  BOOST_TEST(api.take(a).broken);
  BOOST_TEST(!api.take(b).broken);
}

BOOST_AUTO_TEST_CASE(waking_is_told_once_until_taken) {
  std::vector<uint64_t> woken;
  api.on_wake([&woken](uint64_t id) { woken.push_back(id); });
  auto id = watch(pods + "?watch=1");
  add_pod("a");
  add_pod("b");
  BOOST_TEST(woken == std::vector<uint64_t>{id},
             boost::test_tools::per_element());
  api.take(id);
  add_pod("c");
  BOOST_TEST(woken.size() == 2U);
}

// A reader that loses its watch at random moments and resumes from what it
// saw last ends with the server's state, and no line ever contradicts what
// it has seen.
BOOST_AUTO_TEST_CASE(resumed_watch_misses_nothing_and_repeats_nothing) {
  auto holds = rc::check([](const std::vector<uint8_t>& steps) {
    cluster x;
    mirror reader;
    reader.revision = std::to_string(x.api.objects().revision());
    auto id
      = x.watch(x.records + "?watch=1&resourceVersion=" + reader.revision);
    auto listen = [&] {
      for (const auto& line : x.api.take(id).lines)
        RC_ASSERT(reader.hear(json::parse(*line)));
    };
    for (auto step : steps) {
      auto name = std::string(1, static_cast<char>('a' + step % 4));
      switch (step / 4 % 5) {
        case 0:
          x.add_record(name);
          break;
        case 1:
          x.del(x.records + "/" + name);
          break;
        case 2:
          x.patch(x.records + "/" + name,
                  {{"spec", {{"zoneID", std::to_string(step)}}}});
          break;
        case 3:
          listen();
          break;
        default:
          x.api.close_watch(id);
          id = x.watch(x.records
                       + "?watch=1&resourceVersion=" + reader.revision);
      }
    }
    listen();
    std::map<std::string, std::string> truth;
    auto list = x.get(x.records);
    for (const auto& item : list.body["items"])
      truth[item["metadata"]["name"]] = item["spec"].dump();
    RC_ASSERT(reader.seen == truth);
  });
  BOOST_TEST(holds);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace natgw::emulator::kube
