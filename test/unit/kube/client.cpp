#include "clients/kube/client.hpp"

#include <optional>
#include <string>

#include "test/unit/kube/documents.hpp"
#include "test/unit/kube/fake_transport.hpp"
#include "test/unit/kube/files.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

namespace {

using namespace natgw;
using namespace natgw::kube;
using namespace std::chrono_literals;
using nlohmann::json;
using testing::find_header;
using testing::with;

const std::string poddnat_path
  = "https://api:6443/apis/alibabacloud.com/v1beta1/namespaces/games/poddnats";
const std::string pod_path
  = "https://api:6443/api/v1/namespaces/games/pods/game-0";

api_server a_server() {
  api_server x;
  x.base_url = "https://api:6443";
  x.credentials = token_source::fixed("secret");
  return x;
}

std::string status(std::string_view reason, std::string_view details = "{}") {
  return R"({"kind":"Status","status":"Failure","reason":")"
         + std::string{reason} + R"(","details":)" + std::string{details} + '}';
}

struct fixture {
  testing::fake_transport net;
  client aut{net, a_server()};

  // Keeps what a completion was told.
  template <class T>
  completion<T> into(std::optional<expected<T>>& place) {
    return [&place](expected<T> x) {
      BOOST_TEST(!place.has_value());
      place = std::move(x);
    };
  }

  record_write a_write(record_op op) {
    record_write x;
    x.key = {"games", "game-0"};
    x.op = op;
    x.uid = "rec-uid";
    x.resource_version = "21";
    x.promise = testing::record_intent();
    x.owner_pod_uid = "pod-uid";
    return x;
  }

  record_ptr base() {
    auto text = testing::record;
    return std::make_shared<const record_view>(
      parse_object<record_view>(pad(text)).value());
  }

  std::optional<expected<record_ptr>> written;

  void write(record_write x, std::optional<instant> not_after = {}) {
    aut.write(std::move(x), not_after, into(written));
  }
};

// A watch of pods with everything it told.
struct watching {
  std::vector<watch_event<pod_view>> events;
  size_t bytes = 0;
  std::optional<expected<void>> end;

  watch_handler<pod_view> handler() {
    return {[this](watch_batch<pod_view> x) {
              bytes += x.bytes;
              for (auto& event : x.events)
                events.push_back(std::move(event));
            },
            [this](expected<void> x) {
              BOOST_TEST(!end.has_value());
              end = std::move(x);
            }};
  }
};

