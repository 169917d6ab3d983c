#include "test/simulation/transcript.hpp"

#include <algorithm>
#include <chrono>
#include <functional>

#include <fmt/format.h>

namespace natgw::simulation {

transcript::line& transcript::next(instant at) {
  auto& result = lines_[written_++ % lines_.size()];
  result.at = at;
  result.text.clear();
  return result;
}

void transcript::mix(std::string_view x) {
  // boost::hash_combine in 64 bits.
  hash_ ^= std::hash<std::string_view>{}(x) + 0x9e3779b97f4a7c15U
           + (hash_ << 12U) + (hash_ >> 4U);
}

void transcript::add(instant at,
                     std::initializer_list<std::string_view> parts) {
  auto& to = next(at);
  for (auto part : parts)
    to.text += part;
  ++count_;
  hash_ += static_cast<uint64_t>(at.time_since_epoch().count());
  mix(to.text);
}

void transcript::remark(instant at, std::string_view text) {
  next(at).text = text;
}

std::vector<std::string> transcript::tail(instant start) const {
  std::vector<std::string> result;
  auto kept = std::min(written_, lines_.size());
  for (auto i = written_ - kept; i < written_; ++i) {
    const auto& x = lines_[i % lines_.size()];
    auto ms = std::chrono::duration<double, std::milli>(x.at - start).count();
    result.push_back(fmt::format("{:>12.3f}  {}", ms, x.text));
  }
  return result;
}

} // namespace natgw::simulation
