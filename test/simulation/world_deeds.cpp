#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "emulator/kube/json_access.hpp"
#include "test/simulation/world.hpp"

// What happens to the processes of the controller, and what people do.

namespace natgw::simulation {

namespace {

using namespace std::chrono_literals;

} // namespace

// -- processes ----------------------------------------------------------------

void world::start(size_t n) {
  auto& x = replicas_[n];
  x.identity = fmt::format("r{}.{}", n, ++x.incarnation);
  told_.add(time_.now(), {x.identity, " starts"});
  x.frozen = false;
  if (x.incarnation > 1)
    realms_[x.realm].judge.forget();
  x.body = std::make_unique<process>(
    net_, process_options{.settings = settings(),
                          .identity = x.identity,
                          .realm = x.realm,
                          .cluster_uid = at_.cluster_uid(x.realm),
                          .temporary_credentials = plan_.credential_lifetime
                                                   && x.realm == 0,
                          .seed = dice_.roll(UINT64_MAX),
                          .now = [this] { return time_.now(); }});
}

void world::crash(size_t n) {
  ++result_.crashes;
  seen_.add(mishap::process_crash);
  seen_.ledger().died(replicas_[n].identity);
  die(n);
}

void world::die(size_t n) {
  auto& x = replicas_[n];
  if (!x.body)
    return;
  told_.add(time_.now(), {"r", std::to_string(n), " dies"});
  x.crash_after.reset();
  x.doomed = false;
  x.body.reset();
  time_.after(dice_.draw({1ms, 5s}), [this, n] { start(n); });
}

void world::kill_doomed() {
  for (size_t n = 0; n < replicas_.size(); ++n)
    if (replicas_[n].body && replicas_[n].doomed)
      crash(n);
}

/// Who holds the lease, by its own words.
std::string world::leader() const {
  const auto& objects = at_.cluster().objects();
  auto found = objects.find(*objects.types().find("leases"),
                            "kube-system/natgw-controller");
  return found ? std::string{emulator::kube::text(found->body(),
                                                  {"spec", "holderIdentity"})}
               : std::string{};
}

void world::pause(size_t n, std::chrono::milliseconds span) {
  auto& x = replicas_[n];
  if (!x.body || x.frozen)
    return;
  told_.add(time_.now(), {"r", std::to_string(n), " stops"});
  // Another may lead meanwhile.
  realms_[x.realm].judge.forget();
  x.frozen = true;
  x.led = leader() == x.identity;
  x.body->freeze();
  time_.after(span, [this, n, paused = x.incarnation] { resume(n, paused); });
}

void world::resume(size_t n, uint32_t incarnation) {
  auto& x = replicas_[n];
  if (!x.body || x.incarnation != incarnation)
    return;
  told_.add(time_.now(), {"r", std::to_string(n), " goes on"});
  if (auto now = leader(); x.led && !now.empty() && now != x.identity)
    seen_.add(mishap::late_leader);
  x.frozen = false;
  x.body->catch_up();
  x.body->thaw();
}

// -- deeds --------------------------------------------------------------------

/// Whether a process, or a part of one, dies in this run.
bool world::memory_is_lost() const {
  return std::ranges::any_of(plan_.acts, [](const act& x) {
    return x.what >= deed::crash && x.what <= deed::break_table;
  });
}

void world::do_to_process(const act& x) {
  const auto n = x.slot % plan_.replicas;
  auto& target = replicas_[n];
  switch (x.what) {
    case deed::crash:
      target.crash_after = x.value;
      break;
    case deed::crash_at_write:
      fatal_ = static_cast<simulation::step>(x.value % step_count);
      fatal_if_ = x.value / step_count;
      break;
    case deed::pause:
      pause(n, std::chrono::milliseconds{x.value});
      break;
    case deed::stop:
      if (target.body)
        target.body->stop();
      break;
    default: {
      realms_[target.realm].judge.forget();
      const auto table = x.what == deed::break_table;
      if (target.body && target.body->break_pair(table, x.value))
        seen_.add(table ? mishap::table_crash : mishap::pool_crash);
    }
  }
}

void world::do_act(const act& x) {
  told_.add(time_.now(), {"-- ", to_string(x.what), " ", std::to_string(x.slot),
                          " ", std::to_string(x.value)});
  switch (x.what) {
    case deed::crash:
    case deed::crash_at_write:
    case deed::pause:
    case deed::stop:
    case deed::break_pool:
    case deed::break_table:
      return do_to_process(x);
    case deed::compact:
      return at_.cluster().compact();
    case deed::break_watches:
      return at_.cluster().break_watches("");
    case deed::expire_credentials:
      return at_.expire_credentials(time_.now());
    default:
      return meddle(x);
  }
}

void world::meddle(const act& x) {
  if (x.slot >= neighbour) {
    auto there = x;
    there.slot -= neighbour;
    if (realms_.size() > 1)
      realms_[1].people->play(there, time_.now());
    return;
  }
  realms_.front().people->play(x, time_.now());
  // Before anybody sees what was written.
  auto& judge = realms_.front().judge;
  auto key = "default/" + player::name_of(x.slot);
  if (x.what == deed::edit_record)
    judge.forged(key);
  // Who wins where nothing stands yet is left open.
  if (x.what == deed::forge_record)
    judge.late(key);
  if (x.what == deed::forge_record)
    judge.forged(fmt::format("default/forged-{}", x.value % 4));
  meddler_->play(x, time_.now());
  pardon(x);
}

/// What the judges have to know of it.
void world::pardon(const act& x) {
  auto& judge = realms_.front().judge;
  auto key = "default/" + player::name_of(x.slot);
  if (x.what == deed::clear_status)
    judge.stir(key, time_.now());
  if (x.what == deed::delete_record && memory_is_lost())
    judge.pardon(key);
  for (auto& y : realms_) {
    if (!meddler_->lost_eip().empty())
      y.judge.pardon_address(meddler_->lost_eip());
    if (meddler_->lost_gateway().empty())
      continue;
    y.judge.lose_gateway(meddler_->lost_gateway());
    for (const auto& eip : meddler_->stranded_eips())
      y.judge.pardon_address(eip);
  }
}

void world::calm_down() {
  told_.add(time_.now(), {"-- all is calm from now on"});
  meddler_->return_eip(time_.now());
  fatal_.reset();
  net_.sky = {};
  at_.cluster().set_faults({});
  auto& behaviour = at_.cloud().behaviour();
  behaviour.fault_rates = {};
  for (auto& x : replicas_)
    x.crash_after.reset();
}

} // namespace natgw::simulation
