// Two records that promise one port: neither is written on before the table's
// own list decides.

#include <algorithm>
#include <utility>

#include "core/pool/pool.hpp"
#include "core/pool/rules.hpp"

namespace natgw::core {

void pool::contest(slot& s) {
  observe(pool_measure_kind::clash);
  note(s, "promises_clash", {}, true);
  s.contested = true;
  contested_.push_back(s.key);
  auto& t = *present(s);
  for (auto rival : rivals_of(t))
    if (auto holder = find_tenure(rival))
      if (auto h = find_slot(holder->key); h && h->tenure == rival) {
        h->contested = true;
        contested_.push_back(h->key);
      }
}

/// Handles of the tenures that hold ports which this one was promised too.
std::vector<uint32_t> pool::rivals_of(const tenure& t) const {
  std::vector<uint32_t> result;
  for (auto& e : t.entries)
    if (!e.claimed)
      for (auto& held : ports_.holders(block_of(t, e.run)))
        if (held.holder != t.handle
            && std::ranges::find(result, held.holder) == result.end())
          result.push_back(held.holder);
  return result;
}

/// Decides every clash, once the table's own list says whose entries stand.
void pool::resolve_clashes(instant now) {
  if (!settled_)
    return;
  for (auto& key : std::exchange(contested_, {})) {
    auto s = find_slot(key);
    auto t = s ? present(*s) : nullptr;
    if (!t)
      continue;
    auto stays = true;
    for (auto rival : rivals_of(*t)) {
      auto holder = find_tenure(rival);
      auto h = holder ? find_slot(holder->key) : nullptr;
      if (!h || h->tenure != rival)
        continue;
      if (stays && wins(*s, *h))
        lose_promise(*h, now);
      else
        stays = false;
      h->contested = std::ranges::find(won_, h->key) != won_.end();
      touch(h->key);
    }
    s->contested = stays && !claim(*t, now);
    if (s->contested)
      won_.push_back(key);
    else if (!stays)
      lose_promise(*s, now);
    touch(key);
  }
}

/// Once ports are free, winners take what they have won. Returns true if there
/// was something to look at.
bool pool::resume_clashes(instant now) {
  if (!std::exchange(freed_, false) || won_.empty())
    return false;
  contested_.insert(contested_.end(), won_.begin(), won_.end());
  won_.clear();
  resolve_clashes(now);
  return true;
}

bool pool::wins(slot& challenger, slot& holder) {
  auto rank = [this](slot& s) {
    auto t = present(s);
    auto stands = t && std::ranges::any_of(t->entries, [](auto& e) {
                    return e.seen || e.phase == entry_phase::available;
                  });
    return rank_of(s.record.get(), stands);
  };
  return outranks(rank(challenger), rank(holder));
}

/// The loser of a clash: its promise is void, its status is emptied by the
/// next look (nothing of it is available), and new ports are allocated.
void pool::lose_promise(slot& s, instant now) {
  auto t = present(s);
  if (!t)
    return;
  note(s, "promise_lost", t->external_ip, true);
  say(s, "DNATFailed",
      "Its ports were promised to another pod as well; "
      "new ones are allocated",
      true);
  for (auto& e : t->entries)
    if (!e.claimed)
      entry_ended(*t, e);
  s.disowned = true;
  let_go(s, *t);
  if (!s.pod)
    s.forfeited = true;
  drop_entries(*t);
  free_gone(*t, now);
}

} // namespace natgw::core
