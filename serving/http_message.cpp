#include <utility>

#include "serving/http_server.hpp"

namespace natgw::serving {

std::string_view request::find(std::string_view name) const {
  for (const auto& x : headers)
    if (x.name == name)
      return x.value;
  return {};
}

std::string_view request::path() const {
  return std::string_view{target}.substr(0, target.find('?'));
}

std::string_view request::query() const {
  const auto mark = target.find('?');
  return mark == std::string::npos ? std::string_view{}
                                   : std::string_view{target}.substr(mark + 1);
}

response response::json(int status, std::string body) {
  return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

response response::text(int status, std::string body) {
  return {
    status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(body)};
}

} // namespace natgw::serving
