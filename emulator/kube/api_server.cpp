#include "emulator/kube/api_server.hpp"

#include <algorithm>
#include <utility>

#include "emulator/kube/api_parts.hpp"
#include "emulator/kube/json_access.hpp"

namespace natgw::emulator::kube {

namespace {

bool wants_watch(const request& x, const target& what) {
  return x.method == "GET" && what.is_resource && what.subresource.empty()
         && what.flag("watch");
}

} // namespace

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
  install(poddnat_crd());
  install(gameserverset_crd());
}

void api_server::parts::install(const json& crd) {
  const auto* type = objects.types().find("customresourcedefinitions");
  (void)rules.create({type, "", std::string{name_of(crd)}, ""}, crd, false,
                     instant{});
}

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
  return parts_->rules.wall_time_at(now);
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
