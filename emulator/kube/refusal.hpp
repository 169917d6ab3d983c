#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "emulator/kube/exchange.hpp"
#include "emulator/kube/resource.hpp"

namespace natgw::emulator::kube {

/// A failed request, as the Status object that Kubernetes answers with. The
/// texts are those of kube-apiserver, since clients parse some of them.
struct refusal {
  int code = 500;
  /// Empty where the real server gives none.
  std::string reason;
  std::string message;
  /// Null or an object: name, group, kind, causes, retryAfterSeconds.
  json details;
  /// For a 410 of a paged list: the token to go on with.
  std::string next;
};

template <class T>
using result = std::expected<T, refusal>;

/// The Status object and its JSON text as an HTTP answer.
json to_status(const refusal& x);
response to_response(const refusal& x);

/// A successful Status about an object.
json success(const resource& type, std::string_view name, std::string_view uid);

refusal bad_request(std::string message);
refusal unauthorized();
refusal not_found(const resource& type, std::string_view name);
/// A path that leads nowhere.
refusal no_such_path();
refusal already_exists(const resource& type, std::string_view name);
/// 409: "Operation cannot be fulfilled on …: why".
refusal conflict(const resource& type, std::string_view name,
                 std::string_view why);
/// The conflict of a stale resourceVersion.
refusal modified_meanwhile(const resource& type, std::string_view name);
/// 403: "… is forbidden: why".
refusal forbidden(const resource& type, std::string_view name,
                  std::string_view why);
/// 422 about one field: `reason` is FieldValueInvalid, -Required or
/// -Forbidden, `message` what follows the field's name.
refusal invalid(const resource& type, std::string_view name,
                std::string_view field, std::string_view reason,
                std::string_view message);
/// 410 for a watch or an exact list.
refusal too_old(uint64_t asked, uint64_t oldest);
/// 504 for a revision of the future.
refusal too_large(uint64_t asked, uint64_t current);
refusal method_not_allowed();
refusal unsupported_media_type(std::string_view accepted);
/// An injected failure with the usual text of its code.
refusal injected(int code, int64_t retry_after);

} // namespace natgw::emulator::kube
