#include "test/simulation/world.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cli/token_harm.hpp"
#include "core/entry_name.hpp"
#include "observe/log.hpp"

namespace natgw::simulation {

namespace {

using namespace std::chrono_literals;

/// Far from zero, which some take for "never".
constexpr instant beginning{1'000s};

/// Bound on the time until everything is as it should be, once faults stopped:
/// a silent watch is given up after 150 s, a table is swept every 60 s.
constexpr instant::duration settling_limit = 20min;

server_options options_of(const plan& x) {
  server_options result;
  result.seed = x.seed;
  result.cloud.gateways = emulator::make_gateways(x.gateways, x.gateways,
                                                  x.eips);
  result.cloud.behaviour = x.cloud;
  result.cluster.list_lag = x.list_lag;
  result.fleet.zones.clear();
  for (const auto& gateway : result.cloud.gateways)
    result.fleet.zones.push_back(gateway.zone);
  // Addresses come back at once.
  result.fleet.pod_cidr = x.slots < 12 ? "172.16.0.0/28" : "172.16.0.0/24";
  result.fleet.address_quarantine = 0ms;
  return result;
}

checker_rules rules_of(const plan& x, const servers& at) {
  auto names = core::entry_names::make("natgw", at.cluster_uid());
  checker_rules result;
  result.prefix = "natgw." + names->cluster() + ".";
  // Where no watch is held up.
  using enum family;
  if (x.kind == calm || x.kind == crash || x.kind == replicas
      || x.kind == pairs)
    result.lag = 20s;
  result.cooldown = x.cooldown;
  if (x.kind == calm) {
    result.exposure_limit = 5s;
    result.release_limit = 3s;
  }
  result.exposure_from = beginning + 12s;
  return result;
}

} // namespace

world::world(plan what, world_options how)
  : plan_{std::move(what)},
    how_{how},
    start_{beginning},
    time_{beginning},
    told_{how.lines},
    at_{options_of(plan_), beginning},
    net_{time_, at_, told_, plan_.seed + 11},
    judge_{rules_of(plan_, at_)},
    meddler_{at_, rules_of(plan_, at_).prefix},
    dice_{plan_.seed + 12} {
  observe::configure_log(
    {.threshold = how.logs ? observe::level::debug : observe::level::error,
     .sink = [this](std::string_view line) {
       if (how_.logs)
         told_.remark(time_.now(),
                      line.substr(std::min(line.find(' '), line.size())));
     }});
  listen();
  net_.on_write = [this](const std::string& who) {
    lease_.judge(who, judge_, time_.now());
  };
  player_ = std::make_unique<player>(at_, beginning);
  meddler_.furnish(plan_.strangers);
}

world::~world() {
  replicas_.clear();
  observe::configure_log({});
}

void world::listen() {
  const auto& types = at_.cluster().objects().types();
  const auto* pods = types.find("pods");
  const auto* records = types.find("poddnats");
  const auto* leases = types.find("leases");
  at_.cluster().objects().subscribe(
    [this, pods, records, leases](const emulator::kube::change_ptr& x) {
      if (x->type == leases) {
        lease_.see(*x);
      } else if (x->type == pods) {
        judge_.see(pod_fact_of(*x));
        told_.add(x->at, {"pod ", to_string(x->kind), " ", x->key});
      } else if (x->type == records) {
        judge_.see(record_fact_of(*x));
        told_.add(x->at, {"record ", to_string(x->kind), " ", x->key});
      }
    });
}

config::settings world::settings() const {
  config::settings result;
  result.cluster_id = "simulated";
  result.region = at_.cloud_options().region;
  result.vpc = at_.cloud_options().vpc_id;
  const auto first = plan_.first_port;
  const auto last = static_cast<uint16_t>(first + (plan_.ports - 1));
  for (const auto& x : at_.cloud_options().gateways)
    result.gateways.push_back(
      {.id = x.id, .zone = x.zone, .ports = {first, last}, .eips = {}});
  result.kube_qps = 500;
  result.kube_burst = 1'000;
  auto& own = result.natgw;
  own.endpoint = "http://cloud";
  own.rates.per_minute.fill(
    static_cast<uint32_t>(std::max(1.0, plan_.cloud.rate.per_second * 60)));
  own.rates.burst
    = static_cast<uint32_t>(std::max(1.0, plan_.cloud.rate.burst * 0.9));
  own.sweep_interval = plan_.sweep_interval;
  own.cooldown = plan_.cooldown;
  own.blocked_ports.emplace();
  own.status_writers = 2;
  own.lease.enabled = plan_.lease;
  // A tenth of a small fleet is one pod.
  own.accept_orphans = true;
  return result;
}

// -- processes ----------------------------------------------------------------

void world::start(size_t n) {
  auto& x = replicas_[n];
  auto identity = fmt::format("r{}.{}", n, ++x.incarnation);
  told_.add(time_.now(), {identity, " starts"});
  x.frozen = false;
  if (x.incarnation > 1)
    judge_.forget();
  x.body = std::make_unique<process>(
    net_, process_options{.settings = settings(),
                          .identity = std::move(identity),
                          .cluster_uid = at_.cluster_uid(),
                          .seed = dice_.roll(UINT64_MAX),
                          .now = [this] { return time_.now(); }});
}

void world::die(size_t n) {
  auto& x = replicas_[n];
  if (!x.body)
    return;
  told_.add(time_.now(), {"r", std::to_string(n), " dies"});
  x.crash_after.reset();
  x.body.reset();
  time_.after(dice_.draw({1ms, 5s}), [this, n] { start(n); });
}

void world::pause(size_t n, std::chrono::milliseconds span) {
  auto& x = replicas_[n];
  if (!x.body || x.frozen)
    return;
  told_.add(time_.now(), {"r", std::to_string(n), " stops"});
  // Another may lead meanwhile.
  judge_.forget();
  x.frozen = true;
  x.body->freeze();
  time_.after(span, [this, n, paused = x.incarnation] {
    auto& y = replicas_[n];
    if (!y.body || y.incarnation != paused)
      return;
    told_.add(time_.now(), {"r", std::to_string(n), " goes on"});
    y.frozen = false;
    y.body->catch_up();
    y.body->thaw();
  });
}

// -- deeds --------------------------------------------------------------------

/// Whether a process, or a part of one, dies in this run.
bool world::memory_is_lost() const {
  return std::ranges::any_of(plan_.acts, [](const act& x) {
    return x.what >= deed::crash && x.what <= deed::break_table;
  });
}

void world::do_act(const act& x) {
  told_.add(time_.now(), {"-- ", to_string(x.what), " ", std::to_string(x.slot),
                          " ", std::to_string(x.value)});
  auto& target = replicas_[x.slot % replicas_.size()];
  switch (x.what) {
    case deed::crash:
      target.crash_after = x.value;
      break;
    case deed::pause:
      pause(x.slot % replicas_.size(), std::chrono::milliseconds{x.value});
      break;
    case deed::stop:
      if (target.body)
        target.body->stop();
      break;
    case deed::break_pool:
    case deed::break_table:
      judge_.forget();
      if (target.body)
        target.body->break_pair(x.what == deed::break_table, x.value);
      break;
    case deed::compact:
      at_.cluster().compact();
      break;
    case deed::break_watches:
      at_.cluster().break_watches("");
      break;
    default:
      player_->play(x, time_.now());
      meddler_.play(x, time_.now());
      if (x.what == deed::clear_status)
        judge_.stir("default/" + player::name_of(x.slot), time_.now());
      if (x.what == deed::delete_record && memory_is_lost())
        judge_.pardon("default/" + player::name_of(x.slot));
      if (!meddler_.lost_eip().empty())
        judge_.pardon_address(meddler_.lost_eip());
  }
}

void world::calm_down() {
  told_.add(time_.now(), {"-- all is calm from now on"});
  meddler_.return_eip(time_.now());
  net_.sky = {};
  at_.cluster().set_faults({});
  auto& behaviour = at_.cloud().behaviour();
  behaviour.fault_rates = {};
  for (auto& x : replicas_)
    x.crash_after.reset();
}

// -- the loop -----------------------------------------------------------------

void world::note_new_changes() {
  const auto& changes = at_.cloud().log().changes();
  for (; seen_changes_ < changes.size(); ++seen_changes_) {
    const auto& x = changes[seen_changes_];
    told_.add(x.at, {"entry ", x.id, " ", x.name, " ", x.external_ip, ":",
                     std::to_string(x.external_port), " ", x.internal_ip, " ",
                     to_string(x.state)});
    judge_.see(x);
  }
}

bool world::deliver() {
  size_t total = 0;
  for (const auto& x : replicas_)
    if (x.body && !x.frozen)
      total += x.body->runnable();
  if (total == 0)
    return false;
  auto choice = dice_.roll(total);
  for (size_t n = 0; n < replicas_.size(); ++n) {
    auto& x = replicas_[n];
    if (!x.body || x.frozen)
      continue;
    auto mine = x.body->runnable();
    if (choice >= mine) {
      choice -= mine;
      continue;
    }
    x.body->step(choice);
    ++result_.messages;
    if (x.crash_after && (*x.crash_after)-- == 0) {
      ++result_.crashes;
      die(n);
    } else if (x.body->ended()) {
      die(n);
    }
    break;
  }
  return true;
}

bool world::pass_time(instant::duration most) {
  auto next = time_.next();
  auto consider = [&next](std::optional<instant> x) {
    if (x && (!next || *x < *next))
      next = x;
  };
  consider(at_.next_deadline());
  for (const auto& x : replicas_)
    if (x.body && !x.frozen)
      consider(x.body->next_timer());
  if (!next || *next - time_.now() > most)
    return false;
  time_.move_to(*next);
  at_.advance(time_.now());
  note_new_changes();
  for (auto& x : replicas_)
    if (x.body && !x.frozen)
      x.body->catch_up();
  time_.run_one();
  return true;
}

bool world::step() {
  const auto overtakes = plan_.overtaking > 0
                         && dice_.roll(256) < plan_.overtaking;
  // No actor is kept waiting for longer.
  constexpr auto longest = 20ms;
  auto went_on = (overtakes && pass_time(longest)) || deliver()
                 || pass_time(instant::duration::max());
  net_.flush();
  note_new_changes();
  judge_.pass(time_.now());
  return went_on && judge_.violations().empty();
}

bool world::run_until(const std::function<bool()>& done, instant limit) {
  auto next_look = time_.now();
  while (time_.now() < limit) {
    if (time_.now() >= next_look) {
      if (done())
        return true;
      next_look = time_.now() + 1s;
    }
    if (!step())
      return false;
  }
  return false;
}

void world::settle(const char* what, instant::duration limit) {
  if (!judge_.violations().empty())
    return;
  auto good = run_until([this] { return judge_.unsettled().empty(); },
                        time_.now() + limit);
  if (good || !judge_.violations().empty())
    return;
  result_.problems.push_back(fmt::format("7: {}: not settled:", what));
  for (auto& x : judge_.unsettled())
    result_.problems.push_back("  " + std::move(x));
}

/// Tokens that could have made or found the wrong thing. What the network
/// repeats or loses looks like a token that is used again.
void world::judge_tokens() {
  if (judge_.forgets())
    return;
  auto harm = cli::count_token_harm(at_.cloud().log());
  const auto reused = plan_.sky == weather{} ? harm.reused : 0;
  if (reused + harm.mixed + harm.doubled > 0)
    judge_.breach(10, time_.now(),
                  fmt::format("ClientTokens: {} used again, {} for another "
                              "need, {} needs with two",
                              reused, harm.mixed, harm.doubled));
}

outcome world::run() {
  net_.sky = plan_.sky;
  at_.cluster().set_faults(plan_.cluster_faults);
  for (size_t n = 0; n < plan_.replicas; ++n) {
    replicas_.emplace_back();
    time_.after(std::chrono::milliseconds{1 + n}, [this, n] { start(n); });
  }
  instant::duration last{0};
  for (const auto& x : plan_.acts) {
    time_.after(x.at, [this, &x] { do_act(x); });
    last = std::max<instant::duration>(last, x.at);
  }
  run_until([] { return false; }, start_ + last + 1s);
  calm_down();
  settle("after the last deed", settling_limit);
  player_->tear_down(plan_.slots, time_.now());
  run_until([] { return false; }, time_.now() + 1s);
  player_->take_records(plan_.slots, time_.now());
  settle("after everything was deleted", settling_limit);
  judge_tokens();
  for (const auto& x : judge_.violations())
    result_.problems.push_back(fmt::format("{}: {}", x.invariant, x.text));
  result_.hash = told_.hash();
  result_.lives = player_->lives();
  result_.calls = at_.cloud().log().counters().calls;
  result_.length = time_.now() - start_;
  if (!result_.problems.empty())
    result_.tail = told_.tail(start_);
  return std::move(result_);
}

outcome run(const plan& what, const world_options& how) {
  return world{what, how}.run();
}

} // namespace natgw::simulation
