#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "emulator/vpc/api_request.hpp"
#include "emulator/vpc/history.hpp"
#include "emulator/vpc/options.hpp"

namespace natgw::emulator {

/// Who is calling, and whether to believe it: keys, temporary credentials,
/// clock, nonces, signatures, rights.
class gatekeeper {
public:
  explicit gatekeeper(std::vector<access_key> keys);

  struct verdict {
    signature_verdict signature = signature_verdict::correct;
    /// Set if the request is refused.
    std::optional<api_error> refusal;
    /// Whose buckets and tokens it uses; empty if refused.
    std::string account;
  };

  /// Judges a request that arrives at `now` of the calendar. A nonce is used
  /// up only by a correctly signed request.
  verdict judge(const api_request& x, wall_time now);

  /// Exchanges all keys: rotation, revocation.
  void set_keys(std::vector<access_key> keys);

  /// Adds a key, or exchanges the one of this id.
  void put_key(access_key key);

  /// Takes a key away: InvalidAccessKeyId.NotFound from now on.
  void remove_key(const std::string& id) {
    keys_.erase(id);
  }

private:
  using check = api_expected<void>;

  check well_formed(const api_request& x, wall_time now) const;
  api_expected<const access_key*> key_of(const api_request& x) const;
  check token_fits(const api_request& x, const access_key& key,
                   wall_time now) const;
  check signature_fits(const api_request& x, const access_key& key) const;
  check use_nonce(const api_request& x, wall_time now);

  std::unordered_map<std::string, access_key> keys_;
  std::unordered_set<std::string> nonces_;
  /// The same, by the time when they may be forgotten.
  std::deque<std::pair<wall_time, std::string>> nonce_queue_;
};

} // namespace natgw::emulator
