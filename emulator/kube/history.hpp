#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "emulator/kube/store.hpp"
#include "messages/time.hpp"

namespace natgw::emulator::kube {

/// One public port, as a promise or status names it.
struct public_port {
  std::string ip;
  int port = 0;
  /// tcp or udp.
  std::string protocol;

  auto operator<=>(const public_port&) const = default;
};

/// An element of status.entries, with single ports.
struct shown_entry {
  std::string id;
  public_port outside;
  std::string internal_ip;
  int internal_port = 0;

  auto operator<=>(const shown_entry&) const = default;
};

/// What a PodDNAT said from one revision on.
struct record_revision {
  uint64_t revision = 0;
  instant at;
  std::string key;
  std::string uid;
  /// False: it is gone from this revision on.
  bool present = true;
  /// All ports that it names: by its intent or, without one, its spec, and by
  /// its status. Sorted, each once.
  std::vector<public_port> names;
  /// What its status shows. Sorted.
  std::vector<shown_entry> shown;
};

/// What a pod said from one revision on.
struct pod_revision {
  uint64_t revision = 0;
  instant at;
  std::string key;
  std::string uid;
  bool present = true;
  bool terminating = false;
  std::string phase;
  std::string ip;
  std::string node;
  /// The value of `k8s.aliyun.com/pod-dnat-status`.
  std::string status_annotation;
};

/// A pair of PodDNATs that named one public port at one revision.
struct duplicate {
  public_port port;
  std::string first;
  std::string second;
  uint64_t revision = 0;
};

/// Every revision of every PodDNAT and pod, reduced to what counts of harm
/// are made of.
class history {
public:
  /// Is told by `add` alone.
  history();

  /// Subscribes to a store.
  explicit history(store& source);

  /// One more revision; they come in their order.
  void add(const change& x) {
    log_->add(x);
  }

  const std::vector<record_revision>& records() const {
    return log_->records;
  }
  const std::vector<pod_revision>& pods() const {
    return log_->pods;
  }

  /// Pairs that ever clashed, each pair and port once. Objects of one name
  /// that followed each other count as one.
  std::vector<duplicate> duplicates() const;

private:
  struct log {
    std::vector<record_revision> records;
    std::vector<pod_revision> pods;

    void add(const change& x);
  };

  /// Shared with the subscription, which may outlive this object.
  std::shared_ptr<log> log_;
};

} // namespace natgw::emulator::kube
