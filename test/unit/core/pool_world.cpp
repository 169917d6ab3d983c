#include "test/unit/core/pool_world.hpp"

#include <algorithm>
#include <type_traits>
#include <variant>

namespace natgw::test {

namespace {

const std::string ns = "games";
const std::string eip = "47.97.0.10";

/// Far more steps than anything needs that comes to an end without time.
constexpr size_t busiest_round = 20'000;

bool share(uint16_t a, uint16_t a_count, uint16_t b, uint16_t b_count) {
  return a < b + b_count && b < a + a_count;
}

} // namespace

pool_world::pool_world(uint64_t seed, core::pool_options options)
  : rng_{seed},
    options_{std::move(options)} {
}

void pool_world::start() {
  // A crash: some of what was asked for still happens, unheard.
  for (auto queue : {&api_, &cloud_})
    for (; !queue->empty(); queue->pop_front())
      if (queue->front().is_request && rng_() % 2 == 0)
        queue->front().act();
  for (auto queue : {&api_, &cloud_, &watch_})
    queue->clear();
  wished_.clear();
  later_.clear();
  held_drops_.clear();
  listed_ = false;
  inherited_.clear();
  for (auto& [name, spec] : table)
    inherited_.insert(name);
  ++options_.epoch;
  transcript.emplace_back("start");
  options_.seed = rng_();
  pool.emplace(options_);
  take(pool->start(now));
  for (auto& [name, pod] : pods)
    tell([this, pod] { take(pool->bind({pod.view, pod.request}, now)); });
  tell([this] { take(pool->pods_synced(now)); });
  for (auto& [name, record] : records)
    tell([this, record] { take(pool->record_changed(record, now)); });
  table_report report{.usable = true,
                      .eips = {{.address = eip, .allocation_id = "eip-1"}},
                      .zone = "z",
                      .listed = true,
                      .entries = static_cast<uint32_t>(table.size())};
  auto specs = table;
  answer_later([this, report, specs] {
    listed_ = true;
    for (auto& [name, spec] : specs)
      take(pool->entry_told(
        {.fact = entry_fact::unclaimed, .spec = spec, .id = "fwd-" + name},
        now));
    take(pool->table_told(report, now));
  });
}

void pool_world::drain() {
  options_.drain = true;
}

void pool_world::create_pod(const std::string& name,
                            std::vector<port_item> items, bool fixed,
                            const std::string& ip) {
  auto pod = std::make_shared<pod_view>();
  pod->key = {ns, name};
  pod->uid = "uid-" + std::to_string(++uids_);
  pod->node = "node";
  pod->ip = ip.empty() ? next_ip() : ip;
  std::erase(free_ips_, pod->ip);
  pod->workload = owner_ref{"apps/v1", "StatefulSet", "set", "uid-set"};
  if (dress)
    dress(*pod);
  pod_state state{pod, {.items = std::move(items), .fixed = fixed}};
  transcript.push_back("pod " + name + " " + pod->uid + " at " + pod->ip);
  auto own = record(name);
  auto is_own = own && own->promise && own->promise->internal_ip == pod->ip;
  for (auto& [other, x] : table)
    if (x.internal_ip == pod->ip && !is_own)
      tell([this, own_ip = pod->ip, uid = pod->uid] {
        take(pool->address_taken(own_ip, uid, now));
      });
  pods[name] = state;
  tell([this, state] { take(pool->bind({state.view, state.request}, now)); });
}

void pool_world::delete_pod(const std::string& name) {
  auto found = pods.find(name);
  if (found == pods.end())
    return;
  auto view = found->second.view;
  transcript.push_back("pod " + name + " " + view->uid + " goes");
  pods.erase(found);
  free_ips_.push_back(view->ip);
  tell([this, view] { take(pool->unbind(view, true, now)); });
  auto record = records.find(name);
  if (record == records.end() || record->second->owner_pod_uid != view->uid
      || record->second->deleting)
    return;
  auto next = std::make_shared<record_view>(*record->second);
  next->deleting = true;
  next->resource_version = std::to_string(++version_);
  record->second = next;
  watch_event(next, false);
}

void pool_world::change_ports(const std::string& name,
                              std::vector<port_item> items) {
  auto found = pods.find(name);
  if (found == pods.end())
    return;
  found->second.request.items = std::move(items);
  tell([this, state = found->second] {
    take(pool->bind({state.view, state.request}, now));
  });
}

void pool_world::change_pod(const std::string& name,
                            const std::function<void(pod_view&)>& how) {
  auto& pod = pods.at(name);
  auto next = std::make_shared<pod_view>(*pod.view);
  how(*next);
  pod.view = next;
  tell([this, state = pod] {
    take(pool->bind({state.view, state.request}, now));
  });
}

void pool_world::change_fixed(const std::string& name, bool fixed) {
  auto found = pods.find(name);
  if (found == pods.end())
    return;
  found->second.request.fixed = fixed;
  tell([this, state = found->second] {
    take(pool->bind({state.view, state.request}, now));
  });
}

void pool_world::delete_record(const std::string& name) {
  transcript.push_back("a person deletes the record " + name);
  auto found = records.find(name);
  if (found == records.end() || found->second->deleting)
    return;
  auto next = std::make_shared<record_view>(*found->second);
  next->deleting = true;
  next->resource_version = std::to_string(++version_);
  found->second = next;
  watch_event(next, false);
}

void pool_world::lose_entry() {
  if (table.empty())
    return;
  auto victim = std::next(table.begin(),
                          static_cast<std::ptrdiff_t>(rng_() % table.size()));
  auto spec = victim->second;
  inherited_.erase(victim->first);
  table.erase(victim);
  transcript.push_back("somebody deletes the entry " + spec.name);
  answer_later([this, spec] {
    if (!table.contains(spec.name))
      take(pool->entry_told({.fact = entry_fact::lost, .spec = spec}, now));
  });
}

void pool_world::unbind(const pod_ptr& pod, bool object_gone) {
  tell([this, pod, object_gone] { take(pool->unbind(pod, object_gone, now)); });
}

void pool_world::take_address(const std::string& ip, const std::string& uid) {
  tell([this, ip, uid] { take(pool->address_taken(ip, uid, now)); });
}

bool pool_world::step() {
  std::vector<std::deque<job>*> ready;
  for (auto queue : {&api_, &cloud_, &watch_})
    if (!queue->empty())
      ready.push_back(queue);
  if (ready.empty())
    return false;
  auto& queue = *ready[rng_() % ready.size()];
  auto next = std::move(queue.front());
  queue.pop_front();
  next.act();
  check();
  return true;
}

void pool_world::settle() {
  for (int round = 0; round < 300; ++round) {
    auto left = busiest_round;
    while (left > 0 && step())
      --left;
    if (left == 0) {
      harm.emplace_back("the same goes round for ever");
      return;
    }
    pass(std::chrono::seconds{2});
  }
}

void pool_world::pass(std::chrono::nanoseconds span) {
  now += span;
  take(pool->tick(now));
  for (auto& name : std::exchange(later_, {}))
    if (auto pod = pods.find(name);
        pod != pods.end() && !pod->second.view->terminating)
      tell([this, state = pod->second] {
        take(pool->bind({state.view, state.request}, now));
      });
}

const record_view* pool_world::record(const std::string& name) const {
  auto found = records.find(name);
  return found == records.end() ? nullptr : found->second.get();
}

size_t pool_world::writes(record_op op) const {
  auto found = writes_.find(op);
  return found == writes_.end() ? 0 : found->second;
}

void pool_world::tell(std::function<void()> x) {
  watch_.push_back({false, std::move(x)});
}

void pool_world::answer_later(std::function<void()> x) {
  cloud_.push_back({false, std::move(x)});
}

void pool_world::watch_event(const record_ptr& record, bool gone) {
  tell([this, record, gone] {
    take(gone ? pool->record_gone(record, now)
              : pool->record_changed(record, now));
  });
}

void pool_world::take(core::pool_effects effects) {
  for (auto& effect : effects)
    std::visit(
      [this](auto& x) {
        using type = std::decay_t<decltype(x)>;
        if constexpr (std::is_same_v<type, core::pool_note>)
          transcript.push_back("note " + std::string{x.event} + " " + x.key.name
                               + " " + x.detail);
        if constexpr (std::is_same_v<type, core::pool_measure>)
          measures.push_back(x);
        if constexpr (std::is_same_v<type, record_write>) {
          api_.push_back({true, [this, x] { operate(x); }});
        } else if constexpr (std::is_same_v<type, pod_patch>) {
          patches.push_back(x);
          api_.push_back({true, [this, x] { patch(x); }});
        } else if constexpr (std::is_same_v<type, object_event>) {
          events.push_back(x);
        } else if constexpr (std::is_same_v<type, entry_want>) {
          wish(x);
        } else if constexpr (std::is_same_v<type, entry_drop>) {
          cloud_.push_back({true, [this, x] { drop(x); }});
        } else if constexpr (std::is_same_v<type, object_query>) {
          tell([this, x] {
            take(pool->object_answered({x.token, workload, "uid-set"}, now));
          });
        } else if constexpr (std::is_same_v<type, pool_capacity>) {
          queue_depth = x.queue_depth;
          deepest_queue = std::max(deepest_queue, x.queue_depth);
        } else if constexpr (std::is_same_v<type, bind_refused>) {
          later_.push_back(x.key.name);
        } else if constexpr (std::is_same_v<type, core::refresh_records>) {
          auto list = ++lists_;
          tell([this, list] { take(pool->refresh_numbered(list, now)); });
          for (auto& [name, record] : records)
            watch_event(record, false);
          tell([this, list] { take(pool->records_synced(list, now)); });
        }
      },
      effect);
}

void pool_world::wish(const entry_want& x) {
  // A table would hold two wishes then that want to be made of each other.
  if (wished_.contains(x.replaces))
    harm.push_back(x.spec.name + " replaces what is only wished");
  wished_.insert(x.spec.name);
  cloud_.push_back({true, [this, x] {
                      wished_.erase(wished_.find(x.spec.name));
                      ensure(x);
                    }});
}

void pool_world::operate(record_write x) {
  ++writes_[x.op];
  if (x.interface)
    interfaces[x.key.name] = x.interface;
  transcript.push_back("write " + std::string{to_string(x.op)} + " "
                       + x.key.name);
  record_written answer{.key = x.key, .op = x.op};
  auto found = records.find(x.key.name);
  auto respond = [&] {
    auto current = records.find(x.key.name);
    answer.absent = current == records.end();
    if (!answer.absent)
      answer.now = current->second;
    tell([this, answer] { take(pool->record_written(answer, now)); });
  };
  if (x.op == record_op::create) {
    if (found != records.end()) {
      answer.problem = error{ec::already_exists, {}};
      return respond();
    }
    auto next = std::make_shared<record_view>();
    next->key = x.key;
    next->uid = "rec-" + std::to_string(++uids_);
    next->created = std::to_string(now.time_since_epoch().count());
    next->resource_version = std::to_string(++version_);
    next->finalizer = true;
    next->owner_pod_uid = x.owner_pod_uid;
    next->gateway = x.promise.gateway;
    next->promise = x.promise;
    records[x.key.name] = next;
    watch_event(next, false);
    return respond();
  }
  if (found == records.end() || found->second->uid != x.uid) {
    answer.problem = error{ec::not_found, {}};
    return respond();
  }
  if (found->second->resource_version != x.resource_version) {
    answer.problem = error{ec::conflict, {}};
    return respond();
  }
  auto next = std::make_shared<record_view>(*found->second);
  next->resource_version = std::to_string(++version_);
  if (x.op == record_op::promise) {
    next->promise = x.promise;
    next->owner_pod_uid = x.owner_pod_uid;
  } else if (x.op == record_op::status) {
    next->status = x.status;
  } else if (x.op == record_op::remove) {
    next->deleting = true;
  } else if (x.op == record_op::release) {
    next->finalizer = false;
  }
  if (next->deleting && !next->finalizer) {
    records.erase(found);
    watch_event(next, true);
  } else {
    found->second = next;
    watch_event(next, false);
  }
  respond();
}

/// Unlike a record's, the answer overtakes what the watches tell.
void pool_world::patch(const pod_patch& x) {
  pod_patched answer{.key = x.key, .uid = x.uid};
  auto pod = pods.find(x.key.name);
  if (patch_problem)
    answer.problem = error{*patch_problem, "no"};
  else if (pod == pods.end() || pod->second.view->uid != x.uid)
    answer.problem = error{ec::not_found, {}};
  else if (x.status_annotation)
    annotations[x.uid] = *x.status_annotation;
  api_.push_back(
    {false, [this, answer] { take(pool->pod_patched(answer, now)); }});
}

void pool_world::ensure(const entry_want& x) {
  transcript.push_back("want " + x.spec.name + " :"
                       + std::to_string(x.spec.external_port) + " -> "
                       + x.spec.internal_ip + " replaces " + x.replaces);
  auto answer = [&](entry_fact fact, ec reason = ec::rejected) {
    entry_news news{.fact = fact,
                    .spec = x.spec,
                    .id = "fwd-" + x.spec.name,
                    .reason = reason};
    answer_later([this, news] { take(pool->entry_told(news, now)); });
  };
  if (refuse)
    if (auto news = refuse(x)) {
      answer_later([this, news] { take(pool->entry_told(*news, now)); });
      return;
    }
  if (auto old = table.find(x.spec.name);
      old != table.end() && old->second == x.spec)
    return answer(entry_fact::available);
  if (x.fresh && inherited_.contains(x.spec.name))
    harm.push_back("a former process's entry called fresh: " + x.spec.name);
  auto source = x.replaces.empty() ? x.spec.name : x.replaces;
  for (auto& [name, other] : table) {
    if (name == source || other.proto != x.spec.proto)
      continue;
    auto outside = share(other.external_port, other.count, x.spec.external_port,
                         x.spec.count);
    auto inside = other.internal_ip == x.spec.internal_ip
                  && share(other.internal_port, other.count,
                           x.spec.internal_port, x.spec.count);
    if (!outside && !inside)
      continue;
    if (listed_)
      harm.push_back("port of " + name + " wished for " + x.spec.name);
    entry_news news{.fact = entry_fact::refused,
                    .spec = x.spec,
                    .id = outside ? "" : "fwd-" + name,
                    .reason = ec::duplicate_entry};
    answer_later([this, news] { take(pool->entry_told(news, now)); });
    return;
  }
  if (!records.contains(record_of(x)))
    harm.push_back("entry wished without a record: " + x.spec.name);
  inherited_.erase(source);
  inherited_.erase(x.spec.name);
  table.erase(source) > 0 ? ++modifies : ++creates;
  table[x.spec.name] = x.spec;
  answer(entry_fact::available);
  if (!x.replaces.empty()) {
    entry_news gone{.fact = entry_fact::gone};
    gone.spec.name = x.replaces;
    answer_later([this, gone] { take(pool->entry_told(gone, now)); });
  }
}

/// The name of the record with this uid, or a name that no record has.
std::string pool_world::record_of(const entry_want& x) const {
  for (auto& [name, record] : records)
    if (record->uid == x.record_uid)
      return name;
  return {};
}

void pool_world::release_drops() {
  holds_drops = false;
  for (auto& x : std::exchange(held_drops_, {}))
    drop(x);
}

void pool_world::drop(const entry_drop& x) {
  if (holds_drops) {
    held_drops_.push_back(x);
    return;
  }
  transcript.push_back("drop " + x.spec.name);
  inherited_.erase(x.spec.name);
  deletes += table.erase(x.spec.name);
  entry_news news{.fact = entry_fact::gone, .spec = x.spec};
  answer_later([this, news] { take(pool->entry_told(news, now)); });
}

/// What no step may show: an entry published that does not stand, or a port
/// published twice.
void pool_world::check() {
  std::set<std::pair<protocol, std::string>> shown;
  for (auto& [name, record] : records)
    for (auto& x : record->status) {
      if (!shown.emplace(x.proto, x.external_port).second)
        harm.push_back("published twice: " + x.external_port);
      auto entry = table.find(x.forward_entry_id.substr(4));
      if (entry == table.end())
        continue; // deleted by another hand, unpublished as soon as it is told
      if (entry->second.internal_ip != x.internal_ip)
        harm.push_back("published with another address: " + name);
    }
}

std::string pool_world::next_ip() {
  if (!free_ips_.empty() && rng_() % 2 == 0) {
    auto ip = free_ips_.front();
    free_ips_.pop_front();
    return ip;
  }
  ++ips_;
  return "172.16." + std::to_string(ips_ / 250) + "."
         + std::to_string(ips_ % 250 + 1);
}

} // namespace natgw::test
