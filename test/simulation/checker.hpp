#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "emulator/vpc/history.hpp"
#include "messages/object_key.hpp"
#include "messages/time.hpp"
#include "test/simulation/facts.hpp"

namespace natgw::simulation {

/// A broken invariant of docs/architecture.md: its number and what broke it.
struct violation {
  int invariant = 0;
  instant at;
  std::string text;
};

/// Of "namespace/name".
object_key object_key_of(const std::string& key);
/// The part of an entry's name that says whose it is.
std::string owner_key(std::string_view name);

struct checker_rules {
  /// "natgw.<cluster>.": what names of entries of ours begin with.
  std::string prefix;
  /// Set where nothing fails: so long an entry may point at a stranger, ...
  std::optional<instant::duration> exposure_limit;
  /// ... counted from here at the earliest, since after a start the entries
  /// that stand are left alone for one write deadline.
  instant exposure_from;
  /// So late may the controller learn of a change of a pod, and still act upon
  /// what was before.
  instant::duration lag{std::chrono::minutes{10}};
  /// So long a port rests before somebody else gets it.
  instant::duration cooldown{0};
  /// Set where nothing fails: so long a record may outlive its pod and its
  /// entries.
  std::optional<instant::duration> release_limit;
};

/// Judges a controller by what the emulators' objects were after every change,
/// and by nothing that it says of itself. Told one change at a time, in their
/// order; the cost of each does not grow with the fleet.
///
/// What holds at every instant is checked at once:
/// * 1: no public port is shown, or promised, by two records;
/// * 4: no entry is changed by the API's caller while its name is not ours;
/// * 5: what a status shows is Available as shown, unless another hand has
///   touched that entry. (An item in several pieces has the id of the first
///   one, so each port is looked up by its public side.)
///   And an item of a living pod that goes on forwarding stays in the status,
///   unless pod, address or record have changed within `lag`.
/// * 6: a fixed mapping's public ports stay with the pod's name, unless an
///   entry of somebody else has been where they are: that one was there first,
///   or our table was out of date, and the next port is taken.
///   And no pod is told that it is ready before a status has shown its ports.
/// * 8: a pod's condition that is somebody else's stays.
/// As long as no process and no pool has died, and with it what was known:
/// * 1: no port is promised on which an entry of somebody else of ours stands,
///   nor before it has rested;
/// * 3: where nothing fails, no record goes while an entry of its pod stands,
///   unless for a successor of the same name, nor long after it.
/// What takes the controller a while is checked by `unsettled`, once faults
/// have stopped: 2 (no entry at a stranger's address; also within a bound where
/// nothing fails at all), 3 (nothing is left), that a status shows its pod's
/// present address, and 7.
class checker {
public:
  explicit checker(checker_rules rules);

  void see(const pod_fact& x);
  void see(const record_fact& x);
  void see(const emulator::entry_change& x);

  /// A person has written this record: what it promises is no promise of ours.
  void forged(const std::string& key);

  /// The fixed mapping of this name, or of this EIP, may change. A record that
  /// a person has deleted is made again from the controller's memory alone, so
  /// its ports are lost with a process that dies before.
  void pardon(const std::string& key);
  void pardon_address(const std::string& eip);
  /// A write has come after those had died who would have heard of it: what the
  /// record promises by it counts once it is shown.
  void late(const std::string& key);
  /// Who has a mapping on a gateway that is gone cannot be served.
  void lose_gateway(const std::string& id);
  /// Somebody else has a hand in what becomes of this pod's record.
  void stir(const std::string& key, instant at);

  /// A process or a pool begins anew, with nothing but what others hold.
  void forget();
  bool forgets() const {
    return forgets_;
  }

  /// Time has passed.
  void pass(instant now);

  /// Something was broken that others look after.
  void breach(int number, instant at, std::string text);

  const std::vector<violation>& violations() const {
    return violations_;
  }

  /// Everything that is not as it should be in the end; linear in the fleet.
  std::vector<std::string> unsettled() const;

private:
  /// One public port of an entry, by the entry's id.
  using port_holder = std::set<std::string>;

