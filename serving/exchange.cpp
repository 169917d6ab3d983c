#include "serving/exchange.hpp"

#include <utility>

#include "serving/http_head.hpp"

namespace natgw::serving {

// -- stream_state -------------------------------------------------------------

void stream_state::wake_locked() {
  if (std::exchange(waiting_, false) && wake_)
    wake_();
}

void stream_state::cut_locked() {
  if (!std::exchange(cut_, true) && shut_)
    shut_();
}

bool stream_state::write(std::string_view chunk) {
  std::lock_guard guard{mutex_};
  if (ended_ || cut_ || gone_)
    return false;
  if (pending_.size() + sending_ + chunk.size() > max_buffer_) {
    cut_locked();
    return false;
  }
  append_chunk(pending_, chunk);
  wake_locked();
  return true;
}

void stream_state::end() {
  std::lock_guard guard{mutex_};
  if (cut_)
    return;
  ended_ = true;
  on_gone_ = nullptr;
  wake_locked();
}

void stream_state::cut() {
  std::lock_guard guard{mutex_};
  if (ended_)
    return;
  on_gone_ = nullptr;
  cut_locked();
}

void stream_state::on_gone(std::move_only_function<void()> fn) {
  {
    std::lock_guard guard{mutex_};
    if (ended_)
      return;
    if (!gone_) {
      on_gone_ = std::move(fn);
      return;
    }
  }
  fn();
}

bool stream_state::closed() const {
  std::lock_guard guard{mutex_};
  return ended_ || cut_ || gone_;
}

size_t stream_state::buffered() const {
  std::lock_guard guard{mutex_};
  return pending_.size() + sending_;
}

stream_state::work stream_state::take() {
  std::lock_guard guard{mutex_};
  work result;
  result.cut = cut_;
  result.ended = ended_;
  result.bytes = std::exchange(pending_, {});
  sending_ = result.bytes.size();
  waiting_ = result.idle();
  return result;
}

void stream_state::sent() {
  std::lock_guard guard{mutex_};
  sending_ = 0;
}

void stream_state::attach(waker wake, waker shut) {
  std::lock_guard guard{mutex_};
  wake_ = std::move(wake);
  shut_ = std::move(shut);
}

void stream_state::detach() {
  std::move_only_function<void()> fn;
  {
    std::lock_guard guard{mutex_};
    gone_ = true;
    wake_ = nullptr;
    shut_ = nullptr;
    fn = std::exchange(on_gone_, nullptr);
    pending_.clear();
    sending_ = 0;
  }
  if (fn)
    fn();
}

// -- exchange_state -----------------------------------------------------------

bool exchange_state::settle(outcome x) {
  std::lock_guard guard{mutex_};
  if (std::exchange(settled_, true))
    return false;
  outcome_ = std::move(x);
  if (std::exchange(waiting_, false) && wake_)
    wake_();
  return true;
}

std::optional<outcome> exchange_state::take() {
  std::lock_guard guard{mutex_};
  waiting_ = !outcome_.has_value();
  return std::exchange(outcome_, std::nullopt);
}

void exchange_state::detach() {
  std::optional<outcome> unserved;
  {
    std::lock_guard guard{mutex_};
    settled_ = true;
    wake_ = nullptr;
    unserved = std::exchange(outcome_, std::nullopt);
  }
  if (!unserved)
    return;
  if (auto* x = std::get_if<stream_answer>(&*unserved))
    x->stream->detach();
}

exchange_handle::~exchange_handle() {
  state->settle(plain_answer{response::text(500, "not answered\n"), {}, true});
}

// -- the handles --------------------------------------------------------------

body_stream::body_stream(std::shared_ptr<stream_handle> impl)
  : impl_{std::move(impl)} {
  // nop
}

bool body_stream::write(std::string_view chunk) {
  return impl_ && impl_->state->write(chunk);
}

void body_stream::end() {
  if (impl_)
    impl_->state->end();
}

void body_stream::cut() {
  if (impl_)
    impl_->state->cut();
}

void body_stream::on_gone(std::move_only_function<void()> fn) {
  if (impl_)
    impl_->state->on_gone(std::move(fn));
}

bool body_stream::closed() const {
  return !impl_ || impl_->state->closed();
}

size_t body_stream::buffered() const {
  return impl_ ? impl_->state->buffered() : 0;
}

responder::responder(std::shared_ptr<exchange_handle> impl)
  : impl_{std::move(impl)} {
  // nop
}

void responder::answer(response x) {
  if (impl_)
    impl_->state->settle(plain_answer{std::move(x), {}, true});
}

void responder::answer(response x, delivery how) {
  if (impl_)
    impl_->state->settle(plain_answer{std::move(x), how, false});
}

body_stream responder::stream(int status, std::vector<header> headers) {
  if (!impl_)
    return {};
  auto& exchange = *impl_->state;
  auto state = std::make_shared<stream_state>(exchange.max_buffer());
  if (!exchange.settle(stream_answer{status, std::move(headers), state}))
    state->detach();
  return body_stream{std::make_shared<stream_handle>(std::move(state))};
}

void responder::close() {
  if (impl_)
    impl_->state->settle(close_answer{false});
}

void responder::reset() {
  if (impl_)
    impl_->state->settle(close_answer{true});
}

} // namespace natgw::serving
