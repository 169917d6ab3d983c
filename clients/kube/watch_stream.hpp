#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "clients/http/transport.hpp"
#include "clients/kube/client.hpp"
#include "clients/kube/watch_decoder.hpp"

namespace natgw::kube {

/// An id that no stream has.
inline constexpr uint64_t no_stream = std::numeric_limits<uint64_t>::max();

/// One watch under way: turns bytes into events. All but `start` runs on the
/// transport's thread.
template <class Object>
class watch_stream : public std::enable_shared_from_this<watch_stream<Object>> {
public:
  /// `refuse` turns an answer that is not 2xx into its error.
  using refusal = std::move_only_function<error(const http::response&)>;

  watch_stream(http::transport& net, watch_handler<Object> handler,
               refusal refuse)
    : net_(net),
      handler_(std::move(handler)),
      refuse_(std::move(refuse)) {
  }

  /// Sends the request. The transport holds this object from then on.
  uint64_t start(http::request x) {
    auto self = this->shared_from_this();
    http::stream_handler callbacks;
    callbacks.on_head = [self](const http::response& head) {
      self->begin(head);
    };
    callbacks.on_data = [self](std::string_view bytes) { self->take(bytes); };
    callbacks.on_end = [self](expected<void> end) {
      self->finish(std::move(end));
    };
    auto id = net_.stream(std::move(x), std::move(callbacks));
    id_ = id;
    if (doomed_)
      net_.cancel(id);
    return id;
  }

private:
  void begin(const http::response& head) {
    if (head.status < 200 || head.status >= 300)
      failure_ = refuse_(head);
  }

  void take(std::string_view bytes) {
    // The transport may let go of its callbacks during `cancel`.
    auto self = this->shared_from_this();
    if (!failure_) {
      decoder_.append(bytes);
      watch_batch<Object> batch;
      decode(batch);
      hand_over(std::move(batch), bytes.size());
    }
    if (failure_)
      give_up();
  }

  void decode(watch_batch<Object>& batch) {
    for (;;) {
      auto line = decoder_.next();
      if (!line)
        failure_ = std::move(line.error());
      if (!line || !*line)
        return;
      auto event = parse_watch_line<Object>(**line);
      if (event.kind == watch_kind::failed) {
        failure_ = std::move(event.problem);
        return;
      }
      batch.events.push_back(std::move(event));
    }
  }

  // Bytes of an incomplete line count as dealt with at once: otherwise a line
  // longer than the stream's window would wait for itself.
  void hand_over(watch_batch<Object> batch, size_t size) {
    if (batch.events.empty()) {
      acknowledge(size);
      return;
    }
    auto held = std::min(decoder_.held(), size);
    batch.bytes = size - held;
    acknowledge(held);
    handler_.on_events(std::move(batch));
  }

  void acknowledge(size_t bytes) {
    owed_ += bytes;
    auto id = id_.load();
    if (id == no_stream || owed_ == 0)
      return;
    net_.consumed(id, std::exchange(owed_, 0));
  }

  void give_up() {
    doomed_ = true;
    if (auto id = id_.load(); id != no_stream)
      net_.cancel(id);
  }

  void finish(expected<void> end) {
    if (failure_)
      end = std::unexpected{*failure_};
    else if (end && decoder_.held() > 0)
      end = fail(ec::transport, "the watch ended within a line");
    handler_.on_end(std::move(end));
  }

  http::transport& net_;
  watch_handler<Object> handler_;
  refusal refuse_;
  watch_decoder decoder_;
  /// Why the rest of the stream is of no use.
  std::optional<error> failure_;
  std::atomic<uint64_t> id_{no_stream};
  /// With `id_`: whichever of `start` and `give_up` comes second cancels.
  std::atomic<bool> doomed_{false};
  /// Bytes to acknowledge once the id is known.
  size_t owed_ = 0;
};

} // namespace natgw::kube
