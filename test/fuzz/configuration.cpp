#include "config/describe.hpp"
#include "config/load.hpp"
#include "test/fuzz/fuzz.hpp"

// The file that an operator writes, the product's part and ours.

using namespace natgw;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto result = config::parse(fuzz::text_of(data, size), "file");
  if (result)
    fuzz::require(!result->values.gateways.empty());
  else
    fuzz::require(result.error().nothing_to_do
                  || !result.error().errors.empty());
  return 0;
}
