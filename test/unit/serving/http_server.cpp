#include "serving/http_server.hpp"

#include <arpa/inet.h>
#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <future>
#include <mutex>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "serving/self_signed.hpp"
#include "test/unit/serving/http_client.hpp"

using namespace natgw;
using namespace natgw::serving;
using natgw::test::fetch;
using natgw::test::http_client;

namespace {

std::unique_ptr<http_server> serve(handler fn, http_options cfg = {}) {
  auto result = http_server::start(std::move(cfg), std::move(fn));
  BOOST_REQUIRE(result.has_value());
  return std::move(*result);
}

/// Answers with what it was asked.
void echo(request x, responder right) {
  std::string said = x.method + " " + x.target + "\n";
  for (const auto& h : x.headers)
    if (h.name.starts_with("x-"))
      said += h.name + "=" + h.value + "\n";
  right.answer(response::text(200, said + x.body));
}

/// A bare socket, for what no decent client sends.
class raw_peer {
public:
  explicit raw_peer(uint16_t port) : fd_{socket(AF_INET, SOCK_STREAM, 0)} {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval limit{20, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    BOOST_REQUIRE(
      connect(fd_, reinterpret_cast<const sockaddr*>(&where), sizeof(where))
      == 0);
  }
  raw_peer(const raw_peer&) = delete;
  raw_peer& operator=(const raw_peer&) = delete;
  ~raw_peer() {
    ::close(fd_);
  }

  void say(std::string_view text) const {
    while (!text.empty()) {
      const auto n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0)
        return;
      text.remove_prefix(static_cast<size_t>(n));
    }
  }

  /// Everything up to the end of the connection.
  std::string hear() const {
    std::string result;
    char block[4096];
    for (;;) {
      const auto n = ::recv(fd_, block, sizeof(block), 0);
      if (n <= 0) {
        reset = n < 0 && errno == ECONNRESET;
        return result;
      }
      result.append(block, static_cast<size_t>(n));
    }
  }

