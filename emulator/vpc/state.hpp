#pragma once

#include "emulator/vpc/cloud.hpp"
#include "serving/http_server.hpp"

namespace natgw::emulator {

/// `GET /state`, see core.hpp.
serving::response state_answer(const cloud& at, const serving::request& x);

} // namespace natgw::emulator
