#include "emulator/kube/address_pool.hpp"

#include <algorithm>

#include "emulator/kube/concat.hpp"
#include "emulator/kube/target.hpp"

namespace natgw::emulator::kube {

namespace {

std::optional<uint32_t> parse_ipv4(std::string_view text) {
  uint32_t result = 0;
  for (auto i = 0; i < 4; ++i) {
    auto dot = text.find('.');
    auto part = parse_number(text.substr(0, dot));
    if (!part || *part > 255 || (dot == std::string_view::npos) != (i == 3))
      return std::nullopt;
    result = (result << 8U) | static_cast<uint32_t>(*part);
    text.remove_prefix(std::min(text.size(), dot + 1));
  }
  return result;
}

} // namespace

address_pool::address_pool(std::string_view cidr,
                           std::chrono::nanoseconds quarantine)
  : quarantine_(quarantine) {
  auto slash = cidr.find('/');
  auto base = parse_ipv4(cidr.substr(0, slash));
  auto bits = slash == std::string_view::npos
                ? std::nullopt
                : parse_number(cidr.substr(slash + 1));
  if (!base || !bits || *bits < 1 || *bits > 30)
    return;
  auto size = uint32_t{1} << (32U - static_cast<uint32_t>(*bits));
  auto network = *base & ~(size - 1);
  next_ = network + 1;
  last_ = network + size - 2;
}

std::optional<uint32_t> address_pool::take(instant now) {
  if (!freed_.empty() && freed_.front().first <= now) {
    auto result = freed_.front().second;
    freed_.pop_front();
    return result;
  }
  if (next_ > last_)
    return std::nullopt;
  return next_++;
}

void address_pool::give_back(uint32_t address, instant now) {
  freed_.emplace_back(now + quarantine_, address);
}

size_t address_pool::available() const {
  return freed_.size() + (last_ + 1 - next_);
}

std::string format_ipv4(uint32_t x) {
  return concat(x >> 24U, ".", (x >> 16U) & 255U, ".", (x >> 8U) & 255U, ".",
                x & 255U);
}

} // namespace natgw::emulator::kube
