#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "core/entry_name.hpp"
#include "core/forward_table/flow.hpp"
#include "core/forward_table/forward_table.hpp"

namespace natgw::core::test {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

/// A forward table as the cloud keeps it, with all its rules and moods.
struct tiny_cloud {
  struct entry {
    entry_spec spec;
    entry_status status = entry_status::pending;
    /// When it leaves its transition.
    instant until{};
    bool any = false;
  };

  struct answer {
    std::string id;
    std::string parameters;
    instant when{};
  };

  // -- moods -----------------------------------------------------------------
  nanoseconds pending = milliseconds{200};
  nanoseconds deleting = milliseconds{100};
  /// A write is refused while any entry is in transition.
  bool barrier = false;
  /// A write is refused within so long of the one before.
  nanoseconds gap = nanoseconds{0};
  size_t quota = 100'000;
  nanoseconds retention = std::chrono::hours{1};
  bool bound = true;

  // -- state -----------------------------------------------------------------
  gateway_view gateway{.id = "ngw-1",
                       .vpc_id = "vpc-1",
                       .zone = "zone-a",
                       .status = "Available",
                       .financial_locked = false,
                       .forward_tables = {"ftb-1"},
                       .eips = {{"1.0.0.1", "eip-1", false},
                                {"1.0.0.2", "eip-2", true}}};
  bool gateway_exists = true;
  bool table_exists = true;
  std::map<std::string, entry> entries;
  std::map<std::string, answer> tokens;
  uint64_t ids = 0;
  instant last_write = instant::min();
  std::vector<api_call> log;

  size_t count(api_action action) const {
    return static_cast<size_t>(
      std::count_if(log.begin(), log.end(), [action](const api_call& x) {
        return x.action == action;
      }));
  }

  void advance(instant now) {
    for (auto i = entries.begin(); i != entries.end();) {
      auto& x = i->second;
      if (x.status == entry_status::pending && x.until <= now)
        x.status = entry_status::available;
      if (x.status == entry_status::deleting && x.until <= now)
        i = entries.erase(i);
      else
        ++i;
    }
  }

  /// An entry that somebody else made.
  std::string put(entry_spec spec, bool any = false) {
    auto id = "fwd-" + std::to_string(++ids);
    entries[id] = {std::move(spec), entry_status::available, {}, any};
    return id;
  }

  /// The only entry of that name.
  entry* named(const std::string& name) {
    for (auto& [id, x] : entries)
      if (x.spec.name == name)
        return &x;
    return nullptr;
  }

  static bool meet(uint16_t a, uint16_t m, uint16_t b, uint16_t n) {
    return a < b + n && b < a + m;
  }

  bool clash(const entry_spec& x, const std::string& except) const {
    return std::any_of(entries.begin(), entries.end(), [&](const auto& i) {
      auto& y = i.second.spec;
      if (i.first == except)
        return false;
      if (i.second.any)
        return x.external_ip == y.external_ip;
      return x.proto == y.proto
             && ((x.external_ip == y.external_ip
                  && meet(x.external_port, x.count, y.external_port, y.count))
                 || (x.internal_ip == y.internal_ip
                     && meet(x.internal_port, x.count, y.internal_port,
                             y.count)));
    });
  }

  static api_reply refuse(call_class outcome, ec code, std::string detail) {
    api_reply result;
    result.outcome = outcome;
    result.code = code;
    result.detail = std::move(detail);
    return result;
  }

  api_reply execute(const api_call& call, instant now) {
    advance(now);
    log.push_back(call);
    auto result = run(call, now);
    result.id = call.id;
    return result;
  }

private:
  api_reply run(const api_call& call, instant now) {
    if (call.action == api_action::describe_gateways) {
      api_reply result;
      if (gateway_exists)
        result.gateways.push_back(gateway);
      return result;
    }
    if (!table_exists)
      return refuse(call_class::fatal_gateway, ec::gateway_unusable,
                    "InvalidForwardTableId.NotFound");
    if (call.action == api_action::describe_entries)
      return describe(call);
    auto parameters = std::string{to_string(call.action)} + call.entry_id + ' '
                      + call.spec.name
                      + table::external_text(table::pack_seen(call.spec))
                      + table::internal_text(table::pack_seen(call.spec));
    if (auto i = tokens.find(call.client_token);
        i != tokens.end() && i->second.when + retention > now) {
      if (i->second.parameters != parameters)
        return refuse(call_class::fatal_pod, ec::token_mismatch,
                      "IdempotentParameterMismatch");
      api_reply result;
      result.entry_id = i->second.id;
      return result;
    }
    auto result = write(call, now);
    if (result.outcome == call_class::ok) {
      tokens[call.client_token] = {result.entry_id, parameters, now};
      last_write = now;
    }
    return result;
  }

