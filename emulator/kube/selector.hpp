#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/kube/resource.hpp"

namespace natgw::emulator::kube {

/// Which objects a list or watch wants.
class selector {
public:
  /// Reads `labelSelector` and `fieldSelector`; the error is the message of
  /// the 400 that Kubernetes answers with.
  static std::expected<selector, std::string>
  parse(const resource& type, std::string_view labels, std::string_view fields);

  bool matches(const json& object) const;

  /// True if it lets everything through.
  bool empty() const {
    return labels_.empty() && fields_.empty();
  }

private:
  enum class test : uint8_t { in, not_in, exists, absent };
  struct requirement {
    std::string key;
    test how = test::in;
    std::vector<std::string> values;
  };

  static std::expected<std::vector<requirement>, std::string>
  parse_labels(std::string_view text);
  static std::expected<requirement, std::string>
  parse_label(std::string_view text);
  static bool holds(const requirement& x, const json* value);

  std::vector<requirement> labels_;
  std::vector<requirement> fields_;
};

} // namespace natgw::emulator::kube
