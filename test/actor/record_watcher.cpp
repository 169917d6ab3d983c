#include "actors/record_watcher.hpp"

#include <boost/test/unit_test.hpp>

#include "test/actor/kube_world.hpp"

using namespace natgw;
using namespace natgw::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view records_path
  = "/apis/alibabacloud.com/v1beta1/poddnats";

struct fixture : kube_world {
  inbox& told = make_inbox();
  placement_actor placement = spawn_recorder<placement_actor>(told);
  record_watcher_actor aut = spawn(actors::record_watcher, api, clock(),
                                   actors::watch_config{}, placement);

  exchange& records() {
    return net.the(http::method::get, records_path);
  }

  void start() {
    caf::anon_send(aut, atom::start_v);
    run();
  }

  record_ptr changed() {
    return std::get<1>(told.take<atom::changed, record_ptr>());
  }

  record_ptr gone() {
    return std::get<1>(told.take<atom::gone, record_ptr>());
  }

  uint64_t synced() {
    return std::get<1>(told.take<atom::synced, uint64_t>());
  }

  uint64_t refresh(const std::string& gateway) {
    return ask<uint64_t>(aut, atom::refresh_v, gateway);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(record_watcher, fixture)

BOOST_AUTO_TEST_CASE(list_is_fresh_and_told_before_its_number) {
  start();
  BOOST_TEST(records().request.url.find("resourceVersion")
             == std::string::npos);
  answer(records(), 200,
         list_json("10", "",
                   {record_json("a", "1", "8"), record_json("b", "2", "9")}));
  BOOST_TEST(changed()->key.name == "a");
  BOOST_TEST(changed()->key.name == "b");
  BOOST_TEST(synced() == 1u);
  BOOST_TEST(told.empty());
}

BOOST_AUTO_TEST_CASE(question_is_answered_by_a_list_that_begins_after_it) {
  start();
  BOOST_TEST(refresh("ngw-1") == 2u);
  answer(records(), 200, list_json("10", "", {record_json("a", "1", "8")}));
  changed();
  BOOST_TEST(synced() == 1u);
  BOOST_TEST(told.empty());
  BOOST_TEST(!records().streaming);
  answer(records(), 200, list_json("12", "", {record_json("a", "1", "8")}));
  BOOST_TEST(changed()->key.name == "a");
  BOOST_TEST(synced() == 2u);
}

BOOST_AUTO_TEST_CASE(only_the_records_of_the_asker_are_told_again) {
  start();
  answer(records(), 200,
         list_json("10", "",
                   {record_json("a", "1", "8", "ngw-1"),
                    record_json("b", "2", "9", "ngw-2")}));
  told.clear();
  BOOST_TEST(refresh("ngw-2") == 2u);
  // The new list leaves out a record of somebody else: that is news to all.
  answer(records(), 200,
         list_json("12", "", {record_json("b", "2", "9", "ngw-2")}));
  BOOST_TEST(gone()->uid == "1");
  BOOST_TEST(changed()->uid == "2");
  BOOST_TEST(synced() == 2u);
  BOOST_TEST(told.empty());
}

BOOST_AUTO_TEST_CASE(question_ends_the_watch_under_way) {
  start();
  answer(records(), 200, list_json("10", "", {}));
  auto& watch = records();
  watch.answer(200);
  refresh("ngw-1");
  BOOST_TEST(watch.cancelled);
  BOOST_TEST(!records().streaming);
  answer(records(), 200, list_json("12", "", {}));
  BOOST_TEST(records().streaming);
  BOOST_TEST(records().request.url.find("resourceVersion=12")
             != std::string::npos);
}

BOOST_AUTO_TEST_CASE(failed_list_keeps_its_number) {
  start();
  answer(records(), 503, status_body(503, "ServiceUnavailable"));
  BOOST_TEST(refresh("ngw-1") == 1u);
  advance(2s);
  answer(records(), 200, list_json("10", "", {record_json("a", "1", "8")}));
  changed();
  changed();
  BOOST_TEST(synced() == 1u);
}

BOOST_AUTO_TEST_CASE(missing_definition_is_said_and_tried_again) {
  std::string said;
  observe::configure_log(
    {.sink = [&](std::string_view line) { said += line; }});
  start();
  answer(records(), 404, "404 page not found");
  observe::configure_log({.sink = [](std::string_view) {}});
  BOOST_TEST(said.find("CRD") != std::string::npos);
  BOOST_TEST(said.find("poddnats") != std::string::npos);
  advance(2s);
  answer(records(), 200, list_json("10", "", {}));
  BOOST_TEST(synced() == 1u);
}

BOOST_AUTO_TEST_CASE(new_version_of_a_record_is_told) {
  start();
  answer(records(), 200, list_json("10", "", {record_json("a", "1", "8")}));
  told.clear();
  auto& watch = records();
  watch.answer(200);
  watch.data(event_json("MODIFIED", record_json("a", "1", "11")));
  run();
  BOOST_TEST(changed()->resource_version == "11");
}

BOOST_AUTO_TEST_SUITE_END()
