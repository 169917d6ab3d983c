#include "emulator/vpc/server.hpp"

#include <chrono>
#include <mutex>
#include <utility>

#include "clients/http/boot_time.hpp"
#include "serving/http_server.hpp"

namespace natgw::emulator {

namespace {

wall_time calendar() {
  return std::chrono::floor<std::chrono::milliseconds>(
    std::chrono::system_clock::now());
}

void deliver(serving::responder right, vpc_reply x) {
  switch (x.end) {
    case vpc_reply::fate::close:
      right.close();
      return;
    case vpc_reply::fate::reset:
      right.reset();
      return;
    case vpc_reply::fate::answer:
      if (x.how)
        right.answer(std::move(x.what), *x.how);
      else
        right.answer(std::move(x.what));
  }
}

} // namespace

class vpc_server::impl {
public:
  void serve(const serving::request& x, serving::responder right) {
    vpc_reply reply;
    {
      std::lock_guard guard{mutex};
      reply = core->handle(x, now(), calendar());
    }
    if (reply.after.count() <= 0)
      return deliver(std::move(right), std::move(reply));
    const auto after = reply.after;
    http->schedule(after, [right = std::move(right),
                           reply = std::move(reply)]() mutable {
      deliver(std::move(right), std::move(reply));
    });
  }

  std::mutex mutex;
  std::unique_ptr<vpc_core> core;
  /// Last, so that it ends before what it uses.
  std::unique_ptr<serving::http_server> http;
};

instant vpc_server::now() {
  return http::boot_now();
}

vpc_server::vpc_server(std::unique_ptr<impl> x) : impl_{std::move(x)} {
  // nop
}

expected<std::unique_ptr<vpc_server>>
vpc_server::start(const vpc_options& options, std::string address,
                  uint16_t port) {
  auto core = vpc_core::make(options);
  if (!core)
    return std::unexpected{core.error()};
  auto self = std::make_unique<impl>();
  self->core = std::move(*core);
  serving::http_options http;
  http.address = std::move(address);
  http.port = port;
  // No request can arrive before the assignment below: see `ready`.
  std::unique_lock ready{self->mutex};
  auto server = serving::http_server::start(
    std::move(http),
    [raw = self.get()](const serving::request& x, serving::responder right) {
      raw->serve(x, std::move(right));
    });
  if (!server)
    return std::unexpected{server.error()};
  self->http = std::move(*server);
  ready.unlock();
  return std::unique_ptr<vpc_server>{new vpc_server{std::move(self)}};
}

vpc_server::~vpc_server() {
  stop();
}

uint16_t vpc_server::port() const {
  return impl_->http->port();
}

std::string vpc_server::url() const {
  return impl_->http->url();
}

void vpc_server::stop() {
  impl_->http->stop();
}

void vpc_server::with_core(const std::function<void(vpc_core&)>& fn) {
  std::lock_guard guard{impl_->mutex};
  impl_->core->advance(now(), calendar());
  fn(*impl_->core);
}

} // namespace natgw::emulator
