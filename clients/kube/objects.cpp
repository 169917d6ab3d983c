#include "clients/kube/objects.hpp"

#include <type_traits>

#include "clients/kube/metadata.hpp"
#include "clients/kube/object_readers.hpp"
#include "clients/kube/status_reader.hpp"

namespace natgw::kube {

namespace {

// It goes into the next request's URL.
constexpr size_t max_token = 16'384;

// Reads one object. Errors about single values, and metadata that cannot be
// right, end in `problem`; the code is SUCCESS then.
template <class Object>
json::error_code read_checked(json::object& from, metadata& meta, Object& out,
                              std::string& problem) {
  auto code = read_object(from, meta, out);
  if (code == json::SUCCESS)
    problem = check(meta, !std::is_same_v<Object, node_view>);
  else if (json::is_local(code))
    problem = simdjson::error_message(code);
  return json::is_local(code) ? json::SUCCESS : code;
}

template <class Object>
json::error_code read_items(json::value& from, page<Object>& out) {
  return json::each_element(from, [&](json::value& item) {
    metadata meta;
    Object object{};
    std::string problem;
    json::object members;
    auto code = item.get_object().get(members);
    if (code == json::SUCCESS)
      code = read_checked(members, meta, object, problem);
    if (json::is_local(code))
      problem = simdjson::error_message(code);
    else if (code != json::SUCCESS)
      return code;
    if (problem.empty())
      out.items.push_back(std::move(object));
    else
      out.bad.push_back({std::move(meta.key), std::move(problem)});
    return json::SUCCESS;
  });
}

template <class Object>
json::error_code read_list_meta(json::value& from, page<Object>& out) {
  return json::each_member(from, [&](std::string_view key, json::value& item) {
    if (key == "resourceVersion")
      return json::read_text(item, out.resource_version, max_version);
    if (key == "continue")
      return json::read_text(item, out.continue_token, max_token);
    if (key == "remainingItemCount")
      return json::error_code{item.get_uint64().get(out.remaining.emplace())};
    return json::SUCCESS;
  });
}

// Opens a document whose root is an object, and reads it to its end.
template <class Read>
json::error_code read_root(json_text text, Read&& read) {
  json::reading source;
  json::object root;
  if (auto code = source.open(text); code != json::SUCCESS)
    return code;
  if (auto code = source.doc().get_object().get(root); code != json::SUCCESS)
    return code;
  auto code = std::forward<Read>(read)(root);
  return code == json::SUCCESS ? source.finish() : code;
}

template <class Visit>
json::error_code visit_root(json_text text, Visit&& visit) {
  return read_root(text, [&](json::object& root) {
    return json::each_member(root, std::forward<Visit>(visit));
  });
}

std::optional<watch_kind> kind_of(std::string_view type) {
  if (type == "ADDED")
    return watch_kind::added;
  if (type == "MODIFIED")
    return watch_kind::modified;
  if (type == "DELETED")
    return watch_kind::deleted;
  if (type == "BOOKMARK")
    return watch_kind::bookmark;
  if (type == "ERROR")
    return watch_kind::failed;
  return std::nullopt;
}

json::error_code read_any_metadata(json::object& from, metadata& out) {
  auto ignore = [](std::string_view, json::value&) { return json::SUCCESS; };
  return json::each_member(from, [&](std::string_view key, json::value& item) {
    return key == "metadata" ? read_metadata(item, out, ignore) : json::SUCCESS;
  });
}

template <class Object>
json::error_code
read_event_object(json::object& from, watch_event<Object>& out) {
  metadata meta;
  std::string problem;
  auto code = json::SUCCESS;
  if (out.kind == watch_kind::failed) {
    out.problem.emplace(error{ec::unavailable, {}});
    return read_status(from, *out.problem);
  }
  if (out.kind == watch_kind::bookmark)
    code = read_any_metadata(from, meta);
  else
    code = read_checked(from, meta, out.object, problem);
  out.resource_version = std::move(meta.resource_version);
  if (!problem.empty()) {
    out.kind = watch_kind::bad;
    out.key = std::move(meta.key);
    out.problem = error{ec::malformed, std::move(problem)};
  }
  return code;
}

template <class Object>
json::error_code read_event(json_text text, watch_event<Object>& out) {
  json::reading source;
  json::object root;
  if (auto code = source.open(text); code != json::SUCCESS)
    return code;
  if (auto code = source.doc().get_object().get(root); code != json::SUCCESS)
    return code;
  std::string_view type;
  if (auto code = root.find_field_unordered("type").get_string().get(type);
      code != json::SUCCESS)
    return code;
  auto kind = kind_of(type);
  if (!kind)
    return simdjson::INCORRECT_TYPE;
  out.kind = *kind;
  json::object object;
  if (auto code = root.find_field_unordered("object").get_object().get(object);
      code != json::SUCCESS)
    return code;
  return read_event_object(object, out);
}

} // namespace

template <class Object>
expected<page<Object>> parse_page(json_text text) {
  page<Object> result;
  bool has_items = false;
  auto code = visit_root(text, [&](std::string_view key, json::value& item) {
    if (key == "metadata")
      return read_list_meta(item, result);
    if (key != "items")
      return json::SUCCESS;
    has_items = true;
    return read_items(item, result);
  });
  if (code != json::SUCCESS)
    return json::malformed(code, "a list");
  // Go writes an empty list as null, which reads like none; a document with
  // neither is no list.
  if (result.resource_version.empty() && !has_items)
    return fail(ec::malformed, "a list without items and resourceVersion");
  return result;
}

template <class Object>
expected<Object> parse_object(json_text text) {
  metadata meta;
  Object result{};
  std::string problem;
  auto code = read_root(text, [&](json::object& root) {
    return read_checked(root, meta, result, problem);
  });
  if (code != json::SUCCESS)
    return json::malformed(code, "an object");
  if (!problem.empty())
    return fail(ec::malformed, "an object: " + problem);
  return result;
}

template <class Object>
watch_event<Object> parse_watch_line(json_text text) {
  watch_event<Object> result;
  auto code = read_event(text, result);
  if (code != json::SUCCESS) {
    result.kind = watch_kind::failed;
    result.problem = json::malformed(code, "a line of a watch").error();
  }
  return result;
}

expected<std::string> parse_uid(json_text text) {
  metadata meta;
  auto code = read_root(text, [&](json::object& root) {
    return read_any_metadata(root, meta);
  });
  if (code != json::SUCCESS)
    return json::malformed(code, "an object");
  if (meta.uid.empty())
    return fail(ec::malformed, "an object without a uid");
  return std::move(meta.uid);
}

expected<std::optional<record_view>> parse_removed(json_text text) {
  // The answer is either the object or a Status; the kind tells which.
  std::string kind;
  auto code = visit_root(text, [&](std::string_view key, json::value& item) {
    return key == "kind" ? json::read_text(item, kind) : json::SUCCESS;
  });
  if (code != json::SUCCESS)
    return json::malformed(code, "the answer to a delete");
  if (kind == "Status")
    return std::nullopt;
  auto object = parse_object<record_view>(text);
  if (!object)
    return std::unexpected{object.error()};
  return std::optional{std::move(*object)};
}

expected<std::string> parse_plural(json_text text, std::string_view kind) {
  std::string found;
  auto read_resource = [&](json::value& from) {
    std::string name;
    std::string its_kind;
    auto code = json::each_member(from,
                                  [&](std::string_view key, json::value& item) {
                                    if (key == "name")
                                      return json::read_text(item, name);
                                    if (key == "kind")
                                      return json::read_text(item, its_kind);
                                    return json::SUCCESS;
                                  });
    // A name with a slash is a subresource.
    if (its_kind == kind && name.find('/') == std::string::npos)
      found = std::move(name);
    return code;
  };
  auto code = visit_root(text, [&](std::string_view key, json::value& item) {
    return key == "resources" ? json::each_element(item, read_resource)
                              : json::SUCCESS;
  });
  if (code != json::SUCCESS)
    return json::malformed(code, "a list of resources");
  if (found.empty())
    return fail(ec::not_found,
                "no resource of kind " + std::string{kind} + " is served");
  return found;
}

template expected<page<pod_view>> parse_page<pod_view>(json_text);
template expected<page<node_view>> parse_page<node_view>(json_text);
template expected<page<interface_view>> parse_page<interface_view>(json_text);
template expected<page<record_view>> parse_page<record_view>(json_text);
template expected<pod_view> parse_object<pod_view>(json_text);
template expected<node_view> parse_object<node_view>(json_text);
template expected<interface_view> parse_object<interface_view>(json_text);
template expected<record_view> parse_object<record_view>(json_text);
template watch_event<pod_view> parse_watch_line<pod_view>(json_text);
template watch_event<node_view> parse_watch_line<node_view>(json_text);
template watch_event<interface_view>
  parse_watch_line<interface_view>(json_text);
template watch_event<record_view> parse_watch_line<record_view>(json_text);

} // namespace natgw::kube
