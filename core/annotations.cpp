#include "core/annotations.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "core/port_text.hpp"
#include "core/trim.hpp"

namespace natgw::core {

namespace {

constexpr std::string_view prefix = "k8s.aliyun.com/";

constexpr size_t max_pin_length = 64;

char lower(char x) {
  return x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x;
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, lower, lower);
}

std::unexpected<error> refuse(std::string_view annotation,
                              std::string_view text, std::string_view rule) {
  std::string detail{prefix};
  detail.append(annotation).append(": ").append(quoted(text));
  detail.append(": ").append(rule);
  return fail(ec::invalid_argument, std::move(detail));
}

std::string ignored(std::string_view annotation, std::string_view text,
                    std::string_view why) {
  std::string result{prefix};
  result.append(annotation).append(": ").append(quoted(text));
  return result.append(" is ignored: ").append(why);
}

// -- ports -------------------------------------------------------------------

std::optional<protocol> parse_protocol(std::string_view text) {
  if (equal_ignoring_case(text, "tcp"))
    return protocol::tcp;
  if (equal_ignoring_case(text, "udp"))
    return protocol::udp;
  return std::nullopt;
}

expected<protocol> default_protocol(const pod_annotations& x) {
  const auto text = trim(x.expose_protocol, " \t");
  if (text.empty())
    return protocol::tcp;
  if (auto result = parse_protocol(text))
    return *result;
  return refuse("pod-dnat-expose-protocol", text, "must be tcp or udp");
}

expected<port_item> parse_item(std::string_view text, protocol usual) {
  constexpr std::string_view name = "pod-dnat-expose-port";
  const auto whole = trim(text);
  if (whole.empty())
    return refuse(name, text, "an item of the list is empty");
  const auto slash = whole.find('/');
  if (slash != std::string_view::npos) {
    const auto own = parse_protocol(trim(whole.substr(slash + 1)));
    if (!own)
      return refuse(name, whole, "the protocol must be tcp or udp");
    usual = *own;
  }
  const auto ports = parse_ports(trim(whole.substr(0, slash)));
  if (!ports)
    return refuse(name, whole,
                  "must be a port of 1 to 65535 or an ascending range of "
                  "them, such as 7000-7015");
  return port_item{usual, ports->first, ports->count};
}

expected<void> check_duplicates(std::vector<port_item> items,
                                std::string_view list) {
  std::ranges::sort(items);
  for (size_t i = 1; i < items.size(); ++i) {
    const auto& before = items[i - 1];
    const auto& x = items[i];
    if (before.proto != x.proto
        || uint32_t{before.first} + before.count <= x.first)
      continue;
    return refuse("pod-dnat-expose-port", list,
                  "port " + std::to_string(x.first) + '/'
                    + std::string{to_string(x.proto)} + " is listed twice");
  }
  return {};
}

expected<std::vector<port_item>> parse_items(const pod_annotations& x,
                                             uint32_t max_ports) {
  constexpr std::string_view name = "pod-dnat-expose-port";
  const auto usual = default_protocol(x);
  if (!usual)
    return std::unexpected{usual.error()};
  if (trim(x.expose_port).empty())
    return refuse(name, x.expose_port, "at least one port is needed");
  std::vector<port_item> result;
  uint32_t total[2] = {0, 0};
  std::string_view rest = x.expose_port;
  for (bool more = true; more;) {
    const auto comma = rest.find(',');
    const auto item = parse_item(rest.substr(0, comma), *usual);
    if (!item)
      return std::unexpected{item.error()};
    auto& count = total[item->proto == protocol::tcp ? 0 : 1];
    count += item->count;
    // Said before the next item is read: the list is as long as anybody likes.
    if (count > max_ports)
      return refuse(name, x.expose_port,
                    "asks for more than " + std::to_string(max_ports)
                      + " ports of one protocol");
    result.push_back(*item);
    more = comma != std::string_view::npos;
    rest = more ? rest.substr(comma + 1) : std::string_view{};
  }
  if (auto distinct = check_duplicates(result, x.expose_port); !distinct)
    return std::unexpected{distinct.error()};
  return result;
}

// -- the other annotations ---------------------------------------------------

bool is_pin(std::string_view text) {
  return text.size() <= max_pin_length && std::ranges::all_of(text, [](char x) {
           return (x >= 'a' && x <= 'z') || (x >= '0' && x <= '9') || x == '-';
         });
}

expected<std::string> parse_pin(std::string_view name, std::string_view text,
                                std::string_view start) {
  const auto pin = trim(text);
  if (!pin.empty() && (!is_pin(pin) || !pin.starts_with(start)))
    return refuse(name, text,
                  std::string{"must have at most 64 lower-case letters, digits "
                              "and '-'"}
                    + (start.empty() ? "" : ", \"") + std::string{start}
                    + (start.empty() ? "" : "\" first"));
  return std::string{pin};
}

bool is_stateful(const owner_ref& workload, const annotation_rules& rules) {
  if (workload.kind.empty()
      || equal_ignoring_case(workload.kind, "StatefulSet"))
    return true;
  return std::ranges::any_of(rules.stateful_kinds, [&](const auto& kind) {
    return equal_ignoring_case(kind, workload.kind);
  });
}

bool parse_fixed(const pod_view& pod, const annotation_rules& rules,
                 std::vector<std::string>& notices) {
  const auto& text = pod.annotations->fixed;
  if (text != "true") {
    if (!text.empty() && text != "false")
      notices.push_back(
        ignored("pod-dnat-fixed", text, "only \"true\" has a meaning"));
    return false;
  }
  if (is_stateful(pod.workload, rules))
    return true;
  notices.push_back(ignored("pod-dnat-fixed", text,
                            "pods of a " + quoted(pod.workload->kind)
                              + " have no lasting names"));
  return false;
}

expected<void> check_pod(const pod_view& pod, const node_view* node) {
  const auto& text = pod.annotations->dnat;
  if (pod.host_network)
    return refuse("pod-dnat", text,
                  "a pod on the host network has no address of its own");
  if (pod.only_ipv6)
    return refuse("pod-dnat", text, "the pod has no IPv4 address");
  if (node != nullptr && node->is_virtual)
    return refuse("pod-dnat", text, "pods on virtual nodes are not supported");
  return {};
}

expected<dnat_wish> read_wish(const pod_view& pod,
                              const annotation_rules& rules,
                              const node_view* node) {
  const auto& x = *pod.annotations;
  if (auto fits = check_pod(pod, node); !fits)
    return std::unexpected{fits.error()};
  auto items = parse_items(x, rules.max_ports);
  if (!items)
    return std::unexpected{items.error()};
  auto gateway = parse_pin("pod-dnat-gateway", x.gateway, "ngw-");
  if (!gateway)
    return std::unexpected{gateway.error()};
  auto zone = parse_pin("pod-dnat-zone", x.zone, "");
  if (!zone)
    return std::unexpected{zone.error()};
  dnat_wish result;
  result.request.items = std::move(*items);
  result.request.fixed = parse_fixed(pod, rules, result.notices);
  result.request.early = x.early == "true";
  result.request.gateway = std::move(*gateway);
  result.request.zone = std::move(*zone);
  return result;
}

} // namespace

