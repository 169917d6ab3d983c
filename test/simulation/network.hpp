#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "clients/http/transport.hpp"
#include "emulator/vpc/dice.hpp"
#include "test/simulation/servers.hpp"
#include "test/simulation/sightings.hpp"
#include "test/simulation/timeline.hpp"
#include "test/simulation/transcript.hpp"

namespace natgw::simulation {

/// What the network does to its users, each as a probability.
struct weather {
  // -- of a request -----------------------------------------------------------
  /// It never arrives.
  double lost_before = 0;
  /// It is carried out, and nobody hears of it.
  double lost_after = 0;
  /// Its way there, or the answer's way back, takes up to `slowest`.
  double slow = 0;
  /// It is carried out twice, as where a client repeats it on another
  /// connection; only what its sender allows to be repeated.
  double twice = 0;
  // -- of a piece of a stream -------------------------------------------------
  /// The stream breaks within it.
  double cut = 0;
  /// It, and all that follows, comes up to `slowest` later.
  double stall = 0;
  /// Nothing comes any more, and no end either.
  double silence = 0;

  std::chrono::milliseconds slowest{3'000};

  // -- of the API server ------------------------------------------------------
  /// A list is up to so old when it is answered.
  std::chrono::milliseconds list_lag{0};
  bool operator==(const weather&) const = default;
};

enum class side : uint8_t { cluster, cloud };

class network;

/// One request on its way. The process that sent it may be dead.
struct flight {
  uint64_t id = 0;
  http::request what;
  http::completion done;
  std::optional<http::stream_handler> stream;
  instant deadline;
  /// Its callbacks have been called, or nobody waits for them.
  bool over = false;
  /// Never arrives, since its sender died first.
  bool doomed = false;
  /// The watch at the API server; 0: none (any more).
  uint64_t watch = 0;
  /// When the last piece planned so far arrives.
  instant last_piece;
  instant sent;
  /// Pieces of a stream that were events, and that were bookmarks.
  uint32_t events = 0;
  uint32_t bookmarks = 0;
};

using flight_ptr = std::shared_ptr<flight>;

/// What one process has of the network, for one purpose.
class link final : public http::transport {
public:
  link(network& net, side to, std::string who, size_t realm)
    : net_{net},
      to_{to},
      who_{std::move(who)},
      realm_{realm} {
    // nop
  }

  uint64_t send(http::request x, http::completion done) override;
  uint64_t stream(http::request x, http::stream_handler handler) override;
  void consumed(uint64_t id, size_t bytes) override;
  void cancel(uint64_t id) override;

  /// The process is dead: nothing is sent or told any more. What has left may
  /// still arrive.
  void sever();

  /// A part of the process has died: nobody there waits for what has left.
  void forsake();

  /// The process is stopped: what has not left waits.
  void freeze() {
    frozen_ = true;
  }
  void thaw();

private:
  friend class network;

  uint64_t start(flight_ptr x);
  void depart(const flight_ptr& x);
  sender sender_of(const flight& x) const;

  network& net_;
  side to_;
  std::string who_;
  size_t realm_;
  std::optional<instant> forsaken_;
  uint64_t last_answered_ = 0;
  bool severed_ = false;
  bool frozen_ = false;
  uint64_t last_id_ = 0;
  std::map<uint64_t, flight_ptr> open_;
  std::vector<flight_ptr> waiting_;
};

/// Carries requests to the emulators and answers back, on virtual time.
class network {
public:
  network(timeline& time, servers& at, transcript& told, sightings& seen,
          uint64_t seed);

  /// A way to one of the servers. It lives as long as the network.
  link& connect(side to, std::string who, size_t realm = 0);

  /// Passes on what watches have to send.
  void flush();

  /// The cluster whose controller has called the cloud last.
  size_t last_caller() const {
    return last_caller_;
  }

  weather sky;

  /// Told of each write that leaves a process but those of its lease, with the
  /// name of that process.
  std::function<void(const std::string&)> on_write;

private:
  friend class link;

  struct reply {
    http::response what;
    instant::duration after{0};
    /// Set if the connection ends instead.
    std::optional<error> failure;
  };

  struct open_stream {
    flight_ptr who;
    link* owner = nullptr;
  };

  instant::duration latency();
  void travel(link& from, const flight_ptr& x);
  void lose(link& from, const flight_ptr& x);
  void arrive(link& from, const flight_ptr& x, bool answered, bool told);
  reply answer(const link& from, const flight& x);
  reply ask_cluster(const link& from, const flight& x);
  reply ask_cloud(const link& from, const flight& x);
  reply ask_desk(const http::request& x);
  void give_back(link& to, const flight_ptr& x, reply what);
  void finish(link& to, const flight_ptr& x, expected<http::response> what);
  void open(link& from, const flight_ptr& x);
  void refuse(link& to, const flight_ptr& x, http::response head);
  void pass_on(const open_stream& x, emulator::kube::watch_batch batch);
  void close(const open_stream& x);
  void piece(const open_stream& x, std::string bytes);
  void later(const open_stream& x, timeline::deed what);
  void end_stream(link& to, const flight_ptr& x, expected<void> how);
  void fail_flight(link& to, const flight_ptr& x, error why);

  timeline& time_;
  servers& at_;
  transcript& told_;
  emulator::dice dice_;
  sightings& seen_;
  std::deque<link> links_;
  size_t last_caller_ = 0;
  /// Watches by realm and id.
  using stream_key = std::pair<size_t, uint64_t>;
  std::vector<stream_key> awake_;
  std::map<stream_key, open_stream> streams_;
};

} // namespace natgw::simulation
