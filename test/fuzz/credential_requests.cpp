#include "emulator/credentials/desk.hpp"
#include "test/fuzz/fuzz.hpp"

// Requests to the emulated places that hand out temporary credentials.

using namespace natgw;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::parts in{fuzz::text_of(data, size)};
  emulator::credential_desk desk{{}, [](const emulator::access_key&) {}};
  auto now = wall_time{std::chrono::hours{24 * 365 * 55}};
  for (auto n = 0; n < 8 && !in.empty(); ++n) {
    serving::request x;
    x.method = in.next();
    x.target = in.next();
    for (auto name = in.next(); !name.empty(); name = in.next())
      x.headers.push_back({name, in.next()});
    x.body = in.next('\0');
    auto answer = desk.handle(x, now);
    fuzz::require(answer.status >= 200 && answer.status < 600);
    now += std::chrono::seconds{1};
  }
  return 0;
}
