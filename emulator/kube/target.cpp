#include "emulator/kube/target.hpp"

#include <charconv>
#include <vector>

namespace natgw::emulator::kube {

namespace {

std::optional<unsigned> hex_byte(std::string_view text) {
  unsigned value = 0;
  auto [end, err] = std::from_chars(text.data(), text.data() + text.size(),
                                    value, 16);
  if (err != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

std::vector<std::string> segments(std::string_view path) {
  std::vector<std::string> result;
  while (!path.empty()) {
    auto slash = path.find('/');
    if (auto part = path.substr(0, slash); !part.empty())
      result.push_back(percent_decode(part, false));
    if (slash == std::string_view::npos)
      break;
    path.remove_prefix(slash + 1);
  }
  return result;
}

void parse_query(std::string_view raw, target& out) {
  while (!raw.empty()) {
    auto end = raw.find('&');
    auto pair = raw.substr(0, end);
    auto equals = pair.find('=');
    auto value = equals == std::string_view::npos ? std::string_view{}
                                                  : pair.substr(equals + 1);
    if (!pair.empty())
      out.query.emplace(percent_decode(pair.substr(0, equals), true),
                        percent_decode(value, true));
    if (end == std::string_view::npos)
      break;
    raw.remove_prefix(end + 1);
  }
}

// parts begins with the resource or with "namespaces".
void parse_resource(std::vector<std::string> parts, target& out) {
  if (parts.empty() || parts.size() > 5)
    return;
  size_t at = 0;
  if (parts[0] == "namespaces" && parts.size() > 2 && parts[2] != "status"
      && parts[2] != "finalize") {
    out.ns = parts[1];
    at = 2;
  }
  out.plural = parts[at];
  if (at + 1 < parts.size())
    out.name = parts[at + 1];
  if (at + 2 < parts.size())
    out.subresource = parts[at + 2];
  out.is_resource = at + 3 >= parts.size();
}

} // namespace

std::string_view target::param(std::string_view key) const {
  auto i = query.find(key);
  return i == query.end() ? std::string_view{} : std::string_view{i->second};
}

bool target::flag(std::string_view key) const {
  auto value = param(key);
  return value == "true" || value == "1";
}

std::string percent_decode(std::string_view text, bool plus_is_space) {
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = text[i];
    if (c == '%' && i + 2 < text.size()) {
      if (auto byte = hex_byte(text.substr(i + 1, 2))) {
        result += static_cast<char>(*byte);
        i += 2;
        continue;
      }
    }
    result += c == '+' && plus_is_space ? ' ' : c;
  }
  return result;
}

target parse_target(std::string_view raw) {
  target out;
  auto question = raw.find('?');
  auto path = raw.substr(0, question);
  if (question != std::string_view::npos)
    parse_query(raw.substr(question + 1), out);
  out.path = percent_decode(path, false);
  auto parts = segments(path);
  if (parts.size() >= 3 && parts[0] == "api") {
    out.version = parts[1];
    parse_resource({parts.begin() + 2, parts.end()}, out);
  } else if (parts.size() >= 4 && parts[0] == "apis") {
    out.group = parts[1];
    out.version = parts[2];
    parse_resource({parts.begin() + 3, parts.end()}, out);
  }
  return out;
}

std::optional<uint64_t> parse_number(std::string_view text) {
  uint64_t value = 0;
  auto [end, err] = std::from_chars(text.data(), text.data() + text.size(),
                                    value);
  if (text.empty() || err != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

} // namespace natgw::emulator::kube
