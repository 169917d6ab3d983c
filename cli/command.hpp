#pragma once

#include <functional>

namespace natgw::cli {

/// What the process ends with.
enum class exit_code : int {
  /// All went well.
  success = 0,
  /// Something failed, or a check found harm.
  failure = 1,
  /// The command line is wrong, or there is nothing to do.
  usage = 2,
};

/// The body of the subcommand that the user chose; set while the command line
/// is parsed, called after it.
using command = std::function<exit_code()>;

} // namespace natgw::cli
