#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "clients/http/transport.hpp"
#include "clients/kube/resource_path.hpp"

// Pure builders of requests. They set method, URL, body, Content-Type and
// Accept; the client adds who asks, and for how long it waits.

namespace natgw::kube {

struct list_query {
  /// Empty: all namespaces.
  std::string ns;
  std::string label_selector;
  std::string field_selector;
  /// Objects in a page; 0: all in one.
  uint32_t limit = 500;
  /// The token of the page before; empty for the first.
  std::string continue_token;
  /// Unset: as fresh as a quorum read; "0": whatever the server has cached.
  std::optional<std::string> resource_version;
};

struct watch_query {
  /// Empty: all namespaces.
  std::string ns;
  std::string label_selector;
  std::string field_selector;
  /// Where the list, or the watch before, ended.
  std::string resource_version;
  /// The server ends the watch after so long.
  std::chrono::seconds timeout{300};
};

/// How a patch is to be read by the server.
enum class patch_type : uint8_t { merge, strategic_merge };

/// `metadata_only` asks for objects without spec and status; a server that
/// does not know how sends them whole.
http::request list(const std::string& base_url, const resource& type,
                   const list_query& query, bool metadata_only = false);

/// A watch with bookmarks.
http::request watch(const std::string& base_url, const resource& type,
                    const watch_query& query, bool metadata_only = false);

http::request get(const std::string& base_url, std::string_view path,
                  bool metadata_only = false);

http::request create(const std::string& base_url, const resource& type,
                     std::string_view ns, std::string body);

http::request replace(const std::string& base_url, std::string_view path,
                      std::string body);

http::request patch(const std::string& base_url, std::string_view path,
                    patch_type type, std::string body);

/// A delete that is refused (409) unless uid and resourceVersion are these;
/// an empty one is not compared.
http::request remove(const std::string& base_url, std::string_view path,
                     std::string_view uid, std::string_view resource_version);

} // namespace natgw::kube
