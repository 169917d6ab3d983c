#include "cli/core_dumps.hpp"

#include <sys/resource.h>

namespace natgw::cli {

void forbid_core_dumps() {
  // A limit of 0 does not stop a kernel that pipes images to a program; 1 byte
  // does (core(5)), and is too little for a file.
  constexpr rlimit one{.rlim_cur = 1, .rlim_max = 1};
  if (::setrlimit(RLIMIT_CORE, &one) == 0)
    return;
  // Whoever started us has allowed nothing at all.
  constexpr rlimit nothing{.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CORE, &nothing);
}

} // namespace natgw::cli
