#include "clients/kube/metadata.hpp"

#include <algorithm>

#include "clients/kube/resource_path.hpp"
#include "clients/kube/timestamps.hpp"

namespace natgw::kube {

namespace {

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
}

bool is_name(std::string_view text) {
  return is_path_segment(text) && is_printable(text);
}

// Kept as text, for comparing; hence only what is in UTC.
json::error_code read_created(json::value& from, std::string& out) {
  std::string text;
  auto code = json::read_text(from, text);
  if (text.ends_with('Z') && parse_time(text))
    out = std::move(text);
  return code;
}

} // namespace

std::string check(const metadata& x, bool namespaced) {
  if (!is_name(x.key.name))
    return "metadata.name is missing or not a name";
  if (namespaced && !is_name(x.key.ns))
    return "metadata.namespace is missing or not a name";
  if (x.uid.empty() || !is_printable(x.uid))
    return "metadata.uid is missing or not a uid";
  if (x.resource_version.empty() || !is_printable(x.resource_version))
    return "metadata.resourceVersion is missing or not a version";
  return {};
}

bool read_common(std::string_view key, json::value& from, metadata& out,
                 json::error_code& code) {
  if (key == "name")
    code = json::read_text(from, out.key.name, max_name);
  else if (key == "namespace")
    code = json::read_text(from, out.key.ns, max_name);
  else if (key == "uid")
    code = json::read_text(from, out.uid, max_uid);
  else if (key == "resourceVersion")
    code = json::read_text(from, out.resource_version, max_version);
  else if (key == "creationTimestamp")
    code = read_created(from, out.created);
  else if (key == "deletionTimestamp")
    out.deleting = true;
  else
    return false;
  return true;
}

json::error_code read_owner(json::value& from, foreign_owner& out) {
  return json::each_member(from, [&](std::string_view key, json::value& item) {
    if (key == "apiVersion")
      return json::read_text(item, out.ref.api_version);
    if (key == "kind")
      return json::read_text(item, out.ref.kind);
    if (key == "name")
      return json::read_text(item, out.ref.name);
    if (key == "uid")
      return json::read_text(item, out.ref.uid);
    if (key == "controller")
      return json::error_code{item.get_bool().get(out.controller)};
    if (key == "blockOwnerDeletion")
      return json::error_code{item.get_bool().get(out.block_deletion)};
    return json::SUCCESS;
  });
}

} // namespace natgw::kube
