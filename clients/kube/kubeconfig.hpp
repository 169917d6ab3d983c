#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "clients/kube/api_server.hpp"
#include "messages/error.hpp"

namespace natgw::kube {

/// What the surroundings of the process say about the API server.
struct environment {
  /// KUBECONFIG: paths joined by colons; empty if unset.
  std::string kubeconfig;
  /// HOME
  std::string home;
  /// KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT
  std::string service_host;
  std::string service_port;
  /// Where a pod finds `token`, `ca.crt` and `namespace`.
  std::string account_dir = "/var/run/secrets/kubernetes.io/serviceaccount";

  static environment of_process();
};

/// Reads kubeconfig files as kubectl does: where several say something, the
/// first one wins. An empty `context` means current-context. Paths inside a
/// file are relative to it. Errors are invalid_config and name the file.
expected<api_server> load_kubeconfig(const std::vector<std::string>& paths,
                                     std::string_view context = {});

/// The service account of the pod this process runs in.
expected<api_server> load_in_cluster(const environment& env);

/// `path` if given (--kubeconfig), else KUBECONFIG, else the service account,
/// else ~/.kube/config.
expected<api_server> find_api_server(const environment& env,
                                     std::string_view path = {},
                                     std::string_view context = {});

} // namespace natgw::kube
