#include "emulator/vpc/core.hpp"

#include <algorithm>
#include <utility>

#include "emulator/vpc/control.hpp"
#include "emulator/vpc/state.hpp"

namespace natgw::emulator {

namespace {

constexpr uint64_t endless_bytes = uint64_t{10} << 30U;

bool is_before(fault_kind x) {
  return x == fault_kind::error_before || x == fault_kind::reset_before
         || x == fault_kind::throttle || x == fault_kind::refuse;
}

std::unexpected<api_error> server_error(dice& whims) {
  if (whims.chance(0.5))
    return refuse(500, "InternalError",
                  "The request processing has failed due to some unknown "
                  "error.");
  return refuse(503, "ServiceUnavailable",
                "The request has failed due to a temporary failure of the "
                "server.");
}

std::unexpected<api_error> throttled() {
  return refuse(400, "Throttling.User",
                "Request was denied due to user flow control.");
}

/// ClientToken: at most 64 characters of ASCII.
bool is_token(std::string_view x) {
  return x.size() <= 64
         && std::ranges::all_of(x, [](char c) { return c > ' ' && c < 0x7f; });
}

/// Text for a JSON string: what the API itself says plus what it was sent.
std::string json_text(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else {
      result += byte < 0x20 || byte >= 0x7f ? '?' : c;
    }
  }
  return result + '"';
}

} // namespace

/// One call on its way.
struct vpc_core::course {
  api_request asked;
  const action* what = nullptr;
  call_record record;
  std::string account;
  std::optional<scripted_fault> fault;
  std::chrono::nanoseconds time{0};
  serving::response response;
};

vpc_core::vpc_core(const vpc_options& options)
  : at_{options},
    gate_{options.keys},
    faults_{options.faults, options.seed + 3},
    latency_{options.seed + 4},
    request_ids_{options.seed + 5} {
  // nop
}

expected<std::unique_ptr<vpc_core>> vpc_core::make(const vpc_options& options) {
  if (auto good = cloud::validate(options); !good)
    return std::unexpected{good.error()};
  return std::unique_ptr<vpc_core>{new vpc_core{options}};
}

vpc_reply vpc_core::handle(const serving::request& x, instant now,
                           wall_time wall) {
  advance(now, wall);
  if (x.path() == "/state")
    return {.what = state_answer(at_, x)};
  if (x.path() == "/control")
    return {.what = control_answer(*this, x)};
  return api_call(x, wall);
}

std::string vpc_core::next_request_id() {
  constexpr std::string_view alphabet = "0123456789ABCDEF";
  std::string result;
  for (size_t size : {8U, 4U, 4U, 4U, 12U}) {
    if (!result.empty())
      result += '-';
    result += request_ids_.text(size, alphabet);
  }
  return result;
}

serving::response vpc_core::compose(const action_result& result,
                                    const std::string& id) const {
  std::string body = "{\"RequestId\":\"" + id + "\"";
  if (result) {
    if (!result->members.empty())
      body += "," + result->members;
  } else {
    const auto& err = result.error();
    body += ",\"HostId\":" + json_text("vpc." + at_.region + ".aliyuncs.com")
            + ",\"Code\":" + json_text(err.code)
            + ",\"Message\":" + json_text(err.message) + ",\"Recommend\":"
            + json_text("https://next.api.aliyun.com/troubleshoot?q=" + err.code
                        + "&product=Vpc");
  }
  auto response = serving::response::json(result ? 200 : result.error().status,
                                          body + "}");
  response.headers.push_back({"x-acs-request-id", id});
  if (!result && result.error().retry_after > 0)
    response.headers.push_back(
      {"x-acs-retry-after", std::to_string(result.error().retry_after)});
  return response;
}

vpc_reply vpc_core::api_call(const serving::request& x, wall_time wall) {
  course c;
  c.record.at = at_.now();
  c.record.wall = wall;
  c.record.user_agent = x.find("user-agent").substr(0, 128);
  auto parsed = parse_request(x);
  if (parsed) {
    c.asked = std::move(*parsed);
    run(c, wall);
  } else {
    c.record.signature = signature_verdict::absent;
    finish(c, std::unexpected{parsed.error()});
  }
  return deliver(c);
}

void vpc_core::run(course& c, wall_time wall) {
  auto& asked = c.asked;
  c.what = find_action(asked.action);
  if (const auto* where = gateway_of(at_, asked))
    c.record.gateway = where->id;
  c.record.action = c.what ? asked.action : "unknown";
  c.record.client_token = asked.get("ClientToken").substr(0, 64);
  c.record.entry_id = asked.get("ForwardEntryId").substr(0, 64);
  c.record.parameters_hash = hash_parameters(asked);
  const auto admitted = admit(c, wall);
  if (!admitted) {
    c.time = latency_.draw(at_.behaviour.read_time);
    finish(c, admitted);
    return;
  }
  finish(c, execute(c));
}

