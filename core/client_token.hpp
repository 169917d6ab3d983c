#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "messages/api_call.hpp"
#include "messages/entry.hpp"

namespace natgw::core {

/// Everything a write to the cloud depends on. Two writes with equal parts
/// are one and the same write; a change of any part makes another token.
struct token_parts {
  std::string_view record_uid;
  api_action action = api_action::create_entry;
  std::string_view table_id;
  /// Empty for a create.
  std::string_view entry_id;
  entry_spec spec;
  bool port_break = false;
  uint32_t attempt = 0;
};

/// The ClientToken of a write: 52 ASCII characters (the API allows 64).
std::string client_token(const token_parts& x);

} // namespace natgw::core
