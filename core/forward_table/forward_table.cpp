#include "core/forward_table/forward_table.hpp"

#include <utility>

#include "core/forward_table/engine.hpp"

namespace natgw::core {

struct forward_table::impl : table::engine {
  using engine::engine;
};

forward_table::forward_table(table_options options)
  : impl_{std::make_unique<impl>(std::move(options))} {
}

forward_table::forward_table(forward_table&&) noexcept = default;
forward_table& forward_table::operator=(forward_table&&) noexcept = default;
forward_table::~forward_table() = default;

table_effects forward_table::start(instant now) {
  impl_->now = now;
  impl_->started = true;
  impl_->started_at = now;
  return impl_->finish();
}

table_effects forward_table::stand_by(instant now) {
  impl_->standing_by = true;
  return start(now);
}

table_effects forward_table::lead(uint64_t epoch, instant now) {
  if (impl_->standing_by) {
    auto next = std::make_unique<impl>(impl_->cfg);
    next->inherit(*impl_);
    impl_ = std::move(next);
  }
  impl_->cfg.epoch = epoch;
  return start(now);
}

table_effects forward_table::handle(const entry_want& wish, instant now) {
  impl_->now = now;
  impl_->accept(wish);
  return impl_->finish();
}

table_effects forward_table::handle(const entry_drop& wish, instant now) {
  impl_->now = now;
  impl_->accept(wish);
  return impl_->finish();
}

table_effects forward_table::settled(instant now) {
  impl_->now = now;
  impl_->settled = true;
  impl_->unblock();
  return impl_->finish();
}

table_effects forward_table::handle(const api_reply& reply, instant now) {
  impl_->now = now;
  impl_->answered(reply);
  return impl_->finish();
}

table_effects forward_table::tick(instant now) {
  impl_->now = now;
  impl_->tick();
  return impl_->finish();
}

std::optional<instant> forward_table::wake() const {
  return impl_->wake();
}

void forward_table::trace(std::function<void(const std::string&)> sink) {
  impl_->sink = std::move(sink);
}

} // namespace natgw::core
