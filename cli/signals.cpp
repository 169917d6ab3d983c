#include "cli/signals.hpp"

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <future>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace natgw::cli {

namespace {

/// After so many signals the user really means it.
constexpr int impatience = 3;

sigset_t termination_signals() {
  sigset_t result;
  sigemptyset(&result);
  sigaddset(&result, SIGTERM);
  sigaddset(&result, SIGINT);
  return result;
}

int checked(int fd) {
  if (fd < 0)
    throw std::system_error(errno, std::generic_category(), "signal_watch");
  return fd;
}

} // namespace

void block_signals() {
  auto set = termination_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

signal_watch::signal_watch(std::function<void(int)> fn) {
  auto set = termination_signals();
  signals_ = checked(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  quit_ = checked(eventfd(0, EFD_CLOEXEC));
  thread_ = std::thread{[this, fn = std::move(fn)] { run(fn); }};
}

signal_watch::~signal_watch() {
  uint64_t one = 1;
  [[maybe_unused]] auto written = write(quit_, &one, sizeof(one));
  thread_.join();
  close(quit_);
  close(signals_);
}

void signal_watch::run(const std::function<void(int)>& fn) const {
  std::array<pollfd, 2> polled{{{signals_, POLLIN, 0}, {quit_, POLLIN, 0}}};
  for (int seen = 0;;) {
    if (poll(polled.data(), polled.size(), -1) < 0)
      continue;
    if (polled[1].revents != 0)
      return;
    signalfd_siginfo info{};
    if (read(signals_, &info, sizeof(info)) != sizeof(info))
      continue;
    if (++seen == impatience)
      std::_Exit(128 + static_cast<int>(info.ssi_signo));
    fn(static_cast<int>(info.ssi_signo));
  }
}

int wait_for_signal() {
  std::promise<int> first;
  auto arrived = first.get_future();
  signal_watch watch{[&first, done = false](int signal) mutable {
    if (!std::exchange(done, true))
      first.set_value(signal);
  }};
  return arrived.get();
}

} // namespace natgw::cli
