#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "core/forward_table/options.hpp"
#include "core/forward_table/retry_delay.hpp"
#include "messages/api_call.hpp"
#include "messages/entry.hpp"
#include "messages/time.hpp"

namespace natgw::core::table {

/// What is known of the gateway itself: whether it may be used, its table's
/// id, its EIPs. Says when DescribeNatGateways is to be asked again.
class gateway_watch {
public:
  explicit gateway_watch(const table_options& cfg);

  /// When to ask next; nothing while an answer is due.
  std::optional<instant> due() const {
    return asked_ ? std::nullopt : std::optional{next_};
  }

  /// A DescribeNatGateways call for this gateway leaves.
  void ask() {
    asked_ = true;
  }

  /// Asks at once; what is known holds until the answer.
  void renew() {
    asked_ = false;
    next_ = {};
    retry_.reset();
  }

  /// Its answer.
  void answered(const api_reply& reply, instant now, std::mt19937_64& rng);

  /// The answer of a DescribeEipAddresses call for this gateway. What is not
  /// told stays as it was.
  void eips_answered(const api_reply& reply);

  /// A call for the table was refused because the table (or gateway) does not
  /// exist: asks again at once, unless that was known.
  void table_missing(instant now);

  /// A call for the table was answered as if it existed.
  void table_there() {
    table_missing_ = false;
  }

  /// True while the last answers were empty: a call for the table then tells
  /// whether it is really gone.
  bool missing() const {
    return empty_answers_ > 0;
  }

  /// True once the gateway is gone for good, by the rule for that.
  bool gone() const {
    return gone_;
  }

  bool usable() const {
    return usable_;
  }

  const std::string& problem() const {
    return problem_;
  }

  /// Empty until the gateway was found usable once.
  const std::string& table_id() const {
    return table_id_;
  }

  const std::string& zone() const {
    return zone_;
  }

  const std::vector<gateway_eip>& eips() const {
    return eips_;
  }

  bool shared_with_snat(std::string_view address) const;

private:
  void found(const gateway_view& x, instant now, std::mt19937_64& rng);
  void take_eips(std::vector<gateway_eip> fresh);
  void found_nothing(instant now, std::mt19937_64& rng);
  void unusable(std::string problem, instant now, std::mt19937_64& rng);
  std::string complaint(const gateway_view& x) const;

  std::string gateway_;
  std::string vpc_;
  std::chrono::nanoseconds interval_;
  uint32_t gone_answers_;
  std::chrono::nanoseconds gone_period_;
  retry_delay retry_;
  /// The same while the cloud does not answer.
  retry_delay repeat_;

  bool asked_ = false;
  instant next_{};
  bool usable_ = false;
  bool gone_ = false;
  std::string problem_;
  std::string table_id_;
  std::string zone_;
  std::vector<gateway_eip> eips_;
  uint32_t empty_answers_ = 0;
  instant first_empty_{};
  bool table_missing_ = false;
};

} // namespace natgw::core::table
