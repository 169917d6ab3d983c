#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/forward_table/effect.hpp"
#include "core/forward_table/options.hpp"
#include "messages/api_call.hpp"
#include "messages/entry.hpp"
#include "messages/time.hpp"

namespace natgw::core {

/// The mirror of one gateway's forward table and the one write pipeline into
/// it. Events and the time go in; calls for the openapi_caller, news and
/// reports for the pool come out, in the order in which they must be sent.
///
/// What it promises:
/// - Wishes are level-based: the last one for a name counts, repeating it is
///   harmless, and a repeated wish that is fulfilled is told `available` again.
/// - For one name at most one write is under way. A write that was not answered
///   is repeated, word by word and with its token, until it is answered; only
///   then the present wish counts. A token that was answered is not used for
///   another need: the pool is told `absent` and must raise `attempt`.
/// - A write has succeeded when a Describe shows it. Soon after it, a Describe
///   that shows the past proves nothing.
/// - `gone` is told only on the cloud's word: a "gone" answer to a delete, or
///   an exact empty Describe, while no write for that entry is unanswered.
/// - Nothing is written before the table was listed, but for fresh entries
///   (`entry_want::fresh`) where a stand-by had mirrored it; nothing is
///   modified or deleted before the table was listed after `start`, `settled`,
///   and one write deadline after `start`, nor an entry that was never read
///   exactly since.
/// - Entries without our prefix are foreign and never touched; but a nameless
///   one whose five fields equal a wish of ours is ours.
///
/// News: after `refused` the wish is forgotten. With reason `duplicate_entry`,
/// an empty `id` means that the external triple is held (if by a foreign entry,
/// foreign_news came before), and a set `id` that the internal triple is held
/// by that entry; `detail` names it. After `absent` the wish stands still until
/// it comes with a higher attempt, after `lost` (unless the entry heals by
/// itself) until it comes again. An entry that was turned into another one by
/// `replaces` is told `gone` under its old name. `unclaimed` is repeated with
/// every sweep. `available` for a name tells the cloud's id.
///
/// A stand-by (`stand_by`) keeps an eye on the gateway and on the foreign
/// entries of its table while another process leads. It sends nothing but
/// Describe calls of the lowest priority, a page at a time, and what it tells
/// is for nobody. `lead` makes a new start of it that knows the gateway and the
/// foreign entries, and tells them, before the first answer; the first answers
/// correct what has changed meanwhile.
///
/// Every event costs O(log n); only a sweep, which reads n entries, is O(n).
class forward_table {
public:
  explicit forward_table(table_options options);
  forward_table(forward_table&&) noexcept;
  forward_table& operator=(forward_table&&) noexcept;
  ~forward_table();

  /// Begins: asks for the gateway, then lists its table.
  table_effects start(instant now);

  /// Begins to watch for the time being; no wishes may come before `lead`.
  table_effects stand_by(instant now);

  /// Begins under that epoch, as `start` does; a stand-by becomes a table that
  /// has just started.
  table_effects lead(uint64_t epoch, instant now);

  /// A wish: there shall be this entry.
  table_effects handle(const entry_want& wish, instant now);

  /// A wish: there shall be no entry of this name.
  table_effects handle(const entry_drop& wish, instant now);

  /// The records have been listed after the table was.
  table_effects settled(instant now);

  /// The answer to one of our calls. Unknown ids are ignored.
  table_effects handle(const api_reply& reply, instant now);

  /// Time has passed. To be called at `wake`; earlier calls are harmless.
  table_effects tick(instant now);

  /// When `tick` is wanted; the value may change with every event.
  std::optional<instant> wake() const;

  /// Called with one readable line for each decision (tests, simulation).
  void trace(std::function<void(const std::string&)> sink);

private:
  struct impl;

  std::unique_ptr<impl> impl_;
};

} // namespace natgw::core
