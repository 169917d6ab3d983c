#include <algorithm>
#include <optional>
#include <vector>

#include "emulator/vpc/actions.hpp"
#include "emulator/vpc/rendering.hpp"

/// The four actions that only look. Lists are paged by number; what is not
/// known to exist is an empty list, not an error.
namespace natgw::emulator {

namespace {

/// The members of an object without its braces.
std::string members_of(const json& x) {
  const auto text = x.dump(-1, ' ', false, json::error_handler_t::replace);
  return text.substr(1, text.size() - 2);
}

struct page_request {
  uint32_t number = 1;
  uint32_t size = 10;
};

api_expected<page_request> read_page(const cloud& at, const api_request& asked,
                                     uint32_t max_size) {
  page_request result;
  const auto read = [&](const char* name, uint32_t max, uint32_t& out) {
    if (!asked.has(name))
      return true;
    const auto number = parse_number(asked.get(name), 1'000'000'000);
    if (number && *number >= 1 && *number <= max) {
      out = *number;
      return true;
    }
    if (!at.behaviour.clamp_pages)
      return false;
    out = std::clamp<uint32_t>(number.value_or(1), 1, max);
    return true;
  };
  const auto bad = [](const char* name) {
    return refuse(400, "InvalidParameter",
                  "The specified parameter " + std::string{name}
                    + " is not valid.");
  };
  if (!read("PageNumber", 1'000'000'000, result.number))
    return bad("PageNumber");
  if (!read("PageSize", max_size, result.size))
    return bad("PageSize");
  return result;
}

json page_members(const page_request& page, size_t total) {
  return {{"PageNumber", page.number},
          {"PageSize", page.size},
          {"TotalCount", total}};
}

/// One page of the pointers, and its members.
template <class T, class Render>
action_answer answer_page(const page_request& page,
                          const std::vector<const T*>& all, const char* outer,
                          const char* inner, Render render) {
  auto list = json::array();
  const auto skip = uint64_t{page.number - 1} * page.size;
  for (uint64_t i = skip; i < all.size() && i < skip + page.size; ++i)
    list.push_back(render(*all[i]));
  auto body = page_members(page, all.size());
  body[outer] = {{inner, std::move(list)}};
  return {members_of(body), {}};
}

bool accepts(const api_request& asked, std::string_view name,
             std::string_view value) {
  return !asked.has(name) || asked.get(name) == value;
}

std::optional<std::string> filter_of(const api_request& asked,
                                     std::string_view name) {
  if (!asked.has(name))
    return std::nullopt;
  return asked.get(name);
}

/// The values of a list such as NatGatewayIds.1, NatGatewayIds.2.
std::vector<std::string> list_of(const api_request& asked,
                                 const std::string& name) {
  std::vector<std::string> result;
  for (int i = 1; asked.has(name + "." + std::to_string(i)); ++i)
    result.push_back(asked.get(name + "." + std::to_string(i)));
  return result;
}

/// Whether a comma-separated parameter is absent or names the value.
bool lists(const api_request& asked, std::string_view name,
           const std::string& value) {
  if (!asked.has(name))
    return true;
  const auto padded = "," + asked.get(name) + ",";
  return padded.find("," + value + ",") != std::string::npos;
}

bool accepts_gateway(const cloud& at, const api_request& asked,
                     const std::vector<std::string>& ids, const gateway& x) {
  return accepts(asked, "NatGatewayId", x.id)
         && (ids.empty() || std::ranges::find(ids, x.id) != ids.end())
         && accepts(asked, "VpcId", at.vpc_id) && accepts(asked, "Name", "")
         && accepts(asked, "Status", x.status)
         && accepts(asked, "NatType", "Enhanced")
         && accepts(asked, "NetworkType", "internet")
         && accepts(asked, "InstanceChargeType", "PostPaid")
         && accepts(asked, "VSwitchId", "vsw-" + suffix_of(x))
         && accepts(asked, "ZoneId", x.zone) && accepts(asked, "Spec", "")
         && accepts(asked, "ResourceGroupId", "rg-emulator")
         && !asked.has("Tag.1.Key");
}

bool is_locked_for(const json& eip, const api_request& asked) {
  const auto& locks = eip.at("OperationLocks").at("LockReason");
  return std::ranges::any_of(locks, [&](const json& lock) {
    return lock.at("LockReason") == asked.get("LockReason");
  });
}

bool accepts_eip(const api_request& asked, const json& x) {
  const auto field = [&](const char* parameter, const char* member) {
    return accepts(asked, parameter,
                   x.at(member).get_ref<const std::string&>());
  };
  return field("EipName", "Name") && field("Status", "Status")
         && field("AssociatedInstanceType", "InstanceType")
         && field("AssociatedInstanceId", "InstanceId")
         && field("ChargeType", "ChargeType") && field("ISP", "ISP")
         && field("ResourceGroupId", "ResourceGroupId")
         && field("SegmentInstanceId", "SegmentInstanceId")
         && field("PublicIpAddressPoolId", "PublicIpAddressPoolId")
         && (!asked.has("LockReason") || is_locked_for(x, asked))
         && !asked.has("Tag.1.Key");
}

} // namespace

action_result describe_entries(cloud& at, const api_request& asked,
                               std::chrono::nanoseconds /*occupied*/) {
  if (auto good = check_presence(at, asked, {}); !good)
    return std::unexpected{good.error()};
  if (!asked.has("ForwardTableId") && !asked.has("NatGatewayId"))
    return refuse(400, "MissingParameter", "Missing mandatory parameter");
  const auto page = read_page(at, asked, 50);
  if (!page)
    return std::unexpected{page.error()};
  const auto* where = gateway_of(at, asked);
  if (!where || !accepts(asked, "NatGatewayId", where->id)) {
    if (!asked.has("ForwardTableId"))
      return refuse(404, "InvalidNatGatewayId.NotFound",
                    "The specified NatGatewayId does not exist in our "
                    "records.");
    return refuse(404, "InvalidForwardTableId.NotFound",
                  "Specified forwardTableId does not exist");
  }
  const entry_query query{.id = filter_of(asked, "ForwardEntryId"),
                          .name = filter_of(asked, "ForwardEntryName"),
                          .external_ip = filter_of(asked, "ExternalIp"),
                          .external_port = filter_of(asked, "ExternalPort"),
                          .internal_ip = filter_of(asked, "InternalIp"),
                          .internal_port = filter_of(asked, "InternalPort"),
                          .protocol = filter_of(asked, "IpProtocol")};
  const auto found = where->table.select(query, page->number, page->size);
  auto list = json::array();
  for (const auto* x : found.entries)
    list.push_back(render_entry(*where, *x));
  auto body = page_members(*page, found.total);
  body["ForwardTableEntries"] = {{"ForwardTableEntry", std::move(list)}};
  return action_answer{members_of(body), {}};
}

action_result describe_gateways(cloud& at, const api_request& asked,
                                std::chrono::nanoseconds /*occupied*/) {
  if (auto good = check_presence(at, asked, {}); !good)
    return std::unexpected{good.error()};
  const auto page = read_page(at, asked, 50);
  if (!page)
    return std::unexpected{page.error()};
  if (asked.flag("DryRun"))
    return dry_run_passed(at);
  const auto ids = list_of(asked, "NatGatewayIds");
  std::vector<const gateway*> found;
  for (const auto& [ignored, x] : at.gateways())
    if (accepts_gateway(at, asked, ids, x))
      found.push_back(&x);
  return answer_page(*page, found, "NatGateways", "NatGateway",
                     [&](const gateway& x) { return render_gateway(at, x); });
}

action_result describe_gateway(cloud& at, const api_request& asked,
                               std::chrono::nanoseconds /*occupied*/) {
  if (auto good = check_presence(at, asked, {"NatGatewayId"}); !good)
    return std::unexpected{good.error()};
  const auto* x = at.find_gateway(asked.get("NatGatewayId"));
  if (!x)
    return refuse(404, "InvalidNatGatewayId.NotFound",
                  "The specified NatGatewayId does not exist in our records.");
  return action_answer{members_of(render_gateway_attribute(at, *x)), {}};
}

action_result describe_eips(cloud& at, const api_request& asked,
                            std::chrono::nanoseconds /*occupied*/) {
  if (auto good = check_presence(at, asked, {}); !good)
    return std::unexpected{good.error()};
  const auto page = read_page(at, asked, 100);
  if (!page)
    return std::unexpected{page.error()};
  for (const char* name : {"AllocationId", "EipAddress"})
    if (std::ranges::count(asked.get(name), ',') >= 50)
      return refuse(400, "InvalidParameter",
                    "The specified parameter " + std::string{name}
                      + " is not valid.");
  if (asked.flag("DryRun"))
    return dry_run_passed(at);
  std::vector<const eip*> found;
  for (const auto& [address, x] : at.eips())
    if (lists(asked, "EipAddress", address)
        && lists(asked, "AllocationId", x.allocation_id)
        && accepts_eip(asked, render_eip(at, x)))
      found.push_back(&x);
  return answer_page(*page, found, "EipAddresses", "EipAddress",
                     [&](const eip& x) { return render_eip(at, x); });
}

} // namespace natgw::emulator
