#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "messages/api_call.hpp"
#include "messages/entry.hpp"
#include "messages/error.hpp"

namespace natgw::aliyun {

// Readers of the bodies of VPC OpenAPI. Tolerant of spelling: letter case of
// protocols, numbers and booleans in quotes, absent names, lists with or
// without their wrapper object, unknown keys. Strict about types: anything
// else is `malformed`. All texts that come out are bounded and hold no control
// characters. `body` is extended by the parser's padding, not changed.

struct error_body {
  std::string code;
  std::string message;
};

expected<error_body> read_error(std::string& body);

/// The id of a new entry.
expected<std::string> read_created(std::string& body);

/// An answer that holds nothing of interest.
expected<void> read_done(std::string& body);

struct entry_page {
  std::vector<forward_entry> entries;
  uint32_t total_count = 0;
};

/// An entry whose protocol or ports are none that we know is taken for one
/// that occupies its whole external IP (`any`), so that nothing of ours comes
/// near it.
expected<entry_page> read_entries(std::string& body);

struct gateway_page {
  std::vector<gateway_view> gateways;
  uint32_t total_count = 0;
};

expected<gateway_page> read_gateways(std::string& body);

struct eip_page {
  std::vector<eip_view> eips;
  uint32_t total_count = 0;
};

expected<eip_page> read_eips(std::string& body);

/// A text as it may be shown: at most `max` bytes, control characters
/// replaced by `?`.
std::string clean(std::string_view x, size_t max);

} // namespace natgw::aliyun
