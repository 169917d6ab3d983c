#include "core/forward_table/engine.hpp"

namespace natgw::core::table {

/// Takes over from a stand-by what is worth having before the first answer.
/// All of it is asked for again: the gateway at once, and a foreign entry that
/// the first list does not show is looked at.
void engine::inherit(const engine& before) {
  sink = before.sink;
  // Answers to its calls may still come, and are not ours.
  call_ids = before.call_ids;
  if (!before.gateway.usable())
    return;
  gateway = before.gateway;
  gateway.renew();
  gateway_known = true;
  if (!before.listed)
    return;
  mirrored = true;
  for (const auto& [id, x] : before.table.foreigners()) {
    table.add_foreign(x.entry).recalled = true;
    strangers.added.push_back(as_foreign(x.entry));
  }
}

/// A stand-by spends no look on what it has not seen. If that slipped between
/// the pages, it is missed until the list after the takeover: the cloud then
/// refuses the port, and another one is taken.
void engine::forget_unseen() {
  if (!scan.consistent())
    return;
  std::vector<std::string> unseen;
  for (const auto& [id, x] : table.foreigners())
    if (x.scan != scan.number())
      unseen.push_back(id);
  for (const auto& id : unseen)
    remove_stranger(id);
}

} // namespace natgw::core::table
