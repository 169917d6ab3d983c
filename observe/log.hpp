#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "messages/error.hpp"

namespace natgw::observe {

enum class level : uint8_t { debug, info, warn, error };

enum class log_format : uint8_t {
  /// `2025-01-31T12:00:00.000Z INFO pod_ready pod=default/a uid=1-2`
  text,
  /// `{"time":"2025-…","level":"info","event":"pod_ready","pod":"default/a"}`
  json,
};

/// "debug", "info", "warn" or "error".
std::string_view to_string(level x);

/// The inverse of `to_string`, and of the format's names; in any case but
/// these: `invalid_argument`.
expected<level> parse_level(std::string_view x);
expected<log_format> parse_log_format(std::string_view x);

/// How the process logs. Defaults apply until `configure_log` is called.
struct log_options {
  log_format format = log_format::text;
  /// Events below it are dropped.
  level threshold = level::info;
  /// Receives every line, without its newline, from any thread; empty: the
  /// standard error stream.
  std::function<void(std::string_view)> sink;
};

/// Sets how the process logs from now on. Safe at any time.
void configure_log(log_options options);

/// One key and value of a log line. Values are escaped on output; never pass
/// a secret.
struct field {
  std::string_view name;
  std::string value;
};

/// Writes one event as one line. `event` is a fixed snake_case word, such as
/// `pod_ready`; everything variable goes into fields. Lines about a pod carry
/// the fields `pod` (namespace/name) and `uid`. Never throws; a line longer
/// than 16 KiB is cut.
void log(level severity, std::string_view event,
         std::initializer_list<field> fields = {});

/// The line `log` writes, without its time: for tests and for embedding.
std::string
format_line(log_format format, level severity, std::string_view event,
            std::initializer_list<field> fields, std::string_view time);

} // namespace natgw::observe
