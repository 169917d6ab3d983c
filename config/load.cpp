#include "config/load.hpp"

#include <algorithm>
#include <exception>
#include <fstream>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include "config/guard.hpp"
#include "config/schema.hpp"
#include "config/text.hpp"
#include "config/validate.hpp"

namespace natgw::config {

namespace {

using outcome = std::expected<loaded, load_failure>;

std::unexpected<load_failure> refuse(std::string reason) {
  return std::unexpected<load_failure>{
    load_failure{false, {std::move(reason)}, {}}};
}

void check_rules(reader& in, const settings& values,
                 std::vector<std::string>& errors) {
  for (const auto& x : validate(values))
    errors.push_back(in.locate(in.find(x.key), x.key, x.rule));
}

/// Why the key pair of the file is not used though there is one.
std::string unused_keys(const settings& x) {
  const auto& sources = x.natgw.credentials.sources;
  if (x.keys.access_key.empty())
    return {};
  if (!sources.empty()
      && std::ranges::find(sources, credential_origin::configuration)
           == sources.end())
    return "is not used, since natgw.credentials.sources does not list "
           "configuration";
  if (sources.empty() && x.role.enabled)
    return "is not used, since enableRRSA is true";
  return {};
}

outcome read_tree(const YAML::Node& root, std::string file_name) {
  reader in{std::move(file_name)};
  draft found;
  read_root(in, root, found);
  found.values.gateways = merge_pools(in, found.pools);
  auto errors = in.errors();
  auto listed = std::ranges::find(found.controllers, "natgw", lower);
  if (errors.empty() && listed == found.controllers.end()) {
    auto text = in.locate(in.find("enableControllers"), "enableControllers",
                          "does not list natgw: there is nothing to do");
    return std::unexpected<load_failure>{
      load_failure{true, {std::move(text)}, in.warnings()}};
  }
  // Follow-up complaints about what could not be read help nobody.
  if (errors.empty())
    check_rules(in, found.values, errors);
  if (!errors.empty())
    return std::unexpected<load_failure>{
      load_failure{false, std::move(errors), in.warnings()}};
  auto warnings = in.warnings();
  if (auto text = unused_keys(found.values); !text.empty())
    warnings.push_back(in.locate(in.find("credential"), "credential", text));
  return loaded{std::move(found.values), std::move(warnings), in.ignored()};
}

} // namespace

std::string load_failure::text() const {
  return fmt::format("{}", fmt::join(errors, "\n"));
}

std::expected<loaded, load_failure> parse(std::string_view text,
                                          std::string_view file_name) {
  std::string name{file_name};
  if (text.size() > max_file_bytes)
    return refuse(fmt::format("{}: the file is larger than {} bytes", name,
                              max_file_bytes));
  std::string copy{text};
  if (auto problem = guard_yaml(copy)) {
    reader in{name};
    return refuse(
      in.locate({problem->line, problem->column}, "", problem->rule));
  }
  // The guard leaves nothing to throw about; should it err, this is the edge.
  try {
    return read_tree(YAML::Load(copy), name);
  } catch (const std::exception& err) {
    return refuse(fmt::format("{}: {}", name, err.what()));
  }
}

std::expected<loaded, load_failure> load(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in)
    return refuse(fmt::format("{}: cannot be opened", path));
  // One byte too many tells a file that is too large.
  std::string text(max_file_bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || in.gcount() == 0)
    return refuse(fmt::format("{}: is empty or cannot be read", path));
  text.resize(static_cast<size_t>(in.gcount()));
  return parse(text, path);
}

} // namespace natgw::config