  mutable bool reset = false;

private:
  int fd_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(http_server_suite, *boost::unit_test::label("concurrent"))

BOOST_AUTO_TEST_CASE(request_arrives_whole_and_is_answered) {
  const auto server = serve(echo);
  http_client client;
  const auto got = client.run(
    server->url() + "/a/b?c=d%20e",
    {.method = "PATCH", .body = "payload", .headers = {"X-Key: V"}});
  BOOST_TEST(got.result == CURLE_OK);
  BOOST_TEST(got.status == 200);
  BOOST_TEST(got.body == "PATCH /a/b?c=d%20e\nx-key=V\npayload");
}

BOOST_AUTO_TEST_CASE(connection_is_kept_for_the_next_request) {
  const auto server = serve(echo);
  http_client client;
  BOOST_TEST(client.get(server->url()).connects == 1);
  for (int i = 0; i < 20; ++i) {
    const auto got = client.get(server->url() + "/" + std::to_string(i));
    BOOST_TEST(got.connects == 0);
    BOOST_TEST(got.body == "GET /" + std::to_string(i) + "\n");
  }
  BOOST_TEST(server->connections() == 1U);
}

BOOST_AUTO_TEST_CASE(pipelined_requests_are_answered_in_order) {
  const auto server = serve(echo);
  const raw_peer peer{server->port()};
  peer.say("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n"
           "Connection: close\r\n\r\n");
  const auto heard = peer.hear();
  const auto first = heard.find("GET /1");
  const auto second = heard.find("GET /2");
  BOOST_TEST((first != std::string::npos && second != std::string::npos
              && first < second));
}

BOOST_AUTO_TEST_CASE(head_is_answered_without_a_body) {
  const auto server = serve(echo);
  http_client client;
  const auto got = client.run(server->url(), {.method = "HEAD"});
  BOOST_TEST(got.result == CURLE_OK);
  BOOST_TEST(got.body.empty());
  BOOST_TEST(got.head.find("Content-Length: 7") != std::string::npos);
  BOOST_TEST(client.get(server->url()).connects == 0);
}

BOOST_AUTO_TEST_CASE(answer_may_come_later_from_another_thread) {
  std::vector<std::jthread> helpers;
  std::mutex mutex;
  const auto server = serve([&](request x, responder right) {
    std::lock_guard guard{mutex};
    helpers.emplace_back([x = std::move(x), right]() mutable {
      right.answer(response::text(200, x.target));
    });
  });
  http_client client;
  for (int i = 0; i < 50; ++i)
    BOOST_TEST(client.get(server->url() + "/x").body == "/x");
  std::lock_guard guard{mutex};
  helpers.clear();
}

BOOST_AUTO_TEST_CASE(forgotten_responder_and_exception_become_500) {
  const auto server = serve([](request x, responder) {
    if (x.target == "/throw")
      throw std::runtime_error{"bug"};
  });
  http_client client;
  BOOST_TEST(client.get(server->url() + "/forget").status == 500);
  BOOST_TEST(client.get(server->url() + "/throw").status == 500);
}

BOOST_AUTO_TEST_CASE(first_answer_counts) {
  const auto server = serve([](request, responder right) {
    right.answer(response::text(201, "first"));
    right.answer(response::text(202, "second"));
    BOOST_TEST(right.stream(200, {}).closed());
    right.close();
  });
  http_client client;
  BOOST_TEST(client.get(server->url()).status == 201);
  BOOST_TEST(client.get(server->url()).body == "first");
}

BOOST_AUTO_TEST_CASE(bounds_on_head_and_body_are_kept) {
  http_options cfg;
  cfg.max_header_bytes = 1024;
  cfg.max_body_bytes = 10;
  const auto server = serve(echo, cfg);
  http_client client;
  const auto post = [&](const std::string& body) {
    return client.run(server->url(), {.method = "POST", .body = body});
  };
  BOOST_TEST(post("0123456789").status == 200);
  BOOST_TEST(post("0123456789a").status == 413);
  BOOST_TEST(post(std::string(3U << 20U, 'x')).status == 413);
  BOOST_TEST(client.get(server->url() + "/" + std::string(2000, 'x')).status
             == 431);
  const raw_peer peer{server->port()};
  peer.say("not http at all\r\n\r\n");
  BOOST_TEST(peer.hear().starts_with("HTTP/1.1 400 "));
}

BOOST_AUTO_TEST_CASE(chunked_request_is_bounded_too) {
  http_options cfg;
  cfg.max_body_bytes = 10;
  const auto server = serve(echo, cfg);
  const raw_peer peer{server->port()};
  peer.say("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
           "ff\r\n"
           + std::string(255, 'a') + "\r\n0\r\n\r\n");
  BOOST_TEST(peer.hear().starts_with("HTTP/1.1 413 "));
}

BOOST_AUTO_TEST_CASE(expectation_is_granted) {
  const auto server = serve(echo);
  http_client client;
  const std::string body(200'000, 'x');
  const auto got = client.run(
    server->url(),
    {.method = "POST", .body = body, .headers = {"Expect: 100-continue"}});
  BOOST_TEST(got.status == 200);
  BOOST_TEST(got.head.find("100 Continue") != std::string::npos);
  BOOST_TEST(got.body == "POST /\n" + body);
}

BOOST_AUTO_TEST_CASE(too_many_connections_are_closed) {
  http_options cfg;
  cfg.max_connections = 2;
  const auto server = serve(echo, cfg);
  http_client one;
  http_client two;
  http_client three;
  BOOST_TEST(one.get(server->url()).status == 200);
  BOOST_TEST(two.get(server->url()).status == 200);
  BOOST_TEST(three.get(server->url()).result != CURLE_OK);
  BOOST_TEST(one.get(server->url()).status == 200);
}

BOOST_AUTO_TEST_CASE(stream_carries_chunks_and_the_connection_goes_on) {
  std::promise<body_stream> opened;
  const auto server = serve([&](request x, responder right) {
    if (x.target == "/watch")
      opened.set_value(
        right.stream(200, {{"Content-Type", "application/json"}}));
    else
      echo(std::move(x), right);
  });
  std::jthread writer{[&] {
    auto stream = opened.get_future().get();
    for (int i = 0; i < 100; ++i)
      BOOST_TEST(stream.write(std::to_string(i) + "\n"));
    stream.end();
    BOOST_TEST(!stream.write("late"));
  }};
  http_client client;
  const auto got = client.get(server->url() + "/watch");
  std::string all;
  for (int i = 0; i < 100; ++i)
    all += std::to_string(i) + "\n";
  BOOST_TEST(got.result == CURLE_OK);
  BOOST_TEST(got.body == all);
  BOOST_TEST(client.get(server->url() + "/next").connects == 0);
}

BOOST_AUTO_TEST_CASE(streams_asked_for_in_advance_all_end) {
  const auto server
    = serve([](request, responder right) { right.stream(200, {}).end(); });
  // More than the server has room for at once.
  constexpr size_t count = 500;
  const std::string head = "GET /watch HTTP/1.1\r\nHost: x\r\nX-Padding: "
                           + std::string(500, 'x') + "\r\n";
  std::string requests;
  for (size_t i = 1; i < count; ++i)
    requests += head + "\r\n";
  requests += head + "Connection: close\r\n\r\n";
  const raw_peer peer{server->port()};
  const std::jthread speaker{[&] { peer.say(requests); }};
  const auto heard = peer.hear();
  size_t answers = 0;
  for (auto at = heard.find("HTTP/1.1 200"); at != std::string::npos;
       at = heard.find("HTTP/1.1 200", at + 1))
    ++answers;
  BOOST_TEST(answers == count);
}

BOOST_AUTO_TEST_CASE(writer_learns_that_the_peer_has_gone) {
  std::promise<void> gone;
  std::mutex mutex;
  body_stream kept;
  const auto server = serve([&](request, responder right) {
    std::lock_guard guard{mutex};
    kept = right.stream(200, {});
    kept.on_gone([&] { gone.set_value(); });
    kept.write("hello");
  });
  http_client client;
  const auto got = client.run(
    server->url(),
    {.method = "GET", .on_data = [](std::string_view) { return false; }});
  BOOST_TEST(got.result == CURLE_WRITE_ERROR);
  const auto noticed = gone.get_future().wait_for(std::chrono::seconds{20});
  BOOST_TEST((noticed == std::future_status::ready));
  std::lock_guard guard{mutex};
  BOOST_TEST(kept.closed());
  BOOST_TEST(!kept.write("more"));
  bool told_again = false;
  kept.on_gone([&] { told_again = true; });
  BOOST_TEST(told_again);
}

BOOST_AUTO_TEST_CASE(peer_that_does_not_read_is_cut_at_the_bound) {
  http_options cfg;
  cfg.max_stream_buffer = 1U << 20U;
  std::promise<body_stream> opened;
  std::promise<void> gone;
  const auto server = serve(
    [&](request, responder right) {
      auto stream = right.stream(200, {});
      stream.on_gone([&] { gone.set_value(); });
      opened.set_value(stream);
    },
    cfg);
  const raw_peer peer{server->port()};
  peer.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  auto stream = opened.get_future().get();
  const std::string chunk(100'000, 'x');
  size_t written = 0;
  while (written < 10'000 && stream.write(chunk))
    ++written;
  BOOST_TEST(written < 10'000U);
  BOOST_TEST(stream.buffered() <= cfg.max_stream_buffer);
  const auto noticed = gone.get_future().wait_for(std::chrono::seconds{20});
  BOOST_TEST((noticed == std::future_status::ready));
}

BOOST_AUTO_TEST_CASE(dropped_or_cut_stream_is_no_good_end) {
  const auto server = serve([](request x, responder right) {
    auto stream = right.stream(200, {});
    stream.write("part");
    if (x.target == "/cut")
      stream.cut();
  });
  http_client client;
  BOOST_TEST(client.get(server->url() + "/cut").result != CURLE_OK);
  BOOST_TEST(client.get(server->url() + "/drop").result != CURLE_OK);
}

BOOST_AUTO_TEST_CASE(connection_can_be_closed_or_reset_unanswered) {
  const auto server = serve([](request x, responder right) {
    x.target == "/reset" ? right.reset() : right.close();
  });
  const raw_peer closed{server->port()};
  closed.say("GET /close HTTP/1.1\r\nHost: x\r\n\r\n");
  BOOST_TEST(closed.hear().empty());
  BOOST_TEST(!closed.reset);
  const raw_peer reset{server->port()};
  reset.say("GET /reset HTTP/1.1\r\nHost: x\r\n\r\n");
  BOOST_TEST(reset.hear().empty());
  BOOST_TEST(reset.reset);
}

BOOST_AUTO_TEST_CASE(body_can_be_truncated) {
  const auto server = serve([](request, responder right) {
    right.answer(response::text(200, "0123456789"), {.send_bytes = 4});
  });
  http_client client;
  const auto got = client.get(server->url());
  BOOST_TEST(got.result == CURLE_PARTIAL_FILE);
  BOOST_TEST(got.body == "0123");
}

BOOST_AUTO_TEST_CASE(length_can_lie) {
  const auto server = serve([](request, responder right) {
    right.answer(response::text(200, "0123456789"), {.claimed_length = 3});
  });
  http_client client;
  const auto got = client.get(server->url());
  BOOST_TEST(got.body == "012");
}

BOOST_AUTO_TEST_CASE(body_can_be_endless) {
  const auto server = serve([](request, responder right) {
    right.answer(response::text(200, "0123456789"),
                 {.send_bytes = uint64_t{10} << 30U});
  });
  http_client client;
  size_t seen = 0;
  const auto got = client.run(
    server->url(), {.method = "GET", .on_data = [&](std::string_view x) {
                      seen += x.size();
                      return seen < (8U << 20U);
                    }});
  BOOST_TEST(got.result == CURLE_WRITE_ERROR);
  BOOST_TEST(got.head.find("Content-Length: 10737418240") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(body_can_drip) {
  const auto server = serve([](request, responder right) {
    right.answer(response::text(200, "012345678"),
                 {.drip_bytes = 2,
                  .drip_interval = std::chrono::milliseconds{1}});
  });
  http_client client;
  size_t pieces = 0;
  std::string all;
  const auto got = client.run(
    server->url(), {.method = "GET", .on_data = [&](std::string_view x) {
                      ++pieces;
                      all += x;
                      return true;
                    }});
  BOOST_TEST(got.result == CURLE_OK);
  BOOST_TEST(all == "012345678");
  BOOST_TEST(pieces > 1U);
}

BOOST_AUTO_TEST_CASE(header_values_cannot_break_the_frame) {
  const auto server = serve([](request, responder right) {
    right.answer({200, {{"X-Evil", "a\r\nSet-Cookie: b"}}, "ok"});
  });
  http_client client;
  const auto got = client.get(server->url());
  BOOST_TEST(got.body == "ok");
  BOOST_TEST(got.head.find("\nSet-Cookie") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(tls_works_with_a_made_up_authority) {
  const auto identity = make_self_signed();
  BOOST_REQUIRE(identity.has_value());
  http_options cfg;
  cfg.tls = identity->server;
  const auto server = serve(
    [&](request x, responder right) {
      if (x.target != "/watch")
        return echo(std::move(x), right);
      auto stream = right.stream(200, {});
      stream.write("hello");
      stream.end();
    },
    cfg);
  BOOST_TEST(server->url().starts_with("https://127.0.0.1:"));
  http_client trusting{identity->ca_pem};
  const auto got = trusting.get(server->url() + "/x");
  BOOST_TEST(got.result == CURLE_OK);
  BOOST_TEST(got.body == "GET /x\n");
  BOOST_TEST(trusting.get(server->url() + "/watch").body == "hello");
  BOOST_TEST(trusting.get(server->url() + "/x").connects == 0);
  const auto by_name = "https://localhost:" + std::to_string(server->port())
                       + "/y";
  BOOST_TEST(trusting.get(by_name).body == "GET /y\n");
  http_client distrusting;
  BOOST_TEST(distrusting.get(server->url()).result
             == CURLE_PEER_FAILED_VERIFICATION);
}

BOOST_AUTO_TEST_CASE(bad_address_port_or_identity_is_an_error) {
  http_options cfg;
  cfg.address = "localhost";
  BOOST_TEST(
    (http_server::start(cfg, echo).error().code == ec::invalid_argument));
  const auto server = serve(echo);
  cfg = {};
  cfg.port = server->port();
  BOOST_TEST((http_server::start(cfg, echo).error().code == ec::transport));
  cfg = {};
  cfg.tls = tls_identity{"no", "pem"};
  BOOST_TEST(
    (http_server::start(cfg, echo).error().code == ec::invalid_argument));
}

BOOST_AUTO_TEST_CASE(timer_fires_on_the_server) {
  const auto server = serve(echo);
  std::promise<std::thread::id> fired;
  server->schedule(std::chrono::milliseconds{1},
                   [&] { fired.set_value(std::this_thread::get_id()); });
  BOOST_TEST((fired.get_future().get() != std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(stop_ends_everything_that_is_open) {
  std::mutex mutex;
  std::vector<responder> unanswered;
  std::promise<void> asked;
  std::promise<void> gone;
  std::promise<body_stream> opened;
  auto server = serve([&](request x, responder right) {
    if (x.target == "/stream") {
      auto stream = right.stream(200, {});
      stream.on_gone([&] { gone.set_value(); });
      opened.set_value(stream);
      return;
    }
    std::lock_guard guard{mutex};
    unanswered.push_back(right);
    asked.set_value();
  });
  server->schedule(std::chrono::hours{1}, [] { BOOST_ERROR("fired"); });
  const raw_peer silent{server->port()};
  const raw_peer waiting{server->port()};
  waiting.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const raw_peer watching{server->port()};
  watching.say("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  asked.get_future().wait();
  auto stream = opened.get_future().get();
  server->stop();
  server->stop();
  gone.get_future().wait();
  BOOST_TEST(server->connections() == 0U);
  BOOST_TEST(!stream.write("late"));
  unanswered.front().answer(response::text(200, "late"));
  BOOST_TEST(waiting.hear().empty());
  server->schedule(std::chrono::nanoseconds{0}, [] { BOOST_ERROR("fired"); });
  server.reset();
  unanswered.clear();
}

BOOST_AUTO_TEST_CASE(stop_may_come_from_a_handler) {
  std::promise<void> stopped;
  http_server* self = nullptr;
  const auto server = serve([&](request, responder right) {
    right.answer(response::text(200, "bye"));
    self->stop();
    stopped.set_value();
  });
  self = server.get();
  http_client client;
  client.get(server->url());
  stopped.get_future().wait();
}

BOOST_AUTO_TEST_CASE(several_threads_serve_at_once) {
  http_options cfg;
  cfg.threads = 2;
  std::mutex mutex;
  std::condition_variable both;
  int inside = 0;
  const auto server = serve(
    [&](request, responder right) {
      std::unique_lock guard{mutex};
      ++inside;
      both.notify_all();
      const bool met = both.wait_for(guard, std::chrono::seconds{20},
                                     [&] { return inside == 2; });
      right.answer(response::text(met ? 200 : 500, ""));
    },
    cfg);
  const auto ask = [&] {
    http_client client;
    return client.get(server->url()).status;
  };
  auto other = std::async(std::launch::async, ask);
  BOOST_TEST(ask() == 200);
  BOOST_TEST(other.get() == 200);
}

BOOST_AUTO_TEST_SUITE_END()
