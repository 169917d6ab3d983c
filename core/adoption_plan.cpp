#include "core/adoption_plan.hpp"

#include <array>

#include "core/adoption/planner.hpp"

namespace natgw::core {

namespace {

constexpr std::array<std::string_view, adoption_kind_count> kind_names{
  "taken_over",    "draining",       "waiting",      "entry_missing",
  "entry_differs", "ports_differ",   "port_foreign", "address_foreign",
  "eip_unbound",   "superseded",     "clash_lost",   "remade",
  "moved",         "released",       "kept",         "unreadable",
  "left_alone",    "unknown",        "new_mapping",  "rejected",
  "orphan",        "orphan_stopped", "duplicate"};

static_assert(static_cast<size_t>(adoption_kind::duplicate) + 1
              == adoption_kind_count);

} // namespace

std::string_view to_string(adoption_kind x) {
  return kind_names[static_cast<size_t>(x)];
}

std::string_view to_string(entry_step x) {
  switch (x) {
    case entry_step::stays:
      return "stays";
    case entry_step::create:
      return "create";
    case entry_step::modify:
      return "modify";
    case entry_step::remove:
      return "remove";
    case entry_step::other_port:
      return "other_port";
    case entry_step::refused:
      break;
  }
  return "refused";
}

adoption_writes& adoption_writes::operator+=(const adoption_writes& x) {
  records += x.records;
  pods += x.pods;
  creates += x.creates;
  modifies += x.modifies;
  deletes += x.deletes;
  return *this;
}

adoption_plan plan_adoption(const adoption_snapshot& x) {
  return adoption_planner{x}.run();
}

} // namespace natgw::core
