#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "emulator/kube/store.hpp"
#include "messages/time.hpp"

namespace natgw::emulator::kube {

/// How a client wants objects shown.
enum class form : uint8_t { plain, table };

/// Reads an Accept header: a Table where it comes before plain JSON.
form wanted_form(std::string_view accept);

/// A meta.k8s.io/v1 Table of objects, for `kubectl get`. `metadata` is the
/// list's; `now` ages them; `with_columns` is false for later watch events.
json to_table(const resource& type, const std::vector<object_ptr>& objects,
              json metadata, wall_time now, bool with_columns = true);

/// The JSON text of one object as a client of `type` sees it.
std::string show(const resource& type, const object& x);

/// The JSON text of a list. Items of built-in types carry neither apiVersion
/// nor kind, as with the real server.
std::string show_list(const resource& type,
                      const std::vector<object_ptr>& items,
                      const json& metadata);

/// Discovery documents.
json api_versions();
json api_groups(const catalog& types);
/// Null if there is no such group, or version of it.
json api_group(const catalog& types, std::string_view group);
json api_resources(const catalog& types, std::string_view group,
                   std::string_view version);

} // namespace natgw::emulator::kube
