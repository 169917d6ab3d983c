#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "emulator/kube/exchange.hpp"
#include "emulator/kube/options.hpp"
#include "emulator/kube/refusal.hpp"
#include "emulator/kube/target.hpp"
#include "messages/time.hpp"

namespace natgw::emulator::kube {

/// One request as authorization, faults and the audit log see it.
struct attributes {
  std::string user;
  /// get, list, watch, create, update, patch, delete, deletecollection.
  std::string verb;
  /// "pods" or "pods/status".
  std::string resource;
  const kube::resource* type = nullptr;
  std::string ns;
  std::string name;
  std::string user_agent;
};

/// True for the verbs that change something.
bool is_write(std::string_view verb);

/// Who a request is from, whether it may, which fault hits it, and the books
/// about it.
class gate {
public:
  gate(const options& cfg, std::mt19937_64& random);

  /// The user of a request.
  result<std::string> authenticate(const request& x) const;

  /// Nothing if the user may do this.
  std::optional<refusal> authorize(const attributes& x) const;

  /// The fault that hits this request, if any.
  std::optional<fault_rule> strike(const attributes& x);

  /// Writes a finished request down.
  void record(const attributes& x, int code, uint64_t revision, instant now);

  void set_faults(std::vector<fault_rule> rules);
  void set_denied(std::vector<deny_rule> rules);

  uint64_t writes(std::string_view user) const;
  /// Counts and the audit log.
  json books() const;

private:
  struct entry {
    attributes what;
    int code = 0;
    uint64_t revision = 0;
    instant at;
  };

  const options& cfg_;
  std::mt19937_64& random_;
  std::vector<fault_rule> faults_;
  std::vector<deny_rule> denied_;
  /// By user, verb and resource.
  std::map<std::tuple<std::string, std::string, std::string>, uint64_t> counts_;
  std::map<int, uint64_t> codes_;
  std::deque<entry> audit_;
};

/// Reads rules as /emulator/faults and /emulator/denied take them: a list of
/// objects with the members' names; the error says what is wrong.
std::expected<std::vector<fault_rule>, std::string>
parse_faults(const json& rules);
std::expected<std::vector<deny_rule>, std::string>
parse_denied(const json& rules);

} // namespace natgw::emulator::kube
