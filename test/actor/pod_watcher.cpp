#include "actors/pod_watcher.hpp"

#include <boost/test/unit_test.hpp>

#include "test/actor/kube_world.hpp"

using namespace natgw;
using namespace natgw::test;
using namespace std::chrono_literals;

namespace {

struct fixture : kube_world {
  std::string said;

  inbox& told = make_inbox();
  placement_actor placement = spawn_recorder<placement_actor>(told);
  pod_watcher_actor aut = spawn(actors::pod_watcher, api, clock(),
                                actors::pod_watcher_config{}, placement);

  // The open list or watch of pods.
  exchange& pods() {
    return net.the(http::method::get, "/api/v1/pods");
  }

  exchange& nodes() {
    return net.the(http::method::get, "/api/v1/nodes");
  }

  exchange& interfaces() {
    return net.the(http::method::get,
                   "/apis/network.alibabacloud.com/v1beta1/podenis");
  }

  bool asks_for_interfaces() {
    return net.find(http::method::get, "/podenis") != nullptr;
  }

  // From now on what is logged is kept in `said`.
  void listen() {
    observe::configure_log(
      {.sink = [this](std::string_view line) { said += line; }});
  }

  ~fixture() {
    observe::configure_log({.sink = [](std::string_view) {}});
  }

  size_t times_said(std::string_view what) const {
    size_t result = 0;
    for (auto at = said.find(what); at != std::string::npos;
         at = said.find(what, at + 1))
      ++result;
    return result;
  }

  // Replaces the watcher by one that is configured like this.
  void configure(actors::pod_watcher_config cfg) {
    aut = spawn(actors::pod_watcher, api, clock(), std::move(cfg), placement);
  }

  void start() {
    caf::anon_send(aut, atom::start_v);
    run();
  }

  // Brings it to its watches, with one node and these pods at version 10.
  exchange& watch(std::initializer_list<std::string> items) {
    start();
    answer(nodes(), 200, list_json("5", "", {node_json("n1", "z1", "4")}));
    answer(pods(), 200, list_json("10", "", items));
    told.clear();
    pods().answer(200);
    return pods();
  }

  void send(exchange& to, const std::string& lines) {
    to.data(lines);
    run();
  }

  pod_ptr changed() {
    return std::get<1>(told.take<atom::changed, pod_ptr>());
  }

