#pragma once

#include <string>

#include "test/simulation/plan.hpp"
#include "test/simulation/servers.hpp"

namespace natgw::simulation {

/// People with rights of their own, and another cluster's controller: they
/// change entries and records behind the controller's back.
class meddler {
public:
  /// `prefix`: what names of the controller's entries begin with.
  meddler(servers& at, std::string prefix)
    : at_{at},
      prefix_{std::move(prefix)} {
    // nop
  }

  void play(const act& x, instant now);

  /// Fills each table with entries of others, before anything happens.
  void furnish(uint32_t count);

  /// The EIP that the last `lose_eip` has taken away; empty: none.
  const std::string& lost_eip() const {
    return lost_eip_;
  }

  /// Gives it back.
  void return_eip(instant now);

private:
  void take_entry(const act& x);
  void edit_entry(const act& x);
  void add_entry(const act& x);
  void drop_own(const act& x);
  void lose_eip(const act& x);

  servers& at_;
  std::string prefix_;
  std::string lost_eip_;
  std::string lost_from_;
};

} // namespace natgw::simulation
