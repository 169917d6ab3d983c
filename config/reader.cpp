#include "config/reader.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "config/text.hpp"
#include "observe/escape.hpp"

namespace natgw::config {

namespace {

constexpr size_t max_errors = 20;
constexpr size_t max_warnings = 100;
constexpr size_t max_text = 256;
constexpr size_t max_list = 4096;
constexpr size_t max_visits = 400'000;

std::string shown(std::string_view raw) {
  std::string result;
  observe::escape_text(result, raw.substr(0, 64), 128);
  return result;
}

std::string_view nearest(std::string_view key,
                         std::span<const std::string_view> names) {
  return *std::ranges::min_element(names, {}, [&](std::string_view name) {
    return edit_distance(lower(name), lower(key));
  });
}

} // namespace

class reader::step {
public:
  step(std::string& path, std::string_view name)
    : path_(path),
      length_(path.size()) {
    if (!path_.empty() && !name.starts_with('['))
      path_ += '.';
    path_ += name;
  }

  ~step() {
    path_.resize(length_);
  }

  step(const step&) = delete;
  step& operator=(const step&) = delete;

private:
  std::string& path_;
  size_t length_;
};

position position_of(const YAML::Node& node) {
  auto mark = node.Mark();
  return mark.is_null() ? position{} : position{mark.line + 1, mark.column + 1};
}

reader::reader(std::string file_name) : file_name_(std::move(file_name)) {
  // nop
}

void reader::error(position at, std::string_view rule) {
  ++error_count_;
  if (error_count_ <= max_errors)
    errors_.push_back(locate(at, path_, rule));
  else if (error_count_ == max_errors + 1)
    errors_.push_back(file_name_ + ": there are more errors");
}

void reader::warn(position at, std::string_view text) {
  if (warnings_.size() < max_warnings)
    warnings_.push_back(locate(at, path_, text));
}

void reader::ignore() {
  ignored_.push_back(path_);
}

const std::vector<std::string>& reader::errors() const {
  return errors_;
}

const std::vector<std::string>& reader::warnings() const {
  return warnings_;
}

const std::vector<std::string>& reader::ignored() const {
  return ignored_;
}

position reader::find(std::string_view key) const {
  for (const auto& [path, at] : positions_)
    if (path == key
        || (path.ends_with(key) && path[path.size() - key.size() - 1] == '.'))
      return at;
  return {};
}

std::string reader::locate(position at, std::string_view key,
                           std::string_view text) const {
  auto where = at.line == 0
                 ? file_name_
                 : fmt::format("{}:{}:{}", file_name_, at.line, at.column);
  return key.empty() ? fmt::format("{}: {}", where, text)
                     : fmt::format("{}: {}: {}", where, key, text);
}

bool reader::visit(const YAML::Node& node) {
  ++visits_;
  if (visits_ == max_visits)
    error(position_of(node), "the file repeats itself too often");
  return visits_ < max_visits;
}

const std::string* reader::scalar(const YAML::Node& node) {
  if (node.IsNull() || !visit(node))
    return nullptr;
  if (!node.IsScalar())
    error(position_of(node), "must be a single value");
  else if (node.Scalar().size() > max_text)
    error(position_of(node), fmt::format("is longer than {} bytes", max_text));
  else
    return &node.Scalar();
  return nullptr;
}

void reader::text(const YAML::Node& node, std::string& out) {
  if (const auto* raw = scalar(node))
    out = *raw;
}

void reader::hidden(const YAML::Node& node, core::secret& out) {
  if (const auto* raw = scalar(node))
    out = core::secret{*raw};
}

void reader::boolean(const YAML::Node& node, bool& out) {
  parsed(node, out, [](std::string_view raw) -> expected<bool> {
    auto word = lower(raw);
    if (word == "true" || word == "yes" || word == "on")
      return true;
    if (word == "false" || word == "no" || word == "off")
      return false;
    return fail(ec::invalid_argument, "must be true or false");
  });
}

void reader::number(const YAML::Node& node, uint32_t& out, uint32_t low,
                    uint32_t high) {
  parsed(node, out, [&](std::string_view raw) -> expected<uint32_t> {
    auto value = parse_number(raw, low, high);
    if (!value)
      return std::unexpected{value.error()};
    return static_cast<uint32_t>(*value);
  });
}

void reader::duration(const YAML::Node& node, std::chrono::milliseconds& out,
                      std::chrono::milliseconds low,
                      std::chrono::milliseconds high) {
  using result = expected<std::chrono::milliseconds>;
  parsed(node, out, [&](std::string_view raw) -> result {
    auto value = parse_duration(raw);
    if (value && (*value < low || *value > high))
      return fail(ec::invalid_argument,
                  fmt::format("must be from {} to {}", format_duration(low),
                              format_duration(high)));
    return value;
  });
}

void reader::id(const YAML::Node& node, std::string& out,
                std::string_view prefix) {
  parsed(node, out,
         [prefix](std::string_view raw) { return parse_id(raw, prefix); });
}

void reader::label(const YAML::Node& node, std::string& out,
                   size_t max_length) {
  parsed(node, out, [max_length](std::string_view raw) {
    return parse_label(raw, max_length);
  });
}

void reader::each(const YAML::Node& node,
                  const std::function<void(const YAML::Node&)>& fn) {
  if (node.IsNull())
    return;
  if (!node.IsSequence()) {
    error(position_of(node), "must be a list");
    return;
  }
  if (node.size() > max_list) {
    error(position_of(node),
          fmt::format("has more than {} elements", max_list));
    return;
  }
  size_t i = 0;
  for (const auto& element : node) {
    if (!visit(node))
      return;
    step inside{path_, fmt::format("[{}]", i++)};
    fn(element);
  }
}

void reader::each_key(
  const YAML::Node& node, std::span<const std::string_view> names,
  const std::function<void(size_t, const YAML::Node&)>& fn) {
  if (node.IsNull())
    return;
  if (!node.IsMap()) {
    error(position_of(node), "must be a map of keys and values");
    return;
  }
  std::set<std::string> seen;
  for (const auto& item : node) {
    const auto& key = item.first;
    const auto& value = item.second;
    if (!visit(key))
      return;
    auto at = position_of(key);
    if (!key.IsScalar()) {
      error(at, "must have simple keys");
      continue;
    }
    auto word = lower(key.Scalar());
    auto match = std::ranges::find(names, word, lower);
    if (match == names.end()) {
      unknown_key(at, key.Scalar(), names);
      continue;
    }
    step inside{path_, *match};
    positions_.try_emplace(path_, position_of(value));
    if (seen.insert(word).second)
      fn(static_cast<size_t>(match - names.begin()), value);
    else
      error(at, "stands here twice");
  }
}

void reader::unknown_key(position at, const std::string& key,
                         std::span<const std::string_view> names) {
  if (warnings_.size() >= max_warnings)
    return;
  warn(at, fmt::format("unknown key {}, ignored; the nearest known key is {}",
                       shown(key), nearest(key, names)));
}

} // namespace natgw::config
