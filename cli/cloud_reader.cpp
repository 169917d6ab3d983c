#include "cli/cloud_reader.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <unordered_set>
#include <utility>
#include <variant>

#include "cli/await.hpp"
#include "cli/from_settings.hpp"
#include "cli/random_text.hpp"
#include "clients/aliyun/vpc_answer.hpp"
#include "clients/http/boot_time.hpp"

namespace natgw::cli {

namespace {

constexpr uint32_t page_size = 50;
constexpr int max_readings = 4;
/// Credentials that end so soon are exchanged first.
constexpr auto spare_time = std::chrono::seconds{30};

wall_time wall_now() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(
    std::chrono::system_clock::now());
}

expected<http::response> ask(http::transport& net, http::request what) {
  return await<http::response>(
    [&](auto done) { net.send(std::move(what), std::move(done)); });
}

aliyun::fetch_result fetch(http::transport& net,
                           const aliyun::credential_source& source) {
  auto course = source.fetch();
  auto step = course->begin(wall_now(), random_text(32));
  while (auto* request = std::get_if<http::request>(&step))
    step = course->answered(ask(net, std::move(*request)));
  return std::get<aliyun::fetch_result>(std::move(step));
}

/// From the first source that is there.
expected<aliyun::credentials>
fetch_first(http::transport& net,
            const std::vector<aliyun::credential_source>& sources) {
  for (const auto& source : sources) {
    auto got = fetch(net, source);
    std::string name{to_string(source.origin)};
    if (!got)
      return fail(ec::credential, name + ": " + got.error().detail);
    if (!*got)
      continue;
    if ((*got)->expires && *(*got)->expires <= wall_now())
      return fail(ec::credential, name + ": what it holds has expired");
    return std::move(**got);
  }
  return fail(ec::credential, "no source of credentials is there");
}

error error_of(const api_reply& x) {
  auto detail = x.detail;
  if (!x.message.empty())
    detail += ": " + x.message;
  return {x.code, std::move(detail), x.retry_after};
}

bool is_passing(const api_reply& x) {
  return x.outcome == call_class::unanswered
         || x.outcome == call_class::retry_soon;
}

} // namespace

cloud_reader::cloud_reader(http::transport& net,
                           const config::settings& settings,
                           std::vector<aliyun::credential_source> sources)
  : net_{net},
    endpoint_{endpoint_of(settings)},
    sources_{std::move(sources)} {
  const auto& rates = settings.natgw.rates;
  for (auto count : rates.per_minute)
    buckets_.emplace_back(core::rate{.count = count,
                                     .per = std::chrono::minutes{1}},
                          rates.burst, http::boot_now());
}

expected<void> cloud_reader::renew_credentials() {
  if (keys_ && (!keys_->expires || wall_now() + spare_time < *keys_->expires))
    return {};
  for (int i = 0;; ++i) {
    auto got = fetch_first(net_, sources_);
    if (got) {
      keys_ = std::move(*got);
      return {};
    }
    if (i + 1 == max_attempts)
      return std::unexpected{got.error()};
    std::this_thread::sleep_for(pause_before(i, {}));
  }
}

void cloud_reader::wait_for_token(api_action action) {
  auto& bucket = buckets_[static_cast<size_t>(action)];
  for (auto now = http::boot_now(); !bucket.take(now); now = http::boot_now())
    std::this_thread::sleep_for(bucket.next(now) - now);
}

api_reply cloud_reader::attempt(const api_call& x) {
  api_reply invalid{.outcome = call_class::fatal_gateway};
  auto refuse = [&invalid](const error& why) {
    invalid.code = why.code;
    invalid.detail = why.detail;
    return invalid;
  };
  if (is_write(x.action))
    return refuse({ec::invalid_argument, "only reads are made here"});
  if (auto ok = renew_credentials(); !ok)
    return refuse(ok.error());
  auto request = aliyun::make_request(x, endpoint_, *keys_, wall_now(),
                                      random_text(32));
  if (!request)
    return refuse(request.error());
  wait_for_token(x.action);
  return aliyun::read_answer(x, ask(net_, std::move(*request))).reply;
}

expected<api_reply> cloud_reader::call(const api_call& x) {
  if (distrust_)
    return std::unexpected{*distrust_};
  auto renewed = false;
  for (int i = 0;; ++i) {
    auto reply = attempt(x);
    if (reply.outcome == call_class::ok)
      return reply;
    auto distrusted = keys_ && reply.outcome == call_class::unsent
                      && reply.code == ec::credential;
    if (distrusted && !std::exchange(renewed, true)) {
      // They may have been exchanged since they were fetched.
      keys_.reset();
      continue;
    }
    if (reply.code == ec::credential && !is_passing(reply))
      distrust_ = error_of(reply);
    if (!is_passing(reply) || i + 1 >= max_attempts)
      return std::unexpected{error_of(reply)};
    std::this_thread::sleep_for(pause_before(i, reply.retry_after));
  }
}

expected<std::optional<gateway_view>>
cloud_reader::gateway(const std::string& id) {
  api_call x{.action = api_action::describe_gateways, .gateway = id};
  auto reply = call(x);
  if (!reply)
    return std::unexpected{reply.error()};
  auto found = std::ranges::find(reply->gateways, id, &gateway_view::id);
  if (found == reply->gateways.end())
    return std::nullopt;
  return std::move(*found);
}

expected<std::vector<forward_entry>>
cloud_reader::entries(const std::string& table) {
  for (int i = 0;; ++i) {
    auto result = read_table(table);
    if (result || result.error().code != ec::busy || i + 1 == max_readings)
      return result;
  }
}

/// Once; `busy` if entries have come, gone or slipped between the pages.
expected<std::vector<forward_entry>>
cloud_reader::read_table(const std::string& table) {
  std::vector<forward_entry> result;
  std::unordered_set<std::string> ids;
  api_call x{.action = api_action::describe_entries,
             .table_id = table,
             .page_size = page_size};
  for (std::optional<uint32_t> total; !total || result.size() < *total;
       ++x.page_number) {
    auto reply = call(x);
    if (!reply)
      return std::unexpected{reply.error()};
    auto moved = total.value_or(reply->total_count) != reply->total_count;
    total = reply->total_count;
    if (reply->entries.empty() && result.size() < *total)
      moved = true;
    for (auto& entry : reply->entries) {
      moved = !ids.insert(entry.id).second || moved;
      result.push_back(std::move(entry));
    }
    if (moved || result.size() > *total)
      return fail(ec::busy, "the table changes while it is read");
  }
  return result;
}

} // namespace natgw::cli
