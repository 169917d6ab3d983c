#include "cli/cluster_reader.hpp"

#include <thread>
#include <utility>

#include "cli/await.hpp"

namespace natgw::cli {

namespace {

/// A list whose pages have expired is begun anew so often.
constexpr int max_lists = 4;

bool may_pass(const error& x) {
  return x.code == ec::transport || x.code == ec::timeout
         || x.code == ec::throttled || x.code == ec::unavailable;
}

} // namespace

template <class T, class Start>
expected<T> cluster_reader::ask(Start start) {
  for (int i = 0;; ++i) {
    auto result = await<T>(start);
    if (result || !may_pass(result.error()) || i + 1 == max_attempts)
      return result;
    std::this_thread::sleep_for(pause_before(i, result.error().retry_after));
  }
}

expected<std::string> cluster_reader::namespace_uid(const std::string& name) {
  return ask<std::string>(
    [&](auto done) { api_.get_namespace_uid(name, std::move(done)); });
}

template <class Object>
expected<whole_list<Object>>
cluster_reader::list(kube::list_query query,
                     const std::function<bool(const Object&)>& keeps) {
  whole_list<Object> result;
  for (int lists = 1;;) {
    auto page = ask<kube::page<Object>>([&](auto done) {
      api_.template list_page<Object>(query, std::move(done));
    });
    if (!page && page.error().code == ec::expired && lists < max_lists) {
      ++lists;
      result = {};
      query.continue_token.clear();
      continue;
    }
    if (!page)
      return std::unexpected{page.error()};
    for (auto& x : page->items)
      if (keeps(x))
        result.items.push_back(std::move(x));
    for (auto& x : page->bad)
      result.bad.push_back(std::move(x));
    if (page->continue_token.empty())
      return result;
    query.continue_token = std::move(page->continue_token);
  }
}

template expected<whole_list<pod_view>>
cluster_reader::list(kube::list_query,
                     const std::function<bool(const pod_view&)>&);
template expected<whole_list<node_view>>
cluster_reader::list(kube::list_query,
                     const std::function<bool(const node_view&)>&);
template expected<whole_list<record_view>>
cluster_reader::list(kube::list_query,
                     const std::function<bool(const record_view&)>&);

} // namespace natgw::cli
