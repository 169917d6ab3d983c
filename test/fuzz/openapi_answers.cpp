#include <algorithm>

#include "clients/aliyun/vpc_answer.hpp"
#include "test/fuzz/fuzz.hpp"

// Answers of VPC OpenAPI, and of boxes in front of it.

using namespace natgw;

namespace {

bool is_clean(std::string_view x) {
  return x.size() <= 4096 && std::ranges::none_of(x, [](char c) {
           return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
         });
}

void check(const forward_entry& x) {
  fuzz::require(is_clean(x.id) && is_clean(x.spec.name));
  fuzz::require(is_clean(x.spec.external_ip) && is_clean(x.spec.internal_ip));
}

void check(const api_call& call, const aliyun::vpc_answer& x) {
  const auto& reply = x.reply;
  fuzz::require(is_clean(reply.detail) && is_clean(reply.message));
  fuzz::require(is_clean(reply.entry_id));
  fuzz::require(reply.retry_after.count() >= 0);
  std::ranges::for_each(reply.entries,
                        [](const forward_entry& y) { check(y); });
  if (reply.outcome == call_class::ok
      && call.action == api_action::create_entry)
    fuzz::require(!reply.entry_id.empty());
  fuzz::require((reply.outcome == call_class::ok) == (x.rule == nullptr));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static constexpr int statuses[] = {200, 400, 403, 404, 409, 429, 500, 503};
  fuzz::parts in{fuzz::text_of(data, size)};
  api_call call;
  call.action = static_cast<api_action>(in.byte() % api_action_count);
  http::response answer;
  answer.status = statuses[in.byte() % std::size(statuses)];
  answer.headers = {{"x-acs-retry-after", in.next()},
                    {"content-type", "application/json"}};
  answer.body = in.rest();
  check(call, aliyun::read_answer(call, std::move(answer)));
  return 0;
}
