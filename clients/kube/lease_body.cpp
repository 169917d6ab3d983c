#include "clients/kube/lease_body.hpp"

#include <algorithm>

#include "clients/kube/json_writer.hpp"
#include "clients/kube/metadata.hpp"
#include "clients/kube/reader.hpp"

namespace natgw::kube {

namespace {

// client-go takes seconds up to this; so nothing overflows in sums of them.
constexpr int64_t max_duration = 86'400;

json::error_code read_when(json::value& from, std::optional<micro_time>& out) {
  std::string text;
  auto code = json::read_text(from, text);
  out = parse_time(text);
  return code;
}

json::error_code read_spec(std::string_view key, json::value& item,
                           lease_view& out) {
  if (key == "holderIdentity")
    return json::read_text(item, out.holder);
  if (key == "acquireTime")
    return read_when(item, out.acquired);
  if (key == "renewTime")
    return read_when(item, out.renewed);
  if (key == "leaseDurationSeconds") {
    int64_t seconds = 0;
    auto code = item.get_int64().get(seconds);
    out.duration
      = std::chrono::seconds{std::clamp<int64_t>(seconds, 0, max_duration)};
    return code;
  }
  if (key == "leaseTransitions")
    return item.get_uint64().get(out.transitions);
  return json::SUCCESS;
}

json::error_code read_lease(json_text text, metadata& meta, lease_view& out) {
  json::reading source;
  json::object root;
  if (auto code = source.open(text); code != json::SUCCESS)
    return code;
  if (auto code = source.doc().get_object().get(root); code != json::SUCCESS)
    return code;
  auto ignore = [](std::string_view, json::value&) { return json::SUCCESS; };
  auto visit_spec = [&](std::string_view name, json::value& part) {
    return read_spec(name, part, out);
  };
  auto code = json::each_member(root, [&](std::string_view key,
                                          json::value& item) {
    if (key == "metadata")
      return read_metadata(item, meta, ignore);
    return key == "spec" ? json::each_member(item, visit_spec) : json::SUCCESS;
  });
  return code == json::SUCCESS ? source.finish() : code;
}

} // namespace

expected<lease_view> parse_lease(json_text text) {
  metadata meta;
  lease_view result;
  if (auto code = read_lease(text, meta, result); code != json::SUCCESS)
    return json::malformed(code, "a lease");
  if (auto problem = check(meta, true); !problem.empty())
    return fail(ec::malformed, "a lease: " + problem);
  result.key = std::move(meta.key);
  result.uid = std::move(meta.uid);
  result.resource_version = std::move(meta.resource_version);
  return result;
}

std::string lease_body(const lease_view& x) {
  json_writer out;
  out.begin_object()
    .member("apiVersion", "coordination.k8s.io/v1")
    .member("kind", "Lease");
  out.key("metadata")
    .begin_object()
    .member("name", x.key.name)
    .member("namespace", x.key.ns);
  if (!x.resource_version.empty())
    out.member("uid", x.uid).member("resourceVersion", x.resource_version);
  out.end_object();
  out.key("spec")
    .begin_object()
    .member("holderIdentity", x.holder)
    .member_number("leaseDurationSeconds", x.duration.count())
    .member_number("leaseTransitions", x.transitions);
  if (x.acquired)
    out.member("acquireTime", format_micro_time(*x.acquired));
  if (x.renewed)
    out.member("renewTime", format_micro_time(*x.renewed));
  return out.end_object().end_object().take();
}

} // namespace natgw::kube
