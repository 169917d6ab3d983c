#include "core/grouping.hpp"

#include <algorithm>
#include <tuple>

#include "core/port_text.hpp"

namespace natgw::core {

namespace {

/// One past the last internal port: no 16-bit arithmetic.
uint32_t end_of(const port_item& x) {
  return uint32_t{x.first} + x.count;
}

uint32_t end_of(const port_run& x) {
  return uint32_t{x.internal} + x.count;
}

port_item internal_of(const port_run& x) {
  return {x.proto, x.internal, x.count};
}

port_item external_of(const port_run& x) {
  return {x.proto, x.external, x.count};
}

port_item item_at(protocol proto, uint32_t begin, uint32_t end) {
  return {proto, static_cast<uint16_t>(begin),
          static_cast<uint16_t>(end - begin)};
}

/// The part of a run whose internal ports are begin .. end - 1.
port_run part_of(const port_run& x, uint32_t begin, uint32_t end) {
  auto result = x;
  result.external = static_cast<uint16_t>(x.external + (begin - x.internal));
  result.internal = static_cast<uint16_t>(begin);
  result.count = static_cast<uint16_t>(end - begin);
  return result;
}

bool ends_before(const port_item& x, protocol proto, uint32_t port) {
  return std::tuple{x.proto, end_of(x)} <= std::tuple{proto, port};
}

/// True if sorted items are valid and have no port in common.
bool disjoint(std::span<const port_item> sorted) {
  for (size_t i = 0; i < sorted.size(); ++i) {
    const auto& x = sorted[i];
    if (x.first == 0 || x.count == 0 || end_of(x) > 65536)
      return false;
    if (i > 0 && sorted[i - 1].proto == x.proto
        && end_of(sorted[i - 1]) > x.first)
      return false;
  }
  return true;
}

std::vector<port_item> sorted_items(std::span<const port_run> runs,
                                    port_item (*side)(const port_run&)) {
  std::vector<port_item> result;
  result.reserve(runs.size());
  std::ranges::transform(runs, std::back_inserter(result), side);
  std::ranges::sort(result);
  return result;
}

std::vector<port_run> sorted_runs(std::span<const port_run> runs) {
  std::vector<port_run> result{runs.begin(), runs.end()};
  std::ranges::sort(result, {}, [](const port_run& x) {
    return std::tuple{x.proto, x.internal};
  });
  return result;
}

bool numbers_differ(std::span<const port_run> runs) {
  std::vector<uint16_t> numbers;
  for (const auto& x : runs)
    numbers.push_back(x.n);
  std::ranges::sort(numbers);
  return std::ranges::adjacent_find(numbers) == numbers.end();
}

item_view view_of(const port_item& item, std::span<const port_run> sorted) {
  item_view result;
  result.internal = format_ports({item.first, item.count});
  auto run = std::ranges::partition_point(sorted, [&](const port_run& x) {
    return ends_before(internal_of(x), item.proto, item.first);
  });
  std::vector<port_span> pieces;
  for (; run != sorted.end() && run->proto == item.proto
         && run->internal < end_of(item);
       ++run) {
    const auto part = part_of(*run, std::max(run->internal, item.first),
                              std::min(end_of(*run), end_of(item)));
    result.entries.push_back(run->n);
    if (!pieces.empty() && pieces.back().last() + 1 == part.external)
      pieces.back().count
        = static_cast<uint16_t>(pieces.back().count + part.count);
    else
      pieces.push_back({part.external, part.count});
  }
  for (auto piece : pieces) {
    if (!result.external.empty())
      result.external += ',';
    result.external += format_ports(piece);
  }
  return result;
}

} // namespace

std::vector<port_item> group(std::span<const port_item> items) {
  std::vector<port_item> sorted{items.begin(), items.end()};
  std::ranges::sort(sorted);
  std::vector<port_item> result;
  for (const auto& x : sorted) {
    if (!result.empty() && result.back().proto == x.proto
        && end_of(result.back()) == x.first)
      result.back().count
        = static_cast<uint16_t>(result.back().count + x.count);
    else
      result.push_back(x);
  }
  return result;
}

std::vector<run_shape> shapes(std::span<const port_item> groups) {
  std::vector<run_shape> result;
  result.reserve(groups.size());
  for (const auto& x : groups)
    result.push_back({x.proto, x.count});
  return result;
}

entry_numbers::entry_numbers(std::span<const port_run> busy) {
  for (const auto& x : busy)
    busy_.push_back(x.n);
  std::ranges::sort(busy_);
}

uint16_t entry_numbers::next() {
  auto place = std::ranges::lower_bound(busy_, low_);
  for (; place != busy_.end() && *place <= low_; ++place)
    if (*place == low_)
      ++low_;
  busy_.insert(place, low_);
  return low_++;
}

std::vector<port_run> assemble(std::span<const port_item> groups,
                               const allocation& ports,
                               entry_numbers& numbers) {
  std::vector<port_run> result;
  result.reserve(ports.pieces.size());
  for (const auto& piece : ports.pieces) {
    const auto& from = groups[piece.shape];
    result.push_back({numbers.next(), from.proto, piece.ports.first,
                      static_cast<uint16_t>(from.first + piece.offset),
                      piece.ports.count});
  }
  return result;
}

bool covers(std::span<const port_run> runs, std::span<const port_item> items) {
  const auto inside = sorted_items(runs, internal_of);
  const auto outside = sorted_items(runs, external_of);
  std::vector<port_item> wanted{items.begin(), items.end()};
  std::ranges::sort(wanted);
  return disjoint(inside) && disjoint(outside) && disjoint(wanted)
         && group(inside) == group(wanted) && numbers_differ(runs);
}

std::vector<item_view> views(std::span<const port_item> items,
                             std::span<const port_run> runs) {
  const auto sorted = sorted_runs(runs);
  std::vector<item_view> result;
  result.reserve(items.size());
  for (const auto& x : items)
    result.push_back(view_of(x, sorted));
  return result;
}

// -- changes -----------------------------------------------------------------

namespace {

/// The parts of a run that sorted groups still want.
std::vector<port_run> wanted_parts(const port_run& run,
                                   std::span<const port_item> groups) {
  std::vector<port_run> result;
  auto x = std::ranges::partition_point(groups, [&](const port_item& item) {
    return ends_before(item, run.proto, run.internal);
  });
  for (; x != groups.end() && x->proto == run.proto && x->first < end_of(run);
       ++x)
    result.push_back(part_of(run, std::max(run.internal, x->first),
                             std::min(end_of(run), end_of(*x))));
  return result;
}

/// The parts of a run that are not in `parts`, which are sorted.
void add_rest(const port_run& run, std::span<const port_run> parts,
              std::vector<port_run>& out) {
  uint32_t begin = run.internal;
  for (const auto& part : parts) {
    if (begin < part.internal)
      out.push_back(part_of(run, begin, part.internal));
    begin = end_of(part);
  }
  if (begin < end_of(run))
    out.push_back(part_of(run, begin, end_of(run)));
}

void change_run(const port_run& run, std::span<const port_item> groups,
                entry_numbers& numbers, port_change& out) {
  const auto parts = wanted_parts(run, groups);
  if (parts.empty()) {
    out.removed.push_back(run);
    return;
  }
  if (parts.size() == 1 && parts.front() == run) {
    out.kept.push_back(run);
    return;
  }
  const auto longest = std::ranges::max_element(parts, {}, &port_run::count);
  for (auto part = parts.begin(); part != parts.end(); ++part) {
    if (part == longest) {
      out.trimmed.push_back({run, *part});
    } else {
      out.split_off.push_back(*part);
      out.split_off.back().n = numbers.next();
    }
  }
  add_rest(run, parts, out.freed);
}

/// The internal ports of a group that no sorted run has.
void add_new(const port_item& x, std::span<const port_run> sorted,
             std::vector<port_item>& out) {
  auto run = std::ranges::partition_point(sorted, [&](const port_run& each) {
    return ends_before(internal_of(each), x.proto, x.first);
  });
  uint32_t begin = x.first;
  for (; run != sorted.end() && run->proto == x.proto
         && run->internal < end_of(x);
       ++run) {
    if (begin < run->internal)
      out.push_back(item_at(x.proto, begin, run->internal));
    begin = end_of(*run);
  }
  if (begin < end_of(x))
    out.push_back(item_at(x.proto, begin, end_of(x)));
}

} // namespace

port_change plan_change(std::span<const port_run> runs,
                        std::span<const port_item> items,
                        entry_numbers& numbers) {
  const auto sorted = sorted_runs(runs);
  const auto groups = group(items);
  port_change result;
  for (const auto& run : sorted)
    change_run(run, groups, numbers, result);
  for (const auto& x : groups)
    add_new(x, sorted, result.added);
  return result;
}

} // namespace natgw::core