  static bool matches(const entry_filter& f, const std::string& id,
                      const entry_spec& x) {
    auto is = [](const std::string& wanted, const std::string& actual) {
      return wanted.empty() || wanted == actual;
    };
    auto ports = [&x](uint16_t first) {
      auto last = std::to_string(first + x.count - 1);
      return std::to_string(first) + (x.count > 1 ? '/' + last : "");
    };
    return is(f.entry_id, id) && is(f.entry_name, x.name)
           && is(f.external_ip, x.external_ip)
           && is(f.internal_ip, x.internal_ip)
           && is(f.external_port, ports(x.external_port))
           && is(f.internal_port, ports(x.internal_port))
           && (!f.proto || *f.proto == x.proto);
  }

  api_reply describe(const api_call& call) const {
    std::vector<forward_entry> all;
    for (auto& [id, x] : entries)
      if (matches(call.filter, id, x.spec))
        all.push_back({id, x.spec, x.status, x.any});
    api_reply result;
    result.total_count = static_cast<uint32_t>(all.size());
    size_t first = size_t{call.page_number - 1} * call.page_size;
    for (auto i = first; i < std::min(first + call.page_size, all.size()); ++i)
      result.entries.push_back(all[i]);
    return result;
  }

  api_reply write(const api_call& call, instant now) {
    auto busy = std::any_of(entries.begin(), entries.end(), [](auto& x) {
      return x.second.status != entry_status::available;
    });
    auto creates = call.action == api_action::create_entry;
    auto removes = call.action == api_action::delete_entry;
    auto i = entries.find(call.entry_id);
    if (!creates && i == entries.end())
      return refuse(call_class::gone, ec::entry_gone,
                    "InvalidForwardEntryId.NotFound");
    if (!removes && !bound)
      return refuse(call_class::retry_limited, ec::eip_not_bound,
                    "InvalidIp.NotInNatgw");
    if (!removes && clash(call.spec, call.entry_id)) {
      auto result = refuse(call_class::fatal_pod, ec::duplicate_entry,
                           "OperationUnsupported.ForwardEntry");
      result.may_be_duplicate = true;
      return result;
    }
    if (creates && entries.size() >= quota)
      return refuse(call_class::fatal_gateway, ec::quota_exceeded,
                    "QuotaExceeded");
    if ((barrier && busy)
        || (!creates && i->second.status != entry_status::available))
      return refuse(call_class::retry_soon, ec::busy,
                    "IncorretForwardEntryStatus");
    if (last_write != instant::min() && now - last_write < gap)
      return refuse(call_class::retry_soon, ec::busy, "OperationConflict");
    api_reply result;
    if (removes) {
      i->second.status = entry_status::deleting;
      i->second.until = now + deleting;
      return result;
    }
    result.entry_id = creates ? "fwd-" + std::to_string(++ids) : call.entry_id;
    entries[result.entry_id] = {call.spec, entry_status::pending, now + pending,
                                false};
    return result;
  }
};

/// A forward table and its cloud in virtual time. A call takes `latency`, half
/// of it on its way there.
struct world {
  explicit world(table_options cfg = options())
    : table{std::make_unique<forward_table>(cfg)} {
    watch_table();
  }

  static const entry_names& names() {
    static const auto result = *entry_names::make("natgw", "cluster-uid");
    return result;
  }

  static table_options options() {
    return {.gateway = "ngw-1", .vpc = "vpc-1", .names = names()};
  }

  /// The name of an entry of ours.
  static std::string name(int n) {
    return names().build(plain_name_key(std::to_string(n)), 0);
  }

  /// Entry number n: port 1000 + n of the first EIP.
  static entry_spec spec(int n) {
    return {name(n),
            "1.0.0.1",
            "10.0." + std::to_string(n / 200) + '.' + std::to_string(n % 200),
            static_cast<uint16_t>(1000 + n),
            80,
            1,
            protocol::tcp};
  }

  static entry_want want(entry_spec spec, uint32_t attempt = 0) {
    auto uid = "uid-" + spec.name;
    return {std::move(spec), uid, attempt, urgency::birth, {}};
  }

  void wish(const entry_want& x) {
    take(table->handle(x, now));
  }

