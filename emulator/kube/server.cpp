#include "emulator/kube/server.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "clients/http/boot_time.hpp"
#include "emulator/kube/kubeconfig.hpp"
#include "serving/http_server.hpp"
#include "serving/self_signed.hpp"

namespace natgw::emulator::kube {

namespace {

// A peer that is slower than its watch has so many bytes waiting in the
// server's buffer at most; the rest stays shared.
constexpr size_t stream_window = size_t{4} << 20U;
constexpr size_t chunk_bytes = size_t{256} << 10U;
constexpr std::chrono::milliseconds stall_pause{5};
constexpr std::chrono::milliseconds longest_nap{1'000};

request translate(serving::request x) {
  request result;
  result.method = std::move(x.method);
  result.authorization = x.find("authorization");
  result.accept = x.find("accept");
  result.content_type = x.find("content-type");
  result.user_agent = x.find("user-agent");
  result.target = std::move(x.target);
  result.body = std::move(x.body);
  return result;
}

std::vector<serving::header> headers_of(response& x) {
  std::vector<serving::header> result;
  result.push_back({"Content-Type", std::move(x.content_type)});
  for (auto& [name, value] : x.headers)
    result.push_back({std::move(name), std::move(value)});
  return result;
}

void send(const serving::responder& to, response x) {
  auto out = to;
  if (x.reset)
    return out.reset();
  serving::response answer;
  answer.status = x.status;
  answer.headers = headers_of(x);
  answer.body = std::move(x.body);
  out.answer(std::move(answer));
}

struct stream {
  serving::body_stream out;
  std::deque<watch_line> pending;
  bool ended = false;
  bool broken = false;
};

} // namespace

class server::impl : public std::enable_shared_from_this<impl> {
public:
  explicit impl(server_options cfg)
    : core_(std::move(cfg.api)),
      history_(core_.objects()) {
    if (cfg.fleet)
      fleet_.emplace(core_, std::move(*cfg.fleet), http::boot_now());
    core_.on_wake([this](uint64_t id) { awake_.push_back(id); });
  }

  expected<void> listen(serving::http_options options, std::string ca_pem);
  void with(const std::function<void(api_server&, instant)>& f);
  void with_history(const std::function<void(const history&)>& f) const;
  void stop();

  const serving::http_server& http() const {
    return *http_;
  }
  const std::string& ca_pem() const {
    return ca_pem_;
  }

private:
  void serve(serving::request raw, const serving::responder& to);
  void watch(const request& x, const serving::responder& to, instant now);
  void reply(response x, const serving::responder& to);
  void settle();
  void flush();
  void flush(uint64_t id, stream& x);
  bool pour(stream& x);
  void nap();
  void later(std::chrono::nanoseconds delay);

