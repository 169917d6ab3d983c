#include "clients/kube/resource_path.hpp"

namespace natgw::kube {

namespace {

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'
         || c == '~';
}

} // namespace

std::string escape(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (auto c : text) {
    if (is_unreserved(c)) {
      out += c;
      continue;
    }
    auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += hex[byte >> 4U];
    out += hex[byte & 0x0FU];
  }
  return out;
}

bool is_path_segment(std::string_view text) {
  return !text.empty() && text.size() <= 253 && text != "." && text != ".."
         && text.find_first_of("/%") == std::string_view::npos;
}

std::string collection_path(const resource& type, std::string_view ns) {
  std::string out;
  if (type.group.empty())
    out += "/api/";
  else
    out += "/apis/" + escape(type.group) + '/';
  out += escape(type.version);
  if (!ns.empty())
    out += "/namespaces/" + escape(ns);
  out += '/' + escape(type.plural);
  return out;
}

std::string object_path(const resource& type, std::string_view ns,
                        std::string_view name, std::string_view subresource) {
  auto out = collection_path(type, ns) + '/' + escape(name);
  if (!subresource.empty())
    out += '/' + escape(subresource);
  return out;
}

} // namespace natgw::kube
