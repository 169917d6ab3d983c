#include <nlohmann/json.hpp>

#include "emulator/kube/api_server.hpp"
#include "test/fuzz/fuzz.hpp"

// Requests to the emulated API server: any targets, bodies and patches.

using namespace natgw;
using namespace natgw::emulator::kube;

namespace {

request make_request(fuzz::parts& in) {
  static constexpr const char* types[]
    = {"application/json", "application/merge-patch+json",
       "application/json-patch+json", "application/strategic-merge-patch+json"};
  static constexpr const char* methods[] = {"GET", "POST", "PUT", "PATCH",
                                            "DELETE"};
  auto kind = in.byte();
  return {.method = methods[kind % std::size(methods)],
          .target = in.next(),
          .authorization = "Bearer t",
          .accept = "application/json",
          .content_type = types[kind / 8 % std::size(types)],
          .user_agent = "fuzz",
          .body = in.next('\0')};
}

void check(const response& x) {
  fuzz::require(x.reset || (x.status >= 200 && x.status < 600));
  if (!x.reset && x.content_type == "application/json")
    fuzz::require(nlohmann::json::accept(x.body));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::parts in{fuzz::text_of(data, size)};
  options cfg;
  cfg.tokens = {{"t", "user"}};
  api_server server{cfg};
  auto now = instant{std::chrono::seconds{1}};
  for (auto n = 0; n < 8 && !in.empty(); ++n) {
    auto x = make_request(in);
    now += std::chrono::milliseconds{100};
    if (api_server::is_watch(x))
      (void)server.open_watch(x, now);
    else
      check(server.handle(x, now));
    server.advance(now);
  }
  return 0;
}
