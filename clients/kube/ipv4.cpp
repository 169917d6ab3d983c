#include "clients/kube/ipv4.hpp"

#include <arpa/inet.h>

namespace natgw::kube {

bool is_ipv4(std::string_view text) {
  // inet_pton accepts the canonical form alone, so accepted text needs no
  // rewriting. A NUL inside must not hide a tail.
  if (text.size() > 15 || text.find('\0') != std::string_view::npos)
    return false;
  in_addr address{};
  return ::inet_pton(AF_INET, std::string{text}.c_str(), &address) == 1;
}

} // namespace natgw::kube
