#pragma once

#include <string>
#include <utility>

#include <CLI/App.hpp>

#include "messages/error.hpp"

namespace natgw::cli {

/// The value, or the complaint that CLI11 shows about a flag.
template <class T>
T or_complain(expected<T> value, const std::string& flag) {
  if (!value)
    throw CLI::ValidationError(flag, value.error().detail);
  return *std::move(value);
}

/// Adds an option whose text one of our parsers (a function of a
/// std::string_view that returns an expected) reads into `out`.
template <class T, class Parse>
CLI::Option* add_parsed_option(CLI::App& app, const std::string& flag, T& out,
                               Parse parse, const std::string& help) {
  auto read = [&out, parse, flag](const std::string& text) {
    out = or_complain(parse(text), flag);
  };
  return app.add_option_function<std::string>(flag, read, help);
}

} // namespace natgw::cli
