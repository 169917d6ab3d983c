#include <memory>

#include <nlohmann/json.hpp>

#include "emulator/vpc/api_request.hpp"
#include "emulator/vpc/core.hpp"
#include "emulator/vpc/signature.hpp"
#include "test/fuzz/fuzz.hpp"

// Requests to the emulated cloud: raw ones, and well-signed ones with
// parameters that nobody has thought of.

using namespace natgw;
using namespace natgw::emulator;

namespace {

constexpr auto wall = wall_time{std::chrono::hours{24 * 365 * 55}};

/// Each input begins with the same state, a few requests long.
std::unique_ptr<vpc_core> make_core() {
  vpc_options options;
  options.gateways = make_gateways(2, 2, 2);
  options.behaviour = prompt_behaviour();
  return std::move(vpc_core::make(options).value());
}

serving::request raw_request(fuzz::parts& in) {
  serving::request x;
  x.method = in.next();
  x.target = in.next();
  for (auto name = in.next(); !name.empty(); name = in.next())
    x.headers.push_back({name, in.next()});
  x.body = in.next('\0');
  return x;
}

/// RPC 1.0: "Name=value" on lines, up to an empty one.
serving::request signed_request(fuzz::parts& in, int nonce) {
  const access_key key;
  parameters all{{"Version", "2016-04-28"},
                 {"RegionId", "cn-hangzhou"},
                 {"AccessKeyId", key.id},
                 {"SignatureMethod", "HMAC-SHA1"},
                 {"SignatureVersion", "1.0"},
                 {"SignatureNonce", std::to_string(nonce)},
                 {"Timestamp", format_timestamp(wall)}};
  for (auto line = in.next(); !line.empty(); line = in.next()) {
    auto at = line.find('=');
    if (at != std::string::npos)
      all.insert_or_assign(line.substr(0, at), line.substr(at + 1));
  }
  all.erase("Signature");
  all["Signature"] = rpc_signature(key.secret, rpc_string_to_sign("GET", all));
  return {.method = "GET",
          .target = "/?" + canonical_query(all),
          .headers = {{"host", "vpc.cn-hangzhou.aliyuncs.com"}},
          .body = {}};
}

void check(const vpc_reply& x) {
  fuzz::require(x.after.count() >= 0);
  if (x.end != vpc_reply::fate::answer || x.how)
    return;
  fuzz::require(x.what.status >= 200 && x.what.status < 600);
  for (const auto& h : x.what.headers)
    if (h.value.starts_with("application/json"))
      fuzz::require(nlohmann::json::accept(x.what.body));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::parts in{fuzz::text_of(data, size)};
  auto core = make_core();
  auto now = instant{std::chrono::seconds{1}};
  for (auto n = 0; n < 8 && !in.empty(); ++n) {
    auto is_raw = in.byte() % 2 == 0;
    auto x = is_raw ? raw_request(in) : signed_request(in, n);
    now += std::chrono::milliseconds{100};
    check(core->handle(x, now, wall));
  }
  return 0;
}
