#include "serving/http_server.hpp"

// Asio 1.74 uses std::exchange without including it.
#include <utility>

#include <algorithm>
#include <array>
#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cctype>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "serving/exchange.hpp"
#include "serving/http_head.hpp"

// All of Asio and Beast is in this one source: it costs seconds to compile.
namespace natgw::serving {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;
using strand = asio::strand<asio::io_context::executor_type>;

namespace {

constexpr size_t block_bytes = size_t{64} << 10U;
constexpr size_t linger_bytes = size_t{16} << 20U;
constexpr std::chrono::seconds linger_time{2};

auto into(error_code& err) {
  return asio::redirect_error(asio::use_awaitable, err);
}

/// What the server needs of a connection whatever its socket is.
class connection {
public:
  virtual ~connection() = default;
  /// Ends it soon; from any thread.
  virtual void shut() = 0;
};

/// The event loop and everything that lives on it.
class loop {
public:
  loop(http_options options, handler callback)
    : cfg{std::move(options)},
      fn{std::move(callback)},
      acceptor_{asio::make_strand(io)} {
    // nop
  }

  expected<void> listen();
  expected<void> load_identity();
  void run(const std::shared_ptr<loop>& self);
  void stop();
  void join();
  void schedule(std::chrono::nanoseconds delay,
                std::move_only_function<void()> task);
  bool enter(connection* x, std::weak_ptr<connection> ref);
  void leave(connection* x);
  size_t connections() const;

  const http_options cfg;
  const handler fn;
  asio::io_context io;
  asio::ssl::context tls{asio::ssl::context::tls_server};
  uint16_t port = 0;

private:
  using timer_set = std::unordered_set<std::shared_ptr<asio::steady_timer>>;

  awaitable<void> accept(std::shared_ptr<loop> self);
  void adopt(const std::shared_ptr<loop>& self, tcp::socket socket);

