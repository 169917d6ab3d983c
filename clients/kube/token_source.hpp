#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "messages/error.hpp"

namespace natgw::kube {

/// Where the bearer token comes from: nowhere, a fixed text, or a file that
/// rotates (a projected service account token). Copies share one cache; may be
/// used from any thread.
class token_source {
public:
  /// No token: the client certificate speaks, or nobody.
  token_source() = default;

  static token_source fixed(std::string token);

  /// The file is looked at (one stat) for every request, and read again (a
  /// few KB) when it was replaced or after `invalidate`.
  static token_source file(std::string path);

  /// The token; empty if there is none to send. While the file cannot be
  /// read, the last token that was is used; without one it is `unauthorized`.
  expected<std::string> token() const;

  /// The server refused the token: the file is read anew for the next call.
  void invalidate() const;

private:
  struct cache;
  std::shared_ptr<cache> cache_;
};

} // namespace natgw::kube
