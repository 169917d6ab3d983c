#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/vpc/actions.hpp"
#include "emulator/vpc/cloud.hpp"
#include "emulator/vpc/fault_plan.hpp"
#include "emulator/vpc/gatekeeper.hpp"
#include "emulator/vpc/options.hpp"
#include "emulator/vpc/throttle.hpp"
#include "emulator/vpc/token_memory.hpp"
#include "messages/error.hpp"
#include "messages/time.hpp"
#include "serving/http_server.hpp"

namespace natgw::emulator {

/// An answer, and how it shall reach the peer.
struct vpc_reply {
  enum class fate : uint8_t { answer, close, reset };

  serving::response what;
  fate end = fate::answer;
  /// How to deliver the answer; absent: decently.
  std::optional<serving::delivery> how = {};
  /// How long after the request the answer (or the end) comes.
  std::chrono::nanoseconds after{0};
};

/// The VPC OpenAPI as a pure function of its options, its requests and their
/// times: no clock, no thread, no I/O. Equal seeds and equal calls give equal
/// answers.
///
/// Targets: `/` is the API, GET or POST, signed by RPC 1.0 or ACS3. For tests
/// and reports, unsigned:
/// * `GET /state[?since=N&limit=M&only=PARTS]`: gateways with their entries,
///   EIPs, counters, and the log: calls and changes with a number above N, at
///   most M of each (10,000). PARTS: some of tables,eips,log,counters.
/// * `POST /control`: see control.hpp.
class vpc_core {
public:
  /// Errors: invalid_argument (an address, a network, a name used twice).
  static expected<std::unique_ptr<vpc_core>> make(const vpc_options& options);

  /// Answers a request that arrives `now`. Times never go back: an earlier one
  /// counts as the latest.
  vpc_reply handle(const serving::request& x, instant now, wall_time wall);

  /// Lets the states run on to `now`; `handle` does so too.
  void advance(instant now, wall_time wall) {
    at_.advance(now, wall);
  }

  /// The resources, with what another hand may do to them.
  cloud& resources() {
    return at_;
  }
  const cloud& resources() const {
    return at_;
  }
  vpc_behaviour& behaviour() {
    return at_.behaviour;
  }
  const history& log() const {
    return at_.log;
  }
  fault_plan& faults() {
    return faults_;
  }
  gatekeeper& gate() {
    return gate_;
  }

private:
  explicit vpc_core(const vpc_options& options);

  struct course;

  vpc_reply api_call(const serving::request& x, wall_time wall);
  void run(course& c, wall_time wall);
  action_result admit(course& c, wall_time wall);
  action_result execute(course& c);
  action_result execute_once(course& c);
  void finish(course& c, const action_result& result);
  vpc_reply deliver(course& c);
  serving::response compose(const action_result& result,
                            const std::string& request_id) const;
  std::string next_request_id();

  cloud at_;
  gatekeeper gate_;
  throttle throttle_;
  token_memory tokens_;
  fault_plan faults_;
  dice latency_;
  dice request_ids_;
};

} // namespace natgw::emulator
