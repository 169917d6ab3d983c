#include "clients/aliyun/credential_answers.hpp"
#include "test/fuzz/fuzz.hpp"

// Answers of the metadata service, of STS and of a credentials URI, and the
// files that hold credentials.

using namespace natgw;

namespace {

void check(const expected<aliyun::credentials>& x, bool is_temporary) {
  if (!x) {
    fuzz::require(x.error().code == ec::credential);
    return;
  }
  fuzz::require(aliyun::validate(*x).has_value());
  fuzz::require(!is_temporary || x->expires.has_value());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using aliyun::credential_shape;
  fuzz::parts in{fuzz::text_of(data, size)};
  auto kind = in.byte();
  auto body = in.rest();
  switch (kind % 6) {
    case 0:
      check(aliyun::read_credentials(std::move(body),
                                     credential_shape::temporary),
            true);
      break;
    case 1:
      check(aliyun::read_credentials(std::move(body), credential_shape::any),
            false);
      break;
    case 2:
      check(aliyun::read_assumed_role(std::move(body)), true);
      break;
    case 3:
      check(aliyun::read_addon_token(std::move(body)), true);
      break;
    case 4:
      fuzz::require(aliyun::read_refusal_code(std::move(body)).size() <= 128);
      break;
    default:
      if (auto role = aliyun::read_role_name(body))
        fuzz::require(!role->empty() && role->size() <= 64);
  }
  return 0;
}
