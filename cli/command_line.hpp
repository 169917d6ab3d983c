#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command.hpp"
#include "messages/error.hpp"

// The command line, on CLI11. Its headers cost ten seconds of compilation, so
// they are included in one source only.

namespace CLI {
class App;
} // namespace CLI

namespace natgw::cli {

/// The flags of one subcommand. What they write to must live until the command
/// line has been read; what it holds before is the default. Names that begin
/// without a dash are positional. Flags take effect in the order of their
/// making, whatever their order on the command line.
class flags {
public:
  explicit flags(CLI::App& app) : app_(&app) {
    // nop
  }

  /// Flags made from now on stand under this title in the help.
  void group(std::string title) {
    group_ = std::move(title);
  }

  void text(const std::string& name, std::string& out, const std::string& help,
            bool required = false);

  /// A whole number within bounds, both included.
  template <std::integral T>
  void number(const std::string& name, T& out, uint64_t low, uint64_t high,
              const std::string& help) {
    whole_number(
      name, [&out](uint64_t x) { out = static_cast<T>(x); }, low, high, help);
  }

  /// A flag without a value; "--x,!--no-x" has both forms.
  void toggle(const std::string& name, bool& out, const std::string& help);

  /// Calls `fn` if the flag is given.
  void act(const std::string& name, std::function<void()> fn,
           const std::string& help);

  using reader = std::function<expected<void>(std::string_view)>;

  /// Hands each text that is given to `fn`; its error is shown to the user.
  void read(const std::string& name, reader fn, const std::string& help,
            const std::string& form, bool repeated = false);

  /// A text that `parse` (from a std::string_view to an expected) understands.
  template <class T, class Parse>
  void parsed(const std::string& name, T& out, Parse parse,
              const std::string& help, const std::string& form) {
    auto fn = [&out, parse](std::string_view raw) -> expected<void> {
      auto value = parse(raw);
      if (!value)
        return std::unexpected{value.error()};
      out = *std::move(value);
      return {};
    };
    read(name, std::move(fn), help, form);
  }

private:
  void whole_number(const std::string& name, std::function<void(uint64_t)> fn,
                    uint64_t low, uint64_t high, const std::string& help);

  CLI::App* app_;
  std::string group_ = "Options";
};

/// The program's command line: one of its subcommands, with its flags.
class command_line {
public:
  command_line(const std::string& about, const std::string& version,
               const std::string& footer);
  ~command_line();

  command_line(const command_line&) = delete;
  command_line& operator=(const command_line&) = delete;

  /// Adds a subcommand; `body` is called if the user asks for it.
  flags add(const std::string& name, const std::string& help, command body);

  /// Reads the arguments (without the program's name) and does what they ask
  /// for. Wrong ones are complained about and end with `usage`.
  exit_code run(std::vector<std::string> arguments);

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace natgw::cli
