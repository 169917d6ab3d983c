#pragma once

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "clients/aliyun/vpc_answer.hpp"
#include "clients/aliyun/vpc_request.hpp"
#include "clients/http/curl_transport.hpp"
#include "emulator/vpc/server.hpp"
#include "messages/api_call.hpp"
#include "test/sdk/driver.hpp"

/// An emulated cloud, and two clients of it: the official SDK and our own.
namespace natgw::test::sdk {

/// Two gateways with two EIPs each; a prompt behaviour.
emulator::vpc_options prompt_options();

class world {
public:
  explicit world(const emulator::vpc_options& options = prompt_options());

  // -- the SDK ----------------------------------------------------------------

  /// A call by the SDK. RegionId is added, unless it is there (null: none).
  /// @param how further members of the driver's call, such as `headers`
  outcome call(std::string_view action, json request = json::object(),
               const json& how = json::object()) const;
  /// A call that must succeed; the SDK's model of the answer.
  json read(std::string_view action, json request = json::object()) const;
  /// The SDK's configuration.
  json client() const;

  // -- our client -------------------------------------------------------------

  /// The request that our client would send now.
  http::request request_of(const api_call& x);
  aliyun::vpc_answer own(const api_call& x);
  /// A call that must succeed.
  api_reply own_read(const api_call& x);

  /// A call by both clients: a read, or one that is refused. What they make of
  /// the answers is compared.
  outcome both(const api_call& x);

  // -- calls and parameters ---------------------------------------------------

  /// A good entry and its creation; `number` makes it differ from others.
  static api_call creation(uint16_t number = 0);
  static api_call about(api_action action);
  /// What an SDK's user asks for the same with; shares no code with ours.
  static json parameters_of(const api_call& x);
  /// Creates an entry by the SDK; its id.
  std::string created(const api_call& x) const;

  static std::string gateway(int i = 0);
  static std::string table(int i = 0);

  // -- the emulator -----------------------------------------------------------

  /// The latest call as the emulator remembers it.
  emulator::call_record last_call() const;
  void with_core(const std::function<void(emulator::vpc_core&)>& fn) const {
    cloud->with_core(fn);
  }
  emulator::vpc_behaviour behaviour() const;
  void set_behaviour(const emulator::vpc_behaviour& x) const;

  /// What both clients sign with.
  emulator::access_key key;
  std::unique_ptr<emulator::vpc_server> cloud;

private:
  http::curl_transport transport_;
  uint64_t nonce_ = 0;
};

// -- one form for what both clients have read ---------------------------------

json plain(const forward_entry& x);
/// @param x an entry of the SDK's model
json plain_entry(const json& x);
json plain(const gateway_view& x);
/// @param x a gateway of the SDK's model
json plain_gateway(const json& x);

} // namespace natgw::test::sdk
