#include "core/gateway_rules.hpp"

#include <algorithm>

namespace natgw::core {

bool may_be_gateway(std::string_view id) {
  return id.starts_with("ngw-") && id.size() <= 64
         && std::ranges::all_of(id, [](char c) {
              return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
                     || c == '-';
            });
}

bool may_take_ports(const gateway_eip& x,
                    const std::vector<std::string>& wanted) {
  auto named = [&wanted](const std::string& text) {
    return std::ranges::find(wanted, text) != wanted.end();
  };
  return !x.locked
         && (wanted.empty() || named(x.address) || named(x.allocation_id));
}

std::string gateway_complaint(const gateway_view& x, const std::string& vpc) {
  if (!vpc.empty() && x.vpc_id != vpc)
    return "lies in VPC " + x.vpc_id + ", not in " + vpc;
  if (x.financial_locked)
    return "is locked for financial reasons";
  if (x.forward_tables.empty())
    return "has no forward table";
  // A gateway that is being changed goes on forwarding and takes writes.
  if (x.status != "Available" && x.status != "Modifying")
    return "has status " + x.status;
  return {};
}

} // namespace natgw::core
