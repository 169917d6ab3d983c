#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <curl/curl.h>

#include "clients/http/curl_transport.hpp"
#include "clients/http/renamed_url.hpp"
#include "clients/http/transport.hpp"
#include "messages/time.hpp"

namespace natgw::http {

/// One exchange and its easy handle, which outlives it: transfers are pooled.
/// Used by one thread. libcurl calls back into `this`, so it never moves.
class curl_transfer {
public:
  /// `cfg` must outlive the transfer.
  explicit curl_transfer(const curl_options& cfg);

  curl_transfer(const curl_transfer&) = delete;
  curl_transfer& operator=(const curl_transfer&) = delete;

  CURL* easy() const {
    return easy_.get();
  }

  uint64_t id() const {
    return id_;
  }

  bool is_stream() const {
    return handler_.has_value();
  }

  /// Sets the handle up for a request. An error means that it must not run:
  /// ill-formed, or fenced already.
  expected<void> prepare(uint64_t id, request x, instant now);

  void on_done(completion f) {
    done_ = std::move(f);
  }

  void on_stream(stream_handler f) {
    handler_ = std::move(f);
  }

  /// Tells that so many bytes have been dealt with; goes on if it was paused.
  void consumed(size_t bytes);

  /// For a stream: whether it has been silent for too long.
  bool overdue(instant now) const;

  /// For a stream: when to ask `overdue` again; empty: never.
  std::optional<instant> next_look(instant now) const;

  /// What libcurl's verdict means.
  expected<void> result(CURLcode rc) const;

  /// Empties the transfer for the next request and then calls what waits for
  /// the outcome of this one.
  /// @param recycle called in between, when the transfer may be used again
  template <class Recycle>
  void finish(expected<void> outcome, Recycle recycle) {
    auto got = std::move(got_);
    auto has_head = head_done_;
    auto done = std::move(done_);
    auto handler = std::move(handler_);
    reset();
    recycle();
    if (handler)
      end_stream(*handler, std::move(outcome), std::move(got), has_head);
    else if (outcome)
      done(std::move(got));
    else
      done(std::unexpected{std::move(outcome.error())});
  }

private:
  struct cleanup {
    void operator()(CURL* x) const {
      curl_easy_cleanup(x);
    }
  };

  void set_constants();
  void set_tls();
  expected<void> set_target();
  void set_method();
  void set_headers();
  void reset();
  size_t take_header(std::string_view line);
  size_t end_head();
  size_t take_body(std::string_view bytes);
  size_t append_body(std::string_view bytes);
  size_t hand_over(std::string_view bytes);
  /// Makes libcurl give up; `result` will tell the reason.
  size_t refuse(ec code, std::string detail);
  bool collects_body() const;
  static void end_stream(stream_handler& handler, expected<void> outcome,
                         response got, bool has_head);

  static size_t on_header(char* data, size_t size, size_t count, void* self);
  static size_t on_body(char* data, size_t size, size_t count, void* self);
  static int on_socket(void* self, curl_socket_t fd, curlsocktype purpose);
  static int before_send(void* self, char* remote, char* local, int remote_port,
                         int local_port);

  const curl_options& cfg_;
  std::unique_ptr<CURL, cleanup> easy_{curl_easy_init()};
  uint64_t id_ = 0;
  request sent_;
  response got_;
  completion done_;
  std::optional<stream_handler> handler_;
  /// The list that libcurl reads; its nodes point into `lines_`.
  std::vector<std::string> lines_;
  std::vector<curl_slist> nodes_;
  /// Set where the certificate is another host's; `detour_` points into it.
  std::optional<renamed_url> renamed_;
  curl_slist detour_{};
  std::array<char, CURL_ERROR_SIZE> complaint_{};
  /// True once libcurl has been about to send the request.
  bool has_left_ = false;
  /// Why one of our own callbacks gave up.
  std::optional<error> refusal_;
  size_t head_bytes_ = 0;
  bool head_done_ = false;
  bool paused_ = false;
  size_t unconsumed_ = 0;
  instant began_{};
  instant active_{};
};

} // namespace natgw::http
