#include "clients/http/renamed_url.hpp"

#include <memory>

#include <curl/curl.h>

namespace natgw::http {

namespace {

struct cleanup {
  void operator()(CURLU* x) const {
    curl_url_cleanup(x);
  }
};

/// A part of the URL, or empty.
std::string part(CURLU* from, CURLUPart what, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(from, what, &text, flags) != CURLUE_OK)
    return {};
  std::string result{text};
  curl_free(text);
  return result;
}

} // namespace

expected<renamed_url> rename_host(const std::string& url,
                                  const std::string& name) {
  std::unique_ptr<CURLU, cleanup> parsed{curl_url()};
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK)
    return fail(ec::transport, "not a URL");
  const auto host = part(parsed.get(), CURLUPART_HOST);
  const auto port = part(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  if (curl_url_set(parsed.get(), CURLUPART_HOST, name.c_str(), 0) != CURLUE_OK)
    return fail(ec::transport, "the TLS server name is not a host's");
  return renamed_url{.url = part(parsed.get(), CURLUPART_URL),
                     .connect_to = "::" + host + ":" + port,
                     .host = host + ":" + port};
}

} // namespace natgw::http
