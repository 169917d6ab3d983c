#pragma once

namespace natgw::cli {

/// From now on the kernel writes no image of this process's memory when it
/// crashes: there are keys in it.
void forbid_core_dumps();

} // namespace natgw::cli
