#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "messages/error.hpp"

namespace natgw::aliyun::json {

using simdjson::ondemand::object;
using simdjson::ondemand::value;

/// A step of reading: false means that the document is not as it should be.
/// The first failure ends the reading.
using step = bool;

/// null, and nothing else that begins with an n.
inline step read_null(value x) {
  auto is_null = false;
  return x.is_null().get(is_null) == simdjson::SUCCESS && is_null;
}

/// A text; a number or null in its place is read as its text or as empty.
step read_text(value x, std::string_view& out);

step read_text(value x, std::string& out);

/// true, false, "true", "FALSE", null.
step read_bool(value x, bool& out);

/// 7 or "7".
step read_count(value x, uint32_t& out);

/// Calls `f(key, value)` for each field; `f` returns a step.
template <class F>
step each_field(object x, F f) {
  for (auto field : x) {
    std::string_view key;
    value content;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS
        || field.value().get(content) != simdjson::SUCCESS || !f(key, content))
      return false;
  }
  return true;
}

template <class F>
step each_field(value x, F f) {
  object fields;
  return x.get_object().get(fields) == simdjson::SUCCESS
         && each_field(fields, f);
}

/// Calls `f(value)` for each element of a list, which may be wrapped into an
/// object (`{"Entry": [..]}`), be null, or a single element without brackets.
template <class F>
step each_element(value x, std::string_view wrapper, F f) {
  using simdjson::ondemand::json_type;
  json_type type{};
  if (x.type().get(type) != simdjson::SUCCESS)
    return false;
  if (type == json_type::null)
    return true;
  if (type == json_type::object && !wrapper.empty())
    return each_field(x, [&](std::string_view key, value content) {
      return key != wrapper || each_element(content, {}, f);
    });
  if (type != json_type::array)
    return f(x);
  simdjson::ondemand::array elements;
  if (x.get_array().get(elements) != simdjson::SUCCESS)
    return false;
  for (auto element : elements) {
    value content;
    if (element.get(content) != simdjson::SUCCESS || !f(content))
      return false;
  }
  return true;
}

/// Parses a document whose root is an object and reads its fields with `f`.
template <class F>
step read_document(std::string& body, F f) {
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  object root;
  simdjson::padded_string_view text{body.data(), body.size(), body.capacity()};
  return parser.iterate(text).get(document) == simdjson::SUCCESS
         && document.get_object().get(root) == simdjson::SUCCESS
         && each_field(root, f)
         // Nothing may follow the root.
         && document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

} // namespace natgw::aliyun::json
