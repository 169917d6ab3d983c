#include <chrono>
#include <utility>

#include "emulator/kube/api_parts.hpp"
#include "emulator/kube/concat.hpp"
#include "emulator/kube/infrastructure.hpp"
#include "emulator/kube/json_access.hpp"
#include "emulator/kube/present.hpp"

namespace natgw::emulator::kube {

namespace {

constexpr std::chrono::seconds default_watch_timeout{1800};

std::string verb_of(const request& x, const target& what) {
  if (x.method == "GET")
    return what.flag("watch") && what.subresource.empty() ? "watch"
           : what.name.empty()                            ? "list"
                                                          : "get";
  if (x.method == "POST")
    return "create";
  if (x.method == "PUT")
    return "update";
  if (x.method == "PATCH")
    return "patch";
  if (x.method == "DELETE")
    return what.name.empty() ? "deletecollection" : "delete";
  return {};
}

} // namespace

// For demos and tests outside this process: looks at and steers the emulator.
response api_server::parts::control(const request& x, const target& what,
                                    instant now) {
  const auto& path = what.path;
  if (path == "/emulator/state" && x.method == "GET")
    return plain_answer(state());
  if (x.method != "POST")
    return to_response(method_not_allowed());
  watches.advance(now);
  if (path == "/emulator/compact") {
    objects.compact();
  } else if (path == "/emulator/break-watches") {
    auto plural = what.param("resource");
    watches.break_all(plural.empty() ? nullptr : objects.types().find(plural));
  } else if (path == "/emulator/faults" || path == "/emulator/denied") {
    auto body = parse_json(x.body);
    if (!body)
      return to_response(bad_request("the body is no JSON"));
    if (path == "/emulator/denied") {
      auto parsed = parse_denied(*body);
      if (!parsed)
        return to_response(bad_request(parsed.error()));
      gate.set_denied(std::move(*parsed));
    } else {
      auto parsed = parse_faults(*body);
      if (!parsed)
        return to_response(bad_request(parsed.error()));
      gate.set_faults(std::move(*parsed));
    }
  } else {
    return to_response(no_such_path());
  }
  return plain_answer("{\"status\":\"ok\"}\n");
}

std::string api_server::parts::state() const {
  auto result = gate.books();
  result["revision"] = objects.revision();
  result["watches"] = watches.size();
  auto counts = json::object();
  for (const auto* type : objects.types().all())
    if (type->storage == nullptr)
      counts[type->qualified()] = objects.count(*type);
  result["objects"] = std::move(counts);
  return result.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

// -- resources ----------------------------------------------------------------

result<const resource*> api_server::parts::find_type(const target& what) const {
  const auto* type = what.is_resource
                       ? objects.types().find(what.group, what.version,
                                              what.plural)
                       : nullptr;
  if (type == nullptr || (!type->namespaced && !what.ns.empty())
      || (type->namespaced && what.ns.empty() && !what.name.empty()))
    return std::unexpected{no_such_path()};
  const auto& sub = what.subresource;
  auto known = sub.empty() || (sub == "status" && type->status)
               || (type->plural == "pods" && !type->custom
                   && (sub == "binding" || sub == "eviction"));
  if (!known)
    return std::unexpected{no_such_path()};
  return type;
}

result<attributes> api_server::parts::admit(const request& x,
                                            const target& what) const {
  auto user = gate.authenticate(x);
  if (!user)
    return std::unexpected{std::move(user.error())};
  auto type = find_type(what);
  attributes who;
  who.user = std::move(*user);
  who.verb = verb_of(x, what);
  who.resource = what.plural;
  if (!what.subresource.empty())
    who.resource += "/" + what.subresource;
  who.ns = what.ns;
  who.name = what.name;
  who.user_agent = x.user_agent.substr(0, 200);
  if (!type)
    return std::unexpected{std::move(type.error())};
  who.type = *type;
  if (who.verb.empty())
    return std::unexpected{method_not_allowed()};
  if (auto no = gate.authorize(who))
    return std::unexpected{std::move(*no)};
  return who;
}

response api_server::parts::serve(const request& x, const target& what,
                                  const attributes& who, instant now) {
  auto fault = gate.strike(who);
  if (fault && fault->kind == fault_kind::reset_before) {
    response broken;
    broken.reset = true;
    return broken;
  }
  if (fault && fault->kind == fault_kind::refuse)
    return to_response(injected(fault->status, 1));
  if (fault && fault->kind == fault_kind::throttle)
    return to_response(injected(429, fault->retry_after.count()));
  if (fault && fault->kind == fault_kind::conflict && is_write(who.verb))
    return to_response(modified_meanwhile(*who.type, who.name));
  auto answer = work.run(x, what, *who.type, now);
  if (!fault)
    return answer;
  if (fault->kind == fault_kind::slow)
    answer.delay = fault->delay;
  answer.reset = fault->kind == fault_kind::reset_after;
  if (fault->kind == fault_kind::malformed)
    answer.body.resize(answer.body.size() / 2);
  return answer;
}

response api_server::parts::route(const request& x, const target& what,
                                  instant now) {
  if (x.body.size() > cfg.max_body_bytes)
    return to_response({413,
                        "RequestEntityTooLarge",
                        "Request entity too large: limit is "
                          + std::to_string(cfg.max_body_bytes),
                        {},
                        {}});
  if (what.path.starts_with("/emulator/"))
    return control(x, what, now);
  if (!what.is_resource) {
    auto known = infrastructure(what.path, objects.types(), cfg.git_version);
    return known ? std::move(*known) : to_response(no_such_path());
  }
  auto who = admit(x, what);
  if (!who) {
    attributes refused;
    refused.verb = verb_of(x, what);
    refused.resource = what.plural;
    refused.ns = what.ns;
    refused.name = what.name;
    gate.record(refused, who.error().code, objects.revision(), now);
    return to_response(who.error());
  }
  auto answer = serve(x, what, *who, now);
  gate.record(*who, answer.status, objects.revision(), now);
  return answer;
}

// -- watches ------------------------------------------------------------------

opened_watch api_server::parts::gone(const resource* type, const refusal& why) {
  if (cfg.gone_as_status)
    return {0, to_response(why)};
  auto line = concat("{\"type\":\"ERROR\",\"object\":", to_status(why).dump(),
                     "}\n");
  return {watches.open_with(type, std::move(line), false), {}};
}

opened_watch api_server::parts::struck(const resource* type,
                                       const fault_rule& fault) {
  if (fault.kind == fault_kind::endless_line)
    return {watches.open_with(type,
                              "{\"type\":\"ADDED\",\"object\":{\"x\":\""
                                + std::string(fault.bytes, 'x'),
                              true),
            {}};
  if (fault.kind == fault_kind::malformed)
    return {
      watches.open_with(type, "{\"type\":\"ADDED\",\"object\":}\n", false), {}};
  if (fault.kind == fault_kind::throttle)
    return {0, to_response(injected(429, fault.retry_after.count()))};
  if (fault.kind == fault_kind::refuse)
    return {0, to_response(injected(fault.status, 1))};
  response broken;
  broken.reset = true;
  return {0, std::move(broken)};
}

opened_watch api_server::parts::watch(const target& what, const request& x,
                                      const attributes& who, instant now) {
  auto fault = gate.strike(who);
  auto slow = fault && fault->kind == fault_kind::slow;
  if (fault && !slow && fault->kind != fault_kind::conflict)
    return struck(who.type, *fault);
  auto spread = std::chrono::seconds{static_cast<int64_t>(random() % 1800)};
  auto wanted = reads.watch(*who.type, what, wanted_form(x.accept), now,
                            default_watch_timeout + spread);
  if (!wanted)
    return {0, to_response(wanted.error())};
  auto oldest = objects.compacted(*who.type);
  if (wanted->revision && *wanted->revision < oldest)
    return gone(who.type, too_old(*wanted->revision, oldest));
  opened_watch result{watches.open(std::move(*wanted), now), {}};
  if (slow)
    result.head.delay = fault->delay;
  return result;
}

} // namespace natgw::emulator::kube
