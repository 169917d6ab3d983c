#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/placement.hpp"

namespace natgw::test {

/// A placement under test with the means to tell it things briefly and to look
/// at what it did.
class placement_world {
public:
  placement_world(std::vector<core::placement_gateway> gateways,
                  std::string controller_class = {})
    : aut{{.rules = {.controller_class = std::move(controller_class),
                     .stateful_kinds = {},
                     .max_ports = 100},
           .gateways = std::move(gateways)}} {
    collect(aut.lead(now));
  }

  /// One that still waits for the lease.
  static placement_world
  stand_by(std::vector<core::placement_gateway> gateways) {
    placement_world result{gateways};
    result.aut = core::placement{
      {.rules
       = {.controller_class = {}, .stateful_kinds = {}, .max_ports = 100},
       .gateways = std::move(gateways)}};
    return result;
  }

  static pod_view pod(const std::string& name, const std::string& ip = {},
                      const std::string& uid = {}) {
    pod_view result;
    result.key = {"ns", name};
    result.uid = uid.empty() ? "uid-" + name : uid;
    result.node = "node-a";
    result.ip = ip;
    result.annotations.edit().present = true;
    result.annotations.edit().dnat = "true";
    result.annotations.edit().expose_port = "80";
    return result;
  }

  static pod_view plain_pod(const std::string& name, const std::string& ip,
                            const std::string& uid = {}) {
    auto result = pod(name, ip, uid);
    result.annotations = {};
    return result;
  }

  static record_ptr record(const std::string& name, const std::string& gateway,
                           const std::string& ip = {},
                           const std::string& pod_uid = {},
                           bool fixed = false) {
    auto result = std::make_shared<record_view>();
    result->key = {"ns", name};
    result->uid = "record-" + name;
    result->gateway = gateway;
    result->finalizer = true;
    intent promise;
    promise.gateway = gateway;
    promise.internal_ip = ip;
    promise.pod_uid = pod_uid.empty() ? "uid-" + name : pod_uid;
    promise.fixed = fixed;
    promise.items = {{protocol::tcp, 80, 1}};
    result->promise = promise;
    return result;
  }

  void collect(core::placement_effects xs) {
    for (auto& x : xs)
      done.push_back(std::move(x));
  }

  void change(const pod_view& x) {
    collect(aut.pod_changed(std::make_shared<pod_view>(x), now));
  }

  void remove(const pod_view& x) {
    collect(aut.pod_gone(std::make_shared<pod_view>(x), now));
  }

  void change(const record_ptr& x) {
    collect(aut.record_changed(x, now));
  }

  void remove(const record_ptr& x) {
    collect(aut.record_gone(x, now));
  }

  void node(const std::string& name, const std::string& zone,
            bool is_virtual = false) {
    collect(aut.node_changed({name, zone, is_virtual}, now));
  }

  void sync() {
    collect(aut.pods_synced(now));
    collect(aut.records_synced(1, now));
  }

  void start(const std::string& gateway) {
    collect(aut.pool_started(gateway, now));
  }

  void room(const std::string& gateway, uint32_t ports,
            uint32_t queue_depth = 0, uint32_t entries = UINT32_MAX) {
    pool_capacity x;
    x.gateway = gateway;
    x.open = true;
    x.free_tcp = ports;
    x.free_udp = ports;
    x.free_entries = entries;
    x.queue_depth = queue_depth;
    collect(aut.capacity_told(x, now));
  }

  void close(const std::string& gateway) {
    pool_capacity x;
    x.gateway = gateway;
    collect(aut.capacity_told(x, now));
  }

  void refuse(const std::string& gateway, const pod_view& x) {
    collect(aut.refused({gateway, x.key, x.uid, ec::no_port, "full"}, now));
  }

  void settle(const std::string& gateway, const std::string& name) {
    collect(aut.settled(gateway, {"ns", name}, now));
  }

  void tick(std::chrono::nanoseconds after = std::chrono::seconds{1}) {
    now += after;
    collect(aut.tick(now));
  }

  /// Everything of type `T` that was asked for since the last look, in order;
  /// other effects stay.
  template <class T>
  std::vector<T> take() {
    std::vector<T> result;
    core::placement_effects rest;
    for (auto& x : done) {
      if (auto* hit = std::get_if<T>(&x))
        result.push_back(std::move(*hit));
      else
        rest.push_back(std::move(x));
    }
    done = std::move(rest);
    return result;
  }

  /// The gateways that were told to bind, in order, as "gateway:pod".
  std::vector<std::string> binds() {
    std::vector<std::string> result;
    for (const auto& x : take<core::send_bind>())
      result.push_back(x.gateway + ':' + x.order.pod->key.name);
    return result;
  }

  /// "gateway:pod", with a '!' if the object is gone.
  std::vector<std::string> unbinds() {
    std::vector<std::string> result;
    for (const auto& x : take<core::send_unbind>())
      result.push_back(x.gateway + ':' + x.pod->key.name
                       + (x.object_gone ? "!" : ""));
    return result;
  }

  /// "gateway:address:uid"
  std::vector<std::string> takens() {
    std::vector<std::string> result;
    for (const auto& x : take<core::send_taken>())
      result.push_back(x.gateway + ':' + x.address + ':' + x.pod_uid);
    return result;
  }

  /// The reasons of the events.
  std::vector<std::string> events() {
    std::vector<std::string> result;
    for (const auto& x : take<object_event>())
      result.push_back(x.reason);
    return result;
  }

  instant now{};
  core::placement aut;
  core::placement_effects done;
};

/// Two zones with a gateway each, listed, open, with room.
inline placement_world make_world() {
  placement_world result{{{"ngw-a", "a"}, {"ngw-b", "b"}}};
  result.node("node-a", "a");
  result.node("node-b", "b");
  result.node("node-x", "");
  result.start("ngw-a");
  result.start("ngw-b");
  result.sync();
  result.room("ngw-a", 100);
  result.room("ngw-b", 100);
  result.done.clear();
  return result;
}

} // namespace natgw::test
