#pragma once

#include <string>

#include "emulator/vpc/api_request.hpp"
#include "emulator/vpc/forward_table.hpp"

namespace natgw::emulator {

/// The parameters of a forward entry, as texts.
struct entry_text {
  std::string external_ip = {};
  std::string external_port = {};
  std::string internal_ip = {};
  std::string internal_port = {};
  std::string protocol = {};
  std::string name = {};
};

/// The parameters of a request; where one is absent, that of `otherwise`.
entry_text entry_text_of(const api_request& asked,
                         const entry_text& otherwise = {});
entry_text entry_text_of(const entry& x);

/// Reads addresses, ports ("80", "10/20", "Any"), protocol (in any letter
/// case) and name. Refusals: Invalid<What>.Malformed,
/// InvalidProtocal.ValueNotSupported, InvalidParameter.Name.Malformed.
api_expected<entry> read_entry(const entry_text& x);

/// The rule for ForwardEntryName: 2 to 128 characters, the first a letter
/// (also a Chinese one), the rest letters, digits, '.', '_' and '-'; not
/// beginning with http:// or https://. UTF-8.
bool is_entry_name(std::string_view text);

} // namespace natgw::emulator
