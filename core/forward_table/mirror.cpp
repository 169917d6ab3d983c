#include "core/forward_table/mirror.hpp"

#include <chrono>
#include <utility>

namespace natgw::core::table {

namespace {

/// No reading is on its way for so long.
constexpr auto grave_time = std::chrono::minutes{2};

triple_index::span external_span(const flow& x) {
  return {x.external_ip, x.proto, x.external_port, x.count};
}

triple_index::span internal_span(const flow& x) {
  return {x.internal_ip, x.proto, x.internal_port, x.count};
}

flow other_protocol(flow x) {
  x.proto = x.proto == protocol::tcp ? protocol::udp : protocol::tcp;
  return x;
}

} // namespace

slot& mirror::obtain(const std::string& name) {
  if (auto* x = find(name))
    return *x;
  auto& result = slots_[++numbers_];
  result.number = numbers_;
  result.name = name;
  by_name_.emplace(result.name, &result);
  return result;
}

slot& mirror::obtain_twin(const slot& of) {
  auto& result = slots_[++numbers_];
  result.number = numbers_;
  result.name = of.name;
  result.twin = true;
  twins_.emplace(of.number, result.number);
  return result;
}

slot* mirror::find(std::string_view name) {
  auto i = by_name_.find(name);
  return i == by_name_.end() ? nullptr : i->second;
}

slot* mirror::at(uint32_t number) {
  auto i = slots_.find(number);
  return i == slots_.end() ? nullptr : &i->second;
}

slot* mirror::holder(std::string_view id) {
  auto i = by_id_.find(id);
  return i == by_id_.end() ? nullptr : i->second;
}

void mirror::forget(slot& x) {
  clear(x);
  if (!x.twin)
    by_name_.erase(x.name);
  for (auto i = twins_.begin(); x.twin && i != twins_.end(); ++i)
    if (i->second == x.number) {
      twins_.erase(i);
      break;
    }
  slots_.erase(x.number);
}

std::vector<uint32_t> mirror::twins(const slot& of) const {
  std::vector<uint32_t> result;
  auto [first, last] = twins_.equal_range(of.number);
  for (auto i = first; i != last; ++i)
    result.push_back(i->second);
  return result;
}

void mirror::put(slot& x, const std::string& id, const flow& seen) {
  if (x.id != id) {
    clear(x);
    x.id = id;
    by_id_.emplace(x.id, &x);
    index(seen, false, x.number);
  } else if (x.seen != seen) {
    unindex(x.seen, false, x.number);
    index(seen, false, x.number);
  }
  x.seen = seen;
  x.known_absent = false;
}

void mirror::clear(slot& x) {
  if (!x.known())
    return;
  unindex(x.seen, false, x.number);
  by_id_.erase(x.id);
  x.id.clear();
  x.status = entry_status::unknown;
  x.nameless = false;
  x.verified = false;
  x.deletes = 0;
}

void mirror::exchange(slot& a, slot& b) {
  struct holding {
    std::string id;
    flow seen;
    entry_status status = entry_status::unknown;
    bool nameless = false;
    bool verified = false;
    uint8_t deletes = 0;
    uint64_t scan = 0;
  };
  auto take = [this](slot& x) {
    holding result{x.id,       x.seen,    x.status, x.nameless,
                   x.verified, x.deletes, x.scan};
    clear(x);
    return result;
  };
  auto give = [this](slot& x, const holding& what) {
    x.scan = what.scan;
    if (what.id.empty())
      return;
    put(x, what.id, what.seen);
    x.status = what.status;
    x.nameless = what.nameless;
    x.verified = what.verified;
    x.deletes = what.deletes;
  };
  auto from_a = take(a);
  auto from_b = take(b);
  give(a, from_b);
  give(b, from_a);
  std::swap(a.wrote_at, b.wrote_at);
}

void mirror::bury(std::string id, instant now) {
  while (!grave_order_.empty()
         && grave_order_.front().first + grave_time < now) {
    if (auto i = graves_.find(grave_order_.front().second);
        i != graves_.end() && i->second == grave_order_.front().first)
      graves_.erase(i);
    grave_order_.pop_front();
  }
  graves_[id] = now;
  grave_order_.emplace_back(now, std::move(id));
}

bool mirror::buried(const std::string& id, instant sent) const {
  auto i = graves_.find(id);
  return i != graves_.end() && sent <= i->second;
}

stranger* mirror::foreign(const std::string& id) {
  auto i = foreign_.find(id);
  return i == foreign_.end() ? nullptr : &i->second;
}

stranger& mirror::add_foreign(const forward_entry& x) {
  remove_foreign(x.id);
  auto& result = foreign_[x.id];
  result.number = ++numbers_;
  result.entry = x;
  foreign_numbers_.emplace(result.number, &result);
  index(pack_seen(x.spec), x.any, result.number);
  return result;
}

void mirror::remove_foreign(const std::string& id) {
  auto i = foreign_.find(id);
  if (i == foreign_.end())
    return;
  auto& x = i->second;
  unindex(pack_seen(x.entry.spec), x.entry.any, x.number);
  foreign_numbers_.erase(x.number);
  foreign_.erase(i);
}

stranger* mirror::nameless(const flow& x) {
  auto found = external_obstacle(x, 0, 0);
  if (found.other == nullptr)
    return nullptr;
  auto& entry = found.other->entry;
  auto same = entry.spec.name.empty() && !entry.any
              && pack_seen(entry.spec) == x;
  return same ? found.other : nullptr;
}

mirror::obstacle mirror::external_obstacle(const flow& x, uint32_t except,
                                           uint32_t and_except) {
  return resolve(external_.overlap(external_span(x), except, and_except));
}

mirror::obstacle mirror::internal_obstacle(const flow& x, uint32_t except,
                                           uint32_t and_except) {
  return resolve(internal_.overlap(internal_span(x), except, and_except));
}

mirror::obstacle mirror::resolve(uint32_t number) {
  if (auto i = foreign_numbers_.find(number); i != foreign_numbers_.end())
    return {nullptr, i->second};
  return {at(number), nullptr};
}

void mirror::index(const flow& x, bool any, uint32_t number) {
  external_.insert(external_span(x), number);
  internal_.insert(internal_span(x), number);
  if (any)
    index(other_protocol(x), false, number);
}

void mirror::unindex(const flow& x, bool any, uint32_t number) {
  external_.erase(external_span(x), number);
  internal_.erase(internal_span(x), number);
  if (any)
    unindex(other_protocol(x), false, number);
}

} // namespace natgw::core::table
