#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "clients/http/transport.hpp"

namespace natgw::kube::testing {

/// Keeps what was asked, and answers when told to.
class fake_transport : public http::transport {
public:
  struct asked {
    uint64_t id = 0;
    http::request what;
    http::completion done;
    http::stream_handler handler;
  };

  uint64_t send(http::request x, http::completion done) override {
    pending.push_back({++last_id, std::move(x), std::move(done), {}});
    return last_id;
  }

  uint64_t stream(http::request x, http::stream_handler handler) override {
    pending.push_back({++last_id, std::move(x), {}, std::move(handler)});
    if (on_stream)
      on_stream(pending.back());
    return last_id;
  }

  void consumed(uint64_t id, size_t bytes) override {
    acknowledged[id] += bytes;
  }

  void cancel(uint64_t id) override {
    cancelled.push_back(id);
  }

  /// The oldest request that was not answered.
  const http::request& next() const {
    return pending.at(0).what;
  }

  void answer(expected<http::response> x) {
    auto first = std::move(pending.at(0));
    pending.erase(pending.begin());
    first.done(std::move(x));
  }

  void answer(int status, std::string body) {
    http::response x;
    x.status = status;
    x.body = std::move(body);
    answer(expected<http::response>{std::move(x)});
  }

  uint64_t last_id = 0;
  std::vector<asked> pending;
  std::map<uint64_t, size_t> acknowledged;
  std::vector<uint64_t> cancelled;
  /// Runs before `stream` returns, as another thread might.
  std::move_only_function<void(asked&)> on_stream;
};

inline std::string find_header(const http::request& x, std::string_view name) {
  for (auto& header : x.headers)
    if (header.name == name)
      return header.value;
  return {};
}

} // namespace natgw::kube::testing
