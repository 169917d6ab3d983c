#pragma once

#include <string>

#include <openssl/crypto.h>

#include "clients/aliyun/json_reader.hpp"
#include "clients/aliyun/secret_file.hpp"
#include "core/secret.hpp"

namespace natgw::aliyun {

/// A text that holds secrets and has not been read yet, with room for
/// simdjson's padding. Wiped when it ends.
class wiped_text {
public:
  wiped_text() = default;

  /// Takes it over and wipes what it was made from.
  explicit wiped_text(std::string&& from) {
    text.reserve(from.size() + simdjson::SIMDJSON_PADDING);
    text = from;
    wipe(from);
  }

  wiped_text(const wiped_text&) = delete;
  wiped_text& operator=(const wiped_text&) = delete;

  ~wiped_text() {
    wipe(text);
  }

  std::string text;
};

namespace json {

/// Reads a text and wipes the parser's own copy of it, if it made one.
inline step read_secret(value x, core::secret& out) {
  simdjson::ondemand::json_type type{};
  std::string_view text;
  if (x.type().get(type) != simdjson::SUCCESS)
    return false;
  if (type == simdjson::ondemand::json_type::null) {
    out = {};
    return read_null(x);
  }
  if (type != simdjson::ondemand::json_type::string
      || x.get_string().get(text) != simdjson::SUCCESS)
    return false;
  out = core::secret{text};
  // It lies in a buffer of the parser that is ours alone.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
  OPENSSL_cleanse(const_cast<char*>(text.data()), text.size());
  return true;
}

} // namespace json

} // namespace natgw::aliyun
