#include "actors/object_reader.hpp"

#include <boost/test/unit_test.hpp>

#include "test/actor/kube_world.hpp"

using namespace natgw;
using namespace natgw::test;

namespace {

struct fixture : kube_world {
  inbox& told = make_inbox();
  caf::actor asker = spawn(recorder, &told);
  object_reader_actor aut
    = spawn(actors::object_reader, api,
            actors::object_reader_config{.max_in_flight = 2, .max_waiting = 1});

  void ask_for(uint64_t token, const std::string& name) {
    tell(asker, aut,
         object_query{.token = token,
                      .api_version = "v1",
                      .kind = "Pod",
                      .key = {"games", name}});
  }

  exchange& get(std::string_view name) {
    return net.the(http::method::get, name);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(object_reader, fixture)

BOOST_AUTO_TEST_CASE(found_object_is_told_with_its_uid) {
  ask_for(7, "a");
  answer(get("/pods/a"), 200, pod_json("a", "u-1", "3"));
  auto x = told.take_one<object_answer>();
  BOOST_TEST(x.token == 7u);
  BOOST_TEST((x.found == presence::exists));
  BOOST_TEST(x.uid == "u-1");
}

BOOST_AUTO_TEST_CASE(missing_object_is_told) {
  ask_for(7, "a");
  answer(get("/pods/a"), 404, status_body(404, "NotFound"));
  BOOST_TEST((told.take_one<object_answer>().found == presence::absent));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_known_is_told_as_such) {
  ask_for(7, "a");
  answer(get("/pods/a"), 403, status_body(403, "Forbidden"));
  auto x = told.take_one<object_answer>();
  BOOST_TEST(x.token == 7u);
  BOOST_TEST((x.found == presence::unknown));
}

BOOST_AUTO_TEST_CASE(questions_are_bounded) {
  for (auto name : {"a", "b", "c", "d"})
    ask_for(1, name);
  BOOST_TEST(net.open() == 2u);
  BOOST_TEST((told.take_one<object_answer>().found == presence::unknown));
  BOOST_TEST(told.empty());
  answer(get("/pods/a"), 404, status_body(404, "NotFound"));
  BOOST_TEST(net.find(http::method::get, "/pods/c") != nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