/// What the API's front does before it looks at the action's parameters. A
/// success says nothing but "go on".
action_result vpc_core::admit(course& c, wall_time wall) {
  const auto& asked = c.asked;
  const auto verdict = gate_.judge(asked, wall);
  c.record.signature = verdict.signature;
  c.account = verdict.account;
  if (verdict.refusal)
    return std::unexpected{*verdict.refusal};
  if (asked.version != "2016-04-28")
    return refuse(404, "InvalidVersion",
                  "Specified parameter Version is not valid.");
  if (!c.what)
    return refuse(404, "InvalidApi.NotFound",
                  "Specified api is not found, please check your url and "
                  "method.");
  c.fault = faults_.next(asked.action, c.record.gateway, at_.behaviour);
  if (c.fault)
    c.record.fault = to_string(c.fault->kind);
  const auto& custom = at_.behaviour.rates;
  const auto own = custom.find(asked.action);
  const auto& rate = own == custom.end() ? at_.behaviour.rate : own->second;
  const auto wait = throttle_.take(c.account + '\n' + asked.get("RegionId")
                                     + '\n' + asked.action,
                                   rate, at_.now());
  if (!wait)
    return action_answer{};
  auto refusal = throttled();
  if (at_.behaviour.retry_after)
    refusal.error().retry_after
      = std::chrono::ceil<std::chrono::milliseconds>(*wait).count();
  return refusal;
}

action_result vpc_core::execute(course& c) {
  auto& behaviour = at_.behaviour;
  c.time = latency_.draw(c.what->is_write ? behaviour.write_time
                                          : behaviour.read_time);
  if (c.fault && c.fault->kind == fault_kind::throttle)
    return throttled();
  if (c.fault && c.fault->kind == fault_kind::refuse)
    return std::unexpected{
      api_error{c.fault->status, c.fault->code, c.fault->message}};
  if (c.fault && is_before(c.fault->kind))
    return server_error(at_.whims);
  const auto* where = gateway_of(at_, c.asked);
  if (where && where->only_errors && c.what->is_about_entries) {
    if (c.what->is_write && at_.whims.chance(0.5))
      return refuse(409, "OperationConflict",
                    "The operation against this instance is too frequent, "
                    "please try again later.");
    return server_error(at_.whims);
  }
  auto result = execute_once(c);
  // A refusal takes no work, hence no more time than a look.
  if (!result && c.what->is_write)
    c.time = latency_.draw(behaviour.read_time);
  return result;
}

/// The action itself, or the memory of it.
action_result vpc_core::execute_once(course& c) {
  const auto& token = c.asked.get("ClientToken");
  const bool remembers = c.what->is_write && !token.empty()
                         && !c.asked.flag("DryRun");
  const auto hash = c.record.parameters_hash;
  if (remembers) {
    if (!is_token(token))
      return refuse(400, "InvalidParameter.Format",
                    "The specified parameter ClientToken is not valid.");
    const auto earlier = tokens_.recall(c.account, token, hash, at_.now());
    if (!earlier)
      return std::unexpected{earlier.error()};
    if (*earlier) {
      c.record.replayed = true;
      return action_answer{(*earlier)->members, (*earlier)->entry_id};
    }
  }
  auto result = c.what->run(at_, c.asked, c.time);
  c.record.committed = result && c.what->is_write;
  if (result && remembers)
    tokens_.remember(
      c.account, token,
      {.parameters_hash = hash,
       .members = result->members,
       .entry_id = result->entry_id,
       .answered = at_.now() + c.time,
       .forgotten = at_.now() + c.time
                    + std::chrono::nanoseconds{at_.behaviour.token_retention}});
  return result;
}

void vpc_core::finish(course& c, const action_result& result) {
  auto shown = result;
  // An error after the commit hides a success, and nothing else.
  if (result && c.fault && c.fault->kind == fault_kind::error_after)
    shown = server_error(at_.whims);
  c.record.request_id = next_request_id();
  c.response = compose(shown, c.record.request_id);
  c.record.status = c.response.status;
  if (!shown)
    c.record.code = shown.error().code;
  if (result && !result->entry_id.empty())
    c.record.entry_id = result->entry_id;
  at_.log.add(c.record);
}

vpc_reply vpc_core::deliver(course& c) {
  vpc_reply reply{.what = std::move(c.response)};
  reply.after = c.time;
  if (!c.fault)
    return reply;
  switch (c.fault->kind) {
    case fault_kind::delay:
      reply.after += c.fault->time;
      break;
    case fault_kind::reset_before:
    case fault_kind::reset_after:
      reply.end = at_.whims.chance(0.5) ? vpc_reply::fate::reset
                                        : vpc_reply::fate::close;
      break;
    case fault_kind::truncated:
      reply.how = serving::delivery{.send_bytes = reply.what.body.size() / 2};
      break;
    case fault_kind::drip:
      reply.how = serving::delivery{.drip_bytes = 1,
                                    .drip_interval = c.fault->time};
      break;
    case fault_kind::wrong_type:
      reply.what = {200,
                    {{"Content-Type", "text/html"}},
                    "<html><body>Bad gateway</body></html>"};
      break;
    case fault_kind::endless:
      reply.how = serving::delivery{.send_bytes = endless_bytes};
      break;
    case fault_kind::error_before:
    case fault_kind::error_after:
    case fault_kind::throttle:
    case fault_kind::refuse:
      break;
  }
  return reply;
}

} // namespace natgw::emulator
