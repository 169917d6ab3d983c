#include "emulator/kube/server.hpp"

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <mutex>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "clients/http/boot_time.hpp"
#include "clients/http/curl_transport.hpp"
#include "emulator/kube/kubeconfig.hpp"
#include "fixture.hpp"

namespace natgw::emulator::kube {

namespace {

constexpr std::chrono::seconds patience{20};

/// What a stream has brought so far.
struct listener {
  std::mutex mutex;
  std::condition_variable news;
  std::string bytes;
  bool ended = false;
  bool ended_well = false;

  template <class Predicate>
  bool wait(Predicate holds) {
    std::unique_lock guard{mutex};
    return news.wait_for(guard, patience, holds);
  }
};

struct served {
  served() {
    server_options cfg;
    cfg.api.tokens = {{"secret", "admin"}};
    cfg.fleet.emplace();
    auto started = server::start(std::move(cfg));
    BOOST_REQUIRE_MESSAGE(started.has_value(), "the server starts");
    emulator = std::move(*started);
    http::curl_options client_cfg;
    client_cfg.tls.ca_pem = emulator->ca_pem();
    client = std::make_unique<http::curl_transport>(client_cfg);
  }

  http::request make(http::method verb, std::string path) const {
    http::request x;
    x.verb = verb;
    x.url = emulator->url() + path;
    x.headers.push_back({"Authorization", "Bearer secret"});
    return x;
  }

  expected<http::response> send(http::request x) const {
    std::promise<expected<http::response>> answer;
    auto result = answer.get_future();
    client->send(std::move(x), [&answer](expected<http::response> y) {
      answer.set_value(std::move(y));
    });
    return result.get();
  }

  uint64_t listen(http::request x, listener& to) const {
    http::stream_handler handler;
    handler.on_head = [](const http::response&) {};
    handler.on_data = [&to](std::string_view data) {
      std::lock_guard guard{to.mutex};
      to.bytes += data;
      to.news.notify_all();
    };
    handler.on_end = [&to](expected<void> end) {
      std::lock_guard guard{to.mutex};
      to.ended = true;
      to.ended_well = end.has_value();
      to.news.notify_all();
    };
    return client->stream(std::move(x), std::move(handler));
  }

  expected<http::response> add_pod(const std::string& name) const {
    auto x = make(http::method::post, "/api/v1/namespaces/default/pods");
    x.body = cluster::pod(name).dump();
    return send(std::move(x));
  }

  std::unique_ptr<server> emulator;
  std::unique_ptr<http::curl_transport> client;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(emulator_kube_server, served,
                         *boost::unit_test::label("concurrent"))

BOOST_AUTO_TEST_CASE(watch_follows_a_pod_until_it_runs) {
  listener heard;
  listen(make(http::method::get, "/api/v1/pods?watch=1"), heard);
  auto made = add_pod("a");
  BOOST_REQUIRE(made.has_value());
  BOOST_TEST(made->status == 201);
  BOOST_TEST(heard.wait([&heard] {
    return heard.bytes.find("\"phase\":\"Running\"") != std::string::npos;
  }));
  BOOST_TEST(heard.bytes.starts_with("{\"type\":\"ADDED\""));
  emulator->with_history(
    [](const history& past) { BOOST_TEST(past.pods().back().ip != ""); });
  client.reset();
}

BOOST_AUTO_TEST_CASE(watch_ends_in_good_order_or_breaks) {
  listener good;
  listener bad;
  listen(make(http::method::get, "/api/v1/pods?watch=1&timeoutSeconds=1"),
         good);
  BOOST_TEST(good.wait([&good] { return good.ended; }));
  BOOST_TEST(good.ended_well);
  listen(make(http::method::get, "/api/v1/nodes?watch=1"), bad);
  BOOST_TEST(bad.wait([&bad] { return !bad.bytes.empty(); }));
  emulator->with(
    [](api_server& core, instant) { core.break_watches("nodes"); });
  BOOST_TEST(bad.wait([&bad] { return bad.ended; }));
  BOOST_TEST(!bad.ended_well);
  client.reset();
}

BOOST_AUTO_TEST_CASE(faults_reach_the_wire) {
  fault_rule rule;
  rule.kind = fault_kind::reset_after;
  rule.verb = "create";
  rule.times = 1;
  emulator->with(
    [&rule](api_server& core, instant) { core.set_faults({rule}); });
  BOOST_TEST(!add_pod("a").has_value());
  auto again = add_pod("a");
  BOOST_REQUIRE(again.has_value());
  BOOST_TEST(again->status == 409);
  rule.kind = fault_kind::throttle;
  rule.times = 1;
  emulator->with(
    [&rule](api_server& core, instant) { core.set_faults({rule}); });
  auto slow = add_pod("b");
  BOOST_REQUIRE(slow.has_value());
  BOOST_TEST(slow->status == 429);
  BOOST_TEST(slow->find("retry-after") == "1");
}

BOOST_AUTO_TEST_CASE(slow_watch_begins_late) {
  fault_rule rule;
  rule.kind = fault_kind::slow;
  rule.verb = "watch";
  rule.delay = std::chrono::milliseconds{50};
  emulator->with(
    [&rule](api_server& core, instant) { core.set_faults({rule}); });
  listener heard;
  auto asked = http::boot_now();
  listen(make(http::method::get, "/api/v1/nodes?watch=1"), heard);
  BOOST_TEST(heard.wait([&heard] { return !heard.bytes.empty(); }));
  BOOST_TEST((http::boot_now() - asked >= rule.delay));
  client.reset();
}

BOOST_AUTO_TEST_CASE(stranger_is_refused) {
  auto x = make(http::method::get, "/api/v1/pods");
  x.headers.clear();
  auto answer = send(std::move(x));
  BOOST_REQUIRE(answer.has_value());
  BOOST_TEST(answer->status == 403);
}

BOOST_AUTO_TEST_CASE(kubeconfig_is_private) {
  auto path = (std::filesystem::temp_directory_path()
               / ("natgw-kubeconfig-" + std::to_string(emulator->port())))
                .string();
  BOOST_TEST(
    write_private_file(path, emulator->kubeconfig("secret")).has_value());
  struct stat info{};
  BOOST_REQUIRE(::stat(path.c_str(), &info) == 0);
  BOOST_TEST((info.st_mode & 0777U) == 0600U);
  std::ifstream file{path};
  std::string content{std::istreambuf_iterator<char>{file}, {}};
  BOOST_TEST(content.find("server: \"" + emulator->url() + "\"")
             != std::string::npos);
  BOOST_TEST(content.find("certificate-authority-data: ") != std::string::npos);
  std::filesystem::remove(path);
  BOOST_TEST(!write_private_file("/nowhere/x", "").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace natgw::emulator::kube
