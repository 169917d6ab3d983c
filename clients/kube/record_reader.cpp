#include <algorithm>
#include <optional>

#include "clients/kube/intent_codec.hpp"
#include "clients/kube/object_readers.hpp"
#include "clients/kube/port_text.hpp"
#include "clients/kube/record_body.hpp"
#include "clients/kube/record_spec.hpp"

namespace natgw::kube {

namespace {

struct record_parts {
  std::optional<std::string> annotation;
  std::string controller_class;
  std::vector<std::string> finalizers;
  std::vector<foreign_owner> owners;
  record_spec spec;
  bool spec_unreadable = false;
  bool status_unreadable = false;
};

json::error_code read_meta(std::string_view key, json::value& item,
                           record_parts& out) {
  if (key == "annotations")
    return json::each_member(item, [&](std::string_view name,
                                       json::value& text) {
      if (name == intent_annotation)
        return json::read_text(text, out.annotation.emplace());
      if (name == class_annotation)
        return json::read_text(text, out.controller_class);
      return json::SUCCESS;
    });
  if (key == "finalizers")
    return json::each_element(item, [&](json::value& text) {
      return json::read_text(text, out.finalizers.emplace_back());
    });
  if (key == "ownerReferences")
    return json::each_element(item, [&](json::value& owner) {
      return read_owner(owner, out.owners.emplace_back());
    });
  return json::SUCCESS;
}

json::error_code read_mapping(json::value& from, record_spec& out) {
  auto& ports = out.ports.emplace_back();
  return json::each_member(from, [&](std::string_view key, json::value& item) {
    if (key == "externalPort")
      return json::read_text(item, ports.first);
    if (key == "internalPort")
      return json::read_text(item, ports.second);
    return json::SUCCESS;
  });
}

json::error_code read_spec(json::value& from, record_spec& out) {
  return json::each_member(from, [&](std::string_view key, json::value& item) {
    if (key == "tableId")
      return json::read_text(item, out.table_id);
    if (key == "externalIP")
      return json::read_text(item, out.external_ip);
    if (key == "internalIP")
      return json::read_text(item, out.internal_ip);
    if (key == "zoneID")
      return json::read_text(item, out.zone_id);
    if (key == "protocol")
      return json::read_text(item, out.protocol);
    if (key == "portMapping")
      return json::each_element(item, [&](json::value& mapping) {
        return read_mapping(mapping, out);
      });
    return json::SUCCESS;
  });
}

json::error_code read_entry(json::value& from, status_entry& out) {
  return json::each_member(from, [&](std::string_view key, json::value& item) {
    if (key == "externalIP")
      return json::read_text(item, out.external_ip);
    if (key == "externalPort")
      return json::read_text(item, out.external_port);
    if (key == "forwardEntryId")
      return json::read_text(item, out.forward_entry_id);
    if (key == "internalIP")
      return json::read_text(item, out.internal_ip);
    if (key == "internalPort")
      return json::read_text(item, out.internal_port);
    if (key != "ipProtocol")
      return json::SUCCESS;
    std::string name;
    auto code = json::read_text(item, name);
    auto proto = parse_protocol(name);
    out.proto = proto.value_or(protocol::tcp);
    return code == json::SUCCESS && !proto ? simdjson::INCORRECT_TYPE : code;
  });
}

json::error_code read_status(json::value& from,
                             std::vector<status_entry>& out) {
  return json::each_member(from, [&](std::string_view key, json::value& item) {
    if (key != "entries")
      return json::SUCCESS;
    return json::each_element(item, [&](json::value& entry) {
      return read_entry(entry, out.emplace_back());
    });
  });
}

// Notes an error about single values and goes on.
json::error_code forgive(json::error_code code, bool& noted) {
  noted = noted || code != json::SUCCESS;
  return json::is_local(code) ? json::SUCCESS : code;
}

bool is_our_pod(const foreign_owner& x, const object_key& key) {
  return x.ref.kind == "Pod" && x.ref.api_version == "v1"
         && x.ref.name == key.name;
}

void assemble_metadata(record_parts& parts, const metadata& meta,
                       record_view& out) {
  out.key = meta.key;
  out.uid = meta.uid;
  out.resource_version = meta.resource_version;
  out.created = meta.created;
  out.controller_class = std::move(parts.controller_class);
  out.deleting = meta.deleting;
  for (auto& name : parts.finalizers) {
    if (name == finalizer)
      out.finalizer = true;
    else
      out.foreign_finalizers.push_back(std::move(name));
  }
  for (auto& owner : parts.owners) {
    if (out.owner_pod_uid.empty() && is_our_pod(owner, meta.key))
      out.owner_pod_uid = std::move(owner.ref.uid);
    else
      out.foreign_owners.push_back(std::move(owner));
  }
}

void assemble_promise(const record_parts& parts, record_view& out) {
  const auto* annotation = parts.annotation ? &*parts.annotation : nullptr;
  auto result = believe(annotation, parts.spec, out.owner_pod_uid);
  if (parts.spec_unreadable)
    result.problem = "spec has values of the wrong type; " + result.problem;
  if (parts.status_unreadable) {
    result.problem = "status has values of the wrong type; " + result.problem;
    out.status.clear();
  }
  out.gateway = parts.spec.table_id;
  out.shown_ip = parts.spec.internal_ip;
  out.promise = std::move(result.promise);
  out.problem = std::move(result.problem);
}

} // namespace

json::error_code read_object(json::object& from, metadata& meta,
                             record_view& out) {
  record_parts parts;
  auto visit_meta = [&](std::string_view key, json::value& item) {
    return read_meta(key, item, parts);
  };
  auto code = json::each_member(from, [&](std::string_view key,
                                          json::value& item) {
    if (key == "metadata")
      return read_metadata(item, meta, visit_meta);
    if (key == "spec")
      return forgive(read_spec(item, parts.spec), parts.spec_unreadable);
    if (key == "status")
      return forgive(read_status(item, out.status), parts.status_unreadable);
    return json::SUCCESS;
  });
  assemble_metadata(parts, meta, out);
  assemble_promise(parts, out);
  return code;
}

} // namespace natgw::kube
