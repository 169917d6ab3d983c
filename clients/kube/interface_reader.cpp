#include <algorithm>

#include "clients/kube/object_readers.hpp"
#include "core/ip_address.hpp"

namespace natgw::kube {

namespace {

/// A pod has one interface, or a few; more are not looked at.
constexpr size_t max_allocations = 8;

/// `eni-…` and `vsw-…` have 24 characters.
constexpr size_t max_interface_id = 64;

/// Anybody with the right to write PodENIs chooses this text, and it is
/// copied into an object of ours.
bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= max_interface_id
         && std::ranges::all_of(text, [](char x) {
              return (x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z')
                     || (x >= '0' && x <= '9') || x == '-';
            });
}

json::error_code read_eni(json::value& from, interface_ref& out) {
  return json::each_member(from, [&](std::string_view key, json::value& item) {
    if (key == "id")
      return json::read_text(item, out.eni);
    if (key == "vSwitchID")
      return json::read_text(item, out.vswitch);
    return json::SUCCESS;
  });
}

json::error_code read_allocation(json::value& from, interface_view& out) {
  interface_ref x;
  auto code = json::each_member(from,
                                [&](std::string_view key, json::value& item) {
                                  if (key == "ipv4")
                                    return json::read_text(item, x.address);
                                  if (key == "eni")
                                    return read_eni(item, x);
                                  return json::SUCCESS;
                                });
  if (!is_id(x.vswitch))
    x.vswitch.clear();
  if (code == json::SUCCESS && is_id(x.eni) && core::parse_ipv4(x.address)
      && out.allocations.size() < max_allocations)
    out.allocations.push_back(std::move(x));
  // One that cannot be read says nothing; the others may.
  return json::is_local(code) ? json::SUCCESS : code;
}

json::error_code read_spec(json::value& from, interface_view& out) {
  return json::each_member(from, [&](std::string_view key, json::value& item) {
    if (key != "allocations")
      return json::SUCCESS;
    return json::each_element(item, [&](json::value& allocation) {
      return read_allocation(allocation, out);
    });
  });
}

} // namespace

json::error_code read_object(json::object& from, metadata& meta,
                             interface_view& out) {
  auto ignore = [](std::string_view, json::value&) { return json::SUCCESS; };
  auto code
    = json::each_member(from, [&](std::string_view key, json::value& item) {
        if (key == "metadata")
          return read_metadata(item, meta, ignore);
        return key == "spec" ? read_spec(item, out) : json::SUCCESS;
      });
  out.key = meta.key;
  return code;
}

} // namespace natgw::kube
