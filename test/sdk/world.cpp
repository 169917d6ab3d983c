#include "test/sdk/world.hpp"

#include <chrono>
#include <future>
#include <utility>

namespace natgw::test::sdk {

namespace {

constexpr std::string_view region = "cn-hangzhou";

std::string lower(std::string x) {
  for (auto& c : x)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return x;
}

std::string port_text(uint16_t first, uint16_t count) {
  auto result = std::to_string(first);
  if (count > 1)
    result += "/" + std::to_string(first + count - 1);
  return result;
}

const char* protocol_text(protocol x) {
  return x == protocol::tcp ? "TCP" : "UDP";
}

json contents_of(const api_call& x) {
  const auto& spec = x.spec;
  json result{{"ExternalIp", spec.external_ip},
              {"ExternalPort", port_text(spec.external_port, spec.count)},
              {"InternalIp", spec.internal_ip},
              {"InternalPort", port_text(spec.internal_port, spec.count)},
              {"IpProtocol", protocol_text(spec.proto)},
              {"ForwardEntryName", spec.name}};
  if (x.port_break)
    result["PortBreak"] = true;
  return result;
}

json filters_of(const entry_filter& x) {
  auto result = json::object();
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty())
      result[name] = value;
  };
  add("ForwardEntryId", x.entry_id);
  add("ForwardEntryName", x.entry_name);
  add("ExternalIp", x.external_ip);
  add("ExternalPort", x.external_port);
  add("InternalIp", x.internal_ip);
  add("InternalPort", x.internal_port);
  if (x.proto)
    result["IpProtocol"] = protocol_text(*x.proto);
  return result;
}

/// The SDK's message has everything in one line.
std::string line_of(const outcome& x) {
  return x.code() + ": code: " + std::to_string(x.status()) + ", " + x.message()
         + " request id: " + x.told.value("requestId", "");
}

void compare_refusals(const outcome& theirs, const aliyun::vpc_answer& own) {
  BOOST_TEST(own.status == theirs.status());
  BOOST_TEST(own.from_api);
  BOOST_TEST(own.reply.detail == theirs.code());
  if (own.reply.code != ec::credential)
    BOOST_TEST(own.reply.message == theirs.message());
  BOOST_TEST(theirs.told.at("message") == line_of(theirs));
  BOOST_REQUIRE(own.rule != nullptr);
  BOOST_TEST((theirs.told.at("kind") == "ThrottlingError")
             == (own.rule->cure == core::remedy::throttle));
  const std::chrono::milliseconds longest = std::chrono::minutes{10};
  const std::chrono::milliseconds wait{theirs.told.value("retryAfter", 0)};
  BOOST_TEST((own.reply.retry_after == std::min(wait, longest)));
}

void compare_reads(const api_call& x, const json& theirs,
                   const api_reply& own) {
  BOOST_TEST(theirs.at("TotalCount") == own.total_count);
  auto expected = json::array();
  auto got = json::array();
  if (x.action == api_action::describe_entries) {
    for (const auto& y :
         theirs.at("ForwardTableEntries").at("ForwardTableEntry"))
      expected.push_back(plain_entry(y));
    for (const auto& y : own.entries)
      got.push_back(plain(y));
  } else {
    for (const auto& y : theirs.at("NatGateways").at("NatGateway"))
      expected.push_back(plain_gateway(y));
    for (const auto& y : own.gateways)
      got.push_back(plain(y));
  }
  BOOST_TEST((got == expected), got.dump() + " is not " + expected.dump());
}

} // namespace

emulator::vpc_options prompt_options() {
  emulator::vpc_options result;
  result.gateways = emulator::make_gateways(2, 2, 2);
  result.behaviour = emulator::prompt_behaviour();
  return result;
}

world::world(const emulator::vpc_options& options) {
  auto started = emulator::vpc_server::start(options);
  BOOST_REQUIRE(started.has_value());
  cloud = std::move(*started);
}

// -- the SDK ------------------------------------------------------------------

