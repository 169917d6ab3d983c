#include "observe/log.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "observe/escape.hpp"

namespace natgw::observe {

namespace {

constexpr size_t max_line_bytes = size_t{16} * 1024;

/// Hands the bare message to a function.
class function_sink : public spdlog::sinks::base_sink<std::mutex> {
public:
  explicit function_sink(std::function<void(std::string_view)> receive)
    : receive_(std::move(receive)) {
    // nop
  }

protected:
  void sink_it_(const spdlog::details::log_msg& msg) override {
    receive_(std::string_view{msg.payload.data(), msg.payload.size()});
  }

  void flush_() override {
    // nop
  }

private:
  std::function<void(std::string_view)> receive_;
};

std::shared_ptr<spdlog::logger> make_logger(log_options& options) {
  spdlog::sink_ptr sink;
  if (options.sink)
    sink = std::make_shared<function_sink>(std::move(options.sink));
  else
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  auto logger = std::make_shared<spdlog::logger>("natgw", std::move(sink));
  logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
    "%v", spdlog::pattern_time_type::utc));
  logger->set_level(spdlog::level::trace);
  return logger;
}

/// What `configure_log` sets; the one global of the program.
class log_state {
public:
  log_state() {
    configure({});
  }

  void configure(log_options options) {
    auto logger = make_logger(options);
    std::lock_guard guard{mutex_};
    format_ = options.format;
    threshold_ = options.threshold;
    logger_.swap(logger);
  }

  bool enabled(level severity) const {
    return severity >= threshold_.load(std::memory_order_relaxed);
  }

  std::pair<log_format, std::shared_ptr<spdlog::logger>> current() {
    std::lock_guard guard{mutex_};
    return {format_, logger_};
  }

private:
  std::mutex mutex_;
  log_format format_ = log_format::text;
  std::atomic<level> threshold_ = level::info;
  std::shared_ptr<spdlog::logger> logger_;
};

log_state& state() {
  // Never destroyed: threads may log until the very end of the process.
  static auto* instance = new log_state;
  return *instance;
}

std::string timestamp() {
  auto now = std::chrono::system_clock::now();
  auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  auto millis = std::chrono::floor<std::chrono::milliseconds>(now - seconds);
  return fmt::format("{:%FT%T}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     millis.count());
}

std::string_view upper(level x) {
  switch (x) {
    case level::debug:
      return "DEBUG";
    case level::info:
      return "INFO";
    case level::warn:
      return "WARN";
    case level::error:
      return "ERROR";
  }
  return "ERROR";
}

std::string format_text(level severity, std::string_view event,
                        std::initializer_list<field> fields,
                        std::string_view time) {
  std::string out{time};
  if (!out.empty())
    out += ' ';
  (out += upper(severity)) += ' ';
  out += event;
  for (const auto& x : fields) {
    if (out.size() >= max_line_bytes)
      break;
    ((out += ' ') += x.name) += '=';
    escape_text(out, x.value, max_line_bytes);
  }
  return out;
}

void append_member(std::string& out, std::string_view name,
                   std::string_view value) {
  out += out.empty() ? "{\"" : ",\"";
  escape_json(out, name, max_line_bytes);
  out += "\":\"";
  escape_json(out, value, max_line_bytes);
  out += '"';
}

std::string format_json(level severity, std::string_view event,
                        std::initializer_list<field> fields,
                        std::string_view time) {
  std::string out;
  if (!time.empty())
    append_member(out, "time", time);
  append_member(out, "level", to_string(severity));
  append_member(out, "event", event);
  for (const auto& x : fields) {
    if (out.size() >= max_line_bytes)
      break;
    append_member(out, x.name, x.value);
  }
  out += '}';
  return out;
}

} // namespace

std::string_view to_string(level x) {
  switch (x) {
    case level::debug:
      return "debug";
    case level::info:
      return "info";
    case level::warn:
      return "warn";
    case level::error:
      return "error";
  }
  return "error";
}

expected<level> parse_level(std::string_view x) {
  for (auto candidate : {level::debug, level::info, level::warn, level::error})
    if (to_string(candidate) == x)
      return candidate;
  return fail(ec::invalid_argument,
              "the log level is debug, info, warn or error");
}

expected<log_format> parse_log_format(std::string_view x) {
  if (x == "text")
    return log_format::text;
  if (x == "json")
    return log_format::json;
  return fail(ec::invalid_argument, "the log format is text or json");
}

void configure_log(log_options options) {
  state().configure(std::move(options));
}

void log(level severity, std::string_view event,
         std::initializer_list<field> fields) {
  if (!state().enabled(severity))
    return;
  auto [format, logger] = state().current();
  auto line = format_line(format, severity, event, fields, timestamp());
  logger->log(spdlog::level::info,
              spdlog::string_view_t{line.data(), line.size()});
}

std::string
format_line(log_format format, level severity, std::string_view event,
            std::initializer_list<field> fields, std::string_view time) {
  return format == log_format::json
           ? format_json(severity, event, fields, time)
           : format_text(severity, event, fields, time);
}

} // namespace natgw::observe
