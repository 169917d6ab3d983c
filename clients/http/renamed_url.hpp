#pragma once

#include <string>

#include "messages/error.hpp"

namespace natgw::http {

/// A URL whose server shows the certificate of another name than the host's,
/// as kubeconfig's tls-server-name has it.
struct renamed_url {
  /// With the name in place of the host: what SNI and verification go by.
  std::string url;
  /// Where it leads nevertheless, in the words of libcurl's
  /// CURLOPT_CONNECT_TO: "::host:port".
  std::string connect_to;
  /// The value of the Host header: the true host and its port.
  std::string host;
};

/// Errors: transport (not a URL, or not a name).
expected<renamed_url> rename_host(const std::string& url,
                                  const std::string& name);

} // namespace natgw::http
