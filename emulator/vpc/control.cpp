#include "emulator/vpc/control.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/vpc/core.hpp"
#include "emulator/vpc/entry_text.hpp"

namespace natgw::emulator {

namespace {

using nlohmann::json;
using std::chrono::milliseconds;

/// Ends a control request with its reason. nlohmann's own exceptions come the
/// same way; both are caught in control_answer and go no further.
[[noreturn]] void reject(const std::string& why) {
  throw std::invalid_argument{why};
}

void require(const expected<void>& x) {
  if (!x)
    reject(std::string{to_string(x.error().code)} + ": " + x.error().detail);
}

template <class T>
void read(const json& from, const char* name, T& into) {
  if (from.contains(name))
    into = from.at(name).get<T>();
}

milliseconds time_of(const json& x) {
  const auto count = x.get<int64_t>();
  if (count < 0)
    reject("a time must not be negative");
  return milliseconds{count};
}

time_range range_of(const json& x) {
  if (!x.is_array())
    return {time_of(x), time_of(x)};
  return {time_of(x.at(0)), time_of(x.at(1))};
}

call_rate rate_of(const json& x) {
  return {.per_second = x.at("per_second").get<double>(),
          .burst = x.at("burst").get<double>()};
}

gone_spelling gone_of(const std::string& name) {
  static const std::map<std::string, gone_spelling> names{
    {"not_found", gone_spelling::not_found},
    {"status_not_exist", gone_spelling::status_not_exist},
    {"resource_not_found", gone_spelling::resource_not_found},
    {"mixed", gone_spelling::mixed}};
  const auto found = names.find(name);
  if (found == names.end())
    reject("gone: " + name);
  return found->second;
}

fault_kind kind_of(const std::string& name) {
  const auto kind = fault_kind_of(name);
  if (!kind)
    reject("unknown fault: " + name);
  return *kind;
}

// -- behaviour ----------------------------------------------------------------

using setter = std::function<void(vpc_behaviour&, const json&)>;

template <class T>
setter value(T vpc_behaviour::* member) {
  return [member](vpc_behaviour& x, const json& y) { x.*member = y.get<T>(); };
}

setter range(time_range vpc_behaviour::* member) {
  return [member](vpc_behaviour& x, const json& y) { x.*member = range_of(y); };
}

setter time(milliseconds vpc_behaviour::* member) {
  return [member](vpc_behaviour& x, const json& y) { x.*member = time_of(y); };
}

void set_rates(vpc_behaviour& x, const json& y) {
  for (const auto& [name, rate] : y.items())
    x.rates[name] = rate_of(rate);
}

void set_fault_rates(vpc_behaviour& x, const json& y) {
  for (const auto& [name, rate] : y.items())
    x.rate_of(kind_of(name)) = rate.get<double>();
}

const std::map<std::string, setter>& setters() {
  using b = vpc_behaviour;
  static const std::map<std::string, setter> all{
    {"pending", range(&b::pending)},
    {"deleting", range(&b::deleting)},
    {"write_time", range(&b::write_time)},
    {"read_time", range(&b::read_time)},
    {"strict_pending", value(&b::strict_pending)},
    {"conflict", value(&b::conflict)},
    {"conflict_gap", time(&b::conflict_gap)},
    {"rate", [](b& x, const json& y) { x.rate = rate_of(y); }},
    {"rates", set_rates},
    {"retry_after", value(&b::retry_after)},
    {"quota", value(&b::quota)},
    {"token_retention", time(&b::token_retention)},
    {"eip_binding", range(&b::eip_binding)},
    {"clamp_pages", value(&b::clamp_pages)},
    {"gone",
     [](b& x, const json& y) { x.gone = gone_of(y.get<std::string>()); }},
    {"duplicate_external_code", value(&b::duplicate_external_code)},
    {"duplicate_external_message", value(&b::duplicate_external_message)},
    {"dry_run_status", value(&b::dry_run_status)},
    {"fault_rates", set_fault_rates},
    {"fault_delay", range(&b::fault_delay)}};
  return all;
}

void set_behaviour(vpc_core& core, const json& x) {
  auto changed = core.behaviour();
  for (const auto& [name, value] : x.items()) {
    const auto found = setters().find(name);
    if (found == setters().end())
      reject("unknown behaviour: " + name);
    found->second(changed, value);
  }
  core.behaviour() = changed;
}

// -- faults and keys ----------------------------------------------------------

void add_faults(vpc_core& core, const json& list) {
  for (const auto& x : list) {
    scripted_fault fault;
    fault.kind = kind_of(x.at("kind").get<std::string>());
    read(x, "action", fault.action);
    read(x, "gateway", fault.gateway);
    read(x, "skip", fault.skip);
    read(x, "count", fault.count);
    read(x, "status", fault.status);
    read(x, "code", fault.code);
    read(x, "message", fault.message);
    if (x.contains("time"))
      fault.time = time_of(x.at("time"));
    core.faults().add(std::move(fault));
  }
}

access_key::condition condition_of(const std::string& name) {
  using condition = access_key::condition;
  if (name == "active")
    return condition::active;
  if (name == "inactive")
    return condition::inactive;
  if (name != "disabled")
    reject("state: " + name);
  return condition::disabled;
}

void set_keys(vpc_core& core, const json& list) {
  std::vector<access_key> keys;
  for (const auto& x : list) {
    access_key key;
    key.id = x.at("id").get<std::string>();
    key.secret = x.at("secret").get<std::string>();
    read(x, "security_token", key.security_token);
    read(x, "denied_actions", key.denied_actions);
    read(x, "account", key.account);
    key.state = condition_of(x.value("state", "active"));
    if (x.contains("expires")) {
      key.expires = parse_timestamp(x.at("expires").get<std::string>());
      if (!key.expires)
        reject("expires: 2016-02-23T12:46:24Z is the form");
    }
    keys.push_back(std::move(key));
  }
  core.gate().set_keys(std::move(keys));
}

// -- resources ----------------------------------------------------------------

void set_gateways(vpc_core& core, const json& all) {
  for (const auto& [id, x] : all.items()) {
    auto* where = core.resources().find_gateway(id);
    if (!where)
      reject("no such gateway: " + id);
    read(x, "only_errors", where->only_errors);
    read(x, "status", where->status);
    read(x, "financial_locked", where->financial_locked);
  }
}

void set_eips(vpc_core& core, const json& all) {
  for (const auto& [address, x] : all.items()) {
    auto* known = core.resources().find_eip(address);
    if (!known)
      reject("no such EIP: " + address);
    read(x, "snat", known->snat);
    read(x, "locked", known->locked);
  }
}

void set_instance_eips(vpc_core& core, const json& all) {
  for (const auto& [text, bound] : all.items()) {
    const auto address = parse_ipv4(text);
    if (!address)
      reject("not an address: " + text);
    core.resources().set_instance_eip(*address, bound.get<bool>());
  }
}

void bind_eip(vpc_core& core, const json& x) {
  require(core.resources().bind_eip(x.at("gateway").get<std::string>(),
                                    x.at("address").get<std::string>(),
                                    x.value("snat", false)));
}

// -- entries by another hand --------------------------------------------------

entry entry_of(const json& x, entry_text text) {
  const auto port = [&](const char* name, std::string& into) {
    if (x.contains(name))
      into = x.at(name).is_number() ? x.at(name).dump()
                                    : x.at(name).get<std::string>();
  };
  read(x, "external_ip", text.external_ip);
  read(x, "internal_ip", text.internal_ip);
  read(x, "protocol", text.protocol);
  read(x, "name", text.name);
  port("external_port", text.external_port);
  port("internal_port", text.internal_port);
  auto result = read_entry(text);
  if (!result)
    reject(result.error().code);
  return std::move(*result);
}

json create_entries(vpc_core& core, const json& list) {
  auto ids = json::array();
  for (const auto& x : list) {
    auto id = core.resources().foreign_create(
      x.at("gateway").get<std::string>(), entry_of(x, {.protocol = "tcp"}));
    if (!id)
      reject(std::string{to_string(id.error().code)} + ": "
             + id.error().detail);
    ids.push_back(std::move(*id));
  }
  return ids;
}

void modify_entries(vpc_core& core, const json& list) {
  for (const auto& x : list) {
    const auto id = x.at("id").get<std::string>();
    const entry* old = nullptr;
    for (const auto& [ignored, where] : core.resources().gateways())
      if (const auto* found = where.table.find(id))
        old = found;
    if (!old)
      reject("no such entry: " + id);
    auto changed = entry_of(x, entry_text_of(*old));
    changed.id = id;
    changed.port_break = old->port_break;
    require(core.resources().foreign_modify(std::move(changed)));
  }
}

/// A wish that is misspelt must not pass for one that was granted.
void check_names(const json& x) {
  static constexpr auto known = std::to_array<std::string_view>(
    {"behaviour", "clear_faults", "faults", "keys", "gateways",
     "remove_gateway", "unbind_eip", "bind_eip", "eips", "instance_eips",
     "create_entries", "modify_entries", "delete_entries"});
  for (const auto& [name, ignored] : x.items())
    if (std::ranges::find(known, name) == known.end())
      reject("unknown wish: " + name);
}

json obey(vpc_core& core, const json& x) {
  check_names(x);
  json result{{"ok", true}};
  const auto given = [&](const char* name) { return x.contains(name); };
  if (given("behaviour"))
    set_behaviour(core, x.at("behaviour"));
  if (x.value("clear_faults", false))
    core.faults().clear();
  if (given("faults"))
    add_faults(core, x.at("faults"));
  if (given("keys"))
    set_keys(core, x.at("keys"));
  if (given("gateways"))
    set_gateways(core, x.at("gateways"));
  auto& at = core.resources();
  if (given("remove_gateway"))
    require(at.remove_gateway(x.at("remove_gateway").get<std::string>()));
  if (given("unbind_eip"))
    require(at.unbind_eip(x.at("unbind_eip").get<std::string>()));
  if (given("bind_eip"))
    bind_eip(core, x.at("bind_eip"));
  if (given("eips"))
    set_eips(core, x.at("eips"));
  if (given("instance_eips"))
    set_instance_eips(core, x.at("instance_eips"));
  if (given("create_entries"))
    result["created"] = create_entries(core, x.at("create_entries"));
  if (given("modify_entries"))
    modify_entries(core, x.at("modify_entries"));
  if (given("delete_entries"))
    for (const auto& id : x.at("delete_entries"))
      require(at.foreign_delete(id.get<std::string>()));
  return result;
}

} // namespace

serving::response control_answer(vpc_core& core, const serving::request& x) {
  if (x.method != "POST")
    return serving::response::text(405, "POST only\n");
  const auto refused = [](const std::string& why) {
    return serving::response::json(
      400, json{{"error", why}}.dump(-1, ' ', false,
                                     json::error_handler_t::replace));
  };
  try {
    const auto wish = json::parse(x.body);
    if (!wish.is_object())
      return refused("an object is expected");
    return serving::response::json(200, obey(core, wish).dump());
  } catch (const json::exception& err) {
    return refused(err.what());
  } catch (const std::invalid_argument& err) {
    return refused(err.what());
  }
}

} // namespace natgw::emulator
