#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <utility>

namespace natgw::kube {

/// Appends `text` with what is not valid UTF-8 replaced by U+FFFD, and, where
/// `escape` is set, as the inside of a JSON string.
void append_utf8(std::string& out, std::string_view text, bool escape);

/// Writes compact JSON, append-only. Commas come by themselves; whoever calls
/// keeps begin and end in pairs and every value of an object behind its key.
class json_writer {
public:
  json_writer& begin_object() {
    return open('{');
  }

  json_writer& end_object() {
    out_ += '}';
    return *this;
  }

  json_writer& begin_array() {
    return open('[');
  }

  json_writer& end_array() {
    out_ += ']';
    return *this;
  }

  json_writer& key(std::string_view name);

  json_writer& string(std::string_view text);

  template <std::integral T>
  json_writer& number(T x) {
    return raw(std::to_string(x));
  }

  json_writer& boolean(bool x) {
    return raw(x ? "true" : "false");
  }

  json_writer& null() {
    return raw("null");
  }

  /// Shorthands for the commonest members.
  json_writer& member(std::string_view name, std::string_view text) {
    return key(name).string(text);
  }

  template <std::integral T>
  json_writer& member_number(std::string_view name, T x) {
    return key(name).number(x);
  }

  /// The text, or null where it is empty: a merge patch then removes the
  /// member.
  json_writer& member_or_null(std::string_view name, std::string_view text) {
    return text.empty() ? key(name).null() : member(name, text);
  }

  std::string take() {
    return std::move(out_);
  }

private:
  json_writer& open(char bracket);

  json_writer& raw(std::string_view text);

  void separate();

  std::string out_;
};

} // namespace natgw::kube
