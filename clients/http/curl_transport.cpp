#include "clients/http/curl_transport.hpp"

#include <utility>

#include "clients/http/curl_loop.hpp"

namespace natgw::http {

bool follows_goaway() {
  constexpr unsigned since = 0x080500;
  return curl_version_info(CURLVERSION_NOW)->version_num >= since;
}

curl_transport::curl_transport(curl_options cfg)
  : loop_{std::make_unique<curl_loop>(std::move(cfg))} {
}

curl_transport::~curl_transport() = default;

uint64_t curl_transport::send(request x, completion done) {
  auto id = loop_->next_id();
  loop_->submit(curl_loop::start_request{id, std::move(x), std::move(done)});
  return id;
}

uint64_t curl_transport::stream(request x, stream_handler handler) {
  auto id = loop_->next_id();
  loop_->submit(curl_loop::start_stream{id, std::move(x), std::move(handler)});
  return id;
}

void curl_transport::consumed(uint64_t id, size_t bytes) {
  loop_->submit(curl_loop::consume{id, bytes});
}

void curl_transport::cancel(uint64_t id) {
  loop_->submit(curl_loop::cancel{id});
}

} // namespace natgw::http
