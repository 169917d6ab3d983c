#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "clients/kube/json_text.hpp"
#include "messages/error.hpp"
#include "messages/interface.hpp"
#include "messages/object_key.hpp"
#include "messages/pod.hpp"
#include "messages/record.hpp"

// Parsers of what the API server sends, straight from the buffer. Nothing in
// a document can do more than end in an error value. `Object` is pod_view,
// node_view, interface_view or record_view throughout.

namespace natgw::kube {

/// An object that could not be used; the others of its list or watch can.
struct bad_object {
  /// As far as it could be read.
  object_key key;
  std::string problem;
};

/// One page of a list.
template <class Object>
struct page {
  std::vector<Object> items;
  std::vector<bad_object> bad;
  std::string resource_version;
  /// Empty on the last page.
  std::string continue_token;
  std::optional<uint64_t> remaining;
};

enum class watch_kind : uint8_t {
  added,
  modified,
  deleted,
  /// Only `resource_version` has news: the watch may resume there.
  bookmark,
  /// The object of this line is unusable; the watch goes on. `key` is set as
  /// far as it could be read, `problem` says why.
  bad,
  /// The watch is over (`problem`): `expired` wants a new list.
  failed,
};

/// One line of a watch.
template <class Object>
struct watch_event {
  watch_kind kind = watch_kind::failed;
  /// For added, modified and deleted.
  Object object{};
  /// For bad.
  object_key key;
  /// Where a watch resumes after this line; empty if unknown.
  std::string resource_version;
  /// For bad and failed.
  std::optional<error> problem;
};

/// Errors: malformed.
template <class Object>
expected<page<Object>> parse_page(json_text text);

/// Errors: malformed.
template <class Object>
expected<Object> parse_object(json_text text);

/// Never fails: a line that is no event at all is `failed` with `malformed`.
template <class Object>
watch_event<Object> parse_watch_line(json_text text);

/// The uid in an object's metadata. Errors: malformed.
expected<std::string> parse_uid(json_text text);

/// The answer to a DELETE: the object if it still stands (a finalizer holds
/// it), nothing if it is gone. Errors: malformed.
expected<std::optional<record_view>> parse_removed(json_text text);

/// Finds the plural of `kind` in an APIResourceList. Errors: malformed, and
/// not_found if the list has no such kind.
expected<std::string> parse_plural(json_text text, std::string_view kind);

} // namespace natgw::kube