  bool is_ours(const emulator::entry_change& x) const;
  bool is_live(const pod_fact& x) const;
  void drop_record(const record_fact& x);
  void check_ports(const record_fact& x);
  std::string rival_of(const std::string& key,
                       const std::set<std::string>& holders) const;
  void check_kept(const record_fact& before, const record_fact& x);
  bool stirs(const std::string& what, instant at) const;
  void check_shown(const std::string& key, const emulator::kube::shown_entry& x,
                   instant at);
  void check_entry_shown(const emulator::entry_change& x);
  void touch(const emulator::entry_change& x, bool foreign);
  void place_entry(const emulator::entry_change& x, bool there);
  bool is_shown(const emulator::entry_change& x) const;
  bool is_so(const emulator::kube::shown_entry& x) const;
  bool is_asked_for(const std::string& key) const;
  using promised_ports = std::map<inner_port, emulator::kube::public_port>;
  bool has_lost_run(const promised_ports& of, inner_port inside) const;
  void check_fixed(const record_fact& x);
  void forget_unwanted(const pod_fact& x, const std::set<inner_port>& before);
  void judge_entry(const std::string& id, instant at);
  void judge_address(const std::string& ip, instant at);
  bool is_right(const emulator::entry_change& x) const;
  void unsettled_pod(const pod_fact& x, std::vector<std::string>& to) const;

  // -- checker_reuse.cpp: ports, and what goes before what
  // ---------------------
  void note_left(const emulator::entry_change& before,
                 const emulator::entry_change& x);
  void check_told(const pod_fact& before, const pod_fact& x);
  void check_new_ports(const record_fact& x);
  void check_ended(const record_fact& x);

  checker_rules rules_;
  std::vector<violation> violations_;

  /// By key: the present one.
  std::map<std::string, pod_fact> pods_;
  /// Live pods by address, as keys.
  std::unordered_map<std::string, std::set<std::string>> at_address_;
  /// The keys of entries' names that belong to a live pod.
  std::unordered_map<std::string, std::string> name_keys_;

  /// When a pod last changed in a way that matters, by key and by address.
  std::unordered_map<std::string, instant> stirred_;

  std::map<std::string, record_fact> records_;
  std::map<emulator::kube::public_port, std::set<std::string>> named_;
  /// What is shown of each port, by the record's key.
  std::map<emulator::kube::public_port,
           std::map<std::string, emulator::kube::shown_entry>>
    published_;
  /// What each fixed mapping promised last, by key.
  std::map<std::string, std::map<inner_port, emulator::kube::public_port>>
    fixed_;
  /// Ports of fixed mappings that nobody has asked for since they were shown
  /// last.
  std::map<std::string, std::set<inner_port>> free_;
  std::unordered_set<std::string> forged_;
  std::unordered_set<std::string> lost_eips_;
  std::unordered_set<std::string> lost_gateways_;
  /// Where an entry of somebody else has ever been.
  std::set<emulator::kube::public_port> lost_ports_;

  /// Entries that are there, by id.
  std::map<std::string, emulator::entry_change> entries_;
  std::unordered_map<std::string, std::set<std::string>> entries_at_;
  std::map<emulator::kube::public_port, port_holder> entries_with_;
  /// Ports of entries that another hand has changed.
  std::set<emulator::kube::public_port> touched_;
  bool forgets_ = false;
  /// When an entry of ours left a port last, and whose it was.
  struct departure {
    instant at;
    std::string owner;
  };
  std::map<emulator::kube::public_port, departure> left_;
  /// The last pod of each name, and when its object went.
  std::map<std::string, std::string> last_uid_;
  std::map<std::string, instant> pod_left_;
  /// Pods, by uid, that a status has ever been for.
  std::unordered_set<std::string> shown_;
  /// Records, by uid, that were deleted while their pod lived.
  std::set<std::string> taken_;
  /// Entries of ours at a stranger's address, and since when.
  std::map<std::string, instant> exposed_;
};

} // namespace natgw::simulation
