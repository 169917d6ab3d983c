#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "messages/record.hpp"

#include <rapidcheck.h>

namespace natgw::kube::testing {

/// A valid intent: ports without overlap, each item cut into pieces of random
/// length that lie anywhere outside.
inline intent any_intent() {
  intent x;
  x.gateway = *rc::gen::element<std::string>("ngw-1", "ngw-abc_9");
  x.zone = *rc::gen::element<std::string>("", "cn-hangzhou-k");
  x.external_ip = *rc::gen::element<std::string>("114.55.0.10", "0.0.0.0");
  x.internal_ip = *rc::gen::element<std::string>("", "172.16.0.8");
  x.pod_uid = *rc::gen::element<std::string>("", "6b7e-u");
  if (*rc::gen::arbitrary<bool>())
    x.workload = {"apps/v1", "StatefulSet", "web", "set-uid"};
  x.fixed = *rc::gen::arbitrary<bool>();
  x.attempt = *rc::gen::arbitrary<uint32_t>();
  x.epoch = *rc::gen::arbitrary<uint64_t>();
  std::map<protocol, uint32_t> inside{{protocol::tcp, 1}, {protocol::udp, 1}};
  std::map<protocol, uint32_t> outside = inside;
  auto count = *rc::gen::inRange(1, 12);
  uint16_t number = 0;
  for (int i = 0; i < count; ++i) {
    auto proto = *rc::gen::element(protocol::tcp, protocol::udp);
    auto& next = inside[proto];
    next += *rc::gen::inRange<uint32_t>(0, 3);
    auto size = *rc::gen::inRange<uint32_t>(1, 20);
    x.items.push_back(
      {proto, static_cast<uint16_t>(next), static_cast<uint16_t>(size)});
    for (uint32_t done = 0; done < size;) {
      auto piece = *rc::gen::inRange<uint32_t>(1, size - done + 1);
      auto& port = outside[proto];
      port += *rc::gen::inRange<uint32_t>(0, 3);
      number = static_cast<uint16_t>(number + *rc::gen::inRange(1, 4));
      x.runs.push_back({number, proto, static_cast<uint16_t>(port),
                        static_cast<uint16_t>(next + done),
                        static_cast<uint16_t>(piece)});
      port += piece;
      done += piece;
    }
    next += size;
  }
  std::ranges::reverse(x.runs);
  return x;
}

} // namespace natgw::kube::testing
