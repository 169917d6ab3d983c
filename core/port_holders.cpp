#include "core/port_holders.hpp"

#include <algorithm>
#include <bit>

namespace natgw::core {

namespace {

port_span span_of(uint32_t begin, uint32_t end) {
  return {static_cast<uint16_t>(begin), static_cast<uint16_t>(end - begin)};
}

} // namespace

// The number of starts in the port's page up to and including the port.
uint32_t port_holders::rank(uint32_t port) const {
  const auto begin = port / page_ports * page_ports;
  return starts_.count(span_of(begin, port + 1));
}

holder_id port_holders::at(uint32_t port) const {
  return pages_[port / page_ports][rank(port) - 1];
}

uint32_t port_holders::end_of_run(uint32_t port, uint32_t end) const {
  constexpr auto bits = port_bits::word_bits;
  const bool is_held = held(port);
  auto next = port + 1;
  while (next < end) {
    const auto shift = next % bits;
    const auto held_word = held_.word(next / bits) >> shift;
    const auto stop = is_held ? ~held_word | starts_.word(next / bits) >> shift
                              : held_word;
    const auto clear = static_cast<uint32_t>(std::countr_zero(stop));
    if (clear < bits - shift)
      return std::min(end, next + clear);
    next += bits - shift;
  }
  return end;
}

void port_holders::insert_start(uint32_t port, holder_id holder) {
  auto& page = pages_[port / page_ports];
  const auto index = static_cast<std::ptrdiff_t>(rank(port));
  page.insert(page.begin() + index, holder);
  starts_.set(span_of(port, port + 1));
}

void port_holders::erase_start(uint32_t port) {
  auto& page = pages_[port / page_ports];
  const auto index = static_cast<std::ptrdiff_t>(rank(port)) - 1;
  page.erase(page.begin() + index);
  starts_.reset(span_of(port, port + 1));
  if (page.empty())
    page.shrink_to_fit();
}

void port_holders::put(port_span ports, holder_id holder) {
  uint32_t begin = ports.first;
  const uint32_t end = begin + ports.count;
  while (begin < end) {
    const auto stop = std::min(end, (begin / page_ports + 1) * page_ports);
    put_in_page(begin, stop, holder);
    begin = stop;
  }
}

void port_holders::put_in_page(uint32_t begin, uint32_t end, holder_id holder) {
  const bool opens = begin % page_ports == 0;
  if (opens || !held(begin - 1) || at(begin - 1) != holder)
    insert_start(begin, holder);
  held_.set(span_of(begin, end));
  if (end % page_ports != 0 && held(end) && at(end) == holder)
    erase_start(end);
}

void port_holders::erase(port_span ports) {
  uint32_t begin = ports.first;
  const uint32_t end = begin + ports.count;
  while (begin < end) {
    const auto stop = std::min(end, (begin / page_ports + 1) * page_ports);
    erase_in_page(begin, stop);
    begin = stop;
  }
}

void port_holders::erase_in_page(uint32_t begin, uint32_t end) {
  // What goes on behind the erased ports needs a start of its own.
  if (end % page_ports != 0 && held(end) && !starts_.test(end))
    insert_start(end, at(end));
  const auto gone = span_of(begin, end);
  for (auto port = starts_.first_in(gone); port < end;
       port = starts_.first_in(gone))
    erase_start(port);
  held_.reset(gone);
}

} // namespace natgw::core
