#pragma once

#include <cstdint>
#include <curl/curl.h>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// A blocking client for the tests of servers: libcurl's easy interface, which
/// shares no code with the program's own client.
namespace natgw::test {

struct fetched {
  CURLcode result = CURLE_OK;
  long status = 0;
  std::string body;
  std::string head;
  /// Connections that this request had to open.
  long connects = 0;
};

struct fetch {
  std::string method = "GET";
  std::string body = {};
  std::vector<std::string> headers = {};
  /// Returns false to hang up; appended to `body` if absent.
  std::function<bool(std::string_view)> on_data = {};
};

class http_client {
public:
  explicit http_client(std::string ca_pem = {}) : ca_pem_{std::move(ca_pem)} {
    // nop
  }

  fetched get(const std::string& url) {
    return run(url, fetch{});
  }

  fetched run(const std::string& url, const fetch& what) {
    fetched result;
    CURL* easy = easy_.get();
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 20'000L);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, what.method.c_str());
    if (what.method == "HEAD")
      curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    if (!what.body.empty()) {
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(what.body.size()));
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, what.body.data());
    }
    if (!ca_pem_.empty()) {
      curl_blob blob{ca_pem_.data(), ca_pem_.size(), CURL_BLOB_COPY};
      curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
    }
    curl_slist* list = nullptr;
    for (const auto& x : what.headers)
      list = curl_slist_append(list, x.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
    sink out{&result, &what};
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &out);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_head);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &out);
    result.result = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &result.status);
    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &result.connects);
    curl_slist_free_all(list);
    return result;
  }

private:
  struct sink {
    fetched* into;
    const fetch* what;
  };

  static size_t on_body(char* data, size_t size, size_t n, void* user) {
    auto* out = static_cast<sink*>(user);
    const std::string_view text{data, size * n};
    if (out->what->on_data)
      return out->what->on_data(text) ? text.size() : 0;
    out->into->body += text;
    return text.size();
  }

  static size_t on_head(char* data, size_t size, size_t n, void* user) {
    static_cast<sink*>(user)->into->head.append(data, size * n);
    return size * n;
  }

  struct closer {
    void operator()(CURL* x) const {
      curl_easy_cleanup(x);
    }
  };

  std::string ca_pem_;
  std::unique_ptr<CURL, closer> easy_{curl_easy_init()};
};

} // namespace natgw::test
