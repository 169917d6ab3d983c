#include "clients/kube/intent_codec.hpp"
#include "clients/kube/objects.hpp"
#include "clients/kube/record_body.hpp"
#include "test/fuzz/fuzz.hpp"

// PodDNATs, which anyone with the right may have written: what is believed
// keeps the rules, and survives being written and read again.

using namespace natgw;

namespace {

void check(const intent& x) {
  fuzz::require(kube::check_intent(x).has_value());
  auto again = kube::decode_intent(kube::encode_intent(x));
  fuzz::require(again.has_value() && *again == x);
}

void write(const record_view& x) {
  record_write w;
  w.key = x.key;
  w.uid = x.uid;
  w.resource_version = x.resource_version;
  w.status = x.status;
  if (x.promise)
    w.promise = *x.promise;
  for (auto body : {kube::create_body(w), kube::promise_body(w, x),
                    kube::status_body(w), kube::release_body(w, x)})
    fuzz::require(body.starts_with('{') && body.ends_with('}'));
}

void read_object(std::string& body) {
  auto text = kube::pad(body);
  (void)kube::parse_removed(text);
  auto record = kube::parse_object<record_view>(text);
  if (!record)
    return;
  if (record->promise)
    check(*record->promise);
  write(*record);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::parts in{fuzz::text_of(data, size)};
  if (in.byte() % 2 == 0) {
    auto body = in.rest();
    read_object(body);
  } else if (auto promise = kube::decode_intent(in.rest())) {
    check(*promise);
  }
  return 0;
}
