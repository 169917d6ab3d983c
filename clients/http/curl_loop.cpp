#include "clients/http/curl_loop.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <system_error>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clients/http/boot_time.hpp"

namespace natgw::http {

namespace {

constexpr size_t max_idle_transfers = 128;

CURLM* make_multi() {
  static const auto initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  return initialized == CURLE_OK ? curl_multi_init() : nullptr;
}

int curl_events(uint32_t events) {
  auto result = 0;
  if ((events & EPOLLIN) != 0)
    result |= CURL_CSELECT_IN;
  if ((events & EPOLLOUT) != 0)
    result |= CURL_CSELECT_OUT;
  if ((events & (EPOLLERR | EPOLLHUP)) != 0)
    result |= CURL_CSELECT_ERR;
  return result;
}

uint32_t epoll_events(int what) {
  auto result = uint32_t{0};
  if ((what & CURL_POLL_IN) != 0)
    result |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0)
    result |= EPOLLOUT;
  return result;
}

} // namespace

curl_loop::descriptor::descriptor(int fd) : fd_{fd} {
  if (fd_ < 0)
    throw std::system_error{errno, std::generic_category(), "curl_loop"};
}

curl_loop::descriptor::~descriptor() {
  close(fd_);
}

curl_loop::curl_loop(curl_options cfg)
  : cfg_{std::move(cfg)},
    epoll_{epoll_create1(EPOLL_CLOEXEC)},
    event_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)},
    multi_{make_multi()} {
  if (!multi_)
    throw std::system_error{ENOMEM, std::generic_category(), "curl_multi"};
  set_options();
  epoll_event x{};
  x.events = EPOLLIN;
  x.data.fd = event_.get();
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, event_.get(), &x);
  thread_ = std::thread{[this] { run(); }};
}

curl_loop::~curl_loop() {
  {
    std::lock_guard guard{mutex_};
    stopping_ = true;
  }
  wake();
  thread_.join();
}

void curl_loop::set_options() {
  auto* x = multi_.get();
  curl_multi_setopt(x, CURLMOPT_SOCKETFUNCTION, &curl_loop::on_socket);
  curl_multi_setopt(x, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(x, CURLMOPT_TIMERFUNCTION, &curl_loop::on_timer);
  curl_multi_setopt(x, CURLMOPT_TIMERDATA, this);
  auto connections = static_cast<long>(cfg_.max_host_connections);
  curl_multi_setopt(x, CURLMOPT_MAX_HOST_CONNECTIONS, connections);
  curl_multi_setopt(x, CURLMOPT_MAXCONNECTS, connections);
}

void curl_loop::submit(command x) {
  auto first = false;
  {
    std::lock_guard guard{mutex_};
    first = inbox_.empty();
    inbox_.push_back(std::move(x));
  }
  // The loop empties the inbox before it sleeps, so one call is enough for all
  // that gather, and none is needed on its own thread.
  if (first && std::this_thread::get_id() != thread_.get_id())
    wake();
}

void curl_loop::wake() const {
  auto one = uint64_t{1};
  // It can only fail if it has been called 2^64 times: awake already.
  [[maybe_unused]] auto n = write(event_.get(), &one, sizeof(one));
}

void curl_loop::run() {
  while (run_commands()) {
    wait();
    run_timers();
    collect_finished();
  }
  cancel_all();
}

bool curl_loop::run_commands() {
  std::vector<command> batch;
  auto go_on = true;
  {
    std::lock_guard guard{mutex_};
    batch.swap(inbox_);
    go_on = !stopping_;
  }
  for (auto& x : batch)
    std::visit([this](auto& what) { execute(what); }, x);
  return go_on;
}

void curl_loop::execute(start_request& x) {
  auto transfer = fresh_transfer();
  transfer->on_done(std::move(x.done));
  start(std::move(transfer), x.id, std::move(x.what));
}

void curl_loop::execute(start_stream& x) {
  auto transfer = fresh_transfer();
  transfer->on_stream(std::move(x.handler));
  start(std::move(transfer), x.id, std::move(x.what));
}

void curl_loop::execute(consume& x) {
  if (auto i = running_.find(x.id); i != running_.end())
    i->second->consumed(x.bytes);
}

void curl_loop::execute(cancel& x) {
  if (auto i = running_.find(x.id); i != running_.end())
    finish(*i->second, fail(ec::cancelled, "withdrawn by the caller"));
}

void curl_loop::start(transfer_ptr x, uint64_t id, request what) {
  auto& transfer = *x;
  running_.emplace(id, std::move(x));
  auto ready = transfer.prepare(id, std::move(what), boot_now());
  if (!ready) {
    finish(transfer, std::move(ready));
    return;
  }
  if (curl_multi_add_handle(multi_.get(), transfer.easy()) != CURLM_OK) {
    finish(transfer, fail(ec::transport, "libcurl refuses the request"));
    return;
  }
  if (transfer.is_stream())
    look_again(transfer, boot_now());
}

int curl_loop::wait_milliseconds() const {
  auto next = curl_deadline_;
  if (!stream_checks_.empty()) {
    auto at = stream_checks_.begin()->first;
    next = next ? std::min(*next, at) : at;
  }
  if (!next)
    return -1;
  auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - boot_now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, INT_MAX));
}

