#pragma once

#include "clients/kube/reader.hpp"
#include "clients/kube/status_error.hpp"

namespace natgw::kube {

/// Reads a Status object that is part of a document.
json::error_code read_status(json::object& from, error& out);

} // namespace natgw::kube
