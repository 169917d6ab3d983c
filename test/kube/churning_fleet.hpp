#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "test/kube/world.hpp"

namespace natgw::test {

/// A fleet of pods of which some are always being replaced, on a thread of its
/// own. Every fourth has a fixed mapping and always comes back under its name;
/// of the others every third does.
class churning_fleet {
public:
  /// Creates the pods; `lives_per_second`: replacements.
  churning_fleet(world& around, size_t pods, double lives_per_second,
                 uint64_t seed);

  churning_fleet(const churning_fleet&) = delete;
  churning_fleet& operator=(const churning_fleet&) = delete;
  ~churning_fleet();

  /// Replaces no more pods than those that are leaving.
  void settle();

  /// All pods exist and are ready.
  bool is_ready() const;

  /// Pods made so far.
  size_t made() const;

private:
  struct member {
    std::string name;
    std::string uid;
    bool fixed = false;
    bool leaving = false;
  };

  void run(const std::stop_token& stop);
  void replace_gone();
  void remove_one();
  void create(member& x);

  world& world_;
  std::chrono::microseconds pace_;
  std::mt19937_64 rng_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<member> members_;
  size_t made_ = 0;
  bool settling_ = false;
  std::jthread thread_;
};

} // namespace natgw::test
