#include "test/integration/kept_output.hpp"

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>

#include <unistd.h>

namespace natgw::test {

void keep_output(std::string_view kind, std::string_view text) {
  static std::atomic<int> last = 0;
  const auto* folder = std::getenv("NATGW_KEPT");
  if (folder == nullptr || text.empty())
    return;
  auto path = std::string{folder} + '/' + std::string{kind} + '.'
              + std::to_string(getpid()) + '.' + std::to_string(++last);
  if (!(std::ofstream{path} << text))
    throw std::runtime_error("cannot write " + path);
}

} // namespace natgw::test
