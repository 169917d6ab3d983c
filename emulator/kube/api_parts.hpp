#pragma once

#include <random>
#include <string>

#include "emulator/kube/api_server.hpp"
#include "emulator/kube/collector.hpp"
#include "emulator/kube/gate.hpp"
#include "emulator/kube/operations.hpp"
#include "emulator/kube/reader.hpp"
#include "emulator/kube/target.hpp"
#include "emulator/kube/watch_hub.hpp"
#include "emulator/kube/writer.hpp"

namespace natgw::emulator::kube {

/// What an api_server is made of, and the way of a request through it.
struct api_server::parts {
  explicit parts(options settings);

  response route(const request& x, const target& what, instant now);
  response control(const request& x, const target& what, instant now);
  result<attributes> admit(const request& x, const target& what) const;
  result<const resource*> find_type(const target& what) const;
  response serve(const request& x, const target& what, const attributes& who,
                 instant now);
  opened_watch watch(const target& what, const request& x,
                     const attributes& who, instant now);
  opened_watch gone(const resource* type, const refusal& why);
  opened_watch struck(const resource* type, const fault_rule& fault);
  void install(const json& crd);
  std::string state() const;

  options cfg;
  std::mt19937_64 random;
  store objects;
  writer rules;
  reader reads;
  operations work;
  collector garbage;
  watch_hub watches;
  kube::gate gate;
};

} // namespace natgw::emulator::kube
