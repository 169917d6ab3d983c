#include "clients/kube/requests.hpp"

#include "clients/http/percent_encoding.hpp"
#include "clients/kube/json_writer.hpp"

namespace natgw::kube {

namespace {

// Joins the parameters that have a value behind a path.
class url_builder {
public:
  url_builder(const std::string& base_url, std::string_view path)
    : url_(base_url) {
    url_ += path;
  }

  url_builder& add(std::string_view name, std::string_view value) {
    if (value.empty())
      return *this;
    url_ += first_ ? '?' : '&';
    first_ = false;
    url_ += name;
    url_ += '=';
    url_ += http::percent_encode(value);
    return *this;
  }

  std::string take() {
    return std::move(url_);
  }

private:
  std::string url_;
  bool first_ = true;
};

std::string accept(std::string_view partial) {
  if (partial.empty())
    return "application/json";
  return "application/json;as=" + std::string{partial}
         + ";g=meta.k8s.io;v=v1,application/json";
}

http::request make(http::method verb, std::string url,
                   std::string_view partial = {}) {
  http::request x;
  x.verb = verb;
  x.url = std::move(url);
  x.headers.push_back({"Accept", accept(partial)});
  return x;
}

http::request with_body(http::method verb, std::string url,
                        std::string_view type, std::string body) {
  auto x = make(verb, std::move(url));
  x.headers.push_back({"Content-Type", std::string{type}});
  x.body = std::move(body);
  return x;
}

std::string remove_body(std::string_view uid,
                        std::string_view resource_version) {
  json_writer out;
  out.begin_object();
  out.member("kind", "DeleteOptions").member("apiVersion", "v1");
  if (!uid.empty() || !resource_version.empty()) {
    out.key("preconditions").begin_object();
    if (!uid.empty())
      out.member("uid", uid);
    if (!resource_version.empty())
      out.member("resourceVersion", resource_version);
    out.end_object();
  }
  return out.end_object().take();
}

} // namespace

http::request list(const std::string& base_url, const resource& type,
                   const list_query& query, bool metadata_only) {
  url_builder url{base_url, collection_path(type, query.ns)};
  url.add("labelSelector", query.label_selector)
    .add("fieldSelector", query.field_selector);
  if (query.limit > 0)
    url.add("limit", std::to_string(query.limit));
  // The token stands for a resource version; the server refuses both.
  if (!query.continue_token.empty())
    url.add("continue", query.continue_token);
  else if (query.resource_version)
    url.add("resourceVersion", *query.resource_version);
  return make(http::method::get, url.take(),
              metadata_only ? "PartialObjectMetadataList" : "");
}

http::request watch(const std::string& base_url, const resource& type,
                    const watch_query& query, bool metadata_only) {
  url_builder url{base_url, collection_path(type, query.ns)};
  url.add("watch", "true")
    .add("allowWatchBookmarks", "true")
    .add("labelSelector", query.label_selector)
    .add("fieldSelector", query.field_selector)
    .add("resourceVersion", query.resource_version)
    .add("timeoutSeconds", std::to_string(query.timeout.count()));
  return make(http::method::get, url.take(),
              metadata_only ? "PartialObjectMetadata" : "");
}

http::request get(const std::string& base_url, std::string_view path,
                  bool metadata_only) {
  return make(http::method::get, url_builder{base_url, path}.take(),
              metadata_only ? "PartialObjectMetadata" : "");
}

http::request create(const std::string& base_url, const resource& type,
                     std::string_view ns, std::string body) {
  return with_body(http::method::post, base_url + collection_path(type, ns),
                   "application/json", std::move(body));
}

http::request replace(const std::string& base_url, std::string_view path,
                      std::string body) {
  return with_body(http::method::put, url_builder{base_url, path}.take(),
                   "application/json", std::move(body));
}

http::request patch(const std::string& base_url, std::string_view path,
                    patch_type type, std::string body) {
  return with_body(http::method::patch, url_builder{base_url, path}.take(),
                   type == patch_type::merge
                     ? "application/merge-patch+json"
                     : "application/strategic-merge-patch+json",
                   std::move(body));
}

http::request remove(const std::string& base_url, std::string_view path,
                     std::string_view uid, std::string_view resource_version) {
  return with_body(http::method::del, url_builder{base_url, path}.take(),
                   "application/json", remove_body(uid, resource_version));
}

} // namespace natgw::kube
