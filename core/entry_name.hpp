#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "messages/error.hpp"
#include "messages/object_key.hpp"

namespace natgw::core {

/// Whose a forward entry is, by its name alone.
enum class name_owner : uint8_t {
  /// Ours: prefix and cluster agree, key and number are well formed.
  ours,
  /// Well formed, with our prefix, but from another cluster.
  other_cluster,
  /// Everything else, no name at all included.
  foreign,
};

/// What a name says. `key` and `n` are set unless it is foreign.
struct parsed_name {
  name_owner owner = name_owner::foreign;
  std::string key;
  uint16_t n = 0;

  bool operator==(const parsed_name&) const = default;
};

/// The key of a plain mapping: 26 characters, a hash of the pod's uid.
std::string plain_name_key(std::string_view pod_uid);

/// The key of a fixed mapping: 26 characters, a hash of namespace and name;
/// never equal to a plain key.
std::string fixed_name_key(const object_key& key);

/// Builds and reads the names of our forward entries,
/// `<prefix>.<cluster>.<key>.<n>`: at most 128 characters, a letter first,
/// then letters, digits and ". _ -", as the API demands.
class entry_names {
public:
  static constexpr size_t max_prefix_length = 64;

  /// Fails with invalid_argument unless the prefix starts with a letter and
  /// has only letters, digits, '_' and '-'. `cluster_uid` is the uid of the
  /// kube-system namespace; it must not be empty.
  static expected<entry_names> make(std::string_view prefix,
                                    std::string_view cluster_uid);

  std::string build(std::string_view key, uint16_t n) const;

  parsed_name parse(std::string_view name) const;

  /// The 10 characters that stand for this cluster.
  const std::string& cluster() const {
    return cluster_;
  }

private:
  entry_names() = default;

  std::string prefix_;
  std::string cluster_;
};

} // namespace natgw::core
