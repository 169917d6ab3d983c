#pragma once

#include <memory>
#include <utility>

#include <caf/actor_cast.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/send.hpp>

namespace natgw::actors {

/// Returns a function for another thread that turns its argument into a
/// message to this actor: `make(argument)` is what is sent. It does nothing
/// once the actor is gone, and does not keep it alive.
template <class Handle, class Self, class Make>
auto hand_over(Self* self, Make make) {
  return [weak = caf::weak_actor_ptr{self->ctrl()},
          make = std::move(make)](auto&& answer) mutable {
    if (auto strong = weak.lock())
      caf::anon_send(caf::actor_cast<Handle>(std::move(strong)),
                     make(std::forward<decltype(answer)>(answer)));
  };
}

} // namespace natgw::actors
