#include "clients/kube/resource_path.hpp"

#include "clients/http/percent_encoding.hpp"

namespace natgw::kube {

using http::percent_encode;

bool is_path_segment(std::string_view text) {
  return !text.empty() && text.size() <= 253 && text != "." && text != ".."
         && text.find_first_of("/%") == std::string_view::npos;
}

std::string collection_path(const resource& type, std::string_view ns) {
  std::string out;
  if (type.group.empty())
    out += "/api/";
  else
    out += "/apis/" + percent_encode(type.group) + '/';
  out += percent_encode(type.version);
  if (!ns.empty())
    out += "/namespaces/" + percent_encode(ns);
  out += '/' + percent_encode(type.plural);
  return out;
}

std::string object_path(const resource& type, std::string_view ns,
                        std::string_view name, std::string_view subresource) {
  auto out = collection_path(type, ns) + '/' + percent_encode(name);
  if (!subresource.empty())
    out += '/' + percent_encode(subresource);
  return out;
}

} // namespace natgw::kube
