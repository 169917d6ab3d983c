#include "cli/adoption.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

#include "cli/cloud_reader.hpp"
#include "cli/cloud_sources.hpp"
#include "cli/cluster_reader.hpp"
#include "cli/from_settings.hpp"
#include "clients/http/curl_transport.hpp"
#include "config/capacity.hpp"
#include "core/gateway_rules.hpp"
#include "core/port_allocator.hpp"
#include "observe/version.hpp"

namespace natgw::cli {

namespace {

using core::adoption_gateway;
using core::gateway_access;

std::string tool_name() {
  return "natgw-controller/" + std::string{observe::version()}
         + " (adopt-dry-run)";
}

std::unexpected<error> failed(std::string_view what, error why) {
  why.detail = std::string{what} + ": " + std::string{to_string(why.code)}
               + ": " + why.detail;
  return std::unexpected{std::move(why)};
}

/// Reads everything, into a snapshot and a list of what was in vain.
class gatherer {
public:
  gatherer(const config::settings& settings, cluster_reader& cluster,
           cloud_reader& cloud, core::adoption_snapshot& out)
    : settings_{settings},
      cluster_{cluster},
      cloud_{cloud},
      out_{out} {
    // nop
  }

  expected<void> gather() {
    if (auto ok = read_records(); !ok)
      return ok;
    if (auto ok = read_pods(); !ok)
      return ok;
    if (auto ok = read_nodes(); !ok)
      return ok;
    for (const auto& pool : settings_.gateways)
      read_gateway(configured(pool));
    for (const auto& id : other_gateways())
      read_gateway({.id = id, .configured = false});
    return {};
  }

  std::vector<std::string> take_problems() {
    return std::move(problems_);
  }

private:
  // -- the cluster ------------------------------------------------------------

  template <class Object, class Keep>
  expected<void> read(std::string_view plural, kube::list_query query,
                      std::vector<Object>& to, Keep keep) {
    query.limit = settings_.natgw.page_size;
    auto found = cluster_.list<Object>(std::move(query), keep);
    if (!found)
      return failed("listing " + std::string{plural}, found.error());
    for (const auto& x : found->bad)
      problems_.push_back(std::string{plural} + ": " + x.key.str() + ": "
                          + x.problem);
    to = std::move(found->items);
    return {};
  }

  expected<void> read_records() {
    auto done = read<record_view>("PodDNATs",
                                  {.ns = settings_.natgw.watch_namespace},
                                  out_.records,
                                  [](const record_view&) { return true; });
    std::ranges::sort(out_.records, {}, &record_view::key);
    for (const auto& x : out_.records)
      recorded_.insert(x.key);
    return done;
  }

  expected<void> read_pods() {
    return read<pod_view>("pods",
                          {.ns = settings_.natgw.watch_namespace,
                           .label_selector = settings_.natgw.pod_selector},
                          out_.pods, [this](const pod_view& x) {
                            return x.annotations->present
                                   || recorded_.contains(x.key);
                          });
  }

  expected<void> read_nodes() {
    return read<node_view>("nodes", {}, out_.nodes,
                           [](const node_view&) { return true; });
  }

  // -- the cloud --------------------------------------------------------------

  static adoption_gateway configured(const config::gateway_pool& x) {
    return {.id = x.id,
            .zone = x.zone,
            .wanted_eips = x.eips,
            .first_port = x.ports.first,
            .last_port = x.ports.last};
  }

  /// Those that only records name, as placement takes them.
  std::vector<std::string> other_gateways() const {
    std::vector<std::string> result;
    for (const auto& x : out_.records) {
      if (x.controller_class != settings_.natgw.controller_class)
        continue;
      auto known = std::ranges::find(settings_.gateways, x.gateway,
                                     &config::gateway_pool::id)
                     != settings_.gateways.end()
                   || std::ranges::find(result, x.gateway) != result.end();
      if (!known && core::may_be_gateway(x.gateway)
          && result.size() < core::max_unknown_gateways)
        result.push_back(x.gateway);
    }
    return result;
  }

  void read_gateway(adoption_gateway x) {
    auto found = cloud_.gateway(x.id);
    if (!found)
      miss(x, found.error());
    else if (!*found)
      refuse(x, "is not found");
    else
      read_table(x, **found);
    out_.gateways.push_back(std::move(x));
  }

  void read_table(adoption_gateway& x, const gateway_view& seen) {
    if (x.zone.empty())
      x.zone = seen.zone;
    x.eips = seen.eips;
    if (auto why = core::gateway_complaint(seen, settings_.vpc); !why.empty()) {
      refuse(x, std::move(why));
      return;
    }
    auto entries = cloud_.entries(seen.forward_tables.front());
    if (entries)
      x.entries = std::move(*entries);
    else
      miss(x, entries.error());
  }

  static void refuse(adoption_gateway& x, std::string why) {
    x.access = gateway_access::unusable;
    x.problem = std::move(why);
  }

  void miss(adoption_gateway& x, const error& why) {
    x.access = gateway_access::unread;
    x.problem = "cannot be read: " + std::string{to_string(why.code)} + ": "
                + why.detail;
    problems_.push_back("gateway " + x.id + " " + x.problem);
  }

  const config::settings& settings_;
  cluster_reader& cluster_;
  cloud_reader& cloud_;
  core::adoption_snapshot& out_;
  std::set<object_key> recorded_;
  std::vector<std::string> problems_;
};

core::adoption_snapshot start_snapshot(const config::settings& settings,
                                       core::entry_names names) {
  const auto& own = settings.natgw;
  return {.names = std::move(names),
          .rules = rules_of(settings),
          .blocked_ports = config::blocked_ports(own,
                                                 core::carrier_blocked_ports),
          .orphan_limit_percent = own.orphan_limit_percent,
          .accept_orphans = own.accept_orphans};
}

} // namespace

expected<adoption_findings> foresee_adoption(const config::settings& settings,
                                             const kube::api_server& server) {
  auto sources = cloud_sources(settings, [](const char* name) -> const char* {
    return std::getenv(name);
  });
  if (!sources)
    return failed("credentials", sources.error());
  http::curl_transport kube_net{transport_to(server, tool_name())};
  http::curl_options outside;
  outside.user_agent = tool_name();
  http::curl_transport cloud_net{outside};
  kube::client api{kube_net, server};
  cluster_reader cluster{api};
  cloud_reader cloud{cloud_net, settings, std::move(*sources)};
  auto uid = cluster.namespace_uid("kube-system");
  if (!uid)
    return failed("reading namespace kube-system", uid.error());
  auto names = core::entry_names::make(entry_prefix, *uid);
  if (!names)
    return std::unexpected{names.error()};
  auto snapshot = start_snapshot(settings, std::move(*names));
  gatherer all{settings, cluster, cloud, snapshot};
  if (auto ok = all.gather(); !ok)
    return std::unexpected{ok.error()};
  return adoption_findings{core::plan_adoption(snapshot), all.take_problems()};
}

} // namespace natgw::cli