  mutable std::mutex mutex_;
  api_server core_;
  history history_;
  std::optional<fleet> fleet_;
  std::map<uint64_t, stream> streams_;
  /// Watches that may have something to send.
  std::vector<uint64_t> awake_;
  bool flush_planned_ = false;
  /// The time of the earliest planned nap's end.
  std::optional<instant> nap_until_;
  std::string ca_pem_;
  /// Watches whose peer is gone. With a mutex of its own, since a stream may
  /// say so while it is written to.
  std::mutex gone_mutex_;
  std::vector<uint64_t> gone_;
  std::unique_ptr<serving::http_server> http_;
};

expected<void> server::impl::listen(serving::http_options options,
                                    std::string ca_pem) {
  ca_pem_ = std::move(ca_pem);
  auto weak = weak_from_this();
  auto http = serving::http_server::start(std::move(options),
                                          [weak](serving::request x,
                                                 const serving::responder& to) {
                                            if (auto self = weak.lock())
                                              self->serve(std::move(x), to);
                                          });
  if (!http)
    return std::unexpected{http.error()};
  std::lock_guard guard{mutex_};
  http_ = std::move(*http);
  settle();
  return {};
}

void server::impl::serve(serving::request raw, const serving::responder& to) {
  auto x = translate(std::move(raw));
  std::lock_guard guard{mutex_};
  // The first requests may come before `listen` has ended.
  if (!http_)
    return;
  auto now = http::boot_now();
  if (fleet_)
    fleet_->advance(now);
  if (api_server::is_watch(x))
    watch(x, to, now);
  else
    reply(core_.handle(x, now), to);
  settle();
}

void server::impl::reply(response x, const serving::responder& to) {
  if (x.delay.count() <= 0)
    return send(to, std::move(x));
  auto delay = x.delay;
  http_->schedule(delay,
                  [x = std::move(x), to]() mutable { send(to, std::move(x)); });
}

void server::impl::watch(const request& x, const serving::responder& to,
                         instant now) {
  auto opened = core_.open_watch(x, now);
  if (opened.id == 0)
    return reply(std::move(opened.head), to);
  auto id = opened.id;
  auto out = to;
  auto& home = streams_[id];
  home.out = out.stream(200, headers_of(opened.head));
  home.out.on_gone([weak = weak_from_this(), id] {
    if (auto self = weak.lock()) {
      std::lock_guard guard{self->gone_mutex_};
      self->gone_.push_back(id);
    }
  });
  awake_.push_back(id);
}

// Plans what follows from what has just been done. Writing to the streams is
// left to the server's thread, where it collects what several requests did.
void server::impl::settle() {
  if (!awake_.empty() && !std::exchange(flush_planned_, true))
    later(std::chrono::nanoseconds{0});
  nap();
}

void server::impl::later(std::chrono::nanoseconds delay) {
  http_->schedule(delay, [weak = weak_from_this()] {
    if (auto self = weak.lock()) {
      std::lock_guard guard{self->mutex_};
      self->flush_planned_ = false;
      self->flush();
      self->settle();
    }
  });
}

void server::impl::flush() {
  std::vector<uint64_t> gone;
  {
    std::lock_guard guard{gone_mutex_};
    gone.swap(gone_);
  }
  for (auto id : gone) {
    core_.close_watch(id);
    streams_.erase(id);
  }
  std::vector<uint64_t> ids;
  ids.swap(awake_);
  for (auto id : ids)
    if (auto i = streams_.find(id); i != streams_.end())
      flush(id, i->second);
}

void server::impl::flush(uint64_t id, stream& x) {
  if (x.pending.empty() && !x.ended) {
    auto batch = core_.take(id);
    x.pending.assign(batch.lines.begin(), batch.lines.end());
    x.ended = batch.ended;
    x.broken = batch.broken;
  }
  auto alive = pour(x);
  if (alive && !x.pending.empty()) {
    // The peer is slow: look again soon.
    http_->schedule(stall_pause, [weak = weak_from_this(), id] {
      if (auto self = weak.lock()) {
        std::lock_guard guard{self->mutex_};
        if (auto i = self->streams_.find(id); i != self->streams_.end())
          self->flush(id, i->second);
        self->settle();
      }
    });
    return;
  }
  if (alive && !x.ended)
    return;
  if (x.broken)
    x.out.cut();
  else
    x.out.end();
  core_.close_watch(id);
  streams_.erase(id);
}

// Returns false if the peer is gone.
bool server::impl::pour(stream& x) {
  while (!x.pending.empty() && x.out.buffered() < stream_window) {
    std::string chunk;
    while (!x.pending.empty() && chunk.size() < chunk_bytes) {
      chunk += *x.pending.front();
      x.pending.pop_front();
    }
    if (!x.out.write(chunk))
      return false;
  }
  return !x.out.closed();
}

void server::impl::nap() {
  auto due = core_.next_deadline();
  if (fleet_)
    if (auto other = fleet_->next_deadline(); other && (!due || *other < *due))
      due = other;
  if (!due)
    return;
  auto now = http::boot_now();
  auto until = std::clamp(*due, now, now + longest_nap);
  if (nap_until_ && *nap_until_ <= until && *nap_until_ >= now)
    return;
  nap_until_ = until;
  http_->schedule(until - now, [weak = weak_from_this(), until] {
    auto self = weak.lock();
    if (!self)
      return;
    std::lock_guard guard{self->mutex_};
    auto then = http::boot_now();
    if (self->nap_until_ == until)
      self->nap_until_.reset();
    self->core_.advance(then);
    if (self->fleet_)
      self->fleet_->advance(then);
    self->settle();
  });
}

void server::impl::with(const std::function<void(api_server&, instant)>& f) {
  std::lock_guard guard{mutex_};
  auto now = http::boot_now();
  core_.advance(now);
  f(core_, now);
  settle();
}

void server::impl::with_history(
  const std::function<void(const history&)>& f) const {
  std::lock_guard guard{mutex_};
  f(history_);
}

void server::impl::stop() {
  if (http_)
    http_->stop();
}

expected<std::unique_ptr<server>> server::start(server_options cfg) {
  serving::http_options http;
  http.address = cfg.address;
  http.port = cfg.port;
  http.max_body_bytes = cfg.api.max_body_bytes + 1;
  std::string ca_pem;
  if (cfg.tls) {
    auto made = serving::make_self_signed();
    if (!made)
      return std::unexpected{made.error()};
    http.tls = std::move(made->server);
    ca_pem = std::move(made->ca_pem);
  }
  cfg.api.wall_origin = std::chrono::floor<std::chrono::milliseconds>(
                          std::chrono::system_clock::now())
                        - std::chrono::duration_cast<std::chrono::milliseconds>(
                          http::boot_now().time_since_epoch());
  auto made = std::make_shared<impl>(std::move(cfg));
  if (auto done = made->listen(std::move(http), std::move(ca_pem)); !done)
    return std::unexpected{done.error()};
  return std::unique_ptr<server>{new server{std::move(made)}};
}

server::server(std::shared_ptr<impl> x) : impl_(std::move(x)) {
  // nop
}

server::~server() {
  stop();
}

void server::stop() {
  impl_->stop();
}

uint16_t server::port() const {
  return impl_->http().port();
}

std::string server::url() const {
  return impl_->http().url();
}

const std::string& server::ca_pem() const {
  return impl_->ca_pem();
}

std::string server::kubeconfig(std::string_view token) const {
  return make_kubeconfig(url(), ca_pem(), token);
}

void server::with(const std::function<void(api_server&, instant)>& f) {
  impl_->with(f);
}

void server::with_history(const std::function<void(const history&)>& f) const {
  impl_->with_history(f);
}

} // namespace natgw::emulator::kube
