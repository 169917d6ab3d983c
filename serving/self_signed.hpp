#pragma once

#include <string>

#include "messages/error.hpp"
#include "serving/http_server.hpp"

namespace natgw::serving {

/// A certificate authority made up on the spot and one server certificate of
/// it, for emulators and tests. The authority's key is forgotten at once.
struct self_signed {
  /// What a client must trust.
  std::string ca_pem;
  /// What the server shows: for 127.0.0.1, ::1 and localhost, valid from an
  /// hour ago for ten years.
  tls_identity server;
};

/// Makes new keys (P-256) and certificates. Errors: rejected (OpenSSL refused,
/// for instance for want of randomness).
expected<self_signed> make_self_signed();

} // namespace natgw::serving
