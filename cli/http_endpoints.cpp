#include "cli/http_endpoints.hpp"

#include <string_view>
#include <utility>

namespace natgw::cli {

namespace {

serving::response probe(const std::function<bool()>& fn) {
  return fn() ? serving::response::text(200, "ok\n")
              : serving::response::text(503, "not ok\n");
}

serving::response metrics_page(const observe::metrics& from) {
  return {200,
          {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}},
          from.text()};
}

serving::response route(const serving::request& x, const observe::metrics& from,
                        const probes& how) {
  if (x.method != "GET" && x.method != "HEAD") {
    auto refusal = serving::response::text(405, "method not allowed\n");
    refusal.headers.push_back({"Allow", "GET, HEAD"});
    return refusal;
  }
  auto path = x.path();
  if (path == "/metrics")
    return metrics_page(from);
  if (path == "/healthz")
    return probe(how.healthy);
  if (path == "/readyz")
    return probe(how.ready);
  return serving::response::text(404, "not found\n");
}

} // namespace

expected<std::unique_ptr<http_endpoints>>
http_endpoints::start(const config::listen_address& at,
                      const observe::metrics& from, probes how) {
  serving::http_options options;
  options.address = at.host;
  options.port = at.port;
  // Nobody sends us anything long.
  options.max_header_bytes = 16U << 10U;
  options.max_body_bytes = 4U << 10U;
  options.max_connections = 64;
  auto answer = [&from, how = std::move(how)](const serving::request& x,
                                              serving::responder to) {
    to.answer(route(x, from, how));
  };
  auto server = serving::http_server::start(options, std::move(answer));
  if (!server)
    return std::unexpected{server.error()};
  return std::unique_ptr<http_endpoints>{
    new http_endpoints{std::move(*server)}};
}

} // namespace natgw::cli
