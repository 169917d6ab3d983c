#include "core/entry_name.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/digest.hpp"

namespace natgw::core {

namespace {

constexpr size_t cluster_length = 10;
constexpr size_t key_length = 26;

bool is_letter(char x) {
  return (x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z');
}

bool is_base32(std::string_view text, size_t length) {
  return text.size() == length && std::ranges::all_of(text, [](char x) {
           return (x >= 'a' && x <= 'z') || (x >= '2' && x <= '7');
         });
}

std::string hash_of(std::string_view domain, std::string_view text,
                    size_t length) {
  std::string input;
  append_field(input, domain);
  append_field(input, text);
  return base32(sha256(input)).substr(0, length);
}

std::optional<uint16_t> parse_number(std::string_view text) {
  uint16_t result = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, result);
  if (problem != std::errc{} || stop != end
      || (text.size() > 1 && text.front() == '0'))
    return std::nullopt;
  return result;
}

/// Removes the last part, with its dot, from the name and returns it.
std::string_view take_last(std::string_view& name) {
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos)
    return {};
  const auto result = name.substr(dot + 1);
  name = name.substr(0, dot);
  return result;
}

} // namespace

std::string plain_name_key(std::string_view pod_uid) {
  return hash_of("pod", pod_uid, key_length);
}

std::string fixed_name_key(const object_key& key) {
  return hash_of("name", key.str(), key_length);
}

expected<entry_names> entry_names::make(std::string_view prefix,
                                        std::string_view cluster_uid) {
  const bool valid = !prefix.empty() && prefix.size() <= max_prefix_length
                     && is_letter(prefix.front())
                     && std::ranges::all_of(prefix, [](char x) {
                          return is_letter(x) || (x >= '0' && x <= '9')
                                 || x == '_' || x == '-';
                        });
  if (!valid)
    return fail(ec::invalid_argument,
                "the prefix of entry names must have 1 to 64 letters, digits, "
                "'_' and '-', a letter first");
  if (cluster_uid.empty())
    return fail(ec::invalid_argument, "the uid of kube-system is empty");
  entry_names result;
  result.prefix_ = prefix;
  result.cluster_ = hash_of("cluster", cluster_uid, cluster_length);
  return result;
}

std::string entry_names::build(std::string_view key, uint16_t n) const {
  std::string result;
  const auto number = std::to_string(n);
  result.reserve(prefix_.size() + cluster_length + key_length + 8);
  result.append(prefix_).append(1, '.').append(cluster_).append(1, '.');
  result.append(key).append(1, '.').append(number);
  return result;
}

parsed_name entry_names::parse(std::string_view name) const {
  const auto n = parse_number(take_last(name));
  const auto key = take_last(name);
  const auto cluster = take_last(name);
  if (!n || !is_base32(key, key_length) || !is_base32(cluster, cluster_length)
      || name != prefix_)
    return {};
  const auto owner = cluster == cluster_ ? name_owner::ours
                                         : name_owner::other_cluster;
  return {owner, std::string{key}, *n};
}

} // namespace natgw::core