annotation_verdict read_annotations(const pod_view& pod,
                                    const annotation_rules& rules,
                                    const node_view* node) {
  const auto& x = *pod.annotations;
  if (!x.present || (!x.dnat.empty() && x.dnat != "true"))
    return not_ours{};
  if (x.controller_class != rules.controller_class)
    return not_ours{};
  auto wish = read_wish(pod, rules, node);
  if (!wish)
    return std::move(wish.error());
  return std::move(*wish);
}

dnat_request request_of(const intent& promise) {
  dnat_request result;
  result.items = promise.items;
  result.fixed = promise.fixed;
  return result;
}

std::string class_name(const std::string& name) {
  return name.empty() ? "no class" : "class " + quoted(name);
}

std::string quoted(std::string_view text, size_t limit) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string result{'"'};
  for (char x : text.substr(0, limit)) {
    const auto byte = static_cast<unsigned char>(x);
    if (x == '"' || x == '\\') {
      result += '\\';
      result += x;
    } else if (byte >= 0x20 && byte < 0x7f) {
      result += x;
    } else {
      result += "\\x";
      result += digits[byte >> 4U];
      result += digits[byte & 15U];
    }
  }
  result += '"';
  if (text.size() > limit)
    result += "...";
  return result;
}

} // namespace natgw::core
