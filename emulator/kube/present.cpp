#include "emulator/kube/present.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>

#include "emulator/kube/concat.hpp"
#include "emulator/kube/json_access.hpp"
#include "emulator/kube/rules.hpp"

namespace natgw::emulator::kube {

namespace {

std::optional<wall_time> parse_time(std::string_view text) {
  auto year = 0;
  unsigned month = 0;
  unsigned day = 0;
  auto hour = 0;
  auto minute = 0;
  auto second = 0;
  if (std::sscanf(std::string{text}.c_str(), "%4d-%2u-%2uT%2d:%2d:%2d", &year,
                  &month, &day, &hour, &minute, &second)
      != 6)
    return std::nullopt;
  std::chrono::year_month_day date{
    std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
  return std::chrono::sys_days{date} + std::chrono::hours{hour}
         + std::chrono::minutes{minute} + std::chrono::seconds{second};
}

// As kubectl writes ages: 5s, 3m12s, 2h, 4d.
std::string age(std::string_view since, wall_time now) {
  auto then = parse_time(since);
  if (!then)
    return "<unknown>";
  auto seconds
    = std::chrono::duration_cast<std::chrono::seconds>(now - *then).count();
  seconds = std::max<int64_t>(0, seconds);
  if (seconds < 120)
    return concat(seconds, "s");
  if (seconds < 600)
    return concat(seconds / 60, "m", seconds % 60, "s");
  if (seconds < 10'800)
    return concat(seconds / 60, "m");
  return seconds < 172'800 ? concat(seconds / 3600, "h")
                           : concat(seconds / 86400, "d");
}

void append(std::string& out, const json& x) {
  if (!out.empty())
    out += ',';
  if (x.is_string())
    out += x.get_ref<const std::string&>();
  else
    out += x.dump(-1, ' ', false, json::error_handler_t::replace);
}

// The simple JSONPath of printer columns: members, and [*] over a list.
void collect(const json& x, std::string_view path, std::string& out) {
  while (path.starts_with('.'))
    path.remove_prefix(1);
  if (path.empty())
    return append(out, x);
  auto end = path.find('.');
  auto name = path.substr(0, end);
  auto rest = end == std::string_view::npos ? std::string_view{}
                                            : path.substr(end);
  auto all = name.ends_with("[*]");
  if (all)
    name.remove_suffix(3);
  const auto* next = look(x, {name});
  if (next == nullptr)
    return;
  if (!all)
    return collect(*next, rest, out);
  for (const auto& item : *next)
    collect(item, rest, out);
}

std::vector<printer_column> columns_of(const resource& type) {
  std::vector<printer_column> result{{"Name", "string", ".metadata.name", 0}};
  auto own = type.stored().columns;
  if (own.empty())
    own.push_back({"Age", "date", ".metadata.creationTimestamp", 0});
  result.insert(result.end(), own.begin(), own.end());
  return result;
}

json cell(const printer_column& column, const json& object, wall_time now) {
  std::string value;
  collect(object, column.path, value);
  if (column.type == "date")
    return age(value, now);
  if (value.empty())
    return "<none>";
  return value;
}

json row(const std::vector<printer_column>& columns, const object& x,
         wall_time now) {
  auto cells = json::array();
  for (const auto& column : columns)
    cells.push_back(cell(column, x.body(), now));
  if (x.body()["kind"] == "Pod" && is_deleting(x.body()))
    cells[1] = "Terminating";
  json head{{"kind", "PartialObjectMetadata"},
            {"apiVersion", "meta.k8s.io/v1"},
            {"metadata", x.body()["metadata"]}};
  return {{"cells", std::move(cells)}, {"object", std::move(head)}};
}

} // namespace

form wanted_form(std::string_view accept) {
  auto table = accept.find("as=Table");
  if (table == std::string_view::npos)
    return form::plain;
  auto before = accept.substr(0, table);
  return before.find(',') == std::string_view::npos
             || before.find("as=Table") != std::string_view::npos
           ? form::table
           : form::plain;
}

json to_table(const resource& type, const std::vector<object_ptr>& objects,
              json metadata, wall_time now, bool with_columns) {
  auto columns = columns_of(type);
  auto definitions = json::array();
  for (const auto& x : columns)
    definitions.push_back({{"name", x.name},
                           // Dates are sent as ages.
                           {"type", x.type == "date" ? "string" : x.type},
                           {"format", x.name == "Name" ? "name" : ""},
                           {"description", ""},
                           {"priority", x.priority}});
  auto rows = json::array();
  for (const auto& x : objects)
    rows.push_back(row(columns, *x, now));
  json result{{"kind", "Table"},
              {"apiVersion", "meta.k8s.io/v1"},
              {"metadata", std::move(metadata)},
              {"rows", std::move(rows)}};
  result["columnDefinitions"] = with_columns ? std::move(definitions)
                                             : json(nullptr);
  return result;
}

std::string show(const resource& type, const object& x) {
  return type.storage == nullptr ? x.text() : outward(type, x.body()).dump();
}

std::string show_list(const resource& type,
                      const std::vector<object_ptr>& items,
                      const json& metadata) {
  auto out = concat("{\"kind\":\"", type.kind, "List\",\"apiVersion\":\"",
                    type.api_version(), "\",\"metadata\":", metadata.dump(),
                    ",\"items\":[");
  // Members are sorted, so these two are the first ones of nearly every type.
  auto head = concat("{\"apiVersion\":\"", type.api_version(), "\",\"kind\":\"",
                     type.kind, "\",");
  auto first = true;
  for (const auto& x : items) {
    if (!first)
      out += ',';
    first = false;
    auto shown = type.storage == nullptr ? std::string{} : show(type, *x);
    std::string_view text = shown.empty() ? x->text() : shown;
    if (!type.custom && text.starts_with(head)) {
      out += '{';
      text.remove_prefix(head.size());
    }
    out += text;
  }
  out += "]}\n";
  return out;
}

} // namespace natgw::emulator::kube
