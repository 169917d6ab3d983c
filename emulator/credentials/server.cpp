#include "emulator/credentials/server.hpp"

#include <mutex>
#include <utility>

namespace natgw::emulator {

class credential_server::impl {
public:
  impl(desk_options options, credential_desk::listener on_issue)
    : desk{std::move(options), std::move(on_issue)} {
  }

  std::mutex mutex;
  credential_desk desk;
  /// Last, so that it ends before what it uses.
  std::unique_ptr<serving::http_server> http;
};

wall_time credential_server::now() {
  return std::chrono::floor<std::chrono::milliseconds>(
    std::chrono::system_clock::now());
}

credential_server::credential_server(std::unique_ptr<impl> x)
  : impl_{std::move(x)} {
  // nop
}

expected<std::unique_ptr<credential_server>>
credential_server::start(desk_options options,
                         credential_desk::listener on_issue,
                         std::string address, uint16_t port) {
  auto self = std::make_unique<impl>(std::move(options), std::move(on_issue));
  serving::http_options http;
  http.address = std::move(address);
  http.port = port;
  auto server = serving::http_server::start(
    std::move(http),
    [raw = self.get()](const serving::request& x, serving::responder right) {
      std::lock_guard guard{raw->mutex};
      right.answer(raw->desk.handle(x, now()));
    });
  if (!server)
    return std::unexpected{server.error()};
  self->http = std::move(*server);
  return std::unique_ptr<credential_server>{
    new credential_server{std::move(self)}};
}

credential_server::~credential_server() {
  stop();
}

std::string credential_server::url() const {
  return impl_->http->url();
}

void credential_server::stop() {
  impl_->http->stop();
}

void credential_server::with_desk(
  const std::function<void(credential_desk&)>& fn) {
  std::lock_guard guard{impl_->mutex};
  fn(impl_->desk);
}

} // namespace natgw::emulator