json world::client() const {
  json result{{"endpoint", "127.0.0.1:" + std::to_string(cloud->port())},
              {"protocol", "HTTP"},
              {"regionId", region},
              {"accessKeyId", key.id},
              {"accessKeySecret", key.secret},
              {"readTimeout", 30'000},
              {"connectTimeout", 30'000}};
  if (!key.security_token.empty())
    result["securityToken"] = key.security_token;
  return result;
}

outcome world::call(std::string_view action, json request,
                    const json& how) const {
  if (!request.contains("RegionId"))
    request["RegionId"] = region;
  json call{
    {"client", client()}, {"action", action}, {"request", std::move(request)}};
  call.merge_patch(how);
  return driver::shared().perform(call);
}

json world::read(std::string_view action, json request) const {
  const auto got = call(action, std::move(request));
  BOOST_REQUIRE_MESSAGE(got.ok(), got.told.dump());
  return got.body();
}

// -- our client ---------------------------------------------------------------

http::request world::request_of(const api_call& x) {
  const aliyun::vpc_endpoint endpoint{.region = std::string{region},
                                      .host = "127.0.0.1:"
                                              + std::to_string(cloud->port()),
                                      .tls = false};
  const auto now = std::chrono::floor<std::chrono::milliseconds>(
    std::chrono::system_clock::now());
  auto request = aliyun::make_request(
    x, endpoint,
    {.access_key = key.id,
     .access_secret = aliyun::secret{key.secret},
     .security_token = aliyun::secret{key.security_token}},
    now, "own-" + std::to_string(++nonce_));
  BOOST_REQUIRE(request.has_value());
  return std::move(*request);
}

aliyun::vpc_answer world::own(const api_call& x) {
  std::promise<expected<http::response>> promise;
  auto result = promise.get_future();
  transport_.send(request_of(x), [&promise](expected<http::response> got) {
    promise.set_value(std::move(got));
  });
  return aliyun::read_answer(x, result.get());
}

api_reply world::own_read(const api_call& x) {
  auto got = own(x);
  BOOST_REQUIRE_MESSAGE(got.reply.outcome == call_class::ok, got.reply.detail);
  return std::move(got.reply);
}

outcome world::both(const api_call& x) {
  auto theirs = call(to_string(x.action), parameters_of(x));
  const auto ours = own(x);
  BOOST_TEST(theirs.ok() == (ours.reply.outcome == call_class::ok),
             theirs.told.dump());
  if (!theirs.ok())
    compare_refusals(theirs, ours);
  else
    compare_reads(x, theirs.body(), ours.reply);
  return theirs;
}

// -- calls and parameters -----------------------------------------------------

api_call world::creation(uint16_t number) {
  auto result = about(api_action::create_entry);
  result.spec = {.name = "natgw.test." + std::to_string(number),
                 .external_ip = "198.18.0.1",
                 .internal_ip = "172.16.0.8",
                 .external_port = static_cast<uint16_t>(512 + number),
                 .internal_port = static_cast<uint16_t>(7000 + number)};
  result.client_token = "token-" + std::to_string(number);
  return result;
}

api_call world::about(api_action action) {
  api_call result;
  result.action = action;
  result.gateway = gateway();
  result.table_id = table();
  result.client_token = "token";
  return result;
}

json world::parameters_of(const api_call& x) {
  auto result = json::object();
  if (x.action == api_action::describe_gateways)
    result["NatGatewayId"] = x.gateway;
  else
    result["ForwardTableId"] = x.table_id;
  if (!is_write(x.action))
    result.update({{"PageNumber", x.page_number}, {"PageSize", x.page_size}});
  if (x.action == api_action::describe_entries)
    result.update(filters_of(x.filter));
  if (x.action == api_action::create_entry
      || x.action == api_action::modify_entry)
    result.update(contents_of(x));
  if (is_write(x.action))
    result["ClientToken"] = x.client_token;
  if (x.action == api_action::modify_entry
      || x.action == api_action::delete_entry)
    result["ForwardEntryId"] = x.entry_id;
  return result;
}

std::string world::created(const api_call& x) const {
  return read("CreateForwardEntry", parameters_of(x)).at("ForwardEntryId");
}

std::string world::gateway(int i) {
  return "ngw-emu0000000000000000" + std::to_string(i);
}

std::string world::table(int i) {
  return "ftb-emu0000000000000000" + std::to_string(i);
}

// -- the emulator -------------------------------------------------------------

emulator::call_record world::last_call() const {
  emulator::call_record result;
  with_core([&](emulator::vpc_core& core) {
    if (!core.log().calls().empty())
      result = core.log().calls().back();
  });
  return result;
}

emulator::vpc_behaviour world::behaviour() const {
  emulator::vpc_behaviour result;
  with_core([&](emulator::vpc_core& core) { result = core.behaviour(); });
  return result;
}

void world::set_behaviour(const emulator::vpc_behaviour& x) const {
  with_core([&](emulator::vpc_core& core) { core.behaviour() = x; });
}

// -- one form for what both clients have read ---------------------------------

json plain(const forward_entry& x) {
  const auto& spec = x.spec;
  const auto ports = [&](uint16_t first) {
    return x.any ? "any" : port_text(first, spec.count);
  };
  return {{"id", x.id},
          {"name", spec.name},
          {"external_ip", spec.external_ip},
          {"internal_ip", spec.internal_ip},
          {"external_port", ports(spec.external_port)},
          {"internal_port", ports(spec.internal_port)},
          {"protocol", x.any ? "any" : to_string(spec.proto)},
          {"status", to_string(x.status)}};
}

json plain_entry(const json& x) {
  return {{"id", x.at("ForwardEntryId")},
          {"name", x.value("ForwardEntryName", "")},
          {"external_ip", x.at("ExternalIp")},
          {"internal_ip", x.at("InternalIp")},
          {"external_port", x.at("ExternalPort")},
          {"internal_port", x.at("InternalPort")},
          {"protocol", x.at("IpProtocol")},
          {"status", lower(x.at("Status").get<std::string>())}};
}

json plain(const gateway_view& x) {
  auto eips = json::array();
  for (const auto& y : x.eips)
    eips.push_back({{"address", y.address},
                    {"allocation_id", y.allocation_id},
                    {"snat", y.shared_with_snat}});
  return {{"id", x.id},
          {"vpc_id", x.vpc_id},
          {"zone", x.zone},
          {"status", x.status},
          {"financial_locked", x.financial_locked},
          {"tables", x.forward_tables},
          {"eips", std::move(eips)}};
}

json plain_gateway(const json& x) {
  auto eips = json::array();
  for (const auto& y : x.at("IpLists").at("IpList"))
    eips.push_back({{"address", y.at("IpAddress")},
                    {"allocation_id", y.at("AllocationId")},
                    {"snat", y.at("UsingStatus") == "UsedBySnatTable"}});
  return {{"id", x.at("NatGatewayId")},
          {"vpc_id", x.at("VpcId")},
          {"zone", x.at("NatGatewayPrivateInfo").at("IzNo")},
          {"status", x.at("Status")},
          {"financial_locked", x.at("BusinessStatus") == "FinancialLocked"},
          {"tables", x.at("ForwardTableIds").at("ForwardTableId")},
          {"eips", std::move(eips)}};
}

} // namespace natgw::test::sdk
