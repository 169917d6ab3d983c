#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>

#include "messages/api_call.hpp"
#include "messages/credential.hpp"
#include "messages/entry.hpp"
#include "messages/error.hpp"
#include "messages/lease.hpp"
#include "messages/object_key.hpp"
#include "messages/object_query.hpp"
#include "messages/placement.hpp"
#include "messages/pod.hpp"
#include "messages/record.hpp"
#include "messages/time.hpp"

// Messages never leave the process, so none of them is serialised.
#define NATGW_LOCAL_MESSAGE(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(type)

NATGW_LOCAL_MESSAGE(natgw::api_call)
NATGW_LOCAL_MESSAGE(natgw::api_reply)
NATGW_LOCAL_MESSAGE(natgw::bind_order)
NATGW_LOCAL_MESSAGE(natgw::bind_refused)
NATGW_LOCAL_MESSAGE(natgw::credential_news)
NATGW_LOCAL_MESSAGE(natgw::credential_refusal)
NATGW_LOCAL_MESSAGE(natgw::entry_drop)
NATGW_LOCAL_MESSAGE(natgw::entry_news)
NATGW_LOCAL_MESSAGE(natgw::entry_want)
NATGW_LOCAL_MESSAGE(natgw::foreign_news)
NATGW_LOCAL_MESSAGE(natgw::lease_term)
NATGW_LOCAL_MESSAGE(natgw::object_key)
NATGW_LOCAL_MESSAGE(natgw::node_view)
NATGW_LOCAL_MESSAGE(natgw::object_answer)
NATGW_LOCAL_MESSAGE(natgw::object_query)
NATGW_LOCAL_MESSAGE(natgw::object_event)
NATGW_LOCAL_MESSAGE(natgw::pod_patch)
NATGW_LOCAL_MESSAGE(natgw::pod_patched)
NATGW_LOCAL_MESSAGE(natgw::pod_ptr)
NATGW_LOCAL_MESSAGE(natgw::pool_capacity)
NATGW_LOCAL_MESSAGE(natgw::record_ptr)
NATGW_LOCAL_MESSAGE(natgw::record_write)
NATGW_LOCAL_MESSAGE(natgw::record_written)
NATGW_LOCAL_MESSAGE(natgw::sweep_ptr)
NATGW_LOCAL_MESSAGE(natgw::table_report)

CAF_BEGIN_TYPE_ID_BLOCK(natgw, first_custom_type_id)

  CAF_ADD_TYPE_ID(natgw, (natgw::api_call))
  CAF_ADD_TYPE_ID(natgw, (natgw::api_reply))
  CAF_ADD_TYPE_ID(natgw, (natgw::bind_order))
  CAF_ADD_TYPE_ID(natgw, (natgw::bind_refused))
  CAF_ADD_TYPE_ID(natgw, (natgw::credential_news))
  CAF_ADD_TYPE_ID(natgw, (natgw::credential_refusal))
  CAF_ADD_TYPE_ID(natgw, (natgw::entry_drop))
  CAF_ADD_TYPE_ID(natgw, (natgw::entry_news))
  CAF_ADD_TYPE_ID(natgw, (natgw::entry_want))
  CAF_ADD_TYPE_ID(natgw, (natgw::foreign_news))
  CAF_ADD_TYPE_ID(natgw, (natgw::lease_term))
  CAF_ADD_TYPE_ID(natgw, (natgw::node_view))
  CAF_ADD_TYPE_ID(natgw, (natgw::object_answer))
  CAF_ADD_TYPE_ID(natgw, (natgw::object_key))
  CAF_ADD_TYPE_ID(natgw, (natgw::object_query))
  CAF_ADD_TYPE_ID(natgw, (natgw::object_event))
  CAF_ADD_TYPE_ID(natgw, (natgw::pod_patch))
  CAF_ADD_TYPE_ID(natgw, (natgw::pod_patched))
  CAF_ADD_TYPE_ID(natgw, (natgw::pod_ptr))
  CAF_ADD_TYPE_ID(natgw, (natgw::pool_capacity))
  CAF_ADD_TYPE_ID(natgw, (natgw::record_ptr))
  CAF_ADD_TYPE_ID(natgw, (natgw::record_write))
  CAF_ADD_TYPE_ID(natgw, (natgw::record_written))
  CAF_ADD_TYPE_ID(natgw, (natgw::sweep_ptr))
  CAF_ADD_TYPE_ID(natgw, (natgw::table_report))

  // An atom's text has at most 10 characters.
  // -- wishes ----------------------------------------------------------------
  CAF_ADD_ATOM(natgw, natgw::atom, bind_pod, "bind_pod")
  CAF_ADD_ATOM(natgw, natgw::atom, unbind_pod, "unbind_pod")
  CAF_ADD_ATOM(natgw, natgw::atom, ensure, "ensure")
  CAF_ADD_ATOM(natgw, natgw::atom, drop, "drop")
  // -- facts -----------------------------------------------------------------
  CAF_ADD_ATOM(natgw, natgw::atom, changed, "changed")
  CAF_ADD_ATOM(natgw, natgw::atom, gone, "gone")
  CAF_ADD_ATOM(natgw, natgw::atom, taken, "taken")
  CAF_ADD_ATOM(natgw, natgw::atom, synced, "synced")
  CAF_ADD_ATOM(natgw, natgw::atom, settled, "settled")
  // -- questions -------------------------------------------------------------
  CAF_ADD_ATOM(natgw, natgw::atom, refresh, "refresh")
  CAF_ADD_ATOM(natgw, natgw::atom, status, "status")
  // -- life ------------------------------------------------------------------
  CAF_ADD_ATOM(natgw, natgw::atom, start, "start")
  CAF_ADD_ATOM(natgw, natgw::atom, stop, "stop")
  CAF_ADD_ATOM(natgw, natgw::atom, epoch, "epoch")
  CAF_ADD_ATOM(natgw, natgw::atom, tick, "tick")

