#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "clients/http/curl_transfer.hpp"

// How a transfer's handle is set up: once, and for each request. What comes
// back is dealt with in curl_transfer.cpp.

namespace natgw::http {

namespace {

template <class T>
void set(CURL* easy, CURLoption option, T value) {
  curl_easy_setopt(easy, option, value);
}

/// Contents win over files; curl copies neither, so `x` must live on.
void set_pem(CURL* easy, CURLoption file_option, CURLoption blob_option,
             const std::string& file, const std::string& pem) {
  if (!pem.empty()) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): curl only reads.
    curl_blob blob{const_cast<char*>(pem.data()), pem.size(), CURL_BLOB_NOCOPY};
    set(easy, blob_option, &blob);
  } else if (!file.empty()) {
    set(easy, file_option, file.c_str());
  }
}

bool is_control(char c) {
  auto x = static_cast<unsigned char>(c);
  return x < 0x20 || x == 0x7f;
}

bool equal_names(std::string_view x, std::string_view y) {
  auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::ranges::equal(x, y, {}, lower, lower);
}

bool is_url(std::string_view x) {
  return (x.starts_with("http://") || x.starts_with("https://"))
         && std::ranges::none_of(x, [](char c) {
              return is_control(c) || c == ' ';
            });
}

bool is_header(const header& x) {
  return !x.name.empty() && std::ranges::none_of(x.name, [](char c) {
    return is_control(c) || c == ' ' || c == ':';
  }) && std::ranges::none_of(x.value, [](char c) {
    return is_control(c) && c != '\t';
  });
}

} // namespace

