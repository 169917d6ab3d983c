#pragma once

#include "serving/http_server.hpp"

namespace natgw::emulator {

class vpc_core;

/// `POST /control`: changes switches and plays the other hand. The body is one
/// object; every member is optional, and all of them are done in this order:
/// * "behaviour": members of vpc_behaviour by their names; times in ms, ranges
///   as [min, max], rates as {"per_second": 5, "burst": 300}, "gone" and
///   "fault_rates" by the enumerators' names;
/// * "clear_faults": true; "faults": [scripted_fault, ...];
/// * "keys": [access_key, ...], in place of all keys;
/// * "gateways": {"ngw-...": {"only_errors": true, "status": "Modifying",
///   "financial_locked": true}};
/// * "remove_gateway": "ngw-...", "unbind_eip": "198.18.0.1",
///   "bind_eip": {"gateway", "address", "snat"},
///   "eips": {"198.18.0.1": {"snat": true, "locked": true}},
///   "instance_eips": {"172.16.0.8": true};
/// * "create_entries": [{"gateway", "external_ip", "external_port",
///   "internal_ip", "internal_port", "protocol", "name"}, ...],
///   "modify_entries": [{"id", any of these}, ...],
///   "delete_entries": ["fwd-...", ...].
///
/// 200 `{"ok":true,"created":["fwd-...", ...]}`, or 400 `{"error":"..."}` and
/// nothing after the offending member is done.
serving::response control_answer(vpc_core& core, const serving::request& x);

} // namespace natgw::emulator
