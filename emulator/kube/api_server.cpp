#include "emulator/kube/api_server.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include "emulator/kube/collector.hpp"
#include "emulator/kube/concat.hpp"
#include "emulator/kube/gate.hpp"
#include "emulator/kube/json_access.hpp"
#include "emulator/kube/operations.hpp"
#include "emulator/kube/present.hpp"
#include "emulator/kube/reader.hpp"
#include "emulator/kube/target.hpp"
#include "emulator/kube/watch_hub.hpp"
#include "emulator/kube/writer.hpp"

namespace natgw::emulator::kube {

namespace {

constexpr std::chrono::seconds default_watch_timeout{1800};

bool wants_watch(const request& x, const target& what) {
  return x.method == "GET" && what.is_resource && what.subresource.empty()
         && what.flag("watch");
}

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

response plain(int status, std::string body, const char* type) {
  response x;
  x.status = status;
  x.content_type = type;
  x.body = std::move(body);
  return x;
}

response as_json(const json& body) {
  return plain(200, body.dump() + "\n", "application/json");
}

} // namespace

struct api_server::parts {
  explicit parts(options settings);

  response route(const request& x, const target& what, instant now);
  std::optional<response> infrastructure(const target& what) const;
  response control(const request& x, const target& what, instant now);
  result<attributes> admit(const request& x, const target& what) const;
  result<const resource*> find_type(const target& what) const;
  response serve(const request& x, const target& what, const attributes& who,
                 instant now);
  opened_watch watch(const target& what, const request& x,
                     const attributes& who, instant now);
  opened_watch gone(const resource* type, const refusal& why);
  opened_watch struck(const resource* type, const fault_rule& fault);
  void install(const json& crd);
  std::string state() const;

