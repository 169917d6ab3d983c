#pragma once

#include <chrono>
#include <ios>
#include <memory>
#include <string>
#include <vector>

#include "serving/http_server.hpp"
#include "test/integration/process.hpp"
#include "test/kube/cluster.hpp"

namespace natgw::test {

/// kube-apiserver, etcd and kube-controller-manager on loopback, with TLS,
/// tokens and RBAC, from the folder that NATGW_KUBE_SERVERS names.
class real_cluster final : public cluster {
public:
  real_cluster();

  bool is_real() const override {
    return true;
  }
  kube_access admin() const override;
  kube_access controller() override;
  std::vector<audited> audit(instant since) override;

  /// Of a user with this name.
  serving::tls_identity client_certificate(const std::string& user);

  /// Ends the API server by SIGTERM; etcd and its data stay.
  void stop_api();
  /// Starts it again and waits until it is ready.
  void start_api();
  /// Makes etcd forget all but the present.
  void compact();

private:
  std::string path(const std::string& name) const {
    return folder_ / name;
  }
  std::string server(const std::string& name) const;
  void write(const std::string& name, const std::string& text) const;
  void openssl(std::vector<std::string> arguments) const;
  void make_client_authority();
  void start_etcd();
  void start_manager();
  void apply_manifests();

  temporary_folder folder_;
  std::string binaries_;
  uint16_t etcd_port_ = 0;
  uint16_t etcd_peer_port_ = 0;
  uint16_t api_port_ = 0;
  std::string ca_pem_;
  std::string admin_token_;
  std::unique_ptr<kube_api> api_;
  std::unique_ptr<process> etcd_;
  std::unique_ptr<process> apiserver_;
  std::unique_ptr<process> manager_;
  /// What has been read of the audit log, and where to go on.
  std::vector<audited> audit_;
  std::streamoff audit_read_ = 0;
};

} // namespace natgw::test
