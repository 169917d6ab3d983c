#include "config/validate.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "config/text.hpp"

namespace natgw::config {

namespace {

using namespace std::chrono_literals;

void check_lease(const own_settings& x, std::vector<violation>& out) {
  const auto& lease = x.lease;
  if (!lease.enabled)
    return;
  if (lease.renew_deadline >= lease.duration)
    out.push_back({"natgw.lease.renewDeadline",
                   "must be shorter than the lease's duration"});
  if (lease.retry_period >= lease.renew_deadline)
    out.push_back({"natgw.lease.retryPeriod",
                   "must be shorter than the lease's renewDeadline"});
  auto needed = x.write_deadline + 1s + lease.retry_period;
  if (needed >= lease.duration)
    out.push_back(
      {"natgw.writeDeadline",
       fmt::format("with 1s and the lease's retryPeriod added it comes to {}, "
                   "which must be shorter than the lease's duration of {}, or "
                   "no write could ever leave",
                   format_duration(needed), format_duration(lease.duration))});
}

bool lists(const settings& x, credential_origin origin) {
  const auto& sources = x.natgw.credentials.sources;
  return std::ranges::find(sources, origin) != sources.end();
}

void check_sources(const settings& x, std::vector<violation>& out) {
  constexpr const char* key = "natgw.credentials.sources";
  if (lists(x, credential_origin::file) && x.natgw.credentials.file.empty())
    out.push_back({key, "must not list file without natgw.credentials.file"});
  if (lists(x, credential_origin::configuration) && x.keys.access_key.empty())
    out.push_back({key, "must not list configuration without a credential"});
  if (x.role.enabled && !x.natgw.credentials.sources.empty()
      && !lists(x, credential_origin::oidc))
    out.push_back({key, "must list oidc if enableRRSA is true"});
}

} // namespace

std::vector<violation> validate(const settings& x) {
  std::vector<violation> out;
  if (x.region.empty() && x.natgw.endpoint.empty())
    out.push_back({"regionID", "must say the region of the cluster"});
  if (x.vpc.empty())
    out.push_back({"vpcID", "must say the VPC of the cluster"});
  if (x.gateways.empty())
    out.push_back({"natGwPool", "must list at least one NAT gateway"});
  if (x.keys.access_key.empty() != x.keys.access_secret.empty())
    out.push_back({"credential", "accessKey and accessSecret need each other"});
  check_sources(x, out);
  if (x.role.enabled && x.role.role_name.empty()
      && x.natgw.credentials.role_arn.empty())
    out.push_back({"rrsaRoleName", "must name the role if enableRRSA is true"});
  if (x.kube_burst < x.kube_qps)
    out.push_back(
      {"kubeClientBurst", "must not be smaller than kubeClientQPS"});
  check_lease(x.natgw, out);
  return out;
}

} // namespace natgw::config