http::response head(int code, std::string body = {}) {
  http::response x;
  x.status = code;
  x.body = std::move(body);
  return x;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(client_suite, fixture)

BOOST_AUTO_TEST_CASE(requests_say_who_asks_and_are_bounded) {
  std::optional<expected<record_ptr>> got;
  aut.get_record({"games", "game-0"}, into(got));
  auto& x = net.next();
  BOOST_TEST(x.url == poddnat_path + "/game-0");
  BOOST_TEST(find_header(x, "Authorization") == "Bearer secret");
  BOOST_TEST(find_header(x, "Accept") == "application/json");
  // The transport says what program asks, with its version.
  BOOST_TEST(find_header(x, "User-Agent").empty());
  BOOST_TEST((x.timeout == 5s));
  BOOST_TEST(x.max_response_bytes == 4U << 20U);
  BOOST_TEST(!x.not_after);
  net.answer(200, testing::record);
  BOOST_TEST(got->value()->uid == "rec-uid");
}

BOOST_AUTO_TEST_CASE(without_a_token_no_header_is_sent) {
  auto server = a_server();
  server.credentials = {};
  client other{net, server};
  other.get_record({"games", "game-0"}, [](expected<record_ptr>) {});
  BOOST_TEST(find_header(net.next(), "Authorization").empty());
}

BOOST_AUTO_TEST_CASE(a_token_that_cannot_be_read_is_told_at_once) {
  auto server = a_server();
  server.credentials = token_source::file("/nowhere/token");
  client other{net, server};
  std::optional<expected<record_ptr>> got;
  other.get_record({"games", "game-0"}, into(got));
  BOOST_TEST((got->error().code == ec::unauthorized));
  watching seen;
  other.watch<pod_view>({}, seen.handler());
  BOOST_TEST((seen.end->error().code == ec::unauthorized));
  BOOST_TEST(net.pending.empty());
}

BOOST_AUTO_TEST_CASE(a_refused_token_is_read_anew) {
  testing::temporary_directory dir;
  auto server = a_server();
  server.credentials = token_source::file(dir.write("token", "one"));
  client other{net, server};
  std::optional<expected<record_ptr>> got;
  other.get_record({"games", "game-0"}, into(got));
  net.answer(401, status("Unauthorized"));
  BOOST_TEST((got->error().code == ec::unauthorized));
  dir.write("token", "two");
  got.reset();
  other.get_record({"games", "game-0"}, into(got));
  BOOST_TEST(find_header(net.next(), "Authorization") == "Bearer two");
}

BOOST_AUTO_TEST_CASE(pages_are_read_by_type) {
  std::optional<expected<page<node_view>>> nodes_read;
  aut.list_page<node_view>({}, into(nodes_read));
  BOOST_TEST(net.next().url == "https://api:6443/api/v1/nodes?limit=500");
  BOOST_TEST(find_header(net.next(), "Accept").find("PartialObjectMetadataList")
             != std::string::npos);
  BOOST_TEST((net.next().timeout == 60s));
  net.answer(200, R"({"metadata":{"resourceVersion":"4"},"items":[)"
                    + testing::node + "]}");
  BOOST_TEST(nodes_read->value().items.at(0).zone == "zone-a");
  std::optional<expected<page<record_view>>> records;
  aut.list_page<record_view>({}, into(records));
  net.answer(410, status("Expired"));
  BOOST_TEST((records->error().code == ec::expired));
}

BOOST_AUTO_TEST_CASE(errors_of_the_transport_pass_unchanged) {
  std::optional<expected<record_ptr>> got;
  aut.get_record({"games", "game-0"}, into(got));
  net.answer(fail(ec::timeout, "late"));
  BOOST_TEST((got->error() == error{ec::timeout, "late"}));
}

BOOST_AUTO_TEST_CASE(a_missing_right_is_told_by_its_verb_and_resource) {
  std::vector<std::string> told;
  client_options options;
  options.on_forbidden = [&](std::string_view verb, std::string_view resource) {
    told.push_back(std::string{verb} + ' ' + std::string{resource});
  };
  client watched{net, a_server(), options};
  std::optional<expected<page<pod_view>>> got;
  watched.list_page<pod_view>({}, into(got));
  net.answer(403, status("Forbidden"));
  BOOST_TEST((got->error().code == ec::forbidden));
  watched.write(a_write(record_op::status), {}, into(written));
  net.answer(403, status("Forbidden"));
  written.reset();
  // Nobody may create anything there any more; no right is missing.
  watched.write(a_write(record_op::create), {}, into(written));
  net.answer(403, status("Forbidden",
                         R"({"causes":[{"reason":"NamespaceTerminating"}]})"));
  watching seen;
  watched.watch<pod_view>({}, seen.handler());
  auto& stream = net.pending.at(0);
  stream.handler.on_head(head(403, status("Forbidden")));
  stream.handler.on_end({});
  BOOST_TEST((seen.end->error().code == ec::forbidden));
  std::vector<std::string> wanted{"list pods", "patch poddnats/status",
                                  "watch pods"};
  BOOST_TEST(told == wanted, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_no_object_is_malformed) {
  std::optional<expected<record_ptr>> got;
  aut.get_record({"games", "game-0"}, into(got));
  net.answer(200, "<html>");
  BOOST_TEST((got->error().code == ec::malformed));
}

BOOST_AUTO_TEST_CASE(names_that_are_no_names_are_not_sent) {
  for (auto& key : {object_key{"games", ".."}, object_key{"", "x"},
                    object_key{"a/b", "x"}}) {
    std::optional<expected<record_ptr>> got;
    aut.get_record(key, into(got));
    BOOST_TEST((got->error().code == ec::invalid_argument));
  }
  auto x = a_write(record_op::create);
  x.key.name = "..";
  write(x);
  BOOST_TEST((written->error().code == ec::invalid_argument));
  BOOST_TEST(net.pending.empty());
}

BOOST_AUTO_TEST_CASE(a_create_is_posted_within_its_fence) {
  auto fence = instant{} + 5s;
  write(a_write(record_op::create), fence);
  BOOST_TEST((net.next().verb == http::method::post));
  BOOST_TEST(net.next().url == poddnat_path);
  BOOST_TEST((net.next().not_after == fence));
  net.answer(201, testing::record);
  BOOST_TEST(written->value()->uid == "rec-uid");
}

BOOST_AUTO_TEST_CASE(a_second_create_is_told_from_a_conflict) {
  write(a_write(record_op::create));
  net.answer(409, status("AlreadyExists"));
  BOOST_TEST((written->error().code == ec::already_exists));
}

BOOST_AUTO_TEST_CASE(a_status_goes_to_its_subresource) {
  write(a_write(record_op::status), instant{} + 1s);
  BOOST_TEST((net.next().verb == http::method::patch));
  BOOST_TEST(net.next().url == poddnat_path + "/game-0/status");
  BOOST_TEST(net.next().not_after.has_value());
  net.answer(409, status("Conflict"));
  BOOST_TEST((written->error().code == ec::conflict));
}

BOOST_AUTO_TEST_CASE(a_promise_with_its_base_is_one_request) {
  auto x = a_write(record_op::promise);
  x.base = base();
  write(x, instant{} + 1s);
  BOOST_TEST((net.next().verb == http::method::patch));
  BOOST_TEST(net.next().url == poddnat_path + "/game-0");
  BOOST_TEST(net.next().not_after.has_value());
  net.answer(200, testing::record);
  BOOST_TEST((written->value()->promise == testing::record_intent()));
}

BOOST_AUTO_TEST_CASE(a_release_without_base_reads_what_it_must_keep) {
  write(a_write(record_op::release), instant{} + 1s);
  BOOST_TEST((net.next().verb == http::method::get));
  net.answer(200, testing::record);
  BOOST_TEST(!written);
  BOOST_TEST((net.next().verb == http::method::patch));
  BOOST_TEST(net.next().not_after.has_value());
  BOOST_TEST(json::parse(net.next().body)["metadata"]["finalizers"]
             == json({"foregroundDeletion"}));
  net.answer(200, with(testing::record, R"(,"natgw-controller")", ""));
  BOOST_TEST(!written->value()->finalizer);
}

BOOST_AUTO_TEST_CASE(a_base_of_another_version_is_not_used) {
  auto x = a_write(record_op::release);
  x.base = base();
  x.resource_version = "22";
  write(x);
  BOOST_TEST((net.next().verb == http::method::get));
  net.answer(200, testing::record);
  BOOST_TEST((written->error().code == ec::conflict));
  BOOST_TEST(net.pending.empty());
}

BOOST_AUTO_TEST_CASE(the_last_release_leaves_nothing) {
  auto x = a_write(record_op::release);
  x.base = base();
  write(x);
  auto ended = with(testing::record,
                    R"("finalizers":["foregroundDeletion","natgw-controller"])",
                    R"("deletionTimestamp":"2026-01-01T00:00:00Z")");
  net.answer(200, ended);
  BOOST_TEST(written->value() == nullptr);
}

BOOST_AUTO_TEST_CASE(a_remove_tells_whether_something_is_left) {
  write(a_write(record_op::remove));
  BOOST_TEST((net.next().verb == http::method::del));
  BOOST_TEST(json::parse(net.next().body)["preconditions"]
             == json({{"uid", "rec-uid"}, {"resourceVersion", "21"}}));
  net.answer(200, testing::record);
  BOOST_TEST(written->value()->uid == "rec-uid");
  written.reset();
  write(a_write(record_op::remove));
  net.answer(200, R"({"kind":"Status","status":"Success"})");
  BOOST_TEST(written->value() == nullptr);
}

BOOST_AUTO_TEST_CASE(no_write_but_a_create_goes_without_preconditions) {
  for (auto op : {record_op::promise, record_op::status, record_op::remove,
                  record_op::release}) {
    auto x = a_write(op);
    x.resource_version.clear();
    written.reset();
    write(x);
    BOOST_TEST((written->error().code == ec::invalid_argument));
  }
  BOOST_TEST(net.pending.empty());
}

BOOST_AUTO_TEST_CASE(a_pods_condition_goes_before_its_annotation) {
  pod_patch x;
  x.key = {"games", "game-0"};
  x.uid = "pod-uid";
  x.status_annotation = "{}";
  x.condition = pod_condition{true, "Forwarding", ""};
  std::optional<expected<void>> got;
  aut.patch_pod(x, {}, instant{} + 1s, into(got));
  BOOST_TEST(net.pending.size() == 1);
  BOOST_TEST(net.next().url == pod_path + "/status");
  BOOST_TEST(find_header(net.next(), "Content-Type")
             == "application/strategic-merge-patch+json");
  net.answer(200, testing::pod);
  BOOST_TEST(!got);
  BOOST_TEST(net.next().url == pod_path);
  BOOST_TEST(find_header(net.next(), "Content-Type")
             == "application/merge-patch+json");
  BOOST_TEST(net.next().not_after.has_value());
  net.answer(200, testing::pod);
  BOOST_TEST(got->has_value());
}

BOOST_AUTO_TEST_CASE(a_pod_of_another_uid_is_not_found) {
  pod_patch x;
  x.key = {"games", "game-0"};
  x.uid = "pod-uid";
  x.condition = pod_condition{};
  x.status_annotation = "{}";
  std::optional<expected<void>> got;
  aut.patch_pod(x, {}, {}, into(got));
  net.answer(422,
             status("Invalid", R"({"causes":[{"field":"metadata.uid"}]})"));
  BOOST_TEST((got->error().code == ec::not_found));
  BOOST_TEST(net.pending.empty());
}

BOOST_AUTO_TEST_CASE(an_empty_patch_is_done_at_once) {
  std::optional<expected<void>> got;
  aut.patch_pod({{"games", "game-0"}, "pod-uid", {}, {}, urgency::birth}, {},
                {}, into(got));
  BOOST_TEST(got->has_value());
  BOOST_TEST(net.pending.empty());
}

BOOST_AUTO_TEST_CASE(events_are_posted) {
  std::optional<expected<void>> got;
  aut.create_event({{"games", "game-0"}, "u", false, "DNATReady", "m"}, {}, 7,
                   instant{5s}, into(got));
  BOOST_TEST((net.next().not_after == instant{5s}));
  BOOST_TEST(net.next().url
             == "https://api:6443/api/v1/namespaces/games/events");
  net.answer(201, "{}");
  BOOST_TEST(got->has_value());
}

BOOST_AUTO_TEST_CASE(leases_are_read_made_and_replaced) {
  std::optional<expected<lease_view>> got;
  aut.get_lease({"kube-system", "natgw"}, into(got));
  const std::string url = "https://api:6443/apis/coordination.k8s.io/v1/"
                          "namespaces/kube-system/leases";
  BOOST_TEST(net.next().url == url + "/natgw");
  net.answer(200, testing::lease);
  auto lease = got->value();
  got.reset();
  aut.put_lease(lease, 2s, into(got));
  BOOST_TEST((net.next().verb == http::method::put));
  BOOST_TEST((net.next().timeout == 2s));
  net.answer(409, status("Conflict"));
  BOOST_TEST((got->error().code == ec::conflict));
  got.reset();
  aut.create_lease(lease, into(got));
  BOOST_TEST(net.next().url == url);
  BOOST_TEST(
    !json::parse(net.next().body)["metadata"].contains("resourceVersion"));
  net.answer(201, testing::lease);
  BOOST_TEST((got->value() == lease));
  got.reset();
  lease.resource_version.clear();
  aut.put_lease(lease, 2s, into(got));
  BOOST_TEST((got->error().code == ec::invalid_argument));
}

BOOST_AUTO_TEST_CASE(known_kinds_are_looked_up_directly) {
  std::optional<expected<object_answer>> got;
  aut.exists({9, "apps/v1", "StatefulSet", {"games", "game"}}, into(got));
  BOOST_TEST(net.next().url
             == "https://api:6443/apis/apps/v1/namespaces/games/statefulsets/"
                "game");
  net.answer(200, R"({"metadata":{"uid":"set-uid"}})");
  BOOST_TEST(got->value().token == 9);
  BOOST_TEST((got->value().found == presence::exists));
  BOOST_TEST(got->value().uid == "set-uid");
  got.reset();
  aut.exists({9, "apps/v1", "StatefulSet", {"games", "game"}}, into(got));
  net.answer(404, status("NotFound", R"({"name":"game"})"));
  BOOST_TEST((got->value().found == presence::absent));
}

BOOST_AUTO_TEST_CASE(other_kinds_are_asked_for_once) {
  object_query query{
    1, "game.kruise.io/v1alpha1", "GameServerSet", {"games", "gs"}};
  std::optional<expected<object_answer>> got;
  aut.exists(query, into(got));
  BOOST_TEST(net.next().url == "https://api:6443/apis/game.kruise.io/v1alpha1");
  net.answer(200, R"({"resources":[{"name":"gameserversets",)"
                  R"("kind":"GameServerSet"}]})");
  const std::string url = "https://api:6443/apis/game.kruise.io/v1alpha1/"
                          "namespaces/games/gameserversets/gs";
  BOOST_TEST(net.next().url == url);
  net.answer(200, R"({"metadata":{"uid":"u"}})");
  BOOST_TEST((got->value().found == presence::exists));
  got.reset();
  aut.exists(query, into(got));
  BOOST_TEST(net.next().url == url);
}

BOOST_AUTO_TEST_CASE(an_api_that_is_not_served_proves_no_absence) {
  object_query query{1, "x.io/v1", "Thing", {"games", "t"}};
  std::optional<expected<object_answer>> got;
  aut.exists(query, into(got));
  net.answer(404, "404 page not found");
  BOOST_TEST((got->error().code == ec::unavailable));
  got.reset();
  aut.exists(query, into(got));
  net.answer(200, R"({"resources":[]})");
  BOOST_TEST((got->error().code == ec::unavailable));
  got.reset();
  aut.exists(query, into(got));
  net.answer(200, R"({"resources":[{"name":"things","kind":"Thing"}]})");
  net.answer(404, "404 page not found");
  BOOST_TEST((got->error().code == ec::unavailable));
  got.reset();
  aut.exists(query, into(got));
  net.answer(403, status("Forbidden"));
  BOOST_TEST((got->error().code == ec::forbidden));
  for (auto* version : {"", "/v1", "a/b/c", "..", "x/.."}) {
    got.reset();
    aut.exists({1, version, "Thing", {"games", "t"}}, into(got));
    BOOST_TEST((got->error().code == ec::invalid_argument), version);
  }
}

BOOST_AUTO_TEST_CASE(the_cluster_has_an_identity) {
  std::optional<expected<std::string>> got;
  aut.get_namespace_uid("kube-system", into(got));
  BOOST_TEST(net.next().url
             == "https://api:6443/api/v1/namespaces/kube-system");
  net.answer(200, R"({"metadata":{"name":"kube-system","uid":"cluster"}})");
  BOOST_TEST(got->value() == "cluster");
}

BOOST_AUTO_TEST_CASE(a_watch_tells_events_as_their_lines_end) {
  watching seen;
  watch_query query;
  query.resource_version = "5";
  auto id = aut.watch<pod_view>(query, seen.handler());
  auto& stream = net.pending.at(0);
  BOOST_TEST(stream.what.url.find("resourceVersion=5") != std::string::npos);
  BOOST_TEST((stream.what.idle_timeout == 150s));
  BOOST_TEST(find_header(stream.what, "Authorization") == "Bearer secret");
  stream.handler.on_head(head(200));
  auto line = testing::event_line("ADDED", testing::pod) + '\n';
  stream.handler.on_data(line.substr(0, 100));
  BOOST_TEST(seen.events.empty());
  // What waits for the rest of its line holds nobody up.
  BOOST_TEST(net.acknowledged[id] == 100);
  stream.handler.on_data(line.substr(100) + line + line.substr(0, 10));
  BOOST_REQUIRE(seen.events.size() == 2);
  BOOST_TEST(seen.events[1].object.key.name == "game-0");
  BOOST_TEST(net.acknowledged[id] == 110);
  BOOST_TEST(seen.bytes == 2 * line.size() - 100);
  stream.handler.on_data(line.substr(10));
  BOOST_TEST(seen.events.size() == 3);
  BOOST_TEST(seen.bytes + net.acknowledged[id] == 3 * line.size());
  aut.consumed(id, seen.bytes);
  BOOST_TEST(net.acknowledged[id] == 3 * line.size());
  stream.handler.on_end({});
  BOOST_TEST(seen.end->has_value());
}

BOOST_AUTO_TEST_CASE(a_refused_watch_ends_with_the_refusal) {
  watching seen;
  aut.watch<pod_view>({}, seen.handler());
  auto& stream = net.pending.at(0);
  stream.handler.on_head(head(410, status("Expired")));
  stream.handler.on_end({});
  BOOST_TEST((seen.end->error().code == ec::expired));
}

BOOST_AUTO_TEST_CASE(an_error_line_ends_the_watch) {
  watching seen;
  auto id = aut.watch<pod_view>({}, seen.handler());
  auto& stream = net.pending.at(0);
  stream.handler.on_head(head(200));
  stream.handler.on_data(
    testing::event_line("ADDED", testing::pod) + '\n'
    + R"({"type":"ERROR","object":{"code":410,"reason":"Expired"}})" + '\n'
    + testing::event_line("ADDED", testing::pod) + '\n');
  BOOST_TEST(seen.events.size() == 1);
  BOOST_TEST((net.cancelled == std::vector{id}));
  stream.handler.on_data(testing::event_line("ADDED", testing::pod) + '\n');
  BOOST_TEST(seen.events.size() == 1);
  stream.handler.on_end(fail(ec::cancelled));
  BOOST_TEST((seen.end->error().code == ec::expired));
}

BOOST_AUTO_TEST_CASE(an_endless_line_ends_the_watch) {
  watching seen;
  auto id = aut.watch<pod_view>({}, seen.handler());
  auto& stream = net.pending.at(0);
  stream.handler.on_head(head(200));
  for (int i = 0; i < 5 && net.cancelled.empty(); ++i)
    stream.handler.on_data(std::string(1U << 20U, 'x'));
  BOOST_TEST((net.cancelled == std::vector{id}));
  stream.handler.on_end(fail(ec::cancelled));
  BOOST_TEST((seen.end->error().code == ec::too_large));
}

BOOST_AUTO_TEST_CASE(an_end_within_a_line_is_no_good_end) {
  watching seen;
  aut.watch<pod_view>({}, seen.handler());
  auto& stream = net.pending.at(0);
  stream.handler.on_head(head(200));
  stream.handler.on_data("{\"type\":");
  stream.handler.on_end({});
  BOOST_TEST((seen.end->error().code == ec::transport));
}

BOOST_AUTO_TEST_CASE(data_may_arrive_before_the_id_is_known) {
  watching seen;
  net.on_stream = [](testing::fake_transport::asked& stream) {
    stream.handler.on_head(head(200));
    stream.handler.on_data("{\"type\"");
    stream.handler.on_data(":7}\n");
  };
  auto id = aut.watch<pod_view>({}, seen.handler());
  BOOST_TEST((net.cancelled == std::vector{id}));
  net.pending.at(0).handler.on_end(fail(ec::cancelled));
  BOOST_TEST((seen.end->error().code == ec::malformed));
}

BOOST_AUTO_TEST_CASE(the_client_may_go_before_its_answers) {
  std::optional<expected<record_ptr>> got;
  {
    client brief{net, a_server()};
    brief.write(a_write(record_op::release), {}, into(got));
  }
  net.answer(200, testing::record);
  net.answer(200, testing::record);
  BOOST_TEST(got->has_value());
}

BOOST_AUTO_TEST_SUITE_END()
