#include "clients/http/transport.hpp"

namespace natgw::http {

std::string_view to_string(method x) {
  switch (x) {
    case method::get:
      return "GET";
    case method::post:
      return "POST";
    case method::put:
      return "PUT";
    case method::patch:
      return "PATCH";
    case method::del:
      return "DELETE";
  }
  return "unknown";
}

std::string_view response::find(std::string_view name) const {
  for (const auto& x : headers)
    if (x.name == name)
      return x.value;
  return {};
}

} // namespace natgw::http
