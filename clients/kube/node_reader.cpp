#include "clients/kube/object_readers.hpp"

namespace natgw::kube {

namespace {

struct node_labels {
  std::string zone;
  std::string old_zone;
  std::string type;
};

json::error_code read_labels(json::value& from, node_labels& out) {
  return json::each_member(from, [&](std::string_view key, json::value& item) {
    if (key == "topology.kubernetes.io/zone")
      return json::read_text(item, out.zone);
    if (key == "failure-domain.beta.kubernetes.io/zone")
      return json::read_text(item, out.old_zone);
    if (key == "type")
      return json::read_text(item, out.type);
    return json::SUCCESS;
  });
}

} // namespace

json::error_code read_object(json::object& from, metadata& meta,
                             node_view& out) {
  node_labels labels;
  auto read_meta = [&](std::string_view key, json::value& item) {
    return key == "labels" ? read_labels(item, labels) : json::SUCCESS;
  };
  auto code
    = json::each_member(from, [&](std::string_view key, json::value& item) {
        return key == "metadata" ? read_metadata(item, meta, read_meta)
                                 : json::SUCCESS;
      });
  out.name = meta.key.name;
  out.zone = labels.zone.empty() ? labels.old_zone : labels.zone;
  out.is_virtual = labels.type == "virtual-kubelet";
  return code;
}

} // namespace natgw::kube
