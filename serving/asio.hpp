#pragma once

// Asio 1.74 uses std::exchange without including it.
#include <utility>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>

/// Asio as this folder uses it. Only http_server.cpp may include what includes
/// this: it costs seconds to compile.
namespace natgw::serving {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;

/// Makes an operation awaitable that reports errors in `err`.
inline auto into(error_code& err) {
  return asio::redirect_error(asio::use_awaitable, err);
}

} // namespace natgw::serving
