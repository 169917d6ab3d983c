#include "test/kube/churning_fleet.hpp"

#include <algorithm>

namespace natgw::test {

churning_fleet::churning_fleet(world& around, size_t pods,
                               double lives_per_second, uint64_t seed)
  : world_{around},
    pace_{static_cast<int64_t>(1e6 / lives_per_second)},
    rng_{seed},
    members_(pods) {
  for (auto& x : members_)
    create(x);
  thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
}

churning_fleet::~churning_fleet() {
  thread_.request_stop();
  thread_.join();
}

void churning_fleet::settle() {
  std::lock_guard lock{mutex_};
  settling_ = true;
}

bool churning_fleet::is_ready() const {
  std::lock_guard lock{mutex_};
  return std::ranges::all_of(members_, [this](const member& x) {
    return !x.leaving && world_.is_ready(x.name, x.uid);
  });
}

size_t churning_fleet::made() const {
  std::lock_guard lock{mutex_};
  return made_;
}

void churning_fleet::create(member& x) {
  auto old_name = !x.name.empty() && (x.fixed || made_ % 3 == 0);
  if (x.name.empty())
    x.fixed = made_ % 4 == 0;
  if (!old_name)
    x.name = "game-" + std::to_string(made_);
  ++made_;
  json annotations = json::object();
  if (x.fixed)
    annotations["k8s.aliyun.com/pod-dnat-fixed"] = "true";
  auto pod
    = world_.create(world_.pod(x.name, "7000-7001/udp,8080", annotations));
  x.uid = text_at(pod, {"metadata", "uid"});
  x.leaving = false;
}

void churning_fleet::run(const std::stop_token& stop) {
  std::unique_lock lock{mutex_};
  while (!stop.stop_requested()) {
    wake_.wait_for(lock, stop, pace_, [] { return false; });
    replace_gone();
    if (!settling_)
      remove_one();
  }
}

void churning_fleet::replace_gone() {
  for (auto& x : members_) {
    if (!x.leaving)
      continue;
    auto pod = world_.find_pod(x.name);
    if (!pod || text_at(*pod, {"metadata", "uid"}) != x.uid)
      create(x);
  }
}

void churning_fleet::remove_one() {
  auto& x = members_[rng_() % members_.size()];
  if (x.leaving)
    return;
  x.leaving = true;
  world_.remove(x.name);
}

} // namespace natgw::test
