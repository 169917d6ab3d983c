#pragma once

#include "clients/http/transport.hpp"
#include "clients/kube/json_text.hpp"
#include "messages/error.hpp"

namespace natgw::kube {

/// The error in an answer whose status is not 2xx, from its status code, its
/// Status object where the body is one, and Retry-After. A 422 about
/// metadata.uid is a `conflict`: the object of this name is another one. A
/// 403 because the namespace is being terminated is `rejected`, every other
/// 403 `forbidden`, with the server's words about the missing verb.
error to_error(const http::response& answer);

/// True if a patch was refused because the object has another uid.
bool is_other_object(const http::response& answer);

/// True for a 404 that is about one object, not about a path or a resource
/// that the server does not have.
bool names_missing_object(const http::response& answer);

/// The error in a Status object alone (the ERROR line of a watch).
error to_error(json_text status);

} // namespace natgw::kube
