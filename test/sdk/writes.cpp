// What the SDK writes is what our client would write, and finds afterwards.

#include "test/sdk/world.hpp"

using namespace natgw;
using namespace natgw::emulator;
using namespace natgw::test::sdk;

namespace {

/// The table's entries as our client reads them.
std::vector<forward_entry> entries(world& w) {
  return w.own_read(world::about(api_action::describe_entries)).entries;
}

api_call change_of(const std::string& id, api_action action) {
  auto result = world::creation();
  result.action = action;
  result.entry_id = id;
  return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(sdk_writes)

BOOST_AUTO_TEST_CASE(single_entry_is_created) {
  world w;
  const auto call = world::creation();
  const auto id = w.created(call);
  const auto found = entries(w);
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(found[0].id == id);
  BOOST_TEST((found[0].spec == call.spec));
  BOOST_TEST((found[0].status == entry_status::available));
}

BOOST_AUTO_TEST_CASE(range_is_created) {
  world w;
  auto call = world::creation();
  call.spec.count = 100;
  call.spec.proto = protocol::udp;
  const auto id = w.created(call);
  const auto found = entries(w);
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(found[0].id == id);
  BOOST_TEST((found[0].spec == call.spec));
}

BOOST_AUTO_TEST_CASE(awkward_characters_are_signed_alike) {
  world w;
  auto call = world::creation();
  call.spec.name = "\xe4\xb8\xad\xe6\x96\x87-name";
  w.created(call);
  BOOST_TEST((entries(w).at(0).spec == call.spec));
  BOOST_TEST(w.call("CreateForwardEntry",
                    {{"ForwardTableId", " !'()*~+&=%/\xe4\xb8\xad"}})
               .code()
             == "MissingExternalIp");
}

BOOST_AUTO_TEST_CASE(dry_run_changes_nothing) {
  world w;
  auto request = world::parameters_of(world::creation());
  request["DryRun"] = true;
  const auto got = w.call("CreateForwardEntry", request);
  BOOST_TEST(got.code() == "DryRunOperation");
  BOOST_TEST(entries(w).empty());
  // Nor does it use the token up.
  const auto id = w.created(world::creation());
  request = world::parameters_of(change_of(id, api_action::modify_entry));
  request["DryRun"] = true;
  request["ExternalPort"] = "700";
  BOOST_TEST(w.call("ModifyForwardEntry", request).code() == "DryRunOperation");
  BOOST_TEST(entries(w).at(0).spec.external_port
             == world::creation().spec.external_port);
}

BOOST_AUTO_TEST_CASE(repeated_token_gives_the_first_answer) {
  world w;
  const auto call = world::creation();
  const auto id = w.created(call);
  BOOST_TEST(w.created(call) == id);
  BOOST_TEST(w.last_call().replayed);
  // What our client sends for the same wish is the same to the API.
  BOOST_TEST(w.own_read(call).entry_id == id);
  BOOST_TEST(w.last_call().replayed);
  BOOST_TEST(entries(w).size() == 1U);
  auto other = call;
  other.spec.external_port = 700;
  BOOST_TEST(w.both(other).code() == "IdempotentParameterMismatch");
  BOOST_TEST(entries(w).size() == 1U);
}

BOOST_AUTO_TEST_CASE(entry_is_modified) {
  world w;
  const auto id = w.created(world::creation());
  auto change = change_of(id, api_action::modify_entry);
  change.spec = {.name = "natgw.test.other",
                 .external_ip = "198.18.0.2",
                 .internal_ip = "172.16.0.9",
                 .external_port = 700,
                 .internal_port = 80,
                 .count = 3,
                 .proto = protocol::udp};
  change.client_token = "another";
  w.read("ModifyForwardEntry", world::parameters_of(change));
  const auto found = entries(w);
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(found[0].id == id);
  BOOST_TEST((found[0].spec == change.spec));
  // One parameter alone leaves the others.
  w.read("ModifyForwardEntry", {{"ForwardTableId", world::table()},
                                {"ForwardEntryId", id},
                                {"InternalIp", "172.16.0.10"}});
  change.spec.internal_ip = "172.16.0.10";
  BOOST_TEST((entries(w).at(0).spec == change.spec));
}

BOOST_AUTO_TEST_CASE(entry_is_deleted) {
  world w;
  const auto id = w.created(world::creation());
  auto call = change_of(id, api_action::delete_entry);
  call.client_token = "another";
  w.read("DeleteForwardEntry", world::parameters_of(call));
  BOOST_TEST(entries(w).empty());
  call.client_token = "third";
  const auto again = w.both(call);
  BOOST_TEST(again.code() == "InvalidForwardEntryId.NotFound");
}

BOOST_AUTO_TEST_CASE(port_break_opens_what_snat_shares) {
  auto options = prompt_options();
  options.gateways[0].eips[0].snat = true;
  world w{options};
  auto call = world::creation();
  call.spec.external_port = 2000;
  BOOST_TEST(w.both(call).code() == "Forbidden.ExternalIp.UsedInSnatTable");
  auto request = world::parameters_of(call);
  request["PortBreak"] = true;
  w.read("CreateForwardEntry", request);
  BOOST_TEST((entries(w).at(0).spec == call.spec));
}

BOOST_AUTO_TEST_CASE(both_clients_ask_for_the_same) {
  world w;
  const auto id = w.created(world::creation(1));
  const auto hash = [&](const api_call& x, bool by_sdk) {
    if (by_sdk)
      w.call(to_string(x.action), world::parameters_of(x));
    else
      w.own(x);
    return w.last_call().parameters_hash;
  };
  auto listing = world::about(api_action::describe_entries);
  listing.filter = {.entry_name = "x",
                    .external_ip = "198.18.0.1",
                    .internal_ip = "172.16.0.8",
                    .external_port = "1/2",
                    .internal_port = "3/4",
                    .proto = protocol::udp};
  auto sharing = world::creation(2);
  sharing.port_break = true;
  for (const auto& x :
       {world::creation(), sharing, change_of(id, api_action::modify_entry),
        change_of(id, api_action::delete_entry), listing,
        world::about(api_action::describe_gateways)})
    BOOST_TEST(hash(x, true) == hash(x, false), to_string(x.action));
}

BOOST_AUTO_TEST_SUITE_END()
