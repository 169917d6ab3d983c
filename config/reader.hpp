#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "core/secret.hpp"
#include "messages/error.hpp"

/// How the loader walks a YAML tree: tables of keys, and values with their
/// rules. Private to config/.
namespace natgw::config {

/// Where something stands in the file; lines and columns count from 1.
struct position {
  int line = 0;
  int column = 0;
};

position position_of(const YAML::Node& node);

/// Collects what is wrong, where, while a tree is read. Nothing here throws on
/// a tree that has passed the guard.
class reader {
public:
  explicit reader(std::string file_name);

  // -- what was found --------------------------------------------------------

  /// Complains about the value at the present path. After 20 errors the
  /// others are only counted.
  void error(position at, std::string_view rule);
  void warn(position at, std::string_view text);
  /// Notes a key of the product that has no meaning here.
  void ignore();

  const std::vector<std::string>& errors() const;
  const std::vector<std::string>& warnings() const;
  const std::vector<std::string>& ignored() const;

  /// Where a key was found; `key` is a whole path, or the end of one.
  position find(std::string_view key) const;

  /// "file:line:column: key: text".
  std::string locate(position at, std::string_view key,
                     std::string_view text) const;

  // -- values: absent or null leaves `out` alone -----------------------------

  /// A text of at most 256 bytes.
  void text(const YAML::Node& node, std::string& out);
  /// The same, for what must not be left behind in memory: no copy but `out`
  /// and the tree's own.
  void hidden(const YAML::Node& node, core::secret& out);
  void boolean(const YAML::Node& node, bool& out);
  void number(const YAML::Node& node, uint32_t& out, uint32_t low,
              uint32_t high);
  void duration(const YAML::Node& node, std::chrono::milliseconds& out,
                std::chrono::milliseconds low, std::chrono::milliseconds high);

  /// See `parse_id` and `parse_label`.
  void id(const YAML::Node& node, std::string& out, std::string_view prefix);
  void label(const YAML::Node& node, std::string& out, size_t max_length = 63);

  /// A text in one of the languages of config/text.hpp. Empty text is left to
  /// `parse` only if `allow_empty` is false.
  template <class T, class Parse>
  void
  parsed(const YAML::Node& node, T& out, Parse parse, bool allow_empty = true) {
    std::string raw;
    text(node, raw);
    if (node.IsNull() || !node.IsScalar() || (raw.empty() && allow_empty))
      return;
    if (auto value = parse(raw))
      out = std::move(*value);
    else
      error(position_of(node), value.error().detail);
  }

  /// Calls `fn` for each element of a list of at most 4096.
  void each(const YAML::Node& node,
            const std::function<void(const YAML::Node&)>& fn);

  /// Calls `fn` with the index in `names` of each key of a map. Keys are
  /// compared without regard to case; unknown ones are warned of, and one that
  /// comes twice is an error.
  void each_key(const YAML::Node& node, std::span<const std::string_view> names,
                const std::function<void(size_t, const YAML::Node&)>& fn);

private:
  /// Makes `path_` one step longer while it lives.
  class step;

  void unknown_key(position at, const std::string& key,
                   std::span<const std::string_view> names);
  /// Counts a visit; false once a tree full of aliases has been visited too
  /// often.
  bool visit(const YAML::Node& node);
  /// The text of a single value within bounds, else null.
  const std::string* scalar(const YAML::Node& node);

  std::string file_name_;
  std::string path_;
  size_t visits_ = 0;
  size_t error_count_ = 0;
  std::vector<std::string> errors_;
  std::vector<std::string> warnings_;
  std::vector<std::string> ignored_;
  std::map<std::string, position, std::less<>> positions_;
};

/// One key of a map, and how its value gets into a `T`.
template <class T>
struct key_rule {
  std::string_view name;
  void (*read)(reader&, const YAML::Node&, T&);
};

/// Reads a map by a table of its keys.
template <class T, size_t Size>
void read_map(reader& in, const YAML::Node& node,
              const key_rule<T> (&rules)[Size], T& out) {
  std::vector<std::string_view> names;
  for (const auto& rule : rules)
    names.push_back(rule.name);
  in.each_key(node, names, [&](size_t i, const YAML::Node& value) {
    rules[i].read(in, value, out);
  });
}

} // namespace natgw::config