  void wish(const entry_drop& x) {
    take(table->handle(x, now));
  }

  /// Starts, lists, settles, and waits out the write deadline.
  void begin() {
    start();
    run(seconds{11});
    news.clear();
    cloud.log.clear();
  }

  void start() {
    take(table->start(now));
    run(milliseconds{50});
    take(table->settled(now));
  }

  /// The process dies and comes again; answers under way are lost.
  void restart(table_options cfg = options()) {
    ++generation;
    cfg.epoch = generation;
    table = std::make_unique<forward_table>(cfg);
    watch_table();
    foreign.clear();
    report = {};
  }

  void watch_table() {
    table->trace([this](const std::string& line) {
      trace.push_back(
        std::to_string(now.time_since_epoch() / std::chrono::microseconds{1})
        + "us " + line);
    });
  }

  void take(table_effects effects) {
    for (auto& effect : effects)
      std::visit([this](auto& x) { act(x); }, effect);
  }

  void act(api_call& call) {
    calls.push_back(call);
    if (on_call && on_call(call))
      return;
    deliver(call, latency / 2);
  }

  /// The call reaches the cloud after that time, and is answered.
  void deliver(const api_call& call, nanoseconds delay) {
    at(now + delay, [this, call] {
      auto reply = cloud.execute(call, now);
      if (!on_reply || !on_reply(call, reply))
        answer(reply, latency / 2);
    });
  }

  void answer(const api_reply& reply, nanoseconds delay) {
    at(now + delay, [this, reply, of = generation] {
      if (of == generation)
        take(table->handle(reply, now));
    });
  }

  void act(sweep_ptr& x) {
    sweeps.push_back(std::move(x));
  }

  void act(entry_news& x) {
    if (on_news)
      on_news(x);
    news.push_back(std::move(x));
  }

  void act(foreign_news& x) {
    for (auto& gone : x.removed)
      std::erase_if(foreign, [&](auto& y) { return y.id == gone.id; });
    foreign.insert(foreign.end(), x.added.begin(), x.added.end());
  }

  void act(table_report& x) {
    report = std::move(x);
    ++reports;
  }

  void at(instant when, std::function<void()> what) {
    events.emplace(when, std::move(what));
  }

  /// Lets time pass; events happen in their order.
  void run(nanoseconds span) {
    auto end = now + span;
    while (step(end)) {
    }
    now = end;
    cloud.advance(now);
  }

  bool step(instant end) {
    auto wake = table->wake();
    auto next = wake.value_or(instant::max());
    if (!events.empty())
      next = std::min(next, events.begin()->first);
    if (next > end)
      return false;
    same_instant = next > now ? 0 : same_instant + 1;
    if (same_instant > 100'000)
      throw std::runtime_error("the table spins");
    now = std::max(now, next);
    if (!events.empty() && events.begin()->first <= now) {
      auto what = std::move(events.begin()->second);
      events.erase(events.begin());
      what();
    } else {
      take(table->tick(now));
    }
    return true;
  }

  size_t told(entry_fact fact, const std::string& of = {}) const {
    return static_cast<size_t>(
      std::count_if(news.begin(), news.end(), [&](const entry_news& x) {
        return x.fact == fact && (of.empty() || x.spec.name == of);
      }));
  }

  /// The latest news of a name.
  const entry_news* last(const std::string& of) const {
    for (const auto& x : std::views::reverse(news))
      if (x.spec.name == of)
        return &x;
    return nullptr;
  }

  /// Calls that left for the cloud, answered or not.
  size_t sent(api_action action) const {
    return static_cast<size_t>(
      std::count_if(calls.begin(), calls.end(), [action](const api_call& x) {
        return x.action == action;
      }));
  }

  std::unique_ptr<forward_table> table;
  tiny_cloud cloud;
  nanoseconds latency = milliseconds{2};
  instant now{};
  uint64_t generation = 0;
  std::multimap<instant, std::function<void()>> events;
  int same_instant = 0;
  /// True if the call, or the reply, is swallowed.
  std::function<bool(api_call&)> on_call;
  std::function<bool(const api_call&, api_reply&)> on_reply;
  std::function<void(const entry_news&)> on_news;
  std::vector<api_call> calls;
  std::vector<entry_news> news;
  std::vector<sweep_ptr> sweeps;
  std::vector<foreign_entry> foreign;
  table_report report;
  size_t reports = 0;
  std::vector<std::string> trace;
};

} // namespace natgw::core::test
