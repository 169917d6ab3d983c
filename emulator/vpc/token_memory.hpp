#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>

#include "emulator/vpc/api_request.hpp"
#include "messages/time.hpp"

namespace natgw::emulator {

/// What successful requests were answered, by ClientToken. Refused requests
/// leave nothing behind: their tokens are free.
class token_memory {
public:
  /// A success to be repeated.
  struct answer {
    uint64_t parameters_hash = 0;
    /// The members of the body's object but RequestId.
    std::string members;
    std::string entry_id;
    /// Until then the first request still runs.
    instant answered;
    /// Forgotten from then on.
    instant forgotten;
  };

  /// The earlier answer, or null if the token is new. Refusals: 400
  /// IdempotentParameterMismatch, 403 LastTokenProcessing.
  api_expected<const answer*> recall(const std::string& account,
                                     const std::string& token,
                                     uint64_t parameters_hash, instant now);

  void remember(const std::string& account, const std::string& token, answer x);

  size_t size() const {
    return answers_.size();
  }

private:
  void forget(instant now);

  std::unordered_map<std::string, answer> answers_;
  /// Names in the order of remembering.
  std::deque<std::string> queue_;
};

} // namespace natgw::emulator
