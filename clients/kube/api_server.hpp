#pragma once

#include <string>

#include "clients/kube/token_source.hpp"

namespace natgw::kube {

/// How the connection to the API server is secured. All of it in PEM.
struct tls_material {
  /// Empty: the system's authorities.
  std::string ca_pem;
  /// The client certificate and its key; both or neither.
  std::string cert_pem;
  std::string key_pem;
  /// The name the certificate must carry if not the host's; may be empty.
  std::string server_name;
  /// No verification at all; only where the kubeconfig demands it.
  bool insecure = false;
};

/// An API server and how to speak to it.
struct api_server {
  /// `https://host:port[/prefix]` without a slash at the end.
  std::string base_url;
  tls_material tls;
  token_source credentials;
  /// The namespace of the context or of the service account; never empty.
  std::string namespace_name = "default";
};

} // namespace natgw::kube
