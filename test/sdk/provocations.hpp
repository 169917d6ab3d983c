#pragma once

#include <span>
#include <string_view>

#include "test/sdk/world.hpp"

namespace natgw::test::sdk {

/// Brings about a refusal in a fresh world.
struct provocation {
  int status;
  std::string_view code;
  /// Returns what the SDK was told.
  outcome (*provoke)(world&);
};

/// By who calls, or by how and how often it is called.
std::span<const provocation> provocations_by_call();

/// By parameters, or by what the resources do not allow.
std::span<const provocation> provocations_by_content();

// -- steps of both ------------------------------------------------------------

/// A creation by the SDK with some parameters changed; null takes one away.
outcome create_with(const world& w, const json& changes);

/// A good creation by both clients, changed.
outcome create_by_both(world& w, void (*change)(api_call&));

/// Calls until the answer that comes by chance is there.
template <class F>
outcome call_until(std::string_view code, F call) {
  outcome got = call();
  for (int i = 0; i < 64 && got.code() != code; ++i)
    got = call();
  return got;
}

/// Changes the cloud's behaviour.
void set_only(const world& w, void (*change)(emulator::vpc_behaviour&));

} // namespace natgw::test::sdk
