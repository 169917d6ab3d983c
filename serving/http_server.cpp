#include "serving/http_server.hpp"

#include <algorithm>
#include <utility>

#include "serving/event_loop.hpp"
#include "serving/session.hpp"
#include "serving/session_answering.hpp"
#include "serving/session_reading.hpp"

// The one source that compiles Asio and Beast.
namespace natgw::serving {

// -- event_loop ---------------------------------------------------------------

expected<void> event_loop::listen() {
  error_code err;
  const auto address = asio::ip::make_address(cfg.address, err);
  if (err)
    return fail(ec::invalid_argument, "not a numeric address: " + cfg.address);
  const tcp::endpoint where{address, cfg.port};
  acceptor_.open(where.protocol(), err);
  if (!err)
    acceptor_.set_option(tcp::acceptor::reuse_address{true}, err);
  if (!err)
    acceptor_.bind(where, err);
  if (!err)
    acceptor_.listen(asio::socket_base::max_listen_connections, err);
  if (!err)
    port = acceptor_.local_endpoint(err).port();
  if (err)
    return fail(ec::transport, "cannot listen on " + cfg.address + " port "
                                 + std::to_string(cfg.port) + ": "
                                 + err.message());
  return {};
}

expected<void> event_loop::load_identity() {
  if (!cfg.tls)
    return {};
  error_code err;
  tls.set_options(asio::ssl::context::default_workarounds
                    | asio::ssl::context::no_tlsv1
                    | asio::ssl::context::no_tlsv1_1,
                  err);
  const auto& certificate = cfg.tls->certificate_pem;
  const auto& key = cfg.tls->key_pem;
  tls.use_certificate_chain(asio::buffer(certificate), err);
  if (!err)
    tls.use_private_key(asio::buffer(key), asio::ssl::context::pem, err);
  if (err)
    return fail(ec::invalid_argument, "TLS identity: " + err.message());
  return {};
}

void event_loop::run(const std::shared_ptr<event_loop>& self) {
  asio::co_spawn(
    acceptor_.get_executor(), [self] { return self->accept(self); },
    asio::detached);
  std::lock_guard guard{mutex_};
  const auto count = std::max(1U, cfg.threads);
  for (unsigned i = 0; i < count; ++i) {
    threads_.emplace_back([this] { io.run(); });
    thread_ids_.push_back(threads_.back().get_id());
  }
}

awaitable<void> event_loop::accept(std::shared_ptr<event_loop> self) {
  asio::steady_timer pause{acceptor_.get_executor()};
  while (acceptor_.is_open()) {
    error_code err;
    auto socket = co_await acceptor_.async_accept(asio::make_strand(io),
                                                  into(err));
    if (!err) {
      adopt(self, std::move(socket));
    } else if (acceptor_.is_open()) {
      // Out of descriptors, most likely: others may close some.
      pause.expires_after(std::chrono::milliseconds{50});
      co_await pause.async_wait(into(err));
    }
  }
}

void event_loop::adopt(const std::shared_ptr<event_loop>& self,
                       tcp::socket socket) {
  error_code ignored;
  socket.set_option(tcp::no_delay{true}, ignored);
  const auto begin = [this](const auto& x) {
    if (enter(x.get(), x))
      x->start();
  };
  using tls_socket = asio::ssl::stream<tcp::socket>;
  if (cfg.tls)
    begin(std::make_shared<session<tls_socket>>(self, std::move(socket), tls));
  else
    begin(std::make_shared<session<tcp::socket>>(self, std::move(socket)));
}

bool event_loop::enter(connection* x, std::weak_ptr<connection> ref) {
  std::lock_guard guard{mutex_};
  if (stopped_ || connections_.size() >= cfg.max_connections)
    return false;
  connections_.emplace(x, std::move(ref));
  return true;
}

void event_loop::leave(connection* x) {
  std::lock_guard guard{mutex_};
  connections_.erase(x);
}

bool event_loop::stopped() const {
  std::lock_guard guard{mutex_};
  return stopped_;
}

size_t event_loop::connections() const {
  std::lock_guard guard{mutex_};
  return connections_.size();
}

void event_loop::schedule(std::chrono::nanoseconds delay,
                          std::move_only_function<void()> task) {
  std::lock_guard guard{mutex_};
  if (stopped_)
    return;
  auto timer = std::make_shared<asio::steady_timer>(io, delay);
  timers_.insert(timer);
  timer->async_wait(
    [this, timer, task = std::move(task)](error_code err) mutable {
      {
        std::lock_guard inner{mutex_};
        timers_.erase(timer);
        if (stopped_)
          return;
      }
      if (!err)
        task();
    });
}

void event_loop::stop() {
  std::vector<std::shared_ptr<connection>> open;
  {
    std::lock_guard guard{mutex_};
    if (std::exchange(stopped_, true))
      return;
    for (const auto& timer : timers_)
      timer->cancel();
    for (const auto& [ignored, ref] : connections_)
      if (auto x = ref.lock())
        open.push_back(std::move(x));
    asio::post(acceptor_.get_executor(), [this] {
      error_code ignored;
      acceptor_.close(ignored);
    });
    for (const auto& x : open)
      x->shut();
    work_.reset();
  }
}

void event_loop::join() {
  {
    std::lock_guard guard{mutex_};
    if (std::ranges::find(thread_ids_, std::this_thread::get_id())
        != thread_ids_.end())
      return;
  }
  std::lock_guard guard{join_mutex_};
  for (auto& x : threads_)
    if (x.joinable())
      x.join();
}

// -- http_server --------------------------------------------------------------

class http_server::impl {
public:
  std::shared_ptr<event_loop> core;
};

http_server::http_server(std::unique_ptr<impl> x) : impl_{std::move(x)} {
  // nop
}

expected<std::unique_ptr<http_server>> http_server::start(http_options cfg,
                                                          handler fn) {
  auto core = std::make_shared<event_loop>(std::move(cfg), std::move(fn));
  if (auto loaded = core->load_identity(); !loaded)
    return std::unexpected{loaded.error()};
  if (auto listening = core->listen(); !listening)
    return std::unexpected{listening.error()};
  core->run(core);
  return std::unique_ptr<http_server>{
    new http_server{std::make_unique<impl>(std::move(core))}};
}

http_server::~http_server() {
  stop();
}

uint16_t http_server::port() const {
  return impl_->core->port;
}

std::string http_server::url() const {
  const auto& cfg = impl_->core->cfg;
  const bool v6 = cfg.address.find(':') != std::string::npos;
  return (cfg.tls ? "https://" : "http://")
         + (v6 ? "[" + cfg.address + "]" : cfg.address) + ":"
         + std::to_string(port());
}

void http_server::stop() {
  impl_->core->stop();
  impl_->core->join();
}

void http_server::schedule(std::chrono::nanoseconds delay,
                           std::move_only_function<void()> fn) {
  impl_->core->schedule(delay, std::move(fn));
}

size_t http_server::connections() const {
  return impl_->core->connections();
}

} // namespace natgw::serving
