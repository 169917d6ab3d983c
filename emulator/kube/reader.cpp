#include "emulator/kube/reader.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "emulator/kube/concat.hpp"
#include "emulator/kube/json_access.hpp"
#include "emulator/kube/rules.hpp"

namespace natgw::emulator::kube {

namespace {

constexpr std::string_view alphabet
  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// base64url without padding, as the real server's tokens.
std::string encode(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  auto count = 0;
  for (auto c : text) {
    bits = (bits << 8U) | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6)
      out += alphabet[(bits >> static_cast<unsigned>(count - 6)) & 63U];
  }
  if (count > 0)
    out += alphabet[(bits << static_cast<unsigned>(6 - count)) & 63U];
  return out;
}

std::optional<std::string> decode(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  auto count = 0;
  for (auto c : text) {
    auto value = alphabet.find(c);
    if (value == std::string_view::npos)
      return std::nullopt;
    bits = (bits << 6U) | static_cast<uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>((bits >> static_cast<unsigned>(count)) & 255U);
    }
  }
  return out;
}

refusal bad_version(std::string_view value) {
  refusal x{400,
            "BadRequest",
            concat("Invalid value: \"", value,
                   "\": strconv.ParseUint: parsing \"", value,
                   "\": invalid syntax"),
            {},
            {}};
  return x;
}

refusal bad_token(std::string_view why) {
  return bad_request(concat("continue key is not valid: ", why));
}

} // namespace

std::string make_token(int64_t revision, std::string_view start) {
  return encode(
    json{{"v", "meta.k8s.io/v1"}, {"rv", revision}, {"start", start}}.dump());
}

reader::reader(const store& objects, wall_time wall_origin,
               std::chrono::nanoseconds list_lag)
  : objects_(objects),
    wall_origin_(wall_origin),
    list_lag_(list_lag) {
  // nop
}

wall_time reader::wall(instant now) const {
  return wall_time_at(wall_origin_, now);
}

result<std::string> reader::get(const resource& type, const target& what,
                                form as, instant now) const {
  auto x = objects_.find(type, make_key(what.ns, what.name));
  if (!x)
    return std::unexpected{not_found(type, what.name)};
  if (as == form::plain)
    return show(type, *x) + "\n";
  json metadata{{"resourceVersion", std::to_string(x->revision())}};
  return to_table(type, {x}, std::move(metadata), wall(now)).dump() + "\n";
}

result<reader::page> reader::resume(const resource& type,
                                    std::string_view token) const {
  auto text_form = decode(token);
  auto parsed = text_form ? parse_json(*text_form) : std::nullopt;
  if (!parsed)
    return std::unexpected{bad_token("illegal base64 data")};
  const auto* revision = look(*parsed, {"rv"});
  page result;
  result.continued = true;
  result.start = text(*parsed, {"start"});
  if (revision == nullptr || !revision->is_number_integer()
      || result.start.empty())
    return std::unexpected{
      bad_token("incorrect encoded start resourceVersion")};
  auto number = revision->get<int64_t>();
  if (number < 0)
    return result;
  result.revision = static_cast<uint64_t>(number);
  if (result.revision > objects_.revision())
    return std::unexpected{bad_token("revision of the future")};
  if (result.revision < objects_.compacted(type))
    return std::unexpected{refusal{
      410,
      "Expired",
      "The provided continue parameter is too old to display a consistent "
      "list result. You can start a new list without the continue parameter, "
      "or use the continue token in this response to retrieve the remainder "
      "of the results. Continuing with the provided token results in an "
      "inconsistent list - objects that were created, modified, or deleted "
      "between the time the first chunk was returned and now may show up in "
      "the list.",
      {},
      make_token(-1, result.start)}};
  return result;
}

