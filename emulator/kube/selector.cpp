#include "emulator/kube/selector.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "core/trim.hpp"
#include "emulator/kube/concat.hpp"
#include "emulator/kube/json_access.hpp"

namespace natgw::emulator::kube {

namespace {

std::string_view trim(std::string_view text) {
  return natgw::core::trim(text, " ");
}

// Splits at commas outside parentheses.
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> result;
  size_t begin = 0;
  auto depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
    if (text[i] == ',' && depth == 0) {
      result.push_back(trim(text.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  if (auto last = trim(text.substr(begin)); !last.empty())
    result.push_back(last);
  return result;
}

bool is_key(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '/';
  });
}

struct equality {
  std::string_view key;
  std::string_view value;
  bool negated = false;
};

// Reads "a=b", "a==b" and "a!=b".
std::optional<equality> split_equality(std::string_view text) {
  auto at = text.find('=');
  if (at == std::string_view::npos || at == 0)
    return std::nullopt;
  auto negated = text[at - 1] == '!';
  auto key = trim(text.substr(0, negated ? at - 1 : at));
  auto value = text.substr(at + 1);
  if (!negated && value.starts_with('='))
    value.remove_prefix(1);
  return equality{key, trim(value), negated};
}

} // namespace

std::expected<selector, std::string> selector::parse(const resource& type,
                                                     std::string_view labels,
                                                     std::string_view fields) {
  selector result;
  auto wanted = parse_labels(labels);
  if (!wanted)
    return std::unexpected{std::move(wanted.error())};
  result.labels_ = std::move(*wanted);
  for (auto part : split(fields)) {
    auto term = split_equality(part);
    if (!term)
      return std::unexpected{concat("invalid selector: '", fields,
                                    "'; can't understand '", part, "'")};
    if (term->key != "metadata.name" && term->key != "metadata.namespace"
        && std::ranges::find(type.fields, term->key) == type.fields.end())
      return std::unexpected{
        concat("Unable to find \"", type.group + "/" + type.version,
               ", Resource=", type.plural, "\" that match label selector \"",
               labels, "\", field selector \"", fields,
               "\": field label not supported: ", term->key)};
    result.fields_.push_back({std::string{term->key},
                              term->negated ? test::not_in : test::in,
                              {std::string{term->value}}});
  }
  return result;
}

std::expected<std::vector<selector::requirement>, std::string>
selector::parse_labels(std::string_view text) {
  std::vector<requirement> result;
  for (auto part : split(text)) {
    auto one = parse_label(part);
    if (!one)
      return std::unexpected{std::move(one.error())};
    result.push_back(std::move(*one));
  }
  return result;
}

std::expected<selector::requirement, std::string>
selector::parse_label(std::string_view text) {
  auto bad = [text] {
    return std::unexpected{concat("unable to parse requirement: found '", text,
                                  "', expected: identifier")};
  };
  if (auto open = text.find('('); open != std::string_view::npos) {
    auto head = trim(text.substr(0, open));
    auto space = head.rfind(' ');
    if (!text.ends_with(')') || space == std::string_view::npos)
      return bad();
    auto word = head.substr(space + 1);
    auto key = trim(head.substr(0, space));
    if ((word != "in" && word != "notin") || !is_key(key))
      return bad();
    requirement result{
      std::string{key}, word == "in" ? test::in : test::not_in, {}};
    for (auto value : split(text.substr(open + 1, text.size() - open - 2)))
      result.values.emplace_back(value);
    return result;
  }
  if (auto term = split_equality(text)) {
    if (!is_key(term->key))
      return bad();
    return requirement{std::string{term->key},
                       term->negated ? test::not_in : test::in,
                       {std::string{term->value}}};
  }
  auto negated = text.starts_with('!');
  auto key = trim(negated ? text.substr(1) : text);
  if (!is_key(key))
    return bad();
  return requirement{
    std::string{key}, negated ? test::absent : test::exists, {}};
}

bool selector::holds(const requirement& x, const json* value) {
  auto present = value != nullptr && value->is_string();
  auto listed = present
                && std::ranges::find(x.values,
                                     value->get_ref<const std::string&>())
                     != x.values.end();
  switch (x.how) {
    case test::in:
      return listed;
    case test::not_in:
      return !listed;
    case test::exists:
      return present;
    default:
      return !present;
  }
}

bool selector::matches(const json& object) const {
  if (!labels_.empty()) {
    static const json none = json::object();
    const auto* labels = look(object, {"metadata", "labels"});
    for (const auto& x : labels_)
      if (!holds(x, look(labels == nullptr ? none : *labels, {x.key})))
        return false;
  }
  static const json blank = "";
  return std::ranges::all_of(fields_, [&object](const requirement& x) {
    const auto* value = look(object, x.key);
    return holds(x, value == nullptr ? &blank : value);
  });
}

} // namespace natgw::emulator::kube
