#include "emulator/kube/refusal.hpp"

#include <utility>

#include "emulator/kube/concat.hpp"

namespace natgw::emulator::kube {

namespace {

json about(std::string_view name, std::string_view group,
           std::string_view kind) {
  auto result = json::object();
  if (!name.empty())
    result["name"] = name;
  if (!group.empty())
    result["group"] = group;
  if (!kind.empty())
    result["kind"] = kind;
  return result;
}

json about(const resource& type, std::string_view name) {
  return about(name, type.group, type.plural);
}

std::string quoted(const resource& type, std::string_view name) {
  return name.empty() ? type.qualified()
                      : concat(type.qualified(), " \"", name, "\"");
}

} // namespace

json to_status(const refusal& x) {
  auto metadata = json::object();
  if (!x.next.empty())
    metadata["continue"] = x.next;
  json status{{"kind", "Status"},     {"apiVersion", "v1"},
              {"metadata", metadata}, {"status", "Failure"},
              {"message", x.message}, {"code", x.code}};
  if (!x.reason.empty())
    status["reason"] = x.reason;
  if (x.details.is_object())
    status["details"] = x.details;
  return status;
}

response to_response(const refusal& x) {
  response answer;
  answer.status = x.code;
  // A name from the path may be anything.
  answer.body
    = to_status(x).dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  if (x.details.is_object() && x.details.contains("retryAfterSeconds"))
    answer.headers.emplace_back("Retry-After",
                                x.details["retryAfterSeconds"].dump());
  return answer;
}

json success(const resource& type, std::string_view name,
             std::string_view uid) {
  auto details = about(type, name);
  if (!uid.empty())
    details["uid"] = uid;
  return {{"kind", "Status"},
          {"apiVersion", "v1"},
          {"metadata", json::object()},
          {"status", "Success"},
          {"details", std::move(details)}};
}

refusal bad_request(std::string message) {
  return {400, "BadRequest", std::move(message), {}, {}};
}

refusal unauthorized() {
  return {401, "Unauthorized", "Unauthorized", {}, {}};
}

refusal not_found(const resource& type, std::string_view name) {
  return {
    404, "NotFound", quoted(type, name) + " not found", about(type, name), {}};
}

refusal no_such_path() {
  return {404,
          "NotFound",
          "the server could not find the requested resource",
          json::object(),
          {}};
}

refusal already_exists(const resource& type, std::string_view name) {
  return {409,
          "AlreadyExists",
          quoted(type, name) + " already exists",
          about(type, name),
          {}};
}

refusal conflict(const resource& type, std::string_view name,
                 std::string_view why) {
  return {409,
          "Conflict",
          concat("Operation cannot be fulfilled on ", quoted(type, name), ": ",
                 why),
          about(type, name),
          {}};
}

refusal modified_meanwhile(const resource& type, std::string_view name) {
  return conflict(type, name,
                  "the object has been modified; please apply your changes to "
                  "the latest version and try again");
}

refusal forbidden(const resource& type, std::string_view name,
                  std::string_view why) {
  return {403,
          "Forbidden",
          concat(quoted(type, name), " is forbidden: ", why),
          about(type, name),
          {}};
}

refusal invalid(const resource& type, std::string_view name,
                std::string_view field, std::string_view reason,
                std::string_view message) {
  auto kind = type.group.empty() ? type.kind : type.kind + "." + type.group;
  auto details = about(name, type.group, type.kind);
  details["causes"] = json::array(
    {{{"reason", reason}, {"message", message}, {"field", field}}});
  return {422,
          "Invalid",
          concat(kind, " \"", name, "\" is invalid: ", field, ": ", message),
          std::move(details),
          {}};
}

refusal too_old(uint64_t asked, uint64_t oldest) {
  return {410,
          "Expired",
          concat("too old resource version: ", asked, " (", oldest, ")"),
          {},
          {}};
}

refusal too_large(uint64_t asked, uint64_t current) {
  auto message = concat("Too large resource version: ", asked,
                        ", current: ", current);
  json details{{"causes",
                {{{"reason", "ResourceVersionTooLarge"},
                  {"message", "Too large resource version"}}}},
               {"retryAfterSeconds", 1}};
  return {504, "Timeout", "Timeout: " + message, std::move(details), {}};
}

refusal method_not_allowed() {
  return {405,
          "MethodNotAllowed",
          "the server does not allow this method on the requested resource",
          json::object(),
          {}};
}

refusal unsupported_media_type(std::string_view accepted) {
  return {415,
          "UnsupportedMediaType",
          concat("the body of the request was in an unknown format - accepted "
                 "media types include: ",
                 accepted),
          {},
          {}};
}

refusal injected(int code, int64_t retry_after) {
  switch (code) {
    case 429:
      return {429,
              "TooManyRequests",
              "Too many requests, please try again later.",
              {{"retryAfterSeconds", retry_after}},
              {}};
    case 503:
      return {503,
              "ServiceUnavailable",
              "the server is currently unable to handle the request",
              json::object(),
              {}};
    case 504:
      return {504,
              "Timeout",
              "Timeout: request did not complete within the allotted timeout",
              json::object(),
              {}};
    default:
      return {code,
              "InternalError",
              "Internal error occurred: etcdserver: request timed out",
              json::object(),
              {}};
  }
}

} // namespace natgw::emulator::kube
