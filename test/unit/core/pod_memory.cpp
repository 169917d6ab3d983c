#include <malloc.h>

#include <cstdio>
#include <string>

#include <boost/test/unit_test.hpp>

#include "core/object_cache.hpp"
#include "core/placement.hpp"

// Most pods of a cluster want nothing from us, and there may be very many.

#ifndef __SANITIZE_ADDRESS__

using namespace natgw;
using namespace natgw::core;

namespace {

constexpr int pods = 20'000;

// As the reader of a list makes it: its texts have room to spare.
pod_view read_pod(int i) {
  auto number = std::to_string(i);
  pod_view x;
  x.key.ns.reserve(30);
  x.key.ns = "games";
  x.key.name.reserve(30);
  x.key.name = "lobby-6cd498d7b-" + number;
  x.uid = "0b6c6a60-5c0e-4c6b-9d3a-" + std::string(12 - number.size(), '0')
          + number;
  x.ip = "172.16." + std::to_string(i / 250) + "."
         + std::to_string(i % 250 + 1);
  x.node = "cn-hangzhou.172.16.0.55-and-more";
  x.workload = owner_ref{"apps/v1", "ReplicaSet", "lobby-6cd498d7b", x.uid};
  return x;
}

interface_view read_interface(const pod_view& pod) {
  interface_view x;
  x.key = pod.key;
  x.allocations.push_back(
    {pod.ip, "eni-bp1aaaaaaaaaaaaaaaaa", "vsw-bp1aaaaaaaaaaaaaaaaa"});
  return x;
}

size_t bytes_in_use() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

} // namespace

BOOST_AUTO_TEST_SUITE(pod_memory)

BOOST_AUTO_TEST_CASE(pod_that_wants_nothing_is_small) {
  object_cache<pod_view> cache;
  object_cache<interface_view> interfaces;
  placement aut{
    {.rules = {.controller_class = {}, .stateful_kinds = {}, .max_ports = 100},
     .gateways = {{"ngw-1", "z"}}}};
  static_cast<void>(aut.lead({}));
  static_cast<void>(aut.records_synced(1, {}));
  auto before = bytes_in_use();
  for (int i = 0; i < pods; ++i)
    static_cast<void>(aut.pod_changed(cache.put(read_pod(i)).changed, {}));
  auto after_pods = bytes_in_use();
  for (int i = 0; i < pods; ++i)
    interfaces.put(read_interface(read_pod(i)));
  auto for_pods = (after_pods - before) / pods;
  auto for_interfaces = (bytes_in_use() - after_pods) / pods;
  BOOST_TEST_MESSAGE("bytes for each pod: " << for_pods << ", its interface: "
                                            << for_interfaces);
  BOOST_TEST(aut.size() == size_t{pods});
  BOOST_TEST(for_pods > 100U);
  BOOST_TEST(for_pods < 620U);
  BOOST_TEST(for_pods + for_interfaces < 1'000U);
}

BOOST_AUTO_TEST_SUITE_END()

#endif
