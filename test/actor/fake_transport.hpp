#pragma once

#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "clients/http/transport.hpp"

namespace natgw::test {

/// A transport without a network: it keeps what it is given until the test
/// answers. For one thread.
class fake_transport : public http::transport {
public:
  /// One request or stream, in the order of sending.
  struct exchange {
    uint64_t id = 0;
    http::request request;
    bool streaming = false;
    /// Until it was answered, ended or cancelled.
    bool open = true;
    bool cancelled = false;
    /// Bytes that the consumer of the stream has dealt with.
    size_t consumed = 0;
    http::completion done;
    http::stream_handler handler;

    /// Answers the request, or gives a stream its head and, unless the status
    /// is 2xx, its end.
    void answer(int status, std::string body = {},
                std::vector<http::header> headers = {}) {
      http::response x{status, std::move(headers), std::move(body)};
      if (!streaming) {
        open = false;
        done(std::move(x));
        return;
      }
      handler.on_head(std::move(x));
      if (status < 200 || status > 299)
        end();
    }

    /// No answer, for this reason.
    void fail(ec code) {
      open = false;
      if (streaming)
        handler.on_end(natgw::fail(code));
      else
        done(natgw::fail(code));
    }

    /// More bytes of a stream.
    void data(std::string_view bytes) {
      handler.on_data(bytes);
    }

    /// The stream ends in good order.
    void end() {
      open = false;
      handler.on_end({});
    }
  };

  uint64_t send(http::request x, http::completion done) override {
    auto& e = exchanges.emplace_back();
    e.id = exchanges.size();
    e.request = std::move(x);
    e.done = std::move(done);
    return e.id;
  }

  uint64_t stream(http::request x, http::stream_handler handler) override {
    auto& e = exchanges.emplace_back();
    e.id = exchanges.size();
    e.request = std::move(x);
    e.streaming = true;
    e.handler = std::move(handler);
    return e.id;
  }

  void consumed(uint64_t id, size_t bytes) override {
    exchanges.at(id - 1).consumed += bytes;
  }

  void cancel(uint64_t id) override {
    auto& e = exchanges.at(id - 1);
    if (!e.open)
      return;
    e.cancelled = true;
    e.fail(ec::cancelled);
  }

  /// The oldest open exchange with this method whose URL contains `part`, or
  /// null.
  exchange* find(http::method verb, std::string_view part = {}) {
    for (auto& e : exchanges)
      if (e.open && e.request.verb == verb
          && e.request.url.find(part) != std::string::npos)
        return &e;
    return nullptr;
  }

  /// The same, where there has to be one.
  exchange& the(http::method verb, std::string_view part = {}) {
    if (auto* e = find(verb, part))
      return *e;
    throw std::runtime_error{"no open " + std::string{http::to_string(verb)}
                             + ' ' + std::string{part} + describe()};
  }

  /// How many are open.
  size_t open() const {
    size_t result = 0;
    for (const auto& e : exchanges)
      result += e.open ? 1 : 0;
    return result;
  }

  /// Everything that was ever sent; references stay valid.
  std::deque<exchange> exchanges;

private:
  std::string describe() const {
    std::string result = "; open are:";
    for (const auto& e : exchanges)
      if (e.open)
        result += ' ' + std::string{http::to_string(e.request.verb)} + ' '
                  + e.request.url;
    return result;
  }
};

} // namespace natgw::test