CAF_END_TYPE_ID_BLOCK(natgw)

namespace natgw {

/// Tells whether single objects exist, one GET for each question.
using object_reader_actor = caf::typed_actor<
  // Answers with an object_answer message to the sender.
  caf::reacts_to<object_query>,
  // Ends; questions under way are not answered any more.
  caf::reacts_to<atom::stop>>;

/// Writes to Kubernetes: ordered for each object, coalesced, within the rate
/// limit, fenced by the lease. One of K; objects are spread by their key. What
/// a sender still had waiting when it died is dropped; an attempt under way is
/// finished.
using status_writer_actor = caf::typed_actor<
  // Writes a PodDNAT; answers with a record_written message to the sender.
  caf::reacts_to<record_write>,
  // Patches a pod; answers with a pod_patched message to the sender. A later
  // patch for the same pod replaces one that still waits.
  caf::reacts_to<pod_patch>,
  // Emits an event on a pod or on the controller's Lease; never answered,
  // dropped first when there are too many.
  caf::reacts_to<object_event>,
  // The lease was won or renewed.
  caf::reacts_to<lease_term>,
  // Finishes what is under way, then quits.
  caf::reacts_to<atom::stop>>;

/// The only speaker to the OpenAPI of one account and region: signs, keeps
/// the rate, orders by priority, classifies what comes back.
using openapi_caller_actor = caf::typed_actor<
  // Makes one call; answers with an api_reply message to the sender. Calls
  // that are throttled are repeated here; everything else goes back.
  caf::reacts_to<api_call>,
  // From the credential keeper: what to sign with from now on. Before the
  // first of these, calls wait.
  caf::reacts_to<credential_news>,
  // The lease was won or renewed.
  caf::reacts_to<lease_term>,
  // Writes from senders of an older epoch of this gateway's pair are refused
  // from now on (outcome `unsent`); those under way are finished.
  caf::reacts_to<atom::epoch, std::string, uint64_t>,
  // Finishes the writes under way, then quits.
  caf::reacts_to<atom::stop>>;

/// Gets the credentials that sign the calls, and others before they end.
using credential_keeper_actor = caf::typed_actor<
  // From the supervisor: begins, and tells this caller of every change.
  caf::reacts_to<atom::start, openapi_caller_actor>,
  // From the caller: the cloud does not accept these.
  caf::reacts_to<credential_refusal>>;

/// Who has which port of one gateway, and how far each binding has come.
using port_pool_actor = caf::typed_actor<
  // From placement: the pod shall be reachable; repeated when it changed.
  caf::reacts_to<bind_order>,
  // From placement: the pod wants no mapping any more. True: its object is
  // gone; false: it lives on (finished, or the switch was turned off).
  caf::reacts_to<atom::unbind_pod, pod_ptr, bool>,
  // From placement: the address belongs to the pod with this uid now.
  caf::reacts_to<atom::taken, std::string, std::string>,
  // From placement: a PodDNAT of this gateway appeared or changed.
  caf::reacts_to<atom::changed, record_ptr>,
  // From placement: a PodDNAT is gone; the last known state.
  caf::reacts_to<atom::gone, record_ptr>,
  // From placement: the records are as fresh as list number N.
  caf::reacts_to<atom::synced, uint64_t>,
  // From placement: all pods that existed at the start have been told.
  caf::reacts_to<atom::synced>,
  // From the table: news of one entry of ours.
  caf::reacts_to<entry_news>,
  // From the table: which entries of others stand there.
  caf::reacts_to<foreign_news>,
  // From the table: its state, whenever that changed.
  caf::reacts_to<table_report>,
  // From the table: all that a sweep has read.
  caf::reacts_to<sweep_ptr>,
  // From placement: the same with the owners of the addresses, after all that
  // the pool was told before.
  caf::reacts_to<atom::status, sweep_ptr>,
  // From the writer: what became of a write.
  caf::reacts_to<record_written>,
  // From the writer: what became of a patch.
  caf::reacts_to<pod_patched>,
  // From the reader: whether a workload exists.
  caf::reacts_to<object_answer>>;

/// The mirror of one gateway's forward table and the write pipeline into it.
using forward_table_actor = caf::typed_actor<
  // From the supervisor: another process leads; only mirror the table.
  caf::reacts_to<atom::start>,
  // From the pool: begin under this epoch, and tell this pool. A stand-by
  // starts anew and tells what it knows before it has asked.
  caf::reacts_to<atom::start, port_pool_actor, uint64_t>,
  // From the pool: there shall be this entry.
  caf::reacts_to<entry_want>,
  // From the pool: there shall be no such entry.
  caf::reacts_to<entry_drop>,
  // From the pool: the records have been listed after the table was, so
  // entries may be modified and deleted from now on.
  caf::reacts_to<atom::settled>,
  // From the caller: what became of a call.
  caf::reacts_to<api_reply>>;

/// Which gateway a pod belongs to, and the way of every event to its pool.
using placement_actor = caf::typed_actor<
  // From the supervisor: the lease is won. Before, everything is taken in but
  // nothing decided.
  caf::reacts_to<atom::start>,
  // From the supervisor: the pool of a gateway has (re)started; everything
  // that belongs to it is told anew.
  caf::reacts_to<atom::start, std::string, port_pool_actor>,
  // From the pod watcher: any pod appeared or changed, annotated or not.
  caf::reacts_to<atom::changed, pod_ptr>,
  // From the pod watcher: a pod's object is gone; the last known state.
  caf::reacts_to<atom::gone, pod_ptr>,
  // From the pod watcher: the first lists of pods and nodes are complete.
  caf::reacts_to<atom::synced>,
  // From the pod watcher: a node appeared or changed, or is gone.
  caf::reacts_to<atom::changed, node_view>,
  caf::reacts_to<atom::gone, node_view>,
  // From the record watcher: a PodDNAT appeared or changed, or is gone.
  caf::reacts_to<atom::changed, record_ptr>,
  caf::reacts_to<atom::gone, record_ptr>,
  // From the record watcher: list number N has been told completely.
  caf::reacts_to<atom::synced, uint64_t>,
  // From a pool: what it can take now.
  caf::reacts_to<pool_capacity>,
  // From a pool: what a sweep has read; it comes back with the pods that have
  // the addresses.
  caf::reacts_to<sweep_ptr>,
  // From a pool: it cannot take this pod.
  caf::reacts_to<bind_refused>,
  // From a pool: nothing of this object is left there; its key may be placed
  // anew.
  caf::reacts_to<atom::settled, std::string, object_key>,
  // Its own timer.
  caf::reacts_to<atom::tick>>;

/// The reflector of pods and nodes.
using pod_watcher_actor = caf::typed_actor<
  // Begins to list and watch.
  caf::reacts_to<atom::start>,
  // Ends its watches and quits.
  caf::reacts_to<atom::stop>>;

/// The reflector of PodDNATs.
using record_watcher_actor = caf::typed_actor<
  // Begins to list and watch.
  caf::reacts_to<atom::start>,
  // Lists afresh (no resourceVersion=0) and tells all records of this gateway
  // again, changed or not. Answers with the number that the list will carry
  // in `synced`; questions that arrive before a list begins share it.
  caf::replies_to<atom::refresh, std::string>::with<uint64_t>,
  // Ends its watch and quits.
  caf::reacts_to<atom::stop>>;

/// Holds the lease, or waits for it.
using lease_keeper_actor = caf::typed_actor<
  // Begins to acquire; tells the supervisor with lease_term on every renewal.
  caf::reacts_to<atom::start>,
  // Hands the lease over and quits.
  caf::reacts_to<atom::stop>>;

/// Spawns, monitors, restarts and shuts down all the above.
using supervisor_actor = caf::typed_actor<
  // From the lease keeper: won or renewed.
  caf::reacts_to<lease_term>,
  // From the lease keeper: lost; the process must end.
  caf::reacts_to<atom::gone, lease_term>,
  // From placement: records name this gateway, which has no pair yet. Of a
  // stand-by it is remembered.
  caf::reacts_to<atom::start, std::string>,
  // From the signal thread: shut down in good order.
  caf::reacts_to<atom::stop>,
  // Its own timer.
  caf::reacts_to<atom::tick>>;

} // namespace natgw
