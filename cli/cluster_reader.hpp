#pragma once

#include <functional>
#include <string>
#include <vector>

#include "clients/kube/client.hpp"
#include "messages/error.hpp"

namespace natgw::cli {

/// What was asked for, and the objects that nobody could read.
template <class Object>
struct whole_list {
  std::vector<Object> items;
  std::vector<kube::bad_object> bad;
};

/// Reads lists from the API server, page by page. What is throttled or not
/// answered is asked again a few times. It blocks, and cannot write.
class cluster_reader {
public:
  explicit cluster_reader(kube::client& api) : api_{api} {
    // nop
  }

  expected<std::string> namespace_uid(const std::string& name);

  /// @param keeps which objects are wanted at all; the others take no room
  template <class Object>
  expected<whole_list<Object>>
  list(kube::list_query query, const std::function<bool(const Object&)>& keeps);

private:
  template <class T, class Start>
  expected<T> ask(Start start);

  kube::client& api_;
};

} // namespace natgw::cli
