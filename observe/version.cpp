#include "observe/version.hpp"

namespace natgw::observe {

std::string_view version() {
  return NATGW_VERSION;
}

} // namespace natgw::observe
