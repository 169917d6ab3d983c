#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace natgw::observe {

enum class level { debug, info, warn, error };

/// One key and value of a log line. Values are escaped on output; never pass
/// a secret.
struct field {
  std::string_view name;
  std::string value;
};

/// Writes one event as one line. `event` is a fixed snake_case word, such as
/// `pod_ready`; everything variable goes into fields. Lines about a pod carry
/// the fields `pod` (namespace/name) and `uid`.
void log(level severity, std::string_view event,
         std::initializer_list<field> fields = {});

} // namespace natgw::observe
