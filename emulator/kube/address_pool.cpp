#include "emulator/kube/address_pool.hpp"

#include "core/ip_address.hpp"

namespace natgw::emulator::kube {

address_pool::address_pool(std::string_view cidr,
                           std::chrono::nanoseconds quarantine)
  : quarantine_(quarantine) {
  auto network = core::parse_ipv4_network(cidr);
  if (!network || network->bits < 1 || network->bits > 30)
    return;
  auto size = uint32_t{1} << (32U - network->bits);
  next_ = network->base.value + 1;
  last_ = network->base.value + size - 2;
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

} // namespace natgw::emulator::kube