  pod_ptr gone() {
    return std::get<1>(told.take<atom::gone, pod_ptr>());
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(pod_watcher, fixture)

BOOST_AUTO_TEST_CASE(first_lists_are_told_before_synced) {
  start();
  answer(pods(), 200, list_json("10", "", {pod_json("a", "1", "9")}));
  BOOST_TEST(changed()->uid == "1");
  BOOST_TEST(told.empty());
  answer(nodes(), 200, list_json("5", "", {node_json("n1", "z1", "4")}));
  auto node = std::get<1>(told.take<atom::changed, node_view>());
  BOOST_TEST(node.zone == "z1");
  told.take<atom::synced>();
  BOOST_TEST(told.empty());
}

BOOST_AUTO_TEST_CASE(lists_are_read_in_pages) {
  start();
  BOOST_TEST(pods().request.url.find("limit=500") != std::string::npos);
  BOOST_TEST(pods().request.url.find("resourceVersion") == std::string::npos);
  answer(pods(), 200, list_json("10", "tok", {pod_json("a", "1", "9")}));
  BOOST_TEST(pods().request.url.find("continue=tok") != std::string::npos);
  answer(pods(), 200, list_json("10", "", {pod_json("b", "2", "9")}));
  BOOST_TEST(changed()->uid == "1");
  BOOST_TEST(changed()->uid == "2");
  BOOST_TEST(pods().streaming);
  BOOST_TEST(pods().request.url.find("resourceVersion=10")
             != std::string::npos);
  BOOST_TEST(pods().request.url.find("allowWatchBookmarks=true")
             != std::string::npos);
}

BOOST_AUTO_TEST_CASE(expired_token_begins_the_list_anew) {
  start();
  answer(pods(), 200, list_json("10", "tok", {pod_json("a", "1", "9")}));
  told.clear();
  answer(pods(), 410, status_body(410, "Expired"));
  BOOST_TEST(pods().request.url.find("continue") == std::string::npos);
  // Pod a went in between; b came.
  answer(pods(), 200, list_json("20", "", {pod_json("b", "2", "15")}));
  BOOST_TEST(changed()->uid == "2");
  BOOST_TEST(gone()->uid == "1");
}

BOOST_AUTO_TEST_CASE(events_are_told_in_their_order) {
  auto& stream = watch({pod_json("a", "1", "9")});
  send(stream, event_json("ADDED", pod_json("b", "2", "11"))
                 + event_json("MODIFIED", pod_json("a", "1", "12", "10.0.0.7"))
                 + event_json("DELETED", pod_json("b", "2", "13")));
  BOOST_TEST(changed()->uid == "2");
  BOOST_TEST(changed()->ip == "10.0.0.7");
  BOOST_TEST(gone()->uid == "2");
  BOOST_TEST(told.empty());
}

BOOST_AUTO_TEST_CASE(consumed_bytes_are_acknowledged) {
  auto& stream = watch({});
  auto line = event_json("ADDED", pod_json("b", "2", "11"));
  send(stream, line);
  BOOST_TEST(stream.consumed == line.size());
}

BOOST_AUTO_TEST_CASE(change_of_nothing_we_use_is_not_told) {
  auto& stream = watch({pod_json("a", "1", "9")});
  send(stream, event_json("MODIFIED", pod_json("a", "1", "12")));
  BOOST_TEST(told.empty());
}

BOOST_AUTO_TEST_CASE(finished_pod_is_a_change) {
  auto& stream = watch({pod_json("a", "1", "9")});
  auto done = pod_json("a", "1", "12");
  done.replace(done.find("Running"), 7, "Succeeded");
  send(stream, event_json("MODIFIED", done));
  BOOST_TEST(changed()->finished);
}

BOOST_AUTO_TEST_CASE(successor_of_one_name_comes_after_its_predecessor_went) {
  auto& stream = watch({pod_json("a", "1", "9")});
  send(stream, event_json("MODIFIED", pod_json("a", "2", "12")));
  BOOST_TEST(gone()->uid == "1");
  BOOST_TEST(changed()->uid == "2");
  send(stream, event_json("DELETED", pod_json("a", "1", "13")));
  BOOST_TEST(told.empty());
}

BOOST_AUTO_TEST_CASE(broken_watch_resumes_without_a_gap) {
  auto& stream = watch({});
  send(stream, event_json("ADDED", pod_json("a", "1", "11")));
  told.clear();
  fail(stream, ec::transport);
  BOOST_TEST(net.find(http::method::get, "/pods") == nullptr);
  advance(2s);
  BOOST_TEST(pods().streaming);
  BOOST_TEST(pods().request.url.find("resourceVersion=11")
             != std::string::npos);
  BOOST_TEST(told.empty());
}

BOOST_AUTO_TEST_CASE(watch_resumes_at_the_last_bookmark) {
  auto& stream = watch({});
  send(stream, bookmark_json("77"));
  advance(300s);
  stream.end();
  run();
  BOOST_TEST(pods().request.url.find("resourceVersion=77")
             != std::string::npos);
  BOOST_TEST(told.empty());
}

BOOST_AUTO_TEST_CASE(gone_as_an_event_leads_to_a_list) {
  auto& stream = watch({pod_json("a", "1", "9"), pod_json("b", "2", "9")});
  send(stream, event_json("ERROR", status_body(410, "Expired")));
  advance(2s);
  BOOST_TEST(!pods().streaming);
  answer(pods(), 200,
         list_json("50", "",
                   {pod_json("b", "2", "9"), pod_json("c", "3", "4")}));
  BOOST_TEST(changed()->uid == "3");
  BOOST_TEST(gone()->uid == "1");
  BOOST_TEST(told.empty());
  BOOST_TEST(pods().request.url.find("resourceVersion=50")
             != std::string::npos);
}

BOOST_AUTO_TEST_CASE(gone_as_a_status_leads_to_a_list) {
  watch({});
  advance(400s);
  pods().end();
  run();
  answer(pods(), 410, status_body(410, "Expired"));
  advance(2s);
  BOOST_TEST(!pods().streaming);
}

BOOST_AUTO_TEST_CASE(pod_that_cannot_be_read_is_not_gone) {
  auto& stream = watch({pod_json("a", "1", "9")});
  send(stream, event_json("ERROR", status_body(410, "Expired")));
  advance(2s);
  answer(pods(), 200,
         list_json("50", "",
                   {R"({"metadata":{"namespace":"games","name":"a"}})"}));
  BOOST_TEST(told.empty());
}

BOOST_AUTO_TEST_CASE(malformed_line_ends_in_a_retry) {
  auto& stream = watch({});
  send(stream, "{\"type\":\"ADDED\",\"obj\n");
  BOOST_TEST(!stream.open);
  advance(2s);
  BOOST_TEST(pods().streaming);
  BOOST_TEST(told.empty());
}

BOOST_AUTO_TEST_CASE(forbidden_list_is_retried_with_back_off) {
  start();
  answer(pods(), 403, status_body(403, "Forbidden"));
  auto before = net.exchanges.size();
  advance(100s);
  BOOST_TEST(net.exchanges.size() == before + 1);
  answer(pods(), 200, list_json("10", "", {pod_json("a", "1", "9")}));
  BOOST_TEST(changed()->uid == "1");
}

BOOST_AUTO_TEST_CASE(missing_right_is_named_and_costs_nothing_that_is_held) {
  watch({pod_json("a", "1", "9")});
  advance(400s);
  pods().end();
  run();
  listen();
  const auto* words
    = "pods is forbidden: User 'x' cannot watch resource 'pods'";
  auto tries = 0;
  for (auto end = now() + 300s; now() < end; advance(1s))
    if (auto* x = net.find(http::method::get, "/api/v1/pods")) {
      answer(*x, 403, status_body(403, "Forbidden", words));
      ++tries;
    }
  BOOST_TEST(times_said(words) > 0u);
  BOOST_TEST(told.empty());
  // Ever more rarely, but every half minute at least.
  BOOST_TEST(tries >= 10);
  BOOST_TEST(tries <= 22);
  advance(31s);
  BOOST_TEST(pods().streaming);
  pods().answer(200);
  send(pods(), event_json("MODIFIED", pod_json("a", "1", "12", "10.0.0.7")));
  BOOST_TEST(changed()->ip == "10.0.0.7");
}

// -- which pods -------------------------------------------------------------

BOOST_AUTO_TEST_CASE(label_selector_is_in_list_and_watch_of_pods_only) {
  actors::pod_watcher_config cfg;
  cfg.pods.label_selector = "game in (a,b)";
  configure(std::move(cfg));
  start();
  const auto* selector = "labelSelector=game%20in%20%28a%2Cb%29";
  BOOST_TEST(pods().request.url.find(selector) != std::string::npos);
  BOOST_TEST(nodes().request.url.find("Selector") == std::string::npos);
  BOOST_TEST(interfaces().request.url.find("Selector") == std::string::npos);
  answer(pods(), 200, list_json("10", "tok", {}));
  BOOST_TEST(pods().request.url.find(selector) != std::string::npos);
  answer(pods(), 200, list_json("10", "", {}));
  BOOST_TEST(pods().streaming);
  BOOST_TEST(pods().request.url.find(selector) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(namespace_is_in_list_and_watch) {
  actors::pod_watcher_config cfg;
  cfg.pods.ns = "games";
  cfg.interfaces.ns = "games";
  configure(std::move(cfg));
  start();
  const auto* path = "/api/v1/namespaces/games/pods?";
  answer(net.the(http::method::get, path), 200, list_json("10", "", {}));
  BOOST_TEST(net.the(http::method::get, path).streaming);
  BOOST_TEST(nodes().open);
  BOOST_TEST(net.the(http::method::get, "/namespaces/games/podenis").open);
}

BOOST_AUTO_TEST_CASE(finished_pods_are_not_selected_away) {
  start();
  BOOST_TEST(pods().request.url.find("fieldSelector") == std::string::npos);
}

// -- interfaces -------------------------------------------------------------

BOOST_AUTO_TEST_CASE(pod_is_told_with_its_interface) {
  auto& stream = watch({});
  answer(interfaces(), 200,
         list_json("3", "", {interface_json("a", "eni-1", "2")}));
  BOOST_TEST(told.empty());
  send(stream, event_json("ADDED", dnat_pod_json("a", "1", "11")));
  auto pod = changed();
  BOOST_REQUIRE(pod->interface);
  BOOST_TEST(pod->interface->eni == "eni-1");
  BOOST_TEST(pod->interface->vswitch == "vsw-1");
  // At another address it has another one.
  send(stream,
       event_json("MODIFIED", dnat_pod_json("a", "1", "12", "10.0.0.2")));
  BOOST_TEST(!changed()->interface);
}

BOOST_AUTO_TEST_CASE(interface_that_comes_late_is_told_with_its_pod) {
  auto& stream = watch({dnat_pod_json("a", "1", "9")});
  answer(interfaces(), 200, list_json("3", "", {}));
  auto& news = interfaces();
  news.answer(200);
  send(news, event_json("ADDED", interface_json("a", "eni-1", "4"))
               + event_json("MODIFIED", interface_json("a", "eni-1", "5"))
               + event_json("ADDED", interface_json("b", "eni-2", "6")));
  BOOST_TEST(changed()->interface->eni == "eni-1");
  BOOST_TEST(told.empty());
  // Its end is no news: the pod has had that address on it.
  send(news, event_json("DELETED", interface_json("a", "eni-1", "7")));
  BOOST_TEST(told.empty());
  send(stream, event_json("MODIFIED", pod_json("a", "1", "12")));
  BOOST_TEST(!changed()->interface);
}

BOOST_AUTO_TEST_CASE(pod_that_wants_nothing_is_told_without_an_interface) {
  watch({pod_json("a", "1", "9")});
  answer(interfaces(), 200,
         list_json("3", "", {interface_json("a", "eni-1", "2")}));
  BOOST_TEST(told.empty());
}

BOOST_AUTO_TEST_CASE(nobody_waits_for_interfaces) {
  start();
  answer(nodes(), 200, list_json("5", "", {}));
  answer(pods(), 200, list_json("10", "", {dnat_pod_json("a", "1", "9")}));
  BOOST_TEST(changed()->uid == "1");
  told.take<atom::synced>();
  BOOST_TEST(interfaces().open);
}

BOOST_AUTO_TEST_CASE(missing_definition_of_interfaces_is_said_once) {
  watch({});
  listen();
  for (int i = 0; i < 4; ++i) {
    answer(interfaces(), 404, "404 page not found");
    advance(299s);
    BOOST_TEST(!asks_for_interfaces());
    advance(2s);
  }
  BOOST_TEST(times_said("podenis") == 1u);
  BOOST_TEST(times_said("warn") == 0u);
  answer(interfaces(), 200, list_json("3", "", {}));
  BOOST_TEST(interfaces().streaming);
}

BOOST_AUTO_TEST_CASE(missing_right_on_interfaces_is_said_once) {
  watch({dnat_pod_json("a", "1", "9")});
  listen();
  const auto* words = "User 'x' cannot list resource 'podenis'";
  for (int i = 0; i < 3; ++i) {
    answer(interfaces(), 403, status_body(403, "Forbidden", words));
    advance(299s);
    BOOST_TEST(!asks_for_interfaces());
    advance(2s);
  }
  BOOST_TEST(times_said(words) == 1u);
  answer(interfaces(), 200,
         list_json("3", "", {interface_json("a", "eni-1", "2")}));
  BOOST_TEST(changed()->interface->eni == "eni-1");
}

BOOST_AUTO_TEST_CASE(interfaces_are_forgotten_with_their_definition) {
  auto& stream = watch({});
  answer(interfaces(), 200,
         list_json("3", "", {interface_json("a", "eni-1", "2")}));
  answer(interfaces(), 404, "404 page not found");
  send(stream, event_json("ADDED", dnat_pod_json("a", "1", "11")));
  BOOST_TEST(!changed()->interface);
  advance(301s);
  // What may have come meanwhile is listed.
  BOOST_TEST(!interfaces().streaming);
  answer(interfaces(), 200,
         list_json("9", "", {interface_json("a", "eni-2", "8")}));
  BOOST_TEST(changed()->interface->eni == "eni-2");
}

BOOST_AUTO_TEST_CASE(stop_ends_both_watches) {
  auto& stream = watch({});
  nodes().answer(200);
  answer(interfaces(), 200, list_json("3", "", {}));
  caf::anon_send(aut, atom::stop_v);
  run();
  BOOST_TEST(!alive(aut));
  BOOST_TEST(stream.cancelled);
  BOOST_TEST(net.open() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
