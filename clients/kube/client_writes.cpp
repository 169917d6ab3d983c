#include <utility>

#include "clients/kube/client_core.hpp"
#include "clients/kube/record_body.hpp"
#include "clients/kube/status_error.hpp"

namespace natgw::kube {

namespace {

record_ptr share(record_view&& x) {
  // The write that took the last finalizer shows the object once more.
  if (x.deleting && !x.finalizer && x.foreign_finalizers.empty())
    return nullptr;
  return std::make_shared<const record_view>(std::move(x));
}

expected<record_ptr> parse_written(json_text text) {
  auto object = parse_object<record_view>(text);
  if (!object)
    return std::unexpected{object.error()};
  return share(std::move(*object));
}

expected<record_ptr> parse_after_remove(json_text text) {
  auto object = parse_removed(text);
  if (!object)
    return std::unexpected{object.error()};
  return *object ? share(std::move(**object)) : nullptr;
}

http::request request_for(const std::string& url, const record_write& x) {
  auto path = object_path(poddnats, x.key.ns, x.key.name);
  switch (x.op) {
    case record_op::create:
      return create(url, poddnats, x.key.ns, create_body(x));
    case record_op::promise:
      return patch(url, path, patch_type::merge, promise_body(x, *x.base));
    case record_op::status:
      return patch(url, path + "/status", patch_type::merge, status_body(x));
    case record_op::release:
      return patch(url, path, patch_type::merge, release_body(x, *x.base));
    case record_op::remove:
      break;
  }
  return remove(url, path, x.uid, x.resource_version);
}

void write_now(const core_ptr& core, const record_write& x,
               std::optional<instant> not_after, completion<record_ptr> done) {
  auto request = core->bound(request_for(core->server.base_url, x));
  request.not_after = not_after;
  core->ask_one(std::move(request), std::move(done),
                x.op == record_op::remove ? parse_after_remove : parse_written);
}

void read_then_write(const core_ptr& core, record_write x,
                     std::optional<instant> not_after,
                     completion<record_ptr> done) {
  auto key = x.key;
  completion<record_ptr> next
    = [core, x = std::move(x), not_after,
       then = std::move(done)](expected<record_ptr> base) mutable {
        if (!base) {
          then(std::move(base));
          return;
        }
        if ((*base)->uid != x.uid
            || (*base)->resource_version != x.resource_version) {
          then(fail(ec::conflict, "the object has changed"));
          return;
        }
        x.base = std::move(*base);
        write_now(core, x, not_after, std::move(then));
      };
  core->read_one<record_view>(poddnats, key, std::move(next));
}

void patch_one(const core_ptr& core, http::request x,
               std::optional<instant> not_after, completion<void> done) {
  auto request = core->bound(std::move(x));
  request.not_after = not_after;
  core->send(std::move(request), [core, then = std::move(done)](
                                   expected<http::response> answer) mutable {
    if (!answer)
      then(std::unexpected{std::move(answer.error())});
    else if (is_success(*answer))
      then({});
    else if (is_other_object(*answer))
      then(fail(ec::not_found, "the pod has another uid"));
    else
      then(std::unexpected{core->refuse_one(*answer)});
  });
}

void patch_annotation(const core_ptr& core, const pod_patch& x,
                      std::optional<instant> not_after, completion<void> done) {
  auto path = object_path(pods, x.key.ns, x.key.name);
  patch_one(core,
            patch(core->server.base_url, path, patch_type::merge,
                  annotation_body(x)),
            not_after, std::move(done));
}

} // namespace

void client::write(record_write x, std::optional<instant> not_after,
                   completion<record_ptr> done) {
  if (!is_valid(x.key)) {
    done(std::unexpected{bad_key(x.key)});
    return;
  }
  if (x.op != record_op::create
      && (x.uid.empty() || x.resource_version.empty())) {
    done(fail(ec::invalid_argument, "a write without preconditions"));
    return;
  }
  auto replaces_lists = x.op == record_op::promise
                        || x.op == record_op::release;
  if (replaces_lists
      && (!x.base || x.base->resource_version != x.resource_version))
    read_then_write(core_, std::move(x), not_after, std::move(done));
  else
    write_now(core_, x, not_after, std::move(done));
}

void client::patch_pod(pod_patch x, wall_time since,
                       std::optional<instant> not_after,
                       completion<void> done) {
  if (!is_valid(x.key) || x.uid.empty()) {
    done(std::unexpected{bad_key(x.key)});
    return;
  }
  if (!x.condition) {
    if (x.status_annotation)
      patch_annotation(core_, x, not_after, std::move(done));
    else
      done({});
    return;
  }
  auto request = patch(core_->server.base_url,
                       object_path(pods, x.key.ns, x.key.name, "status"),
                       patch_type::strategic_merge, condition_body(x, since));
  // The annotation comes second: it is what wakes whoever watches.
  completion<void> next = [core = core_, x = std::move(x), not_after,
                           then = std::move(done)](expected<void> ok) mutable {
    if (ok && x.status_annotation)
      patch_annotation(core, x, not_after, std::move(then));
    else
      then(std::move(ok));
  };
  patch_one(core_, std::move(request), not_after, std::move(next));
}

} // namespace natgw::kube
