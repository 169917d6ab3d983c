#pragma once

#include <string>
#include <string_view>

#include "messages/error.hpp"

namespace natgw::emulator::kube {

/// A kubeconfig with one context for a server at `url`, whose authority is
/// `ca_pem` (empty for plain HTTP), and a user with a bearer token.
std::string make_kubeconfig(std::string_view url, std::string_view ca_pem,
                            std::string_view token);

/// Writes a file that only its owner may read. Errors: invalid_argument (it
/// cannot be written; the detail names it).
expected<void> write_private_file(const std::string& path,
                                  std::string_view content);

} // namespace natgw::emulator::kube
