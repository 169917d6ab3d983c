#pragma once

#include <string>

#include "emulator/kube/exchange.hpp"
#include "emulator/kube/reader.hpp"
#include "emulator/kube/store.hpp"
#include "emulator/kube/target.hpp"
#include "emulator/kube/writer.hpp"

namespace natgw::emulator::kube {

/// From HTTP to the rules and back: reads bodies and parameters, and turns
/// results into answers. Who may do it has been decided.
class operations {
public:
  operations(store& objects, writer& rules, reader& reads);

  /// Does a request about a known resource type, except a watch.
  response run(const request& x, const target& what, const resource& type,
               instant now);

private:
  response get(const request& x, const target& what, const resource& type,
               instant now) const;
  result<written> write(const request& x, const target& what,
                        const resource& type, instant now);
  result<written> create(const address& at, const request& x, bool dry_run,
                         instant now);
  result<written> patch(const address& at, const request& x, bool dry_run,
                        instant now);
  response remove_all(const request& x, const target& what,
                      const resource& type, instant now);

  store& objects_;
  writer& rules_;
  reader& reads_;
};

} // namespace natgw::emulator::kube