void curl_transfer::set_constants() {
  auto* x = easy();
  set(x, CURLOPT_NOSIGNAL, 1L);
  set(x, CURLOPT_PRIVATE, this);
  set(x, CURLOPT_ERRORBUFFER, complaint_.data());
  set(x, CURLOPT_HEADERFUNCTION, &curl_transfer::on_header);
  set(x, CURLOPT_HEADERDATA, this);
  set(x, CURLOPT_WRITEFUNCTION, &curl_transfer::on_body);
  set(x, CURLOPT_WRITEDATA, this);
  set(x, CURLOPT_PREREQFUNCTION, &curl_transfer::before_send);
  set(x, CURLOPT_PREREQDATA, this);
  set(x, CURLOPT_PROTOCOLS_STR, "http,https");
  set(x, CURLOPT_FOLLOWLOCATION, 0L);
  set(x, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(x, CURLOPT_USERAGENT, cfg_.user_agent.c_str());
  set(x, CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(cfg_.connect_timeout.count()));
  set(x, CURLOPT_TCP_KEEPALIVE, 1L);
  set(x, CURLOPT_TCP_KEEPIDLE, static_cast<long>(cfg_.keepalive.count()));
  set(x, CURLOPT_TCP_KEEPINTVL,
      std::max(1L, static_cast<long>(cfg_.keepalive.count() / 3)));
  set(x, CURLOPT_SOCKOPTFUNCTION, &curl_transfer::on_socket);
  set(x, CURLOPT_SOCKOPTDATA, this);
  // A name server that hangs must not hang the loop when a request ends.
  set(x, CURLOPT_QUICK_EXIT, 1L);
  if (!cfg_.proxy.empty())
    set(x, CURLOPT_PROXY, cfg_.proxy.c_str());
  else if (!cfg_.proxy_from_environment)
    set(x, CURLOPT_PROXY, "");
}

void curl_transfer::set_tls() {
  auto* x = easy();
  const auto& tls = cfg_.tls;
  set(x, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(x, CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L);
  set(x, CURLOPT_SSL_VERIFYHOST, tls.verify ? 2L : 0L);
  set_pem(x, CURLOPT_CAINFO, CURLOPT_CAINFO_BLOB, tls.ca_file, tls.ca_pem);
  set_pem(x, CURLOPT_SSLCERT, CURLOPT_SSLCERT_BLOB, tls.certificate_file,
          tls.certificate_pem);
  set_pem(x, CURLOPT_SSLKEY, CURLOPT_SSLKEY_BLOB, tls.key_file, tls.key_pem);
}

expected<void> curl_transfer::prepare(uint64_t id, request x, instant now) {
  id_ = id;
  sent_ = std::move(x);
  began_ = now;
  active_ = now;
  if (!is_url(sent_.url) || !std::ranges::all_of(sent_.headers, is_header)
      || sent_.timeout.count() <= 0)
    return fail(ec::transport, "the request is not well-formed");
  if (sent_.not_after && now + sent_.timeout >= *sent_.not_after)
    return fail(ec::fenced, "the lease ends too soon");
  if (auto done = set_target(); !done)
    return done;
  auto* easy = this->easy();
  set(easy, CURLOPT_TIMEOUT_MS,
      is_stream() ? 0L : static_cast<long>(sent_.timeout.count()));
  auto multiplexed = cfg_.http2 && !is_stream();
  set(easy, CURLOPT_HTTP_VERSION,
      static_cast<long>(multiplexed ? CURL_HTTP_VERSION_2TLS
                                    : CURL_HTTP_VERSION_1_1));
  set(easy, CURLOPT_PIPEWAIT,
      multiplexed && sent_.url.starts_with("https") ? 1L : 0L);
  set_method();
  set_headers();
  return {};
}

expected<void> curl_transfer::set_target() {
  const auto& name = cfg_.tls.server_name;
  renamed_.reset();
  if (name.empty() || !sent_.url.starts_with("https://")) {
    set(easy(), CURLOPT_URL, sent_.url.c_str());
    set(easy(), CURLOPT_CONNECT_TO, static_cast<curl_slist*>(nullptr));
    return {};
  }
  auto renamed = rename_host(sent_.url, name);
  if (!renamed)
    return std::unexpected{renamed.error()};
  renamed_ = std::move(*renamed);
  detour_ = {.data = renamed_->connect_to.data(), .next = nullptr};
  set(easy(), CURLOPT_URL, renamed_->url.c_str());
  set(easy(), CURLOPT_CONNECT_TO, &detour_);
  return {};
}

void curl_transfer::set_method() {
  auto* x = easy();
  // GET and a body exclude each other; the others go out as a POST by another
  // name, so that also an empty body has its Content-Length.
  auto plain = sent_.body.empty()
               && (sent_.verb == method::get || sent_.verb == method::del);
  if (plain) {
    set(x, CURLOPT_HTTPGET, 1L);
  } else {
    set(x, CURLOPT_POST, 1L);
    set(x, CURLOPT_POSTFIELDS, sent_.body.data());
    set(x, CURLOPT_POSTFIELDSIZE_LARGE,
        static_cast<curl_off_t>(sent_.body.size()));
  }
  set(x, CURLOPT_CUSTOMREQUEST, to_string(sent_.verb).data());
}

void curl_transfer::set_headers() {
  lines_.clear();
  auto has_type = false;
  for (auto& x : sent_.headers) {
    has_type |= equal_names(x.name, "content-type");
    // "Name;" is libcurl's way to write a header without a value.
    lines_.push_back(x.value.empty() ? x.name + ';' : x.name + ": " + x.value);
  }
  // Nothing that the caller did not say (and sign).
  if (!has_type)
    lines_.emplace_back("Content-Type:");
  lines_.emplace_back("Expect:");
  if (renamed_)
    lines_.push_back("Host: " + renamed_->host);
  nodes_.assign(lines_.size(), {});
  for (size_t i = 0; i < lines_.size(); ++i) {
    nodes_[i].data = lines_[i].data();
    nodes_[i].next = i + 1 < nodes_.size() ? &nodes_[i + 1] : nullptr;
  }
  set(easy(), CURLOPT_HTTPHEADER, nodes_.data());
}

int curl_transfer::on_socket(void* self, curl_socket_t fd,
                             curlsocktype /*purpose*/) {
  auto* x = static_cast<curl_transfer*>(self);
  auto limit = static_cast<unsigned>(x->cfg_.unacknowledged.count());
  // Best effort: the time-outs hold without it.
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof(limit));
  return CURL_SOCKOPT_OK;
}

} // namespace natgw::http
