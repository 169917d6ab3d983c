#include "emulator/kube/watch_streams.hpp"

#include <string>
#include <utility>

namespace natgw::emulator::kube {

namespace {

// A peer that is slower than its watch has so many bytes waiting in the
// server's buffer at most; the rest stays shared.
constexpr size_t stream_window = size_t{4} << 20U;
constexpr size_t chunk_bytes = size_t{256} << 10U;

} // namespace

watch_streams::watch_streams(api_server& core) : core_(core) {
  core.on_wake([this](uint64_t watch) { wake(watch); });
}

void watch_streams::add(uint64_t watch, serving::body_stream out) {
  out.on_gone([gone = gone_, watch] {
    std::lock_guard guard{gone->mutex};
    gone->watches.push_back(watch);
  });
  streams_[watch].out = std::move(out);
  wake(watch);
}

void watch_streams::forget_gone() {
  std::vector<uint64_t> gone;
  {
    std::lock_guard guard{gone_->mutex};
    gone.swap(gone_->watches);
  }
  for (auto watch : gone) {
    core_.close_watch(watch);
    streams_.erase(watch);
  }
}

std::vector<uint64_t> watch_streams::flush() {
  forget_gone();
  std::vector<uint64_t> slow;
  for (auto watch : std::exchange(awake_, {}))
    if (auto i = streams_.find(watch);
        i != streams_.end() && is_slow(watch, i->second))
      slow.push_back(watch);
  return slow;
}

// Sends what it can; ends the stream if that was all.
bool watch_streams::is_slow(uint64_t watch, stream& x) {
  if (x.pending.empty() && !x.ended) {
    auto batch = core_.take(watch);
    x.pending.assign(batch.lines.begin(), batch.lines.end());
    x.ended = batch.ended;
    x.broken = batch.broken;
  }
  auto alive = pour(x);
  if (alive && !x.pending.empty())
    return true;
  if (alive && !x.ended)
    return false;
  if (x.broken)
    x.out.cut();
  else
    x.out.end();
  core_.close_watch(watch);
  streams_.erase(watch);
  return false;
}

// Returns false if the peer is gone.
bool watch_streams::pour(stream& x) {
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

} // namespace natgw::emulator::kube
