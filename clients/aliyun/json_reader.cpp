#include "clients/aliyun/json_reader.hpp"

#include <algorithm>
#include <charconv>

#include "core/trim.hpp"

namespace natgw::aliyun::json {

namespace {

using simdjson::SUCCESS;
using simdjson::ondemand::json_type;

bool says(std::string_view x, std::string_view word) {
  return std::ranges::equal(x, word, [](char a, char b) {
    return a == b || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == b);
  });
}

} // namespace

step read_text(value x, std::string_view& out) {
  json_type type{};
  if (x.type().get(type) != SUCCESS)
    return false;
  switch (type) {
    case json_type::string:
      return x.get_string().get(out) == SUCCESS;
    case json_type::number:
      out = core::trim(x.raw_json_token());
      return true;
    case json_type::null:
      out = {};
      return read_null(x);
    default:
      return false;
  }
}

step read_text(value x, std::string& out) {
  std::string_view text;
  if (!read_text(x, text))
    return false;
  out = text;
  return true;
}

step read_bool(value x, bool& out) {
  json_type type{};
  if (x.type().get(type) != SUCCESS)
    return false;
  if (type == json_type::boolean)
    return x.get_bool().get(out) == SUCCESS;
  std::string_view text;
  if (type == json_type::number || !read_text(x, text))
    return false;
  out = says(text, "true");
  return out || text.empty() || says(text, "false");
}

step read_count(value x, uint32_t& out) {
  std::string_view text;
  if (!read_text(x, text))
    return false;
  text = core::trim(text);
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(),
                                        out);
  return problem == std::errc{} && end == text.data() + text.size();
}

} // namespace natgw::aliyun::json
