#include "test/kube/kube_api.hpp"

#include <future>
#include <stdexcept>
#include <utility>

#include "clients/kube/watch_decoder.hpp"

namespace natgw::test {

namespace {

http::curl_options options_for(const kube_access& x) {
  http::curl_options result;
  result.tls.ca_pem = x.ca_pem;
  result.user_agent = "test";
  return result;
}

} // namespace

kube_api::kube_api(kube_access access)
  : access_{std::move(access)},
    net_{options_for(access_)} {
  // nop
}

http::request kube_api::make(http::method verb,
                             const std::string& target) const {
  http::request result;
  result.verb = verb;
  result.url = access_.url + target;
  result.headers = {{"Accept", "application/json"}};
  if (!access_.token.empty())
    result.headers.push_back({"Authorization", "Bearer " + access_.token});
  return result;
}

kube_api::answer kube_api::call(http::method verb, const std::string& target,
                                const json& body, const std::string& type) {
  auto x = make(verb, target);
  x.timeout = std::chrono::seconds{30};
  if (!body.is_null()) {
    x.headers.push_back({"Content-Type", type});
    x.body = body.dump();
  }
  std::promise<expected<http::response>> promise;
  auto coming = promise.get_future();
  net_.send(std::move(x), [&promise](expected<http::response> y) {
    promise.set_value(std::move(y));
  });
  auto got = coming.get();
  if (!got)
    return {.status = 0, .body = got.error().detail};
  auto parsed = json::parse(got->body, nullptr, false);
  return {.status = got->status,
          .body = parsed.is_discarded() ? json(got->body) : parsed};
}

json kube_api::must(const answer& x) {
  if (!x.good())
    throw std::runtime_error{"the API server answered "
                             + std::to_string(x.status) + ": " + x.body.dump()};
  return x.body;
}

uint64_t kube_api::watch(const std::string& target,
                         std::function<void(std::string_view)> on_line,
                         std::function<void()> on_end) {
  // Written before the stream begins and read on the transport's thread only.
  auto lines = std::make_shared<kube::watch_decoder>();
  auto id = std::make_shared<std::promise<uint64_t>>();
  auto known = id->get_future().share();
  http::stream_handler handler;
  handler.on_head = [](const http::response&) {};
  handler.on_data = [this, lines, known,
                     tell = std::move(on_line)](std::string_view bytes) {
    lines->append(bytes);
    while (auto line = lines->next()) {
      if (!*line)
        break;
      tell((*line)->str());
    }
    net_.consumed(known.get(), bytes.size());
  };
  handler.on_end = [done = std::move(on_end)](const expected<void>&) {
    done();
  };
  auto result = net_.stream(make(http::method::get, target),
                            std::move(handler));
  id->set_value(result);
  return result;
}

void kube_api::cancel(uint64_t id) {
  net_.cancel(id);
}

} // namespace natgw::test
