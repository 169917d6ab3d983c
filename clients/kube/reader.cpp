#include "clients/kube/reader.hpp"

#include <array>

namespace natgw::kube::json {

namespace {

// Buffers are a multiple of the largest document; those of a big page are not
// worth keeping.
constexpr size_t keep_capacity = size_t{1} << 20U;

parser& thread_parser(size_t depth) {
  thread_local std::array<parser, 2> parsers;
  return parsers[depth];
}

} // namespace

reading::~reading() {
  if (auto& used = thread_parser(depth_); used.capacity() > keep_capacity)
    used = parser{};
}

error_code reading::open(json_text text) {
  return thread_parser(depth_)
    .iterate(text.data, text.size, text.size + json_padding)
    .get(document_);
}

error_code reading::finish() {
  return document_.current_location().error() == simdjson::OUT_OF_BOUNDS
           ? SUCCESS
           : simdjson::TRAILING_CONTENT;
}

bool is_local(error_code code) {
  switch (code) {
    case simdjson::INCORRECT_TYPE:
    case simdjson::NUMBER_ERROR:
    case simdjson::NUMBER_OUT_OF_RANGE:
    case simdjson::STRING_ERROR:
    case simdjson::NO_SUCH_FIELD:
    case simdjson::CAPACITY:
      return true;
    default:
      return false;
  }
}

std::unexpected<error> malformed(error_code code, std::string_view what) {
  return fail(ec::malformed,
              std::string{what} + ": " + simdjson::error_message(code));
}

error_code read_text(value& from, std::string& out, size_t limit) {
  std::string_view text;
  if (auto code = from.get_string().get(text); code != SUCCESS)
    return code;
  if (text.size() > limit)
    return simdjson::CAPACITY;
  out = text;
  return SUCCESS;
}

} // namespace natgw::kube::json
