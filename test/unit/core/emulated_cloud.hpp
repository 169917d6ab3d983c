#pragma once

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "clients/aliyun/credentials.hpp"
#include "clients/aliyun/vpc_answer.hpp"
#include "clients/aliyun/vpc_request.hpp"
#include "emulator/vpc/core.hpp"

namespace natgw::core::test {

/// The emulator, spoken to in the client's own words.
class emulated_cloud {
public:
  explicit emulated_cloud(emulator::vpc_options options)
    : core_{*emulator::vpc_core::make(options)},
      endpoint_{.region = options.region, .host = "emulator", .tls = false} {
    who_.access_key = options.keys.front().id;
    who_.access_secret = aliyun::secret{options.keys.front().secret};
  }

  struct outcome {
    api_reply reply;
    std::chrono::nanoseconds after{0};
  };

  outcome execute(const api_call& call, instant now) {
    auto asked = *aliyun::make_request(call, endpoint_, who_, wall(now),
                                       std::to_string(++nonce_));
    serving::request request{.method = std::string{to_string(asked.verb)},
                             .target = asked.url.substr(asked.url.find('/', 8)),
                             .headers = {},
                             .body = asked.body};
    for (auto& x : asked.headers) {
      auto name = x.name;
      for (auto& c : name)
        c = static_cast<char>(std::tolower(c));
      request.headers.push_back({name, x.value});
    }
    if (request.find("host").empty())
      request.headers.push_back({"host", "emulator"});
    auto answered = core_->handle(request, now, wall(now));
    outcome result;
    result.after = answered.after;
    result.reply
      = aliyun::read_answer(call, as_received(std::move(answered))).reply;
    result.reply.id = call.id;
    return result;
  }

  emulator::vpc_core& core() {
    return *core_;
  }

  void advance(instant now) {
    core_->advance(now, wall(now));
  }

private:
  static wall_time wall(instant now) {
    return wall_time{std::chrono::days{20'000}}
           + std::chrono::floor<std::chrono::milliseconds>(
             now.time_since_epoch());
  }

  static expected<http::response> as_received(emulator::vpc_reply x) {
    if (x.end != emulator::vpc_reply::fate::answer)
      return fail(ec::transport, "reset");
    if (x.how && x.how->send_bytes) {
      if (*x.how->send_bytes > x.what.body.size())
        return fail(ec::too_large, "endless");
      if (*x.how->send_bytes < x.what.body.size())
        return fail(ec::transport, "truncated");
    }
    http::response result{.status = x.what.status, .headers = {}, .body = {}};
    for (auto& h : x.what.headers)
      result.headers.push_back({h.name, h.value});
    result.body = std::move(x.what.body);
    return result;
  }

  std::unique_ptr<emulator::vpc_core> core_;
  aliyun::vpc_endpoint endpoint_;
  aliyun::credentials who_;
  uint64_t nonce_ = 0;
};

} // namespace natgw::core::test
