#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

#include "clients/kube/json_text.hpp"
#include "messages/error.hpp"

// Helpers over simdjson's on-demand parser, for the sources of this folder
// only. Two rules keep hostile input harmless: a value is read at most once,
// and after an error nothing more is read from the same object.

namespace natgw::kube::json {

using simdjson::error_code;
using simdjson::SUCCESS;
using simdjson::ondemand::array;
using simdjson::ondemand::document;
using simdjson::ondemand::object;
using simdjson::ondemand::parser;
using simdjson::ondemand::value;

inline constexpr size_t any_length = ~size_t{0};

/// A document being read with a parser of this thread. Documents nest at most
/// once (JSON inside an annotation): `depth` is 0 for the outer, 1 for the
/// inner one, and there is at most one of each at a time.
class reading {
public:
  explicit reading(size_t depth = 0) : depth_(depth) {
  }

  reading(const reading&) = delete;
  reading& operator=(const reading&) = delete;

  ~reading();

  error_code open(json_text text);

  document& doc() {
    return document_;
  }

  /// After everything was read: nothing may follow.
  error_code finish();

private:
  size_t depth_;
  document document_;
};

/// True if the error is about one value and leaves the rest readable; after
/// any other the document is lost.
bool is_local(error_code code);

/// `malformed`, with simdjson's words.
std::unexpected<error> malformed(error_code code, std::string_view what);

/// Calls `visit(key, value)` for each member until it returns an error. Null
/// values are left out: to the API they are as good as absent.
template <class Visit>
error_code each_member(object& from, Visit&& visit) {
  for (auto member : from) {
    simdjson::ondemand::field field;
    if (auto code = std::move(member).get(field); code != SUCCESS)
      return code;
    std::string_view key;
    if (auto code = field.unescaped_key().get(key); code != SUCCESS)
      return code;
    auto item = field.value();
    bool is_null = false;
    if (auto code = item.is_null().get(is_null); code != SUCCESS)
      return code;
    if (is_null)
      continue;
    if (auto code = visit(key, item); code != SUCCESS)
      return code;
  }
  return SUCCESS;
}

template <class Visit>
error_code each_member(value& from, Visit&& visit) {
  object members;
  if (auto code = from.get_object().get(members); code != SUCCESS)
    return code;
  return each_member(members, std::forward<Visit>(visit));
}

/// Calls `visit(value)` for each element until it returns an error.
template <class Visit>
error_code each_element(value& from, Visit&& visit) {
  array items;
  if (auto code = from.get_array().get(items); code != SUCCESS)
    return code;
  for (auto element : items) {
    value item;
    if (auto code = std::move(element).get(item); code != SUCCESS)
      return code;
    if (auto code = visit(item); code != SUCCESS)
      return code;
  }
  return SUCCESS;
}

/// Reads a string of at most `limit` bytes; a longer one is CAPACITY.
error_code read_text(value& from, std::string& out, size_t limit = any_length);

} // namespace natgw::kube::json
