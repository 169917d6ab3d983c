#include "emulator/kube/server.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "clients/http/boot_time.hpp"
#include "emulator/kube/kubeconfig.hpp"
#include "emulator/kube/watch_streams.hpp"
#include "serving/http_server.hpp"
#include "serving/self_signed.hpp"

namespace natgw::emulator::kube {

namespace {

// How long a peer that does not read fast enough is left alone.
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

} // namespace

class server::impl : public std::enable_shared_from_this<impl> {
public:
  explicit impl(server_options cfg)
    : core_(std::move(cfg.api)),
      history_(core_.objects()),
      streams_(core_) {
    if (cfg.fleet)
      fleet_.emplace(core_, std::move(*cfg.fleet), http::boot_now());
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
  void nap();
  void later(std::chrono::nanoseconds delay, std::function<void()> act);

  mutable std::mutex mutex_;
  api_server core_;
  history history_;
  std::optional<fleet> fleet_;
  watch_streams streams_;
  bool flush_planned_ = false;
  /// The time of the earliest planned nap's end.
  std::optional<instant> nap_until_;
  std::string ca_pem_;
  std::unique_ptr<serving::http_server> http_;
};

expected<void> server::impl::listen(serving::http_options options,
                                    std::string ca_pem) {
  ca_pem_ = std::move(ca_pem);
  auto weak = weak_from_this();
  // The first requests wait for `http_`.
  std::lock_guard guard{mutex_};
  auto http = serving::http_server::start(std::move(options),
                                          [weak](serving::request x,
                                                 const serving::responder& to) {
                                            if (auto self = weak.lock())
                                              self->serve(std::move(x), to);
                                          });
  if (!http)
    return std::unexpected{http.error()};
  http_ = std::move(*http);
  settle();
  return {};
}

void server::impl::serve(serving::request raw, const serving::responder& to) {
  auto x = translate(std::move(raw));
  std::lock_guard guard{mutex_};
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
  auto delay = opened.head.delay;
  auto begin = [this, opened = std::move(opened), to] {
    auto out = to;
    auto head = opened.head;
    streams_.add(opened.id, out.stream(200, headers_of(head)));
  };
  if (delay.count() <= 0)
    return begin();
  later(delay, std::move(begin));
}

// Plans what follows from what has just been done. Writing to the streams is
// left to the server's thread, where it collects what several requests did.
void server::impl::settle() {
  if (!streams_.idle() && !std::exchange(flush_planned_, true))
    later(std::chrono::nanoseconds{0}, [this] {
      flush_planned_ = false;
      flush();
    });
  nap();
}

// Does something with the lock held, unless the server has ended by then.
void server::impl::later(std::chrono::nanoseconds delay,
                         std::function<void()> act) {
  http_->schedule(delay, [weak = weak_from_this(), act = std::move(act)] {
    if (auto self = weak.lock()) {
      std::lock_guard guard{self->mutex_};
      act();
      self->settle();
    }
  });
}

void server::impl::flush() {
  auto slow = streams_.flush();
  if (!slow.empty())
    later(stall_pause, [this, slow = std::move(slow)] {
      for (auto id : slow)
        streams_.wake(id);
      flush();
    });
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
  later(until - now, [this, until] {
    auto then = http::boot_now();
    if (nap_until_ == until)
      nap_until_.reset();
    core_.advance(then);
    if (fleet_)
      fleet_->advance(then);
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
