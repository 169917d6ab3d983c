#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "emulator/kube/exchange.hpp"
#include "emulator/kube/options.hpp"
#include "emulator/kube/store.hpp"
#include "messages/time.hpp"

namespace natgw::emulator::kube {

/// An emulated Kubernetes API server as a pure core: requests and the time
/// come in, answers and watch lines go out. It does what kube-apiserver does
/// for the resources a controller of ours meets, with the same status bodies,
/// and what kube-controller-manager does about owner references and ending
/// namespaces. Not thread-safe. Time must not go back.
class api_server {
public:
  explicit api_server(options cfg);
  ~api_server();
  api_server(const api_server&) = delete;
  api_server& operator=(const api_server&) = delete;

  // -- requests -------------------------------------------------------------

  /// True if `x` must go to `open_watch` rather than to `handle`.
  static bool is_watch(const request& x);

  /// Answers a request.
  response handle(const request& x, instant now);

  /// Opens a watch, or says why not.
  opened_watch open_watch(const request& x, instant now);

  /// Takes what a watch has to send. An id that is unknown has ended.
  watch_batch take(uint64_t watch);

  /// Forgets a watch: its reader is gone, or its end has been delivered.
  void close_watch(uint64_t watch);

  /// Calls `wake` whenever a watch that had nothing to send now has. It may
  /// only take a note: it must not call back into this object.
  void on_wake(std::function<void(uint64_t watch)> wake);

  // -- time -----------------------------------------------------------------

  /// Runs all timers that are due: bookmarks, time-outs, collectors.
  void advance(instant now);

  /// When the next timer is due.
  std::optional<instant> next_deadline() const;

  // -- the inside of the cluster --------------------------------------------

  /// Objects, and writes that bypass authorization, faults and counters.
  store& objects();
  const store& objects() const;

  /// Calendar time as the cluster sees it.
  wall_time wall_time_at(instant now) const;

  /// As DELETE by a user of the cluster's inside; false if it is absent.
  bool remove(std::string_view plural, std::string_view key,
              std::optional<int64_t> grace_seconds, instant now);

  // -- faults and rights ----------------------------------------------------

  /// Forgets all changes up to now: older watches and lists get 410.
  void compact();

  /// Breaks open watches of a resource; of all if `plural` is empty.
  void break_watches(std::string_view plural);

  void set_faults(std::vector<fault_rule> rules);
  void set_denied(std::vector<deny_rule> rules);

  // -- what happened --------------------------------------------------------

  /// Requests by verb, resource and user; the audit log; open watches; as
  /// JSON. Also at `GET /emulator/state`.
  std::string state_json() const;

  /// Requests that tried to write, of one user or (empty) of all.
  uint64_t writes(std::string_view user = {}) const;

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace natgw::emulator::kube