  options cfg;
  std::mt19937_64 random;
  store objects;
  writer rules;
  reader reads;
  operations work;
  collector garbage;
  watch_hub watches;
  kube::gate gate;
};

api_server::parts::parts(options settings)
  : cfg(std::move(settings)),
    random(cfg.seed),
    objects(cfg.log_window),
    rules(objects, cfg.wall_origin, random),
    reads(objects, cfg.wall_origin, cfg.list_lag),
    work(objects, rules, reads),
    garbage(objects, rules, cfg.collect_delay),
    watches(objects, cfg.bookmark_interval, cfg.watch_queue_limit,
            cfg.wall_origin),
    gate(cfg, random) {
  objects.subscribe([this](const change_ptr& x) {
    if (x->type->plural == "customresourcedefinitions") {
      if (x->kind == change_kind::deleted)
        objects.types().undefine(x->now->body());
      else
        objects.types().define(x->now->body());
    }
    garbage.note(*x);
    watches.note(*x);
  });
  const auto* spaces = objects.types().find("", "v1", "namespaces");
  for (const auto* name : {"default", "kube-system", "kube-public"})
    (void)rules.create({spaces, "", name, ""},
                       {{"apiVersion", "v1"},
                        {"kind", "Namespace"},
                        {"metadata", {{"name", name}}}},
                       false, instant{});
  if (cfg.install_poddnat)
    install(poddnat_crd());
  if (cfg.install_gameserverset)
    install(gameserverset_crd());
  if (cfg.install_podeni)
    install(podeni_crd());
}

void api_server::parts::install(const json& crd) {
  const auto* type = objects.types().find("customresourcedefinitions");
  (void)rules.create({type, "", std::string{name_of(crd)}, ""}, crd, false,
                     instant{});
}

// -- what is no resource ------------------------------------------------------

std::optional<response>
api_server::parts::infrastructure(const target& what) const {
  const auto& path = what.path;
  const auto& types = objects.types();
  if (path == "/healthz" || path == "/readyz" || path == "/livez"
      || path.starts_with("/healthz/") || path.starts_with("/readyz/")
      || path.starts_with("/livez/"))
    return plain(200, "ok", "text/plain");
  if (path == "/version" || path == "/version/") {
    auto minor
      = cfg.git_version.substr(std::min<size_t>(3, cfg.git_version.size()));
    return as_json({{"major", "1"},
                    {"minor", minor.substr(0, minor.find('.'))},
                    {"gitVersion", cfg.git_version},
                    {"gitCommit", "emulator"},
                    {"gitTreeState", "clean"},
                    {"buildDate", "1970-01-01T00:00:00Z"},
                    {"goVersion", "none"},
                    {"compiler", "none"},
                    {"platform", "linux/amd64"}});
  }
  if (path == "/api" || path == "/api/")
    return as_json(api_versions());
  if (path == "/apis" || path == "/apis/")
    return as_json(api_groups(types));
  json found;
  if (path == "/api/v1")
    found = api_resources(types, "", "v1");
  else if (path.starts_with("/apis/")) {
    auto rest = std::string_view{path}.substr(6);
    auto slash = rest.find('/');
    found = slash == std::string_view::npos
              ? api_group(types, rest)
              : api_resources(types, rest.substr(0, slash),
                              rest.substr(slash + 1));
  }
  if (found.is_null())
    return std::nullopt;
  return as_json(found);
}

// For demos and tests outside this process: looks at and steers the emulator.
response api_server::parts::control(const request& x, const target& what,
                                    instant now) {
  const auto& path = what.path;
  if (path == "/emulator/state" && x.method == "GET")
    return plain(200, state(), "application/json");
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
  return as_json({{"status", "ok"}});
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

// -- resources
// ------------------------------------------------------------------

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
    auto known = infrastructure(what);
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

// -- watches
// ----------------------------------------------------------------------

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

// -- the public face
// ----------------------------------------------------------------

api_server::api_server(options cfg)
  : parts_(std::make_unique<parts>(std::move(cfg))) {
  // nop
}

api_server::~api_server() = default;

bool api_server::is_watch(const request& x) {
  return wants_watch(x, parse_target(x.target));
}

response api_server::handle(const request& x, instant now) {
  advance(now);
  return parts_->route(x, parse_target(x.target), now);
}

opened_watch api_server::open_watch(const request& x, instant now) {
  advance(now);
  auto what = parse_target(x.target);
  auto who = parts_->admit(x, what);
  if (!who)
    return {0, to_response(who.error())};
  auto result = parts_->watch(what, x, *who, now);
  parts_->gate.record(*who, result.head.status, parts_->objects.revision(),
                      now);
  return result;
}

watch_batch api_server::take(uint64_t watch) {
  return parts_->watches.take(watch);
}

void api_server::close_watch(uint64_t watch) {
  parts_->watches.close(watch);
}

void api_server::on_wake(std::function<void(uint64_t)> wake) {
  parts_->watches.on_wake(std::move(wake));
}

void api_server::advance(instant now) {
  parts_->garbage.advance(now);
  parts_->watches.advance(now);
}

std::optional<instant> api_server::next_deadline() const {
  auto a = parts_->garbage.next_deadline();
  auto b = parts_->watches.next_deadline();
  if (a && b)
    return std::min(*a, *b);
  return a ? a : b;
}

store& api_server::objects() {
  return parts_->objects;
}

const store& api_server::objects() const {
  return parts_->objects;
}

wall_time api_server::wall_time_at(instant now) const {
  return parts_->cfg.wall_origin
         + std::chrono::duration_cast<std::chrono::milliseconds>(
           now.time_since_epoch());
}

bool api_server::remove(std::string_view plural, std::string_view key,
                        std::optional<int64_t> grace_seconds, instant now) {
  const auto* type = parts_->objects.types().find(plural);
  if (type == nullptr)
    return false;
  auto slash = type->namespaced ? key.find('/') : std::string_view::npos;
  address at{type, {}, std::string{key}, {}};
  if (slash != std::string_view::npos) {
    at.ns = key.substr(0, slash);
    at.name = key.substr(slash + 1);
  }
  delete_options how;
  how.grace_seconds = grace_seconds;
  return parts_->rules.remove(at, std::move(how), now).has_value();
}

void api_server::compact() {
  parts_->objects.compact();
}

void api_server::break_watches(std::string_view plural) {
  parts_->watches.break_all(
    plural.empty() ? nullptr : parts_->objects.types().find(plural));
}

void api_server::set_faults(std::vector<fault_rule> rules) {
  parts_->gate.set_faults(std::move(rules));
}

void api_server::set_denied(std::vector<deny_rule> rules) {
  parts_->gate.set_denied(std::move(rules));
}

std::string api_server::state_json() const {
  return parts_->state();
}

uint64_t api_server::writes(std::string_view user) const {
  return parts_->gate.writes(user);
}

} // namespace natgw::emulator::kube
