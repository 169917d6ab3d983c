#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/random_text.hpp"
#include "emulator/kube/server.hpp"
#include "test/kube/cluster.hpp"
#include "test/kube/observer.hpp"

namespace natgw::test {

namespace {

constexpr const char* account
  = "system:serviceaccount:kube-system:natgw-controller";

class embedded_cluster final : public cluster {
public:
  embedded_cluster()
    : admin_token_{cli::random_secret()},
      controller_token_{cli::random_secret()} {
    emulator::kube::server_options cfg;
    cfg.api.tokens = {{admin_token_, "admin"}, {controller_token_, account}};
    cfg.api.audit_limit = 1'000'000;
    auto started = emulator::kube::server::start(std::move(cfg));
    if (!started)
      throw std::runtime_error{started.error().detail};
    server_ = *std::move(started);
    api_ = std::make_unique<kube_api>(admin());
  }

  bool is_real() const override {
    return false;
  }

  kube_access admin() const override {
    return {server_->url(), server_->ca_pem(), admin_token_};
  }

  kube_access controller() override {
    return {server_->url(), server_->ca_pem(), controller_token_};
  }

  std::vector<audited> audit(instant since) override {
    auto state = kube_api::must(api_->get("/emulator/state"));
    std::vector<audited> result;
    for (const auto& x : state["audit"]) {
      auto at = instant{std::chrono::milliseconds{x["at_ms"].get<int64_t>()}};
      if (at < since)
        continue;
      result.push_back({.user = x["user"],
                        .user_agent = x["userAgent"],
                        .verb = x["verb"],
                        .resource = x["resource"],
                        .ns = x["namespace"],
                        .name = x["name"],
                        .code = x["code"],
                        .at = at,
                        .revision = x["revision"]});
    }
    return result;
  }

private:
  std::string admin_token_;
  std::string controller_token_;
  std::unique_ptr<emulator::kube::server> server_;
  std::unique_ptr<kube_api> api_;
};

} // namespace

cluster& cluster::embedded() {
  static embedded_cluster the_one;
  return the_one;
}

} // namespace natgw::test
