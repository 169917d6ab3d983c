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
/// a silent watch is given up after 150 s, a table is swept every 60 s, and a
/// gateway is believed to be gone after ten minutes.
constexpr instant::duration settling_limit = 20min;

server_options options_of(const plan& x) {
  server_options result;
  result.seed = x.seed;
  result.realms = x.neighbours > 0 ? 2 : 1;
  if (x.credential_lifetime)
    result.credential_lifetime = *x.credential_lifetime;
  result.cloud.gateways = emulator::make_gateways(x.gateways, x.gateways,
                                                  x.eips);
  result.cloud.behaviour = x.cloud;
  result.cluster.list_lag = x.list_lag;
  result.cluster.bookmark_interval = x.bookmark_interval;
  result.fleet.zones.clear();
  for (const auto& gateway : result.cloud.gateways)
    result.fleet.zones.push_back(gateway.zone);
  // Addresses come back at once.
  result.fleet.pod_cidr = x.slots < 12 ? "172.16.0.0/28" : "172.16.0.0/24";
  result.fleet.address_quarantine = 0ms;
  return result;
}

checker_rules rules_of(const plan& x, std::string prefix) {
  checker_rules result;
  result.prefix = std::move(prefix);
  // Where no watch is held up.
  using enum family;
  if (x.kind == calm || x.kind == crash || x.kind == replicas || x.kind == pairs
      || x.kind == writes)
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
    seen_{at_, met_},
    net_{time_, at_, told_, seen_, plan_.seed + 11},
    dice_{plan_.seed + 12} {
  observe::configure_log(
    {.threshold = how.logs ? observe::level::debug : observe::level::error,
     .sink = [this](std::string_view line) {
       if (how_.logs)
         told_.remark(time_.now(),
                      line.substr(std::min(line.find(' '), line.size())));
     }});
  add_realms();
  heed_writes();
}

world::~world() {
  replicas_.clear();
  observe::configure_log({});
}

void world::add_realms() {
  for (size_t n = 0; n < at_.realms(); ++n) {
    auto names = core::entry_names::make("natgw", at_.cluster_uid(n));
    prefixes_.push_back("natgw." + names->cluster() + ".");
    realms_.push_back({checker{rules_of(plan_, prefixes_[n])}, nullptr, {}});
    listen(n);
    realms_[n].people = std::make_unique<player>(at_, seen_, beginning, n);
  }
  meddler_ = std::make_unique<meddler>(at_, seen_, prefixes_);
  meddler_->crowd(plan_.crowd);
  meddler_->furnish(plan_.strangers);
}

void world::listen(size_t n) {
  const auto& types = at_.cluster(n).objects().types();
  const auto* pods = types.find("pods");
  const auto* records = types.find("poddnats");
  const auto* leases = types.find("leases");
  at_.cluster(n).objects().subscribe(
    [this, n, pods, records, leases](const emulator::kube::change_ptr& x) {
      if (x->type == leases && n == 0)
        lease_.see(*x);
      if (x->type != pods && x->type != records)
        return;
      seen_.object_changed();
      auto& where = realms_[n];
      if (x->type == pods) {
        auto fact = pod_fact_of(*x);
        if (n == 0)
          note_address(where, fact);
        where.judge.see(fact);
      } else {
        where.judge.see(record_fact_of(*x));
      }
      told_.add(x->at, {x->type == pods ? "pod " : "record ",
                        to_string(x->kind), " ", x->key, n == 0 ? "" : " (2)"});
    });
}

void world::note_address(realm& at, const pod_fact& x) {
  seen_.ledger().see(x);
  if (x.ip.empty() || !x.present || x.finished)
    return;
  auto& owner = at.address_owners[x.ip];
  if (!owner.empty() && owner != x.uid)
    seen_.add(mishap::address_reused);
  owner = x.uid;
}

/// A process may be meant to die right after a write of its own.
void world::heed_writes() {
  net_.on_write = [this](const std::string& who) {
    auto found = std::ranges::find(replicas_, who, &replica::identity);
    if (found != replicas_.end() && found->realm == 0)
      lease_.judge(who, realms_.front().judge, time_.now());
  };
  seen_.on_write = [this](simulation::step what, const sender& from,
                          const std::string& key) {
    const auto& ledger = seen_.ledger();
    if (fatal_ != what || (fatal_if_ == 1 && !ledger.recycles(key))
        || (fatal_if_ == 2 && !ledger.is_superseded(key)))
      return;
    for (auto& x : replicas_)
      if (x.body && x.realm == 0 && x.identity == from.who) {
        x.doomed = true;
        fatal_.reset();
        return;
      }
  };
  seen_.on_late_promise = [this](const std::string& key) {
    realms_.front().judge.late(key);
  };
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

// -- the loop -----------------------------------------------------------------

/// What the controller of one cluster does is the deed of another hand for
/// those who judge the other one.
void world::note_new_changes() {
  using emulator::entry_state;
  const auto& changes = at_.cloud().log().changes();
  for (; seen_changes_ < changes.size(); ++seen_changes_) {
    auto x = changes[seen_changes_];
    told_.add(x.at, {"entry ", x.id, " ", x.name, " ", x.external_ip, ":",
                     std::to_string(x.external_port), " ", x.internal_ip, " ",
                     to_string(x.state)});
    const auto by_person = x.foreign;
    const auto begins = x.state == entry_state::pending
                        || x.state == entry_state::deleting;
    for (size_t n = 0; n < realms_.size(); ++n) {
      x.foreign = by_person
                  || (begins ? net_.last_caller() != n
                             : !x.name.starts_with(prefixes_[n]));
      realms_[n].judge.see(x);
    }
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
    if (x.crash_after && (*x.crash_after)-- == 0)
      crash(n);
    else if (x.body->ended())
      die(n);
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
  kill_doomed();
  net_.flush();
  note_new_changes();
  for (auto& x : realms_)
    x.judge.pass(time_.now());
  return went_on && !is_broken();
}

bool world::is_broken() const {
  return std::ranges::any_of(realms_, [](const realm& x) {
    return !x.judge.violations().empty();
  });
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

std::vector<std::string> world::unsettled() const {
  std::vector<std::string> result;
  for (const auto& x : realms_)
    for (auto& text : x.judge.unsettled())
      result.push_back(std::move(text));
  return result;
}

void world::settle(const char* what, instant::duration limit) {
  if (is_broken())
    return;
  auto good = run_until([this] { return unsettled().empty(); },
                        time_.now() + limit);
  if (good || is_broken())
    return;
  result_.problems.push_back(fmt::format("7: {}: not settled:", what));
  for (auto& x : unsettled())
    result_.problems.push_back("  " + std::move(x));
}

void world::tear_down() {
  for (auto& x : realms_)
    x.people->tear_down(plan_.slots, time_.now());
  run_until([] { return false; }, time_.now() + 1s);
  for (auto& x : realms_)
    x.people->take_records(plan_.slots, time_.now());
  meddler_->take_forged(time_.now());
  settle("after everything was deleted", settling_limit);
}

void world::conclude() {
  for (const auto& x : realms_)
    for (const auto& y : x.judge.violations())
      result_.problems.push_back(fmt::format("{}: {}", y.invariant, y.text));
  seen_.sum_up(plan_.cloud.token_retention);
  result_.met = met_;
  result_.hash = told_.hash();
  result_.lives = realms_.front().people->lives();
  result_.calls = at_.cloud().log().counters().calls;
  result_.length = time_.now() - start_;
  if (!result_.problems.empty())
    result_.tail = told_.tail(start_);
}

/// Tokens that could have made or found the wrong thing. What the network
/// repeats or loses looks like a token that is used again.
void world::judge_tokens() {
  if (std::ranges::any_of(realms_,
                          [](const realm& x) { return x.judge.forgets(); }))
    return;
  auto harm = cli::count_token_harm(at_.cloud().log());
  const auto reused = plan_.sky == weather{} ? harm.reused : 0;
  if (reused + harm.mixed + harm.doubled > 0)
    realms_.front().judge.breach(
      10, time_.now(),
      fmt::format("ClientTokens: {} used again, {} for another need, {} needs "
                  "with two",
                  reused, harm.mixed, harm.doubled));
}

outcome world::run() {
  net_.sky = plan_.sky;
  at_.cluster().set_faults(plan_.cluster_faults);
  for (size_t n = 0; n < plan_.replicas + at_.realms() - 1; ++n) {
    replicas_.emplace_back().realm = n < plan_.replicas ? 0 : 1;
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
  tear_down();
  judge_tokens();
  conclude();
  return std::move(result_);
}

outcome run(const plan& what, const world_options& how) {
  return world{what, how}.run();
}

} // namespace natgw::simulation
