#include "core/client_token.hpp"

#include <string>

#include "core/digest.hpp"

namespace natgw::core {

std::string client_token(const token_parts& x) {
  std::string text;
  append_field(text, x.record_uid);
  append_field(text, to_string(x.action));
  append_field(text, x.table_id);
  append_field(text, x.entry_id);
  append_field(text, x.spec.name);
  append_field(text, x.spec.external_ip);
  append_field(text, x.spec.internal_ip);
  append_field(text, std::to_string(x.spec.external_port));
  append_field(text, std::to_string(x.spec.internal_port));
  append_field(text, std::to_string(x.spec.count));
  append_field(text, to_string(x.spec.proto));
  append_field(text, x.port_break ? "break" : "");
  append_field(text, std::to_string(x.attempt));
  return base32(sha256(text));
}

} // namespace natgw::core
