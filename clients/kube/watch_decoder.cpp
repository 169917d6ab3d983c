#include "clients/kube/watch_decoder.hpp"

namespace natgw::kube {

namespace {

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

} // namespace

void watch_decoder::append(std::string_view bytes) {
  // Once for each chunk, so what is moved is at most one incomplete line.
  buffer_.erase(0, begin_);
  searched_ -= begin_;
  begin_ = 0;
  auto wanted = buffer_.size() + bytes.size() + json_padding;
  if (wanted > buffer_.capacity())
    buffer_.reserve(wanted + wanted / 2);
  buffer_.append(bytes);
}

expected<std::optional<json_text>> watch_decoder::next() {
  for (;;) {
    auto end = buffer_.find('\n', searched_);
    auto length = (end == std::string::npos ? buffer_.size() : end) - begin_;
    if (length > limit_)
      return fail(ec::too_large, "a line of the watch exceeds "
                                   + std::to_string(limit_) + " bytes");
    if (end == std::string::npos) {
      searched_ = buffer_.size();
      return std::nullopt;
    }
    auto* line = buffer_.data() + begin_;
    begin_ = searched_ = end + 1;
    if (!is_blank({line, length}))
      return json_text{line, length};
  }
}

} // namespace natgw::kube
