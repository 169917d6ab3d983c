#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "emulator/kube/exchange.hpp"
#include "emulator/kube/resource.hpp"

namespace natgw::emulator::kube {

/// The answer at a path that is no resource: probes, version, discovery.
/// Nothing if there is no such path. Open to everybody.
std::optional<response> infrastructure(const std::string& path,
                                       const catalog& types,
                                       std::string_view git_version);

/// 200 with a JSON text.
response plain_answer(std::string body);

} // namespace natgw::emulator::kube
