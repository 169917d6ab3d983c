#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <curl/curl.h>

#include "clients/http/curl_transfer.hpp"
#include "clients/http/curl_transport.hpp"
#include "messages/time.hpp"

namespace natgw::http {

/// The thread behind curl_transport: libcurl's multi_socket interface on
/// epoll, so that a turn costs what is active and not what is open.
class curl_loop {
public:
  struct start_request {
    uint64_t id;
    request what;
    completion done;
  };

  struct start_stream {
    uint64_t id;
    request what;
    stream_handler handler;
  };

  struct consume {
    uint64_t id;
    size_t bytes;
  };

  struct cancel {
    uint64_t id;
  };

  using command = std::variant<start_request, start_stream, consume, cancel>;

  explicit curl_loop(curl_options cfg);

  curl_loop(const curl_loop&) = delete;
  curl_loop& operator=(const curl_loop&) = delete;

  ~curl_loop();

  /// Hands a command over; from any thread.
  void submit(command x);

  uint64_t next_id() {
    return ++last_id_;
  }

private:
  /// A file descriptor of our own.
  class descriptor {
  public:
    explicit descriptor(int fd);
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor();

    int get() const {
      return fd_;
    }

  private:
    int fd_;
  };

  struct cleanup {
    void operator()(CURLM* x) const {
      curl_multi_cleanup(x);
    }
  };

  using transfer_ptr = std::unique_ptr<curl_transfer>;

  void run();
  void set_options();
  void wake() const;
  bool run_commands();
  void execute(start_request& x);
  void execute(start_stream& x);
  void execute(consume& x);
  void execute(cancel& x);
  void start(transfer_ptr x, uint64_t id, request what);
  void wait();
  int wait_milliseconds() const;
  void run_timers();
  void end_overdue_streams(instant now);
  void look_again(const curl_transfer& x, instant now);
  void collect_finished();
  void finish(curl_transfer& x, expected<void> outcome);
  void cancel_all();
  transfer_ptr fresh_transfer();

  static int on_socket(CURL* easy, curl_socket_t fd, int what, void* self,
                       void* known);
  static int on_timer(CURLM* multi, long milliseconds, void* self);

  curl_options cfg_;
  descriptor epoll_;
  descriptor event_;

  std::mutex mutex_;
  std::vector<command> inbox_;
  bool stopping_ = false;
  std::atomic<uint64_t> last_id_ = 0;

  // Below: the loop's thread only. The order of members is the reverse of
  // their end: transfers go before the multi handle.
  std::unique_ptr<CURLM, cleanup> multi_;
  std::unordered_map<uint64_t, transfer_ptr> running_;
  std::vector<transfer_ptr> idle_;
  std::optional<instant> curl_deadline_;
  /// When to look at which stream again.
  std::set<std::pair<instant, uint64_t>> stream_checks_;
  std::thread thread_;
};

} // namespace natgw::http
