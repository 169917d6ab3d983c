#pragma once

#include <cstdint>
#include <memory>
#include <variant>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/type_id.hpp>

#include "clients/kube/client.hpp"
#include "messages/protocol.hpp"

// What the Kubernetes client's completions send to the actor that asked. The
// numbers say which question is answered.

namespace natgw::actors {

/// What the API server showed to a reflector: a page, a batch of a watch, or
/// the end of a watch. Made for one receiver, who may move out of it.
template <class View>
struct api_news {
  uint64_t call = 0;
  std::variant<expected<kube::page<View>>, kube::watch_batch<View>,
               expected<void>>
    what;
};

template <class View>
using api_news_ptr = std::shared_ptr<api_news<View>>;

/// The answer to a write of a PodDNAT, or to the look that followed it.
struct record_answer {
  uint64_t job = 0;
  expected<record_ptr> now;
};

/// The answer to a patch of a pod or to an event.
struct plain_answer {
  uint64_t job = 0;
  expected<void> outcome;
};

/// The answer to a reading or a writing of the lease.
struct lease_answer {
  bool written = false;
  expected<kube::lease_view> lease;
};

/// The answer to an object_query.
struct reader_answer {
  uint64_t question = 0;
  expected<object_answer> found;
};

} // namespace natgw::actors

NATGW_LOCAL_MESSAGE(natgw::actors::api_news_ptr<natgw::interface_view>)
NATGW_LOCAL_MESSAGE(natgw::actors::api_news_ptr<natgw::node_view>)
NATGW_LOCAL_MESSAGE(natgw::actors::api_news_ptr<natgw::pod_view>)
NATGW_LOCAL_MESSAGE(natgw::actors::api_news_ptr<natgw::record_view>)
NATGW_LOCAL_MESSAGE(natgw::actors::lease_answer)
NATGW_LOCAL_MESSAGE(natgw::actors::plain_answer)
NATGW_LOCAL_MESSAGE(natgw::actors::reader_answer)
NATGW_LOCAL_MESSAGE(natgw::actors::record_answer)
