#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <caf/fwd.hpp>

#include "actors/clock.hpp"
#include "actors/openapi_caller.hpp"
#include "actors/supervisor.hpp"
#include "clients/aliyun/credential_source.hpp"
#include "clients/http/transport.hpp"
#include "clients/kube/client.hpp"
#include "config/model.hpp"
#include "core/entry_name.hpp"
#include "observe/metrics.hpp"

namespace natgw::cli {

/// What all actors are made from.
struct crew_parts {
  config::settings settings;
  core::entry_names names;
  std::string identity;
  std::shared_ptr<kube::client> api;
  /// The same server over connections that nothing else uses.
  std::shared_ptr<kube::client> lease_api;
  /// Must outlive the actors' system.
  http::transport* cloud_net = nullptr;
  /// Where credentials come from, in the order of asking.
  std::vector<aliyun::credential_source> sources;
  actors::clock time;
  std::shared_ptr<observe::metrics> metrics;
  /// Seeds whatever an actor draws; who runs twice alike says how.
  std::function<uint64_t()> seed = actors::fresh_seed;
};

actors::supervisor_config
supervisor_config_of(const config::settings& settings);

/// The settings, translated into the options of each actor. The only place
/// that knows both.
actors::spawners spawners_of(caf::actor_system& system, crew_parts parts);

} // namespace natgw::cli
