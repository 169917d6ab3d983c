#include <chrono>
#include <cstdint>
#include <fstream>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <boost/test/unit_test.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clients/http/curl_transport.hpp"
#include "serving/self_signed.hpp"
#include "test/integration/process.hpp"

// Against nghttpd, which speaks HTTP/2 and nothing else.

using namespace natgw;
using namespace std::chrono_literals;
using test::process;
using test::temporary_folder;

namespace {

constexpr auto patience = 30s;

uint16_t free_port() {
  auto fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(at);
  auto good = bind(fd, reinterpret_cast<sockaddr*>(&at), size) == 0
              && getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) == 0;
  close(fd);
  if (!good)
    throw std::runtime_error{"no free port"};
  return ntohs(at.sin_port);
}

struct http2_server {
  temporary_folder folder;
  serving::self_signed identity = serving::make_self_signed().value();
  uint16_t port = free_port();
  process running;

  explicit http2_server(const std::vector<std::string>& flags = {})
    : running{prepare(flags)} {
    // nop
  }

  std::string url(const std::string& name) const {
    return "https://127.0.0.1:" + std::to_string(port) + "/" + name;
  }

private:
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream{folder / name} << text;
    return folder / name;
  }

  std::vector<std::string>
  prepare(const std::vector<std::string>& flags) const {
    write("hello", "hello");
    std::vector<std::string> result{"nghttpd", "--address=127.0.0.1",
                                    "--htdocs=" + folder / "."};
    result.insert(result.end(), flags.begin(), flags.end());
    result.push_back(std::to_string(port));
    result.push_back(write("key", identity.server.key_pem));
    result.push_back(write("certificate", identity.server.certificate_pem));
    return result;
  }
};

std::future<expected<http::response>> send(http::curl_transport& aut,
                                           const std::string& url) {
  auto promise = std::make_shared<std::promise<expected<http::response>>>();
  auto result = promise->get_future();
  aut.send({.verb = http::method::get, .url = url},
           [promise](expected<http::response> x) {
             promise->set_value(std::move(x));
           });
  return result;
}

/// Asks until the server is up.
bool comes_up(http::curl_transport& aut, const http2_server& server) {
  auto until = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < until)
    if (send(aut, server.url("hello")).get())
      return true;
  return false;
}

} // namespace

BOOST_AUTO_TEST_SUITE(http2)

BOOST_AUTO_TEST_CASE(many_requests_go_over_http2_at_once) {
  http2_server server;
  http::curl_transport aut{
    {.tls = {.ca_pem = server.identity.ca_pem}, .http2 = true}};
  BOOST_TEST_REQUIRE(comes_up(aut, server));
  std::vector<std::future<expected<http::response>>> pending;
  for (auto i = 0; i < 100; ++i)
    pending.push_back(send(aut, server.url(i % 2 == 0 ? "hello" : "absent")));
  for (auto i = 0; i < 100; ++i) {
    auto got = pending[static_cast<size_t>(i)].get();
    BOOST_TEST_REQUIRE(got.has_value());
    BOOST_TEST(got->status == (i % 2 == 0 ? 200 : 404));
    BOOST_TEST((i % 2 == 1 || got->body == "hello"));
  }
}

BOOST_AUTO_TEST_CASE(http2_is_not_spoken_where_it_is_not_wanted) {
  http2_server server;
  http::curl_transport wanted{
    {.tls = {.ca_pem = server.identity.ca_pem}, .http2 = true}};
  BOOST_TEST_REQUIRE(comes_up(wanted, server));
  http::curl_transport aut{
    {.tls = {.ca_pem = server.identity.ca_pem}, .http2 = false}};
  auto got = send(aut, server.url("hello")).get();
  BOOST_TEST(!got.has_value());
}

BOOST_AUTO_TEST_CASE(client_certificate_is_shown_where_it_is_asked_for) {
  http2_server server{{"--verify-client"}};
  auto me = serving::make_self_signed();
  BOOST_REQUIRE(me.has_value());
  http::curl_transport known{
    {.tls = {.ca_pem = server.identity.ca_pem,
             .certificate_pem = me->server.certificate_pem,
             .key_pem = me->server.key_pem},
     .http2 = true}};
  BOOST_TEST(comes_up(known, server));
  http::curl_transport nobody{
    {.tls = {.ca_pem = server.identity.ca_pem}, .http2 = true}};
  BOOST_TEST(!send(nobody, server.url("hello")).get().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
