#pragma once

#include <variant>
#include <vector>

#include "messages/api_call.hpp"
#include "messages/entry.hpp"

namespace natgw::core {

/// What a forward table wants done: a call to the caller, or word to the pool.
using table_effect
  = std::variant<api_call, entry_news, foreign_news, table_report, sweep_ptr>;

/// In the order in which they must be sent.
using table_effects = std::vector<table_effect>;

} // namespace natgw::core
