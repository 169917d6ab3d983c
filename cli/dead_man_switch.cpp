#include "cli/dead_man_switch.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>
#include <string>
#include <utility>

namespace natgw::cli {

class dead_man_switch::impl {
public:
  explicit impl(timer_t timer) : timer_{timer} {
    // nop
  }

  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  ~impl() {
    timer_delete(timer_);
  }

  void arm(instant at) {
    using namespace std::chrono;
    auto since = at.time_since_epoch();
    auto whole = duration_cast<seconds>(since);
    itimerspec when{};
    when.it_value.tv_sec = whole.count();
    when.it_value.tv_nsec = (since - whole).count();
    timer_settime(timer_, TIMER_ABSTIME, &when, nullptr);
  }

private:
  timer_t timer_;
};

expected<std::unique_ptr<dead_man_switch>> dead_man_switch::make() {
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGKILL;
  timer_t timer{};
  if (timer_create(CLOCK_BOOTTIME, &event, &timer) != 0)
    return fail(ec::unavailable,
                std::string{"no timer for the lease: "} + strerror(errno));
  return std::unique_ptr<dead_man_switch>{
    new dead_man_switch{std::make_unique<impl>(timer)}};
}

dead_man_switch::dead_man_switch(std::unique_ptr<impl> x)
  : impl_{std::move(x)} {
  // nop
}

dead_man_switch::~dead_man_switch() = default;

void dead_man_switch::arm(instant at) {
  impl_->arm(at);
}

} // namespace natgw::cli