void curl_loop::wait() {
  std::array<epoll_event, 64> events{};
  auto milliseconds = wait_milliseconds();
  {
    // What callbacks have submitted since came without a wake-up.
    std::lock_guard guard{mutex_};
    if (!inbox_.empty() || stopping_)
      milliseconds = 0;
  }
  auto count = epoll_wait(epoll_.get(), events.data(),
                          static_cast<int>(events.size()), milliseconds);
  for (auto i = 0; i < count; ++i) {
    auto& x = events[static_cast<size_t>(i)];
    if (x.data.fd == event_.get()) {
      auto ignored = uint64_t{0};
      [[maybe_unused]] auto n = read(x.data.fd, &ignored, sizeof(ignored));
      continue;
    }
    auto running = 0;
    curl_multi_socket_action(multi_.get(), x.data.fd, curl_events(x.events),
                             &running);
  }
}

void curl_loop::run_timers() {
  auto now = boot_now();
  if (curl_deadline_ && *curl_deadline_ <= now) {
    curl_deadline_.reset();
    auto running = 0;
    curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
  }
  end_overdue_streams(now);
}

void curl_loop::end_overdue_streams(instant now) {
  while (!stream_checks_.empty() && stream_checks_.begin()->first <= now) {
    auto id = stream_checks_.begin()->second;
    stream_checks_.erase(stream_checks_.begin());
    auto i = running_.find(id);
    if (i == running_.end())
      continue;
    if (i->second->overdue(now))
      finish(*i->second, fail(ec::timeout, "the stream is silent"));
    else
      look_again(*i->second, now);
  }
}

void curl_loop::look_again(const curl_transfer& x, instant now) {
  if (auto at = x.next_look(now))
    stream_checks_.emplace(*at, x.id());
}

void curl_loop::collect_finished() {
  auto left = 0;
  while (auto* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE)
      continue;
    char* self = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
    auto* x = reinterpret_cast<curl_transfer*>(self);
    finish(*x, x->result(message->data.result));
  }
}

void curl_loop::finish(curl_transfer& x, expected<void> outcome) {
  curl_multi_remove_handle(multi_.get(), x.easy());
  auto node = running_.extract(x.id());
  x.finish(std::move(outcome), [this, &node] {
    if (idle_.size() < max_idle_transfers)
      idle_.push_back(std::move(node.mapped()));
  });
}

void curl_loop::cancel_all() {
  do {
    while (!running_.empty())
      finish(*running_.begin()->second,
             fail(ec::cancelled, "the transport ends"));
    run_commands();
  } while (!running_.empty());
}

curl_loop::transfer_ptr curl_loop::fresh_transfer() {
  if (idle_.empty())
    return std::make_unique<curl_transfer>(cfg_);
  auto result = std::move(idle_.back());
  idle_.pop_back();
  return result;
}

int curl_loop::on_socket(CURL* /*easy*/, curl_socket_t fd, int what, void* self,
                         void* known) {
  auto* x = static_cast<curl_loop*>(self);
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(x->epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
    return 0;
  }
  epoll_event event{};
  event.events = epoll_events(what);
  event.data.fd = fd;
  auto operation = known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  epoll_ctl(x->epoll_.get(), operation, fd, &event);
  if (known == nullptr)
    curl_multi_assign(x->multi_.get(), fd, x);
  return 0;
}

int curl_loop::on_timer(CURLM* /*multi*/, long milliseconds, void* self) {
  auto* x = static_cast<curl_loop*>(self);
  if (milliseconds < 0)
    x->curl_deadline_.reset();
  else
    x->curl_deadline_ = boot_now() + std::chrono::milliseconds{milliseconds};
  return 0;
}

} // namespace natgw::http
