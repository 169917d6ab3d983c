#include "clients/aliyun/vpc_answer.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "clients/aliyun/vpc_json.hpp"

namespace natgw::aliyun {

namespace {

constexpr std::chrono::milliseconds max_retry_after = std::chrono::minutes{10};

constexpr size_t max_complaint = 256;

std::chrono::milliseconds retry_after(const http::response& x) {
  auto text = x.find("x-acs-retry-after");
  auto result = int64_t{0};
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(),
                                        result);
  if (problem != std::errc{} || end != text.data() + text.size())
    return {};
  return std::clamp(std::chrono::milliseconds{result}, {}, max_retry_after);
}

void apply(vpc_answer& out, const core::error_rule& rule) {
  out.rule = &rule;
  out.reply.outcome = rule.outcome;
  out.reply.code = rule.error;
  out.reply.may_be_duplicate = rule.may_be_duplicate;
}

void apply_failure(vpc_answer& out, const api_call& call, const error& what) {
  apply(out, core::classify_failure(call.action, what.code));
  out.reply.detail = clean(what.detail, max_complaint);
}

/// Hands a parsed body to `take`, or its error on.
template <class T, class F>
expected<void> with(expected<T> x, F take) {
  if (!x)
    return std::unexpected{std::move(x.error())};
  take(std::move(*x));
  return {};
}

expected<void> read_success(const api_call& call, std::string& body,
                            api_reply& out) {
  switch (call.action) {
    case api_action::create_entry:
      return with(read_created(body),
                  [&](std::string x) { out.entry_id = std::move(x); });
    case api_action::describe_entries:
      return with(read_entries(body), [&](entry_page x) {
        out.entries = std::move(x.entries);
        out.total_count = x.total_count;
      });
    case api_action::describe_gateways:
      return with(read_gateways(body), [&](gateway_page x) {
        out.gateways = std::move(x.gateways);
        out.total_count = x.total_count;
      });
    case api_action::describe_eips:
      return with(read_eips(body), [&](eip_page x) {
        out.eips = std::move(x.eips);
        out.total_count = x.total_count;
      });
    case api_action::modify_entry:
    case api_action::delete_entry:
      break;
  }
  return read_done(body);
}

void read_refusal(vpc_answer& out, const api_call& call, http::response& x) {
  auto body = read_error(x.body).value_or(error_body{});
  out.from_api = !body.code.empty();
  apply(out, core::classify(call.action, x.status, body.code, body.message));
  out.reply.retry_after = retry_after(x);
  out.reply.detail = body.code.empty()
                       ? "HTTP status " + std::to_string(x.status)
                       : std::move(body.code);
  // Messages about credentials quote what was signed.
  if (out.reply.code != ec::credential)
    out.reply.message = std::move(body.message);
}

} // namespace

vpc_answer read_answer(const api_call& call, expected<http::response> x) {
  vpc_answer result;
  result.reply.id = call.id;
  if (!x) {
    apply_failure(result, call, x.error());
    return result;
  }
  result.status = x->status;
  if (x->status < 200 || x->status > 299) {
    read_refusal(result, call, *x);
  } else if (auto ok = read_success(call, x->body, result.reply); !ok) {
    apply_failure(result, call, ok.error());
  } else {
    result.from_api = true;
  }
  return result;
}

} // namespace natgw::aliyun
