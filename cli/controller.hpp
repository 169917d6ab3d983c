#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "clients/kube/api_server.hpp"
#include "config/model.hpp"
#include "messages/error.hpp"
#include "observe/metrics.hpp"

namespace natgw::cli {

struct controller_options {
  config::settings settings;
  kube::api_server server;
  /// Who this process is in the lease; never the same for two processes.
  std::string identity;
  /// The kernel ends the process a second before a lease that was not renewed
  /// does (dead_man_switch). For a process that does nothing else.
  bool ends_with_lease = false;
};

/// The controller at work: all actors and the two HTTP loops, in one object
/// that `run` and `demo` share.
class controller {
public:
  /// Asks the API server who the cluster is, again and again until it answers
  /// or `give_up` says otherwise, then spawns the supervisor. Errors:
  /// cancelled, credential, invalid_config, invalid_argument.
  static expected<std::unique_ptr<controller>>
  start(const controller_options& options, const std::stop_token& give_up);

  controller(const controller&) = delete;
  controller& operator=(const controller&) = delete;

  /// Stops, and waits for it.
  ~controller();

  /// Asks for an orderly shutdown; returns at once, harmless if repeated.
  void stop();

  /// Waits until everything has ended. True if that was in good order.
  bool wait();

  bool healthy() const;
  bool ready() const;

  observe::metrics& metrics();

private:
  struct parts;

  explicit controller(std::unique_ptr<parts> all);

  std::unique_ptr<parts> parts_;
};

} // namespace natgw::cli
