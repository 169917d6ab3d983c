#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "clients/aliyun/credential_source.hpp"
#include "clients/aliyun/vpc_request.hpp"
#include "clients/http/transport.hpp"
#include "config/model.hpp"
#include "core/token_bucket.hpp"
#include "messages/api_call.hpp"
#include "messages/entry.hpp"

namespace natgw::cli {

/// Reads from the VPC OpenAPI, one call after the other, at the rates of the
/// configuration. What is throttled or not answered is asked again a few
/// times. It blocks, and cannot write.
class cloud_reader {
public:
  cloud_reader(http::transport& net, const config::settings& settings,
               std::vector<aliyun::credential_source> sources);

  /// The gateway; empty if the cloud knows none of this id. Errors: those of
  /// the call, `credential` among them; no detail holds a secret.
  expected<std::optional<gateway_view>> gateway(const std::string& id);

  /// A whole table, in the order of its pages. Read anew a few times if it
  /// changes meanwhile; then `busy`.
  expected<std::vector<forward_entry>> entries(const std::string& table);

private:
  expected<api_reply> call(const api_call& x);
  api_reply attempt(const api_call& x);
  void wait_for_token(api_action action);
  expected<void> renew_credentials();
  expected<std::vector<forward_entry>> read_table(const std::string& table);

  http::transport& net_;
  aliyun::vpc_endpoint endpoint_;
  std::vector<aliyun::credential_source> sources_;
  std::optional<aliyun::credentials> keys_;
  /// Set once the credentials are known to be of no use: no more calls then.
  std::optional<error> distrust_;
  /// By api_action.
  std::vector<core::token_bucket> buckets_;
};

} // namespace natgw::cli
