#include <array>

#include "clients/kube/object_readers.hpp"
#include "clients/kube/pod_body.hpp"
#include "core/ip_address.hpp"

namespace natgw::kube {

namespace {

constexpr std::string_view first_prefix = "k8s.aliyun.com/";
constexpr std::string_view second_prefix = "network.alibabacloud.com/";
constexpr std::string_view okg_annotation = "game.kruise.io/network-status";

struct annotation_slot {
  std::string_view name;
  std::string pod_annotations::* member;
};

constexpr std::array slots{
  annotation_slot{"pod-dnat", &pod_annotations::dnat},
  annotation_slot{"pod-dnat-expose-port", &pod_annotations::expose_port},
  annotation_slot{"pod-dnat-expose-protocol",
                  &pod_annotations::expose_protocol},
  annotation_slot{"pod-dnat-fixed", &pod_annotations::fixed},
  annotation_slot{"pod-dnat-gateway", &pod_annotations::gateway},
  annotation_slot{"pod-dnat-zone", &pod_annotations::zone},
  annotation_slot{"pod-dnat-class", &pod_annotations::controller_class},
  annotation_slot{"pod-dnat-early", &pod_annotations::early},
};

// Whether OpenKruiseGame still waits for this pod's network.
bool is_okg_waiting(std::string_view status) {
  std::string copy{status};
  std::string present;
  std::string older;
  json::reading source{1};
  json::object root;
  if (source.open(pad(copy)) != json::SUCCESS
      || source.doc().get_object().get(root) != json::SUCCESS)
    return false;
  auto code = json::each_member(root,
                                [&](std::string_view key, json::value& item) {
                                  if (key == "currentNetworkState")
                                    return json::read_text(item, present);
                                  if (key == "networkState")
                                    return json::read_text(item, older);
                                  return json::SUCCESS;
                                });
  auto& state = present.empty() ? older : present;
  return code == json::SUCCESS && !state.empty() && state != "Ready";
}

class pod_parts {
public:
  explicit pod_parts(pod_view& out) : out_(out) {
  }

  json::error_code read_meta(std::string_view key, json::value& item) {
    if (key == "annotations")
      return json::each_member(item, [this](std::string_view name,
                                            json::value& text) {
        return read_annotation(name, text);
      });
    if (key == "ownerReferences")
      return json::each_element(item, [this](json::value& owner) {
        foreign_owner x;
        auto code = read_owner(owner, x);
        if (code == json::SUCCESS && x.controller)
          out_.workload = std::move(x.ref);
        return code;
      });
    return json::SUCCESS;
  }

  json::error_code read_spec(std::string_view key, json::value& item) {
    if (key == "nodeName")
      return json::read_text(item, out_.node);
    if (key == "hostNetwork")
      return item.get_bool().get(out_.host_network);
    if (key == "readinessGates")
      return json::each_element(item, [this](json::value& gate) {
        return read_gate(gate);
      });
    return json::SUCCESS;
  }

  json::error_code read_status(std::string_view key, json::value& item) {
    if (key == "phase") {
      std::string phase;
      auto code = json::read_text(item, phase);
      out_.finished = phase == "Succeeded" || phase == "Failed";
      return code;
    }
    if (key == "podIP")
      return json::read_text(item, pod_ip_);
    if (key == "podIPs")
      return json::each_element(item, [this](json::value& address) {
        return read_address(address);
      });
    if (key == "conditions")
      return json::each_element(item, [this](json::value& condition) {
        return read_condition(condition);
      });
    return json::SUCCESS;
  }

  void finish() {
    if (out_.ip.empty() && core::parse_ipv4(pod_ip_))
      out_.ip = pod_ip_;
    out_.only_ipv6 = out_.ip.empty() && (has_address_ || !pod_ip_.empty());
    if (has_gate_)
      out_.gate = condition_true_ ? gate_state::is_true : gate_state::not_true;
  }

private:
  json::error_code read_annotation(std::string_view name, json::value& item) {
    if (name == status_annotation)
      return json::read_text(item, out_.status_annotation);
    if (name == okg_annotation) {
      std::string text;
      auto code = json::read_text(item, text);
      out_.okg_waiting = is_okg_waiting(text);
      return code;
    }
    if (name.starts_with(first_prefix))
      return read_slot(name.substr(first_prefix.size()), item, true);
    if (name.starts_with(second_prefix))
      return read_slot(name.substr(second_prefix.size()), item, false);
    return json::SUCCESS;
  }

  // What is written under the first prefix stands, whichever comes first.
  json::error_code read_slot(std::string_view name, json::value& item,
                             bool is_first) {
    for (size_t i = 0; i < slots.size(); ++i) {
      if (slots[i].name != name)
        continue;
      if (!is_first && settled_[i])
        return json::SUCCESS;
      settled_[i] = is_first;
      if (i == 0)
        out_.annotations.edit().present = true;
      return json::read_text(item, out_.annotations.edit().*slots[i].member);
    }
    return json::SUCCESS;
  }

  json::error_code read_gate(json::value& gate) {
    return json::each_member(gate,
                             [this](std::string_view key, json::value& item) {
                               std::string type;
                               if (key != "conditionType")
                                 return json::SUCCESS;
                               auto code = json::read_text(item, type);
                               has_gate_ = has_gate_ || type == gate_condition;
                               return code;
                             });
  }

  json::error_code read_condition(json::value& condition) {
    std::string type;
    std::string status;
    auto code = json::each_member(condition,
                                  [&](std::string_view key, json::value& item) {
                                    if (key == "type")
                                      return json::read_text(item, type);
                                    if (key == "status")
                                      return json::read_text(item, status);
                                    return json::SUCCESS;
                                  });
    if (type == gate_condition)
      condition_true_ = status == "True";
    return code;
  }

  json::error_code read_address(json::value& address) {
    return json::each_member(address,
                             [this](std::string_view key, json::value& item) {
                               std::string ip;
                               if (key != "ip")
                                 return json::SUCCESS;
                               auto code = json::read_text(item, ip);
                               has_address_ = has_address_ || !ip.empty();
                               if (out_.ip.empty() && core::parse_ipv4(ip))
                                 out_.ip = std::move(ip);
                               return code;
                             });
  }

  pod_view& out_;
  std::array<bool, slots.size()> settled_{};
  std::string pod_ip_;
  bool has_address_ = false;
  bool has_gate_ = false;
  bool condition_true_ = false;
};

} // namespace

json::error_code read_object(json::object& from, metadata& meta,
                             pod_view& out) {
  pod_parts parts{out};
  auto read_meta = [&](std::string_view key, json::value& item) {
    return parts.read_meta(key, item);
  };
  auto code = json::each_member(from, [&](std::string_view key,
                                          json::value& item) {
    if (key == "metadata")
      return read_metadata(item, meta, read_meta);
    if (key == "spec")
      return json::each_member(item,
                               [&](std::string_view name, json::value& part) {
                                 return parts.read_spec(name, part);
                               });
    if (key == "status")
      return json::each_member(item,
                               [&](std::string_view name, json::value& part) {
                                 return parts.read_status(name, part);
                               });
    return json::SUCCESS;
  });
  parts.finish();
  out.key = meta.key;
  out.uid = meta.uid;
  out.terminating = meta.deleting;
  return code;
}

} // namespace natgw::kube
