#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "clients/http/transport.hpp"

namespace natgw::http {

/// Whom to trust and as whom to appear. Everything is optional; contents (PEM)
/// win over files. Without a CA the system's bundle is used.
struct tls_options {
  std::string ca_file{};
  std::string ca_pem{};
  std::string certificate_file{};
  std::string certificate_pem{};
  std::string key_file{};
  std::string key_pem{};
  /// The name that the server's certificate must carry; empty: the host's.
  std::string server_name{};
  /// False only where an operator asked for it (kubeconfig's
  /// insecure-skip-tls-verify).
  bool verify = true;
};

/// Tells whether the libcurl at hand leaves an HTTP/2 connection that its
/// server has said GOAWAY on, as kube-apiserver with --goaway-chance and most
/// proxies do now and then. Before 8.5.0 it may go on to send requests there,
/// which nobody answers (curl's pull request 12054).
bool follows_goaway();

struct curl_options {
  tls_options tls{};
  std::string user_agent = "natgw-controller";
  /// A proxy's URL; empty: none, whatever the environment says.
  std::string proxy{};
  /// Uses the proxies of the environment (http_proxy, no_proxy, ...) when
  /// `proxy` is empty.
  bool proxy_from_environment = false;
  /// Offers HTTP/2 for requests over TLS. Streams always use HTTP/1.1: each
  /// has a connection of its own, so that a paused one delays nobody.
  bool http2 = follows_goaway();
  std::chrono::milliseconds connect_timeout{5'000};
  /// Connections to one host, streams included; requests beyond wait within
  /// their timeout, in no fair order: whoever sends bounds what is under way.
  size_t max_host_connections = 64;
  /// Bytes of a stream that may be unconsumed before it is paused.
  size_t stream_window = size_t{1} << 20U;
  /// Bound on a head: status line and all headers.
  size_t max_head_bytes = size_t{64} << 10U;
  /// Silence after which TCP probes a connection, then every third of it.
  std::chrono::seconds keepalive{30};
  /// A connection whose peer acknowledges nothing for so long is given up. A
  /// shared HTTP/2 connection would else outlive its time-outs by minutes.
  std::chrono::milliseconds unacknowledged{20'000};
};

/// The transport on libcurl: one thread runs one multi handle on epoll;
/// callers hand requests over through a queue and are called back on that
/// thread. Connections are kept and shared. Redirects are not followed,
/// compression is not offered, cookies are not kept.
///
/// A request that fails on a kept connection before a byte of the answer came
/// is repeated by libcurl on a new one, unless it is to leave only once or is
/// fenced by then: that is `transport`, since it may have been executed.
class curl_transport final : public transport {
public:
  explicit curl_transport(curl_options cfg = {});

  curl_transport(const curl_transport&) = delete;
  curl_transport& operator=(const curl_transport&) = delete;

  /// Cancels what is under way, calls every callback that is due, and joins.
  /// Must not run on the transport's own thread; callbacks must not keep on
  /// sending when they are told `cancelled`.
  ~curl_transport() override;

  uint64_t send(request x, completion done) override;

  uint64_t stream(request x, stream_handler handler) override;

  void consumed(uint64_t id, size_t bytes) override;

  void cancel(uint64_t id) override;

private:
  std::unique_ptr<class curl_loop> loop_;
};

} // namespace natgw::http