  asio::executor_work_guard<asio::io_context::executor_type> work_
    = asio::make_work_guard(io);
  tcp::acceptor acceptor_;
  mutable std::mutex mutex_;
  bool stopped_ = false;
  timer_set timers_;
  std::unordered_map<connection*, std::weak_ptr<connection>> connections_;
  std::vector<std::thread> threads_;
  std::mutex join_mutex_;
};

/// One connection: a coroutine on a strand, and the little that runs beside.
template <class Socket>
class session : public connection,
                public std::enable_shared_from_this<session<Socket>> {
public:
  template <class... Args>
  session(std::shared_ptr<loop> owner, Args&&... args)
    : owner_{std::move(owner)},
      socket_{std::forward<Args>(args)...},
      executor_{socket_.get_executor()},
      event_{executor_},
      deadline_{executor_},
      pause_{executor_},
      buffer_{owner_->cfg.max_header_bytes + block_bytes} {
    // nop
  }

  ~session() override {
    owner_->leave(this);
  }

  void shut() override {
    asio::post(executor_, [self = this->shared_from_this()] { self->close(); });
  }

  void start() {
    asio::co_spawn(
      executor_, [self = this->shared_from_this()] { return self->serve(); },
      asio::detached);
  }

private:
  static constexpr bool is_tls = !std::is_same_v<Socket, tcp::socket>;
  using parser = beast_http::request_parser<beast_http::string_body>;

  awaitable<void> serve();
  awaitable<bool> exchange_once();
  awaitable<bool> read(parser& into_parser);
  awaitable<bool> refuse(error_code err);
  awaitable<bool> answer(const parser& asked, plain_answer& x);
  awaitable<bool> send_body(std::string_view body, const delivery& how);
  awaitable<bool> answer(const parser& asked, stream_answer& x);
  awaitable<bool> pump(stream_state& stream);
  awaitable<void> watch_peer();
  awaitable<outcome> outcome_of(exchange_state& exchange);
  awaitable<bool> send(std::string_view first, std::string_view second = {});
  awaitable<void> linger();
  awaitable<void> sleep_on(asio::steady_timer& timer);

  tcp::socket& bare() {
    if constexpr (is_tls)
      return socket_.next_layer();
    else
      return socket_;
  }

  void arm(std::chrono::nanoseconds limit);
  void disarm();
  void close(bool reset = false);
  waker make_waker();

  std::shared_ptr<loop> owner_;
  Socket socket_;
  asio::any_io_executor executor_;
  /// Never expires; cancelled to say that something has changed.
  asio::steady_timer event_;
  asio::steady_timer deadline_;
  uint64_t deadline_number_ = 0;
  asio::steady_timer pause_;
  boost::beast::flat_buffer buffer_;
  bool closed_ = false;
  /// True while watch_peer has a read under way.
  bool watching_ = false;
  bool peer_gone_ = false;
};

// -- small parts of a session -------------------------------------------------

template <class Socket>
void session<Socket>::arm(std::chrono::nanoseconds limit) {
  deadline_.expires_after(limit);
  // The number tells a cancelled wait from one that had fired just before.
  deadline_.async_wait([self = this->shared_from_this(),
                        number = ++deadline_number_](error_code err) {
    if (!err && number == self->deadline_number_)
      self->close();
  });
}

template <class Socket>
void session<Socket>::disarm() {
  ++deadline_number_;
  deadline_.cancel();
}

template <class Socket>
void session<Socket>::close(bool reset) {
  if (std::exchange(closed_, true))
    return;
  error_code ignored;
  if (reset)
    bare().set_option(asio::socket_base::linger{true, 0}, ignored);
  bare().close(ignored);
  disarm();
  event_.cancel();
  pause_.cancel();
}

template <class Socket>
waker session<Socket>::make_waker() {
  // The state calls it under its mutex and only before `detach`, that is while
  // this session's coroutine lives; hence a raw pointer will do.
  return [this] {
    asio::post(executor_,
               [self = this->shared_from_this()] { self->event_.cancel(); });
  };
}

template <class Socket>
awaitable<void> session<Socket>::sleep_on(asio::steady_timer& timer) {
  error_code ignored;
  if (!closed_)
    co_await timer.async_wait(into(ignored));
}

template <class Socket>
awaitable<bool>
session<Socket>::send(std::string_view first, std::string_view second) {
  error_code err;
  const std::array<asio::const_buffer, 2> buffers{
    asio::buffer(first.data(), first.size()),
    asio::buffer(second.data(), second.size())};
  arm(owner_->cfg.write_timeout);
  co_await asio::async_write(socket_, buffers, into(err));
  disarm();
  co_return !err && !closed_;
}

/// Ends our side and reads what the peer still sends, so that the kernel does
/// not answer it with a reset that would overtake our last words.
template <class Socket>
awaitable<void> session<Socket>::linger() {
  if (closed_)
    co_return;
  error_code err;
  arm(linger_time);
  if constexpr (is_tls)
    co_await socket_.async_shutdown(into(err));
  bare().shutdown(tcp::socket::shutdown_send, err);
  size_t total = 0;
  std::vector<char> sink(block_bytes);
  while (!err && !closed_ && total < linger_bytes)
    total += co_await bare().async_read_some(asio::buffer(sink), into(err));
  close();
}

// -- reading ------------------------------------------------------------------

template <class Socket>
awaitable<bool> session<Socket>::refuse(error_code err) {
  int status = 0;
  if (err == beast_http::error::header_limit
      || err == beast_http::error::buffer_overflow)
    status = 431;
  else if (err == beast_http::error::body_limit)
    status = 413;
  else if (err != beast_http::error::end_of_stream
           && err != beast_http::error::partial_message
           && err.category()
                == beast_http::make_error_code(beast_http::error::bad_method)
                     .category())
    status = 400;
  if (status != 0 && !closed_) {
    const auto body = std::string{reason_phrase(status)} + "\n";
    const auto head = format_head(status, {},
                                  {.length = body.size(), .keep_alive = false});
    co_await send(head, body);
  }
  co_await linger();
  co_return false;
}

template <class Socket>
awaitable<bool> session<Socket>::read(parser& into_parser) {
  into_parser.header_limit(owner_->cfg.max_header_bytes);
  into_parser.body_limit(owner_->cfg.max_body_bytes);
  error_code err;
  arm(owner_->cfg.idle_timeout);
  co_await beast_http::async_read_header(socket_, buffer_, into_parser,
                                         into(err));
  if (err)
    co_return co_await refuse(err);
  const auto expect = into_parser.get()[beast_http::field::expect];
  if (boost::beast::iequals(expect, "100-continue")) {
    const bool sent = co_await send("HTTP/1.1 100 Continue\r\n\r\n");
    if (!sent)
      co_return false;
    arm(owner_->cfg.idle_timeout);
  }
  co_await beast_http::async_read(socket_, buffer_, into_parser, into(err));
  disarm();
  if (err)
    co_return co_await refuse(err);
  co_return !closed_;
}

template <class Parser>
request take_request(Parser& parsed) {
  auto& from = parsed.get();
  request result;
  result.method = std::string{from.method_string()};
  result.target = std::string{from.target()};
  for (const auto& x : from) {
    std::string name{x.name_string()};
    std::ranges::transform(name, name.begin(), [](unsigned char c) {
      return static_cast<char>(std::tolower(c));
    });
    result.headers.push_back({std::move(name), std::string{x.value()}});
  }
  result.body = std::move(from.body());
  return result;
}

// -- answering ----------------------------------------------------------------

template <class Socket>
awaitable<outcome> session<Socket>::outcome_of(exchange_state& exchange) {
  for (;;) {
    auto result = exchange.take();
    if (result)
      co_return std::move(*result);
    if (closed_)
      co_return close_answer{};
    event_.expires_at(asio::steady_timer::time_point::max());
    co_await sleep_on(event_);
  }
}

template <class Socket>
awaitable<bool> session<Socket>::answer(const parser& asked, plain_answer& x) {
  const auto& how = x.how;
  const auto size = x.what.body.size();
  const bool keep = x.decent && asked.get().keep_alive();
  body_framing framing{.length = size, .keep_alive = keep};
  if (how.claimed_length)
    framing.length = how.claimed_length;
  else if (how.send_bytes.value_or(0) > size)
    framing.length = how.send_bytes;
  const auto head = format_head(x.what.status, x.what.headers, framing);
  const bool no_body = asked.get().method() == beast_http::verb::head;
  if (x.decent) {
    const bool sent = co_await send(head,
                                    no_body ? std::string_view{} : x.what.body);
    if (!sent || keep)
      co_return sent;
    co_await linger();
    co_return false;
  }
  if (co_await send(head) && !no_body && co_await send_body(x.what.body, how))
    co_await linger();
  co_return false;
}

template <class Socket>
awaitable<bool>
session<Socket>::send_body(std::string_view body, const delivery& how) {
  uint64_t left = how.send_bytes.value_or(body.size());
  const size_t step = how.drip_bytes > 0 ? how.drip_bytes : block_bytes;
  std::string block;
  size_t offset = 0;
  while (left > 0 && !body.empty()) {
    block.clear();
    while (block.size() < std::min<uint64_t>(step, left)) {
      const auto room = std::min<uint64_t>(step, left) - block.size();
      const auto piece = body.substr(offset, room);
      block += piece;
      offset = (offset + piece.size()) % body.size();
    }
    left -= block.size();
    const bool sent = co_await send(block);
    if (!sent)
      co_return false;
    if (how.drip_interval.count() > 0) {
      pause_.expires_after(how.drip_interval);
      co_await sleep_on(pause_);
    }
  }
  co_return true;
}

/// Notices that the peer goes while we only send. What it sends meanwhile is
/// kept for the next request; then the noticing ends.
template <class Socket>
awaitable<void> session<Socket>::watch_peer() {
  const auto self = this->shared_from_this();
  error_code err;
  const auto bytes = co_await socket_.async_read_some(buffer_.prepare(4096),
                                                      into(err));
  buffer_.commit(bytes);
  watching_ = false;
  peer_gone_ = static_cast<bool>(err);
  event_.cancel();
}

template <class Socket>
awaitable<bool> session<Socket>::pump(stream_state& stream) {
  for (;;) {
    const auto work = stream.take();
    if (closed_ || peer_gone_ || work.cut) {
      close();
      co_return false;
    }
    if (!work.bytes.empty()) {
      const bool sent = co_await send(work.bytes);
      stream.sent();
      if (!sent)
        co_return false;
    } else if (work.ended) {
      co_return co_await send(last_chunk);
    } else {
      event_.expires_at(asio::steady_timer::time_point::max());
      co_await sleep_on(event_);
    }
  }
}

template <class Socket>
awaitable<bool> session<Socket>::answer(const parser& asked, stream_answer& x) {
  const bool keep = asked.get().keep_alive();
  const auto head = format_head(x.status, x.headers,
                                {.length = {}, .keep_alive = keep});
  const bool sent = co_await send(head);
  bool good = false;
  if (sent) {
    watching_ = true;
    asio::co_spawn(
      executor_,
      [self = this->shared_from_this()] { return self->watch_peer(); },
      asio::detached);
    x.stream->attach(make_waker());
    good = co_await pump(*x.stream);
  }
  x.stream->detach();
  if (good && !keep)
    co_await linger();
  // The next request's first bytes may be on their way into the buffer.
  while (good && keep && watching_ && !closed_) {
    event_.expires_at(asio::steady_timer::time_point::max());
    if (buffer_.size() == 0)
      arm(owner_->cfg.idle_timeout);
    co_await sleep_on(event_);
  }
  disarm();
  co_return good&& keep && !peer_gone_;
}

// -- the course of a session --------------------------------------------------

template <class Socket>
awaitable<bool> session<Socket>::exchange_once() {
  parser asked;
  const bool complete = co_await read(asked);
  if (!complete)
    co_return false;
  auto state = std::make_shared<exchange_state>(make_waker(),
                                                owner_->cfg.max_stream_buffer);
  {
    responder right{std::make_shared<exchange_handle>(state)};
    try {
      owner_->fn(take_request(asked), right);
    } catch (...) {
      right.answer(response::text(500, "internal error\n"));
    }
  }
  outcome result = co_await outcome_of(*state);
  state->detach();
  if (auto* plain = std::get_if<plain_answer>(&result))
    co_return co_await answer(asked, *plain);
  if (auto* stream = std::get_if<stream_answer>(&result))
    co_return co_await answer(asked, *stream);
  close(std::get<close_answer>(result).reset);
  co_return false;
}

template <class Socket>
awaitable<void> session<Socket>::serve() {
  const auto self = this->shared_from_this();
  if constexpr (is_tls) {
    error_code err;
    arm(owner_->cfg.idle_timeout);
    co_await socket_.async_handshake(asio::ssl::stream_base::server, into(err));
    if (err)
      close();
  }
  bool more = !closed_;
  while (more)
    more = co_await exchange_once();
  close();
}

// -- the loop -----------------------------------------------------------------

expected<void> loop::listen() {
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

expected<void> loop::load_identity() {
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

void loop::run(const std::shared_ptr<loop>& self) {
  asio::co_spawn(
    acceptor_.get_executor(), [self] { return self->accept(self); },
    asio::detached);
  const auto count = std::max(1U, cfg.threads);
  for (unsigned i = 0; i < count; ++i)
    threads_.emplace_back([this] { io.run(); });
}

awaitable<void> loop::accept(std::shared_ptr<loop> self) {
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

void loop::adopt(const std::shared_ptr<loop>& self, tcp::socket socket) {
  error_code ignored;
  socket.set_option(tcp::no_delay{true}, ignored);
  const auto begin = [this](auto x) {
    if (enter(x.get(), x))
      x->start();
  };
  using tls_socket = asio::ssl::stream<tcp::socket>;
  if (cfg.tls)
    begin(std::make_shared<session<tls_socket>>(self, std::move(socket), tls));
  else
    begin(std::make_shared<session<tcp::socket>>(self, std::move(socket)));
}

bool loop::enter(connection* x, std::weak_ptr<connection> ref) {
  std::lock_guard guard{mutex_};
  if (stopped_ || connections_.size() >= cfg.max_connections)
    return false;
  connections_.emplace(x, std::move(ref));
  return true;
}

void loop::leave(connection* x) {
  std::lock_guard guard{mutex_};
  connections_.erase(x);
}

size_t loop::connections() const {
  std::lock_guard guard{mutex_};
  return connections_.size();
}

void loop::schedule(std::chrono::nanoseconds delay,
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

void loop::stop() {
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

void loop::join() {
  const auto me = std::this_thread::get_id();
  for (const auto& x : threads_)
    if (x.get_id() == me)
      return;
  std::lock_guard guard{join_mutex_};
  for (auto& x : threads_)
    if (x.joinable())
      x.join();
}

} // namespace

// -- http_server --------------------------------------------------------------

class http_server::impl {
public:
  std::shared_ptr<loop> core;
};

http_server::http_server(std::unique_ptr<impl> x) : impl_{std::move(x)} {
  // nop
}

expected<std::unique_ptr<http_server>> http_server::start(http_options cfg,
                                                          handler fn) {
  auto core = std::make_shared<loop>(std::move(cfg), std::move(fn));
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
