#include "cli/http_endpoints.hpp"

#include <atomic>
#include <string>

#include <boost/test/unit_test.hpp>

#include "test/unit/serving/http_client.hpp"

using namespace natgw;
using namespace natgw::cli;

namespace {

struct fixture {
  observe::metrics figures;
  std::atomic<bool> healthy = true;
  std::atomic<bool> ready = false;
  std::unique_ptr<http_endpoints> endpoints;
  test::http_client client;

  fixture() {
    auto started = http_endpoints::start({"127.0.0.1", 0}, figures,
                                         {[this] { return healthy.load(); },
                                          [this] { return ready.load(); }});
    BOOST_REQUIRE(started.has_value());
    endpoints = *std::move(started);
  }

  test::fetched get(const std::string& path) {
    return client.get(endpoints->url() + path);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_http_endpoints, fixture)

BOOST_AUTO_TEST_CASE(metrics_are_served_as_prometheus_reads_them) {
  figures.count_rejected_pod();
  auto answer = get("/metrics");
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(answer.body.find("natgw_rejected_pods_total 1")
             != std::string::npos);
  BOOST_TEST(answer.head.find("text/plain; version=0.0.4")
             != std::string::npos);
}

BOOST_AUTO_TEST_CASE(health_and_readiness_are_told_apart) {
  BOOST_TEST(get("/healthz").status == 200);
  BOOST_TEST(get("/readyz").status == 503);
  ready = true;
  healthy = false;
  BOOST_TEST(get("/healthz").status == 503);
  BOOST_TEST(get("/readyz").status == 200);
}

BOOST_AUTO_TEST_CASE(health_endpoints_say_nothing_else) {
  BOOST_TEST(get("/healthz").body == "ok\n");
  BOOST_TEST(get("/readyz").body == "not ok\n");
}

BOOST_AUTO_TEST_CASE(queries_do_not_matter) {
  BOOST_TEST(get("/healthz?verbose=1").status == 200);
}

BOOST_AUTO_TEST_CASE(other_paths_and_methods_are_refused) {
  BOOST_TEST(get("/").status == 404);
  BOOST_TEST(get("/metrics/../healthz/x").status == 404);
  test::fetch post;
  post.method = "POST";
  post.body = "x";
  auto answer = client.run(endpoints->url() + "/metrics", post);
  BOOST_TEST(answer.status == 405);
}

BOOST_AUTO_TEST_CASE(a_taken_port_is_an_error) {
  auto second
    = http_endpoints::start({"127.0.0.1", endpoints->port()}, figures,
                            {[] { return true; }, [] { return true; }});
  BOOST_REQUIRE(!second.has_value());
  BOOST_TEST((second.error().code == ec::transport));
}

BOOST_AUTO_TEST_SUITE_END()
