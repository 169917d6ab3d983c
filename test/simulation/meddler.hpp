#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "test/simulation/plan.hpp"
#include "test/simulation/servers.hpp"
#include "test/simulation/sightings.hpp"

namespace natgw::simulation {

/// People with rights of their own: they change entries, gateways and records
/// behind the controller's back.
class meddler {
public:
  /// `prefixes`: what names of the controllers' entries begin with; the first
  /// one's are meddled with.
  meddler(servers& at, sightings& seen, std::vector<std::string> prefixes)
    : at_{at},
      seen_{seen},
      prefixes_{std::move(prefixes)} {
    // nop
  }

  /// Fills each table with so many entries of somebody else, far from our
  /// ports.
  void crowd(size_t entries);

  void play(const act& x, instant now);

  /// Fills each table with entries of others, before anything happens.
  void furnish(uint32_t count);

  /// The EIP that the last `lose_eip` has taken away; empty: none.
  const std::string& lost_eip() const {
    return lost_eip_;
  }

  /// Gives it back.
  void return_eip(instant now);

  /// The gateway that was removed, and the EIPs that it had; empty: none.
  const std::string& lost_gateway() const {
    return lost_gateway_;
  }
  const std::vector<std::string>& stranded_eips() const {
    return stranded_eips_;
  }

  /// Deletes the records that a person has made.
  void take_forged(instant now);

private:
  void take_entry(const act& x);
  void edit_entry(const act& x);
  void add_entry(const act& x);
  void drop_own(const act& x);
  void lose_eip(const act& x);
  void lose_gateway(const act& x);
  void edit_record(const act& x, instant now);
  void forge_record(const act& x, instant now);
  bool is_ours(std::string_view name) const;

  servers& at_;
  sightings& seen_;
  std::vector<std::string> prefixes_;
  std::string lost_eip_;
  std::string lost_from_;
  std::string lost_gateway_;
  std::vector<std::string> stranded_eips_;
};

} // namespace natgw::simulation
