#pragma once

#include "clients/kube/metadata.hpp"
#include "clients/kube/reader.hpp"
#include "messages/interface.hpp"
#include "messages/pod.hpp"
#include "messages/record.hpp"

// One reader for each type of object. `meta` is filled as far as it could be
// read, also if an error is returned.

namespace natgw::kube {

json::error_code read_object(json::object& from, metadata& meta, pod_view& out);

json::error_code read_object(json::object& from, metadata& meta,
                             node_view& out);

/// Allocations that make no sense are left out.
json::error_code read_object(json::object& from, metadata& meta,
                             interface_view& out);

/// What is wrong in spec or status makes no error here: a record that cannot
/// be believed must still be known, since its ports may be in use.
json::error_code read_object(json::object& from, metadata& meta,
                             record_view& out);

} // namespace natgw::kube
