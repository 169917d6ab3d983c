#include "cli/command_line.hpp"

#include <algorithm>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "config/text.hpp"

namespace natgw::cli {

void flags::text(const std::string& name, std::string& out,
                 const std::string& help, bool required) {
  app_->add_option(name, out, help)->required(required)->group(group_);
}

void flags::toggle(const std::string& name, bool& out,
                   const std::string& help) {
  app_->add_flag(name, out, help)->group(group_);
}

void flags::act(const std::string& name, std::function<void()> fn,
                const std::string& help) {
  app_->add_flag_callback(name, std::move(fn), help)->group(group_);
}

void flags::read(const std::string& name, reader fn, const std::string& help,
                 const std::string& form, bool repeated) {
  auto each = [name, fn = std::move(fn)](const std::vector<std::string>& all) {
    for (const auto& text : all)
      if (auto done = fn(text); !done)
        throw CLI::ValidationError(name, done.error().detail);
  };
  auto* option = app_->add_option_function<std::vector<std::string>>(name, each,
                                                                     help);
  option->type_name(form)->group(group_);
  if (!repeated)
    option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

void flags::whole_number(const std::string& name,
                         std::function<void(uint64_t)> fn, uint64_t low,
                         uint64_t high, const std::string& help) {
  auto take = [fn = std::move(fn), low,
               high](std::string_view raw) -> expected<void> {
    auto value = config::parse_number(raw, low, high);
    if (!value)
      return std::unexpected{value.error()};
    fn(*value);
    return {};
  };
  read(name, std::move(take), help, "NUMBER");
}

struct command_line::impl {
  CLI::App app;
  command chosen;

  explicit impl(const std::string& about) : app(about, "natgw-controller") {
    // nop
  }
};

command_line::command_line(const std::string& about, const std::string& version,
                           const std::string& footer)
  : impl_(std::make_unique<impl>(about)) {
  impl_->app.set_version_flag("--version", version);
  impl_->app.footer(footer);
  impl_->app.require_subcommand(1);
}

command_line::~command_line() = default;

flags command_line::add(const std::string& name, const std::string& help,
                        command body) {
  auto* sub = impl_->app.add_subcommand(name, help);
  sub->callback([this, body = std::move(body)] { impl_->chosen = body; });
  return flags{*sub};
}

exit_code command_line::run(std::vector<std::string> arguments) {
  // CLI11 takes them from the back.
  std::ranges::reverse(arguments);
  try {
    impl_->app.parse(std::move(arguments));
  } catch (const CLI::Success& what) {
    impl_->app.exit(what);
    return exit_code::success;
  } catch (const CLI::ParseError& what) {
    impl_->app.exit(what);
    return exit_code::usage;
  }
  return impl_->chosen();
}

} // namespace natgw::cli