result<reader::page> reader::plan(const resource& type, const target& what,
                                  instant now) const {
  page result;
  auto asked = what.param("resourceVersion");
  auto limit = what.param("limit");
  if (auto number = parse_number(limit))
    result.limit = *number;
  else if (!limit.empty())
    return std::unexpected{bad_version(limit)};
  if (auto token = what.param("continue"); !token.empty()) {
    if (!asked.empty() && asked != "0")
      return std::unexpected{bad_request(
        "specifying resource version is not allowed when using continue")};
    auto resumed = resume(type, token);
    if (resumed)
      resumed->limit = result.limit;
    return resumed;
  }
  if (asked.empty())
    return result;
  auto revision = parse_number(asked);
  if (!revision)
    return std::unexpected{bad_version(asked)};
  if (*revision == 0) {
    // Served from the watch cache: perhaps behind, and never in pages.
    result.limit = 0;
    if (list_lag_.count() > 0)
      result.revision = objects_.revision_at(type, now - list_lag_);
    return result;
  }
  if (*revision > objects_.revision())
    return std::unexpected{too_large(*revision, objects_.revision())};
  auto match = what.param("resourceVersionMatch");
  if (match == "Exact" || (match.empty() && result.limit > 0)) {
    if (*revision < objects_.compacted(type))
      return std::unexpected{too_old(*revision, objects_.compacted(type))};
    result.revision = *revision;
  }
  return result;
}

result<std::string> reader::list(const resource& type, const target& what,
                                 form as, instant now) const {
  auto filter = selector::parse(type.stored(), what.param("labelSelector"),
                                what.param("fieldSelector"));
  if (!filter)
    return std::unexpected{bad_request(std::move(filter.error()))};
  auto where = plan(type, what, now);
  if (!where)
    return std::unexpected{std::move(where.error())};
  auto revision = where->revision == 0 ? objects_.revision() : where->revision;
  std::vector<object_ptr> items;
  std::string next;
  uint64_t rest = 0;
  auto prefix = what.ns.empty() ? std::string{} : what.ns + "/";
  objects_.scan(type, where->revision, prefix, where->start,
                [&](const std::string& key, const object_ptr& x) {
                  if (!filter->empty() && !filter->matches(x->body()))
                    return true;
                  if (where->limit == 0 || items.size() < where->limit) {
                    items.push_back(x);
                    return true;
                  }
                  if (next.empty())
                    next = key;
                  ++rest;
                  // Only a list without selector says how much is left.
                  return filter->empty();
                });
  json metadata{{"resourceVersion", std::to_string(revision)}};
  if (!next.empty()) {
    metadata["continue"] = make_token(static_cast<int64_t>(revision), next);
    if (filter->empty())
      metadata["remainingItemCount"] = rest;
  }
  if (as == form::table)
    return to_table(type, items, std::move(metadata), wall(now)).dump() + "\n";
  return show_list(type, items, metadata);
}

result<watch_request>
reader::watch(const resource& type, const target& what, form as, instant now,
              std::chrono::seconds default_timeout) const {
  auto fields = std::string{what.param("fieldSelector")};
  if (!what.name.empty())
    fields = concat(fields, fields.empty() ? "" : ",",
                    "metadata.name=", what.name);
  auto filter = selector::parse(type.stored(), what.param("labelSelector"),
                                fields);
  if (!filter)
    return std::unexpected{bad_request(std::move(filter.error()))};
  if (what.flag("sendInitialEvents"))
    return std::unexpected{refusal{
      422,
      "Invalid",
      "ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden: "
      "sendInitialEvents is forbidden for watch unless the WatchList feature "
      "gate is enabled",
      {},
      {}}};
  watch_request result;
  result.type = &type;
  result.ns = what.ns;
  result.filter = std::move(*filter);
  result.bookmarks = what.flag("allowWatchBookmarks");
  result.as = as;
  auto seconds = parse_number(what.param("timeoutSeconds"));
  // Bounded, since the number comes from outside.
  result.deadline = now
                    + (seconds && *seconds > 0 && *seconds < 1'000'000
                         ? std::chrono::seconds{*seconds}
                         : default_timeout);
  auto asked = what.param("resourceVersion");
  if (asked.empty() || asked == "0")
    return result;
  auto revision = parse_number(asked);
  if (!revision)
    return std::unexpected{bad_version(asked)};
  result.revision = revision;
  return result;
}

} // namespace natgw::emulator::kube
