#include "clients/kube/status_error.hpp"

#include <algorithm>
#include <charconv>

#include "clients/kube/json_writer.hpp"
#include "clients/kube/status_reader.hpp"

namespace natgw::kube {

namespace {

using namespace std::chrono_literals;

constexpr size_t max_message = 512;
// A server that asks for more than this is not believed.
constexpr std::chrono::milliseconds max_wait = 10min;

struct status_view {
  int64_t code = 0;
  std::string reason;
  std::string message;
  /// details.name
  std::string name;
  int64_t wait_seconds = 0;
  bool uid_differs = false;
  bool ns_terminating = false;
};

json::error_code read_cause(json::value& from, status_view& out) {
  return json::each_member(from, [&](std::string_view key, json::value& item) {
    std::string text;
    if (key != "field" && key != "reason")
      return json::SUCCESS;
    auto code = json::read_text(item, text);
    out.uid_differs = out.uid_differs || text == "metadata.uid";
    out.ns_terminating = out.ns_terminating || text == "NamespaceTerminating";
    return code;
  });
}

json::error_code read_details(json::value& from, status_view& out) {
  return json::each_member(from, [&](std::string_view key, json::value& item) {
    if (key == "name")
      return json::read_text(item, out.name);
    if (key == "retryAfterSeconds")
      return json::error_code{item.get_int64().get(out.wait_seconds)};
    if (key == "causes")
      return json::each_element(item, [&](json::value& cause) {
        return read_cause(cause, out);
      });
    return json::SUCCESS;
  });
}

json::error_code read_member(std::string_view key, json::value& item,
                             status_view& out) {
  if (key == "code")
    return item.get_int64().get(out.code);
  if (key == "reason")
    return json::read_text(item, out.reason);
  if (key == "message")
    return json::read_text(item, out.message);
  if (key == "details")
    return read_details(item, out);
  return json::SUCCESS;
}

ec code_of(const status_view& x) {
  switch (x.code) {
    case 401:
      return ec::unauthorized;
    case 403:
      return x.ns_terminating ? ec::rejected : ec::forbidden;
    case 404:
      return ec::not_found;
    case 409:
      return x.reason == "AlreadyExists" ? ec::already_exists : ec::conflict;
    case 410:
      return ec::expired;
    case 422:
      return x.uid_differs ? ec::conflict : ec::rejected;
    case 429:
      return ec::throttled;
    default:
      break;
  }
  if (x.code >= 400 && x.code < 500)
    return ec::rejected;
  return x.code >= 500 && x.code < 600 ? ec::unavailable : ec::malformed;
}

// One line of printable text, bounded: it goes into logs.
std::string tidy(std::string_view message) {
  std::string out;
  append_utf8(out, message.substr(0, max_message), false);
  for (auto& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      c = ' ';
  return out;
}

error make_error(const status_view& x) {
  std::string detail = "HTTP " + std::to_string(x.code);
  if (!x.reason.empty())
    detail += ' ' + tidy(x.reason);
  if (!x.message.empty())
    detail += ": " + tidy(x.message);
  auto seconds = std::clamp<int64_t>(x.wait_seconds, 0, 3600);
  auto wait = std::min<std::chrono::milliseconds>(std::chrono::seconds{seconds},
                                                  max_wait);
  return {code_of(x), std::move(detail), wait};
}

status_view read_document(json_text text) {
  status_view result;
  json::reading source;
  json::object root;
  // What can be read of a damaged Status is better than nothing.
  if (source.open(text) == json::SUCCESS
      && source.doc().get_object().get(root) == json::SUCCESS)
    static_cast<void>(
      json::each_member(root, [&](std::string_view key, json::value& item) {
        return read_member(key, item, result);
      }));
  return result;
}

int64_t parse_seconds(std::string_view text) {
  int64_t seconds = 0;
  auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(),
                                         seconds);
  return problem == std::errc{} ? seconds : 0;
}

} // namespace

json::error_code read_status(json::object& from, error& out) {
  status_view status;
  auto code = json::each_member(from,
                                [&](std::string_view key, json::value& item) {
                                  return read_member(key, item, status);
                                });
  out = make_error(status);
  return code;
}

error to_error(const http::response& answer) {
  auto body = answer.body;
  auto status = read_document(pad(body));
  // The head is what the server decided; a proxy's body is not a Status.
  status.code = answer.status;
  if (auto header = answer.find("retry-after"); !header.empty())
    status.wait_seconds = parse_seconds(header);
  return make_error(status);
}

bool is_other_object(const http::response& answer) {
  if (answer.status != 409 && answer.status != 422)
    return false;
  auto body = answer.body;
  auto status = read_document(pad(body));
  return status.uid_differs
         || status.message.find("UID in precondition") != std::string::npos;
}

bool names_missing_object(const http::response& answer) {
  if (answer.status != 404)
    return false;
  auto body = answer.body;
  auto status = read_document(pad(body));
  return status.reason == "NotFound" && !status.name.empty();
}

error to_error(json_text status) {
  return make_error(read_document(status));
}

} // namespace natgw::kube
