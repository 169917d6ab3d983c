#include <utility>

#include "emulator/vpc/actions.hpp"
#include "emulator/vpc/entry_text.hpp"

/// CreateForwardEntry, ModifyForwardEntry and DeleteForwardEntry. Checks come
/// in the order: presence, form, table, external address, internal address,
/// uniqueness, quota, status.
namespace natgw::emulator {

namespace {

using check = api_expected<void>;

std::unexpected<api_error> no_table() {
  return refuse(404, "InvalidForwardTableId.NotFound",
                "Specified forward table does not exist.");
}

std::unexpected<api_error> not_in_gateway() {
  return refuse(400, "InvalidIp.NotInNatgw",
                "The specified Ip not belong to natgateway.");
}

std::unexpected<api_error> barrier(std::string message) {
  return refuse(400, "IncorretForwardEntryStatus", std::move(message));
}

check external_fits(cloud& at, const gateway& where, const entry& x) {
  const auto* bound = at.find_eip(format_ipv4(x.external.address));
  if (!bound || bound->gateway != where.id)
    return not_in_gateway();
  if (at.now() < bound->ready) {
    if (at.whims.chance(0.5))
      return not_in_gateway();
    return refuse(400, "OperationUnsupported.EipInBinding",
                  "The specified EIP is in binding.");
  }
  if (!bound->snat)
    return {};
  const bool any = x.external.protocol == entry_protocol::any;
  if (any || (x.external.last() > 1024 && !x.port_break))
    return refuse(400, "Forbidden.ExternalIp.UsedInSnatTable",
                  "The specified ExternalIp is already used in SnatTable");
  return {};
}

check internal_fits(const cloud& at, const entry& x, const char* name) {
  if (!at.in_vpc(x.internal.address))
    return refuse(400, "Forbidden.DestnationIpOutOfVpcCIDR",
                  "The specified " + std::string{name}
                    + " Ip is Out of VPC CIDR.");
  if (at.has_instance_eip(x.internal.address))
    return refuse(400, "Forbindden", "The specified Instance already bind eip");
  return {};
}

check unique(const cloud& at, const gateway& where, const entry& x) {
  if (where.table.external_clash(x, x.id))
    return std::unexpected{api_error{400, at.behaviour.duplicate_external_code,
                                     at.behaviour.duplicate_external_message}};
  if (where.table.internal_clash(x, x.id))
    return refuse(400, "OperationUnsupported.ForwardEntry",
                  "Duplicated destination ip port is unsupported.");
  return {};
}

/// The gateway and its table take a write now. `subject` is the entry that is
/// to be changed, if any.
check writable(const cloud& at, const gateway& where, const entry* subject) {
  if (where.status != "Available" || where.financial_locked)
    return refuse(400, "IncorrectStatus.NATGW",
                  "The status of the specified NAT gateway is abnormal.");
  if (subject && subject->state != entry_state::available)
    return barrier("The Specified forwardEntry is not stable status, can not "
                   "operation");
  if (at.behaviour.strict_pending && where.table.pending() > 0)
    return barrier("Some Forward entry status blocked this operation..");
  if (at.behaviour.conflict && at.now() < where.busy_until)
    return refuse(409, "OperationConflict",
                  "The operation against this instance is too frequent, "
                  "please try again later.");
  return {};
}

void occupy(const cloud& at, gateway& where, std::chrono::nanoseconds time) {
  where.busy_until = at.now() + time + at.behaviour.conflict_gap;
}

check quota_left(const cloud& at, const gateway& where) {
  if (where.table.size() >= at.behaviour.quota)
    return refuse(400, "QuotaExceeded",
                  "Forward entry quota exceeded in this route table.");
  return {};
}

/// Everything that Create and Modify have in common after the table is found.
check entry_fits(cloud& at, const gateway& where, const entry& x,
                 const char* internal_name) {
  if (auto good = external_fits(at, where, x); !good)
    return good;
  if (auto good = internal_fits(at, x, internal_name); !good)
    return good;
  return unique(at, where, x);
}

std::unexpected<api_error> no_entry(cloud& at, bool deleting) {
  auto how = deleting ? at.behaviour.gone : gone_spelling::not_found;
  if (how == gone_spelling::mixed)
    how = static_cast<gone_spelling>(at.whims.roll(3));
  if (how == gone_spelling::status_not_exist)
    return barrier("The Specified forwardEntry is not exist");
  if (how == gone_spelling::resource_not_found)
    return refuse(404, "ResourceNotFound.ForwardEntry",
                  "The specified resource of ForwardEntry is not found.");
  return refuse(404, "InvalidForwardEntryId.NotFound",
                "Specified forward entry ID does not exist");
}

/// What Modify and Delete are about.
struct subject {
  gateway* where = nullptr;
  const entry* old = nullptr;
};

api_expected<subject> find_entry(cloud& at, const api_request& asked,
                                 bool deleting) {
  if (auto good = check_presence(at, asked,
                                 {"ForwardTableId", "ForwardEntryId"});
      !good)
    return std::unexpected{good.error()};
  auto* where = at.find_table(asked.get("ForwardTableId"));
  if (!where)
    return no_table();
  const auto* old = where->table.find(asked.get("ForwardEntryId"));
  if (!old)
    return no_entry(at, deleting);
  return subject{where, old};
}

} // namespace

action_result create_entry(cloud& at, const api_request& asked,
                           std::chrono::nanoseconds occupied) {
  if (auto good
      = check_presence(at, asked,
                       {"ForwardTableId", "ExternalIp", "ExternalPort",
                        "InternalIp", "InternalPort", "IpProtocol"});
      !good)
    return std::unexpected{good.error()};
  auto wanted = read_entry(entry_text_of(asked));
  if (!wanted)
    return std::unexpected{wanted.error()};
  wanted->port_break = asked.flag("PortBreak");
  auto* where = at.find_table(asked.get("ForwardTableId"));
  if (!where)
    return no_table();
  if (auto good = entry_fits(at, *where, *wanted, "Internal"); !good)
    return std::unexpected{good.error()};
  if (auto good = quota_left(at, *where); !good)
    return std::unexpected{good.error()};
  if (auto good = writable(at, *where, nullptr); !good)
    return std::unexpected{good.error()};
  if (asked.flag("DryRun"))
    return dry_run_passed(at);
  occupy(at, *where, occupied);
  auto id = at.create(*where, std::move(*wanted));
  return action_answer{"\"ForwardEntryId\":\"" + id + "\"", id};
}

action_result modify_entry(cloud& at, const api_request& asked,
                           std::chrono::nanoseconds occupied) {
  // Unlike Create's, the parameters only mean something against the entry.
  const auto found = find_entry(at, asked, false);
  if (!found)
    return std::unexpected{found.error()};
  const auto& [where, old] = *found;
  auto wanted = read_entry(entry_text_of(asked, entry_text_of(*old)));
  if (!wanted)
    return std::unexpected{wanted.error()};
  wanted->id = old->id;
  wanted->port_break = asked.has("PortBreak") ? asked.flag("PortBreak")
                                              : old->port_break;
  if (auto good = entry_fits(at, *where, *wanted, "Destination"); !good)
    return std::unexpected{good.error()};
  if (auto good = writable(at, *where, old); !good)
    return std::unexpected{good.error()};
  if (asked.flag("DryRun"))
    return dry_run_passed(at);
  occupy(at, *where, occupied);
  auto id = old->id;
  at.modify(*where, std::move(*wanted));
  return action_answer{{}, std::move(id)};
}

action_result delete_entry(cloud& at, const api_request& asked,
                           std::chrono::nanoseconds occupied) {
  const auto found = find_entry(at, asked, true);
  if (!found)
    return std::unexpected{found.error()};
  const auto& [where, old] = *found;
  if (auto good = writable(at, *where, old); !good)
    return std::unexpected{good.error()};
  occupy(at, *where, occupied);
  auto id = old->id;
  at.remove(*where, id);
  return action_answer{{}, std::move(id)};
}

} // namespace natgw::emulator
