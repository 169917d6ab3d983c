// Refusals for what is asked, and for what the resources do not allow.

#include <array>
#include <chrono>

#include "test/sdk/provocations.hpp"

namespace natgw::test::sdk {

namespace {

using namespace natgw::emulator;

constexpr std::chrono::hours an_hour{1};

outcome bind_until(const world& w, std::string_view code) {
  w.with_core([](vpc_core& core) {
    core.behaviour().eip_binding = {an_hour, an_hour};
    BOOST_TEST(
      core.resources().bind_eip(world::gateway(), "198.18.9.9").has_value());
  });
  return call_until(code, [&] {
    return create_with(w, {{"ExternalIp", "198.18.9.9"}});
  });
}

api_call deletion(const std::string& id) {
  auto result = world::about(api_action::delete_entry);
  result.entry_id = id;
  return result;
}

outcome delete_nothing(world& w, gone_spelling how) {
  w.with_core([&](vpc_core& core) { core.behaviour().gone = how; });
  return w.both(deletion("fwd-none"));
}

/// A second entry that differs from the first as `change` has it.
outcome create_another(world& w, void (*change)(api_call&)) {
  w.created(world::creation());
  auto call = world::creation(1);
  change(call);
  return w.both(call);
}

outcome describe_elsewhere(world& w, const char* table) {
  auto call = world::about(api_action::describe_entries);
  call.table_id = table;
  return w.both(call);
}

outcome on_gateway(world& w, void (*change)(gateway&)) {
  w.with_core([&](vpc_core& core) {
    change(*core.resources().find_gateway(world::gateway()));
  });
  return w.both(world::creation());
}

const auto by_content = std::to_array<provocation>({
  // -- parameters -------------------------------------------------------------
  {400, "MissingRegionId",
   [](world& w) { return create_with(w, {{"RegionId", nullptr}}); }},
  {400, "MissingForwardTableId",
   [](world& w) { return create_with(w, {{"ForwardTableId", nullptr}}); }},
  {400, "MissingForwardEntryId",
   [](world& w) {
     return w.call("DeleteForwardEntry", {{"ForwardTableId", world::table()}});
   }},
  {400, "MissingNatGatewayId",
   [](world& w) { return w.call("GetNatGatewayAttribute"); }},
  {400, "MissingExternalIp",
   [](world& w) { return create_with(w, {{"ExternalIp", nullptr}}); }},
  {400, "MissingExternalPort",
   [](world& w) { return create_with(w, {{"ExternalPort", nullptr}}); }},
  {400, "MissingInternalIp",
   [](world& w) { return create_with(w, {{"InternalIp", nullptr}}); }},
  {400, "MissingInternalPort",
   [](world& w) { return create_with(w, {{"InternalPort", nullptr}}); }},
  {400, "MissingIpProtocol",
   [](world& w) { return create_with(w, {{"IpProtocol", nullptr}}); }},
  {400, "MissingParameter",
   [](world& w) { return w.call("DescribeForwardTableEntries"); }},
  {400, "InvalidParameter",
   [](world& w) {
     return w.call("DescribeForwardTableEntries",
                   {{"ForwardTableId", world::table()}, {"PageSize", 51}});
   }},
  {400, "InvalidExternalIp.Malformed",
   [](world& w) {
     return create_by_both(w,
                           [](api_call& x) { x.spec.external_ip = "1.2.3"; });
   }},
  {400, "InvalidInternalIp.Malformed",
   [](world& w) {
     return create_by_both(w,
                           [](api_call& x) { x.spec.internal_ip = "1.2.3"; });
   }},
  {400, "InvalidExternalPort.Malformed",
   [](world& w) { return create_with(w, {{"ExternalPort", "65536"}}); }},
  {400, "InvalidInternalPort.Malformed",
   [](world& w) { return create_with(w, {{"InternalPort", "80/90"}}); }},
  {400, "InvalidProtocal.ValueNotSupported",
   [](world& w) { return create_with(w, {{"IpProtocol", "sctp"}}); }},
  {400, "InvalidParameter.Name.Malformed",
   [](world& w) {
     return create_by_both(w, [](api_call& x) { x.spec.name = "no/slash"; });
   }},
  {404, "InvalidRegionId.NotFound",
   [](world& w) { return create_with(w, {{"RegionId", "cn-nowhere"}}); }},
  // -- resources --------------------------------------------------------------
  {404, "InvalidNatGatewayId.NotFound",
   [](world& w) {
     return w.call("GetNatGatewayAttribute", {{"NatGatewayId", "ngw-none"}});
   }},
  {404, "InvalidForwardTableId.NotFound",
   [](world& w) { return describe_elsewhere(w, "ftb-none"); }},
  {404, "InvalidForwardEntryId.NotFound",
   [](world& w) { return delete_nothing(w, gone_spelling::not_found); }},
  {404, "ResourceNotFound.ForwardEntry",
   [](world& w) {
     return delete_nothing(w, gone_spelling::resource_not_found);
   }},
  {400, "IncorretForwardEntryStatus",
   [](world& w) {
     const auto got = delete_nothing(w, gone_spelling::status_not_exist);
     BOOST_TEST(got.message() == "The Specified forwardEntry is not exist");
     return got;
   }},
  {400, "IncorretForwardEntryStatus",
   [](world& w) {
     set_only(w, [](vpc_behaviour& x) { x.pending = {an_hour, an_hour}; });
     const auto id = w.created(world::creation());
     const auto got = w.both(deletion(id));
     BOOST_TEST(got.message()
                == "The Specified forwardEntry is not stable status, can not "
                   "operation");
     return got;
   }},
  {400, "IncorretForwardEntryStatus",
   [](world& w) {
     set_only(w, [](vpc_behaviour& x) {
       x.pending = {an_hour, an_hour};
       x.strict_pending = true;
     });
     w.created(world::creation());
     const auto got = w.both(world::creation(1));
     BOOST_TEST(got.message()
                == "Some Forward entry status blocked this operation..");
     return got;
   }},
  {400, "InvalidIp.NotInNatgw",
   [](world& w) {
     return create_by_both(w, [](api_call& x) {
       x.spec.external_ip = "198.18.0.3";
     });
   }},
  {400, "OperationUnsupported.EipInBinding",
   [](world& w) { return bind_until(w, "OperationUnsupported.EipInBinding"); }},
  {400, "Forbidden.ExternalIp.UsedInSnatTable",
   [](world& w) {
     w.with_core([](vpc_core& core) {
       core.resources().find_eip("198.18.0.1")->snat = true;
     });
     return create_by_both(w, [](api_call& x) { x.spec.external_port = 1025; });
   }},
  {400, "Forbidden.DestnationIpOutOfVpcCIDR",
   [](world& w) {
     return create_by_both(w, [](api_call& x) {
       x.spec.internal_ip = "10.0.0.1";
     });
   }},
  {400, "Forbindden",
   [](world& w) {
     w.with_core([](vpc_core& core) {
       core.resources().set_instance_eip(parse_ipv4("172.16.0.8").value(),
                                         true);
     });
     return w.both(world::creation());
   }},
  {400, "Forbidden.Already.Bounded",
   [](world& w) {
     return create_another(w, [](api_call& x) { x.spec.external_port = 512; });
   }},
  {400, "OperationUnsupported.ForwardEntry",
   [](world& w) {
     return create_another(w, [](api_call& x) { x.spec.internal_port = 7000; });
   }},
  {400, "QuotaExceeded",
   [](world& w) {
     set_only(w, [](vpc_behaviour& x) { x.quota = 0; });
     return w.both(world::creation());
   }},
  {400, "IncorrectStatus.NATGW",
   [](world& w) {
     return on_gateway(w, [](gateway& x) { x.status = "Modifying"; });
   }},
  {409, "OperationConflict",
   [](world& w) {
     set_only(w, [](vpc_behaviour& x) { x.conflict = true; });
     return on_gateway(w, [](gateway& x) {
       x.busy_until = vpc_server::now() + an_hour;
     });
   }},
});

} // namespace

outcome create_with(const world& w, const json& changes) {
  auto request = world::parameters_of(world::creation());
  request.update(changes);
  return w.call("CreateForwardEntry", request);
}

outcome create_by_both(world& w, void (*change)(api_call&)) {
  auto call = world::creation();
  change(call);
  return w.both(call);
}

void set_only(const world& w, void (*change)(emulator::vpc_behaviour&)) {
  auto x = w.behaviour();
  change(x);
  w.set_behaviour(x);
}

std::span<const provocation> provocations_by_content() {
  return by_content;
}

} // namespace natgw::test::sdk
