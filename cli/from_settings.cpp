#include "cli/from_settings.hpp"

#include <utility>

namespace natgw::cli {

namespace {

/// `https://HOST[:PORT]` or `http://…` for emulators, as the loader checked.
void set_endpoint(aliyun::vpc_endpoint& to, const std::string& url) {
  if (url.empty())
    return;
  auto scheme = url.find("://");
  to.tls = url.starts_with("https");
  to.host = url.substr(scheme + 3);
  if (to.host.ends_with('/'))
    to.host.pop_back();
}

} // namespace

aliyun::vpc_endpoint endpoint_of(const config::settings& x) {
  aliyun::vpc_endpoint result;
  result.region = x.region;
  set_endpoint(result, x.natgw.endpoint);
  result.scheme = x.natgw.signing == config::signature::v1
                    ? aliyun::signature_scheme::v1
                    : aliyun::signature_scheme::v3;
  return result;
}

core::annotation_rules rules_of(const config::settings& x) {
  return {.controller_class = x.natgw.controller_class,
          .stateful_kinds = x.stateful_kinds,
          .max_ports = x.natgw.max_ports_per_pod};
}

http::curl_options transport_to(const kube::api_server& server,
                                std::string user_agent) {
  http::curl_options result;
  result.tls.ca_pem = server.tls.ca_pem;
  result.tls.certificate_pem = server.tls.cert_pem;
  result.tls.key_pem = server.tls.key_pem;
  result.tls.server_name = server.tls.server_name;
  result.tls.verify = !server.tls.insecure;
  result.user_agent = std::move(user_agent);
  return result;
}

} // namespace natgw::cli
