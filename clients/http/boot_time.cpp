#include "clients/http/boot_time.hpp"

#include <chrono>
#include <ctime>

namespace natgw::http {

instant boot_now() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return instant{std::chrono::seconds{now.tv_sec}
                 + std::chrono::nanoseconds{now.tv_nsec}};
}

} // namespace natgw::http
