#include "clients/kube/access.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace natgw::kube {

namespace {

constexpr std::array<std::string_view, 9> known_names{
  "pods",     "pods/status",     "nodes",   "events", "namespaces",
  "poddnats", "poddnats/status", "podenis", "leases"};

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> result;
  while (!path.empty()) {
    auto end = std::min(path.find('/'), path.size());
    if (end > 0)
      result.push_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return result;
}

std::string_view verb_of(http::method x, bool named, std::string_view query) {
  switch (x) {
    case http::method::get:
      if (named)
        return "get";
      return query.starts_with("watch=true") ? "watch" : "list";
    case http::method::post:
      return "create";
    case http::method::put:
      return "update";
    case http::method::patch:
      return "patch";
    case http::method::del:
      return "delete";
  }
  return "get";
}

} // namespace

access access_of(const http::request& x, std::string_view base_url) {
  auto rest
    = std::string_view{x.url}.substr(std::min(base_url.size(), x.url.size()));
  auto mark = std::min(rest.find('?'), rest.size());
  auto query = rest.substr(std::min(mark + 1, rest.size()));
  auto path = segments_of(rest.substr(0, mark));
  // /api/VERSION or /apis/GROUP/VERSION, then the namespace.
  auto skip = size_t{!path.empty() && path[0] == "api" ? 2U : 3U};
  if (path.size() > skip + 2 && path[skip] == "namespaces")
    skip += 2;
  if (path.size() <= skip)
    return {"get", "other"};
  std::string name{path[skip]};
  if (path.size() > skip + 2)
    name.append("/").append(path[skip + 2]);
  auto found = std::ranges::find(known_names, name);
  return {verb_of(x.verb, path.size() > skip + 1, query),
          found == known_names.end() ? "other" : *found};
}

} // namespace natgw::kube
