#include "clients/http/curl_transport.hpp"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <future>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "clients/http/boot_time.hpp"
#include "serving/http_server.hpp"
#include "serving/self_signed.hpp"
#include "test/unit/http/raw_server.hpp"

using namespace natgw;
using namespace std::chrono_literals;

namespace {

using test::raw_connection;
using test::raw_server;

/// Long enough that only a bug makes a test wait for it.
constexpr auto patience = 20s;

http::request get_request(std::string url) {
  http::request result;
  result.url = std::move(url);
  return result;
}

std::future<expected<http::response>> send(http::transport& aut,
                                           http::request x) {
  auto promise = std::make_shared<std::promise<expected<http::response>>>();
  auto result = promise->get_future();
  aut.send(std::move(x), [promise](expected<http::response> y) {
    promise->set_value(std::move(y));
  });
  return result;
}

expected<http::response> ask(http::transport& aut, http::request x) {
  auto pending = send(aut, std::move(x));
  if (pending.wait_for(patience) != std::future_status::ready)
    return fail(ec::invalid_argument, "no completion");
  return pending.get();
}

/// Collects a stream; everything may be read after `end` is there.
struct collector {
  std::mutex mutex;
  std::string data;
  std::optional<http::response> head;
  std::promise<void> head_seen;
  std::promise<expected<void>> end;
  std::atomic<size_t> received = 0;

  http::stream_handler handler() {
    return {
      [this](http::response x) {
        head = std::move(x);
        head_seen.set_value();
      },
      [this](std::string_view x) {
        std::lock_guard guard{mutex};
        data += x;
        received += x.size();
      },
      [this](expected<void> x) { end.set_value(std::move(x)); },
    };
  }

  expected<void> wait() {
    auto pending = end.get_future();
    if (pending.wait_for(patience) != std::future_status::ready)
      return fail(ec::invalid_argument, "no end");
    return pending.get();
  }
};

/// Answers every request of a connection with the request itself.
void echo(raw_connection& x) {
  for (auto text = x.read_request(); !text.empty(); text = x.read_request())
    if (!x.answer(text))
      return;
}

std::string chunk(std::string_view x) {
  char size[16];
  snprintf(size, sizeof(size), "%zx\r\n", x.size());
  return size + std::string{x} + "\r\n";
}

constexpr auto chunked_head
  = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

ec code_of(const expected<http::response>& x) {
  BOOST_REQUIRE(!x);
  return x.error().code;
}

ec code_of(const expected<void>& x) {
  BOOST_REQUIRE(!x);
  return x.error().code;
}

} // namespace

BOOST_AUTO_TEST_SUITE(curl_transport, *boost::unit_test::label("concurrent"))

BOOST_AUTO_TEST_CASE(request_and_answer_arrive_whole) {
  raw_server server{[](raw_connection& x) {
    x.read_request();
    x.write("HTTP/1.1 404 Not Found\r\nX-Two: b  \r\nx-one:a\r\n"
            "Content-Length: 4\r\n\r\nbody");
    x.wait(10'000);
  }};
  http::curl_transport aut;
  auto got = ask(aut, get_request(server.url("/x")));
  BOOST_REQUIRE(got);
  BOOST_TEST(got->status == 404);
  BOOST_TEST(got->body == "body");
  BOOST_TEST(got->find("x-two") == "b");
  BOOST_TEST(got->find("x-one") == "a");
  BOOST_TEST(got->find("x-three") == "");
}

BOOST_AUTO_TEST_CASE(nothing_is_sent_that_was_not_asked_for) {
  raw_server server{echo};
  http::curl_transport aut{{.user_agent = "test/1"}};
  auto x = get_request(server.url("/p?q=1"));
  x.verb = http::method::post;
  x.headers = {{"x-a", "1"}, {"X-Empty", ""}};
  auto got = ask(aut, x);
  BOOST_REQUIRE(got);
  auto& text = got->body;
  BOOST_TEST(text.starts_with("POST /p?q=1 HTTP/1.1\r\n"));
  for (auto line : {"User-Agent: test/1\r\n", "x-a: 1\r\n", "X-Empty:\r\n",
                    "Content-Length: 0\r\n"})
    BOOST_TEST(text.find(line) != std::string::npos, line);
  for (auto line : {"Content-Type", "Expect", "Accept-Encoding"})
    BOOST_TEST(text.find(line) == std::string::npos, line);
}

BOOST_AUTO_TEST_CASE(every_method_goes_out_by_its_name_with_its_body) {
  raw_server server{echo};
  http::curl_transport aut;
  using enum http::method;
  for (auto verb : {get, post, put, patch, del, get}) {
    for (auto body : {"", "{\"a\":1}"}) {
      if (verb == get && *body != '\0')
        continue;
      auto x = get_request(server.url());
      x.verb = verb;
      x.body = body;
      auto got = ask(aut, x);
      BOOST_REQUIRE(got);
      BOOST_TEST(got->body.starts_with(std::string{to_string(verb)} + " / "));
      BOOST_TEST(got->body.ends_with("\r\n\r\n" + std::string{body}));
    }
  }
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(many_requests_share_few_connections) {
  raw_server server{echo};
  http::curl_transport aut{{.max_host_connections = 4}};
  std::vector<std::future<expected<http::response>>> pending;
  for (auto i = 0; i < 500; ++i)
    pending.push_back(
      send(aut, get_request(server.url("/" + std::to_string(i)))));
  auto i = 0;
  for (auto& x : pending) {
    BOOST_REQUIRE(x.wait_for(patience) == std::future_status::ready);
    auto got = x.get();
    BOOST_REQUIRE(got);
    BOOST_TEST(got->body.starts_with("GET /" + std::to_string(i++) + " "));
  }
  BOOST_TEST(server.connections() <= 4);
}

BOOST_AUTO_TEST_CASE(silent_server_times_out) {
  raw_server server{[](raw_connection& x) {
    x.read_request();
    x.wait(10'000);
  }};
  http::curl_transport aut;
  auto x = get_request(server.url());
  x.timeout = 50ms;
  BOOST_TEST((code_of(ask(aut, x)) == ec::timeout));
}

BOOST_AUTO_TEST_CASE(slow_drip_times_out) {
  raw_server server{[](raw_connection& x) {
    x.read_request();
    x.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    while (x.write("x"))
      x.wait(5);
  }};
  http::curl_transport aut;
  auto x = get_request(server.url());
  x.timeout = 100ms;
  BOOST_TEST((code_of(ask(aut, x)) == ec::timeout));
}

BOOST_AUTO_TEST_CASE(endless_body_is_cut_off) {
  raw_server server{[](raw_connection& x) {
    x.read_request();
    x.write(chunked_head);
    while (x.write(chunk(std::string(10'000, 'x')))) {
    }
  }};
  http::curl_transport aut;
  auto x = get_request(server.url());
  x.max_response_bytes = 100'000;
  BOOST_TEST((code_of(ask(aut, x)) == ec::too_large));
}

BOOST_AUTO_TEST_CASE(huge_announcement_is_refused_before_the_body) {
  raw_server server{[](raw_connection& x) {
    x.read_request();
    x.write("HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\nx");
    x.wait(10'000);
  }};
  http::curl_transport aut;
  BOOST_TEST((code_of(ask(aut, get_request(server.url()))) == ec::too_large));
}

BOOST_AUTO_TEST_CASE(endless_head_is_cut_off) {
  raw_server server{[](raw_connection& x) {
    x.read_request();
    x.write("HTTP/1.1 200 OK\r\n");
    while (x.write("X-More: and more and more\r\n")) {
    }
  }};
  http::curl_transport aut;
  BOOST_TEST((code_of(ask(aut, get_request(server.url()))) == ec::too_large));
}

BOOST_AUTO_TEST_CASE(body_of_exactly_the_bound_passes) {
  raw_server server{[](raw_connection& x) {
    x.read_request();
    x.answer(std::string(1'000, 'x'));
    x.wait(10'000);
  }};
  http::curl_transport aut;
  auto x = get_request(server.url());
  x.max_response_bytes = 1'000;
  auto got = ask(aut, x);
  BOOST_REQUIRE(got);
  BOOST_TEST(got->body.size() == 1'000u);
}

BOOST_AUTO_TEST_CASE(truncated_body_is_an_error) {
  raw_server server{[](raw_connection& x) {
    x.read_request();
    x.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  }};
  http::curl_transport aut;
  BOOST_TEST((code_of(ask(aut, get_request(server.url()))) == ec::transport));
}

BOOST_AUTO_TEST_CASE(truncated_chunks_are_an_error) {
  raw_server server{[](raw_connection& x) {
    x.read_request();
    x.write(chunked_head + chunk("half"));
  }};
  http::curl_transport aut;
  BOOST_TEST((code_of(ask(aut, get_request(server.url()))) == ec::transport));
}

BOOST_AUTO_TEST_CASE(no_server_no_protocol_no_sense_are_errors) {
  raw_server noise{[](raw_connection& x) {
    x.read_request();
    x.write("SSH-2.0-OpenSSH\r\n\r\n");
  }};
  std::string closed;
  {
    raw_server gone{echo};
    closed = gone.url();
  }
  http::curl_transport aut;
  auto bad_header = get_request(noise.url());
  bad_header.headers = {{"x", "a\r\ny: b"}};
  for (auto& x : {get_request(closed), get_request(noise.url()),
                  get_request("file:///etc/passwd"), get_request("http://a b/"),
                  bad_header})
    BOOST_TEST((code_of(ask(aut, x)) == ec::transport), x.url);
}

BOOST_AUTO_TEST_CASE(redirect_is_an_answer_like_any_other) {
  raw_server server{[](raw_connection& x) {
    x.read_request();
    x.write("HTTP/1.1 302 Found\r\nLocation: /other\r\n"
            "Content-Length: 0\r\n\r\n");
    x.wait(10'000);
  }};
  http::curl_transport aut;
  auto got = ask(aut, get_request(server.url()));
  BOOST_REQUIRE(got);
  BOOST_TEST(got->status == 302);
}

BOOST_AUTO_TEST_CASE(proxy_of_the_environment_is_ignored) {
  raw_server server{echo};
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  {
    http::curl_transport aut;
    BOOST_TEST(ask(aut, get_request(server.url())).has_value());
    http::curl_transport told{{.proxy_from_environment = true}};
    BOOST_TEST(!ask(told, get_request(server.url())).has_value());
  }
  unsetenv("http_proxy");
}

BOOST_AUTO_TEST_CASE(interim_answer_is_skipped) {
  raw_server server{[](raw_connection& x) {
    x.read_request();
    x.write("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
    x.answer("final");
    x.wait(10'000);
  }};
  http::curl_transport aut;
  auto got = ask(aut, get_request(server.url()));
  BOOST_REQUIRE(got);
  BOOST_TEST(got->body == "final");
  BOOST_TEST(got->find("link") == "");
}

BOOST_AUTO_TEST_CASE(fenced_request_never_leaves) {
  std::atomic<int> seen = 0;
  raw_server server{[&seen](raw_connection& x) {
    if (!x.read_request().empty())
      ++seen;
  }};
  {
    http::curl_transport aut;
    auto x = get_request(server.url());
    x.timeout = 5s;
    x.not_after = http::boot_now() + 4s;
    BOOST_TEST((code_of(ask(aut, x)) == ec::fenced));
  }
  BOOST_TEST(seen == 0);
}

BOOST_AUTO_TEST_CASE(fence_is_checked_again_when_the_connection_stands) {
  // One connection, held by a first request for longer than the second's
  // fence allows: the second passes the first check and fails the other.
  std::atomic<int> seen = 0;
  std::promise<void> arrived;
  raw_server server{[&](raw_connection& x) {
    while (!x.read_request().empty()) {
      if (++seen == 1)
        arrived.set_value();
      x.wait(300);
      x.answer("late");
    }
  }};
  {
    http::curl_transport aut{{.max_host_connections = 1}};
    auto first = send(aut, get_request(server.url()));
    arrived.get_future().wait();
    auto x = get_request(server.url());
    x.timeout = 5s;
    x.not_after = http::boot_now() + 5s + 150ms;
    BOOST_TEST((code_of(ask(aut, x)) == ec::fenced));
    BOOST_TEST(first.get().has_value());
  }
  BOOST_TEST(seen == 1);
}

BOOST_AUTO_TEST_CASE(distant_fence_lets_a_request_pass) {
  raw_server server{echo};
  http::curl_transport aut;
  auto x = get_request(server.url());
  x.not_after = http::boot_now() + 1h;
  BOOST_TEST(ask(aut, x).has_value());
}

BOOST_AUTO_TEST_CASE(cancelled_request_completes_once) {
  std::promise<void> arrived;
  raw_server server{[&](raw_connection& x) {
    x.read_request();
    arrived.set_value();
    x.wait(10'000);
  }};
  http::curl_transport aut;
  std::atomic<int> calls = 0;
  std::promise<expected<http::response>> result;
  auto id = aut.send(get_request(server.url()),
                     [&](expected<http::response> x) {
                       if (++calls == 1)
                         result.set_value(std::move(x));
                     });
  arrived.get_future().wait();
  aut.cancel(id);
  aut.cancel(id);
  aut.cancel(4'711);
  BOOST_TEST((code_of(result.get_future().get()) == ec::cancelled));
  BOOST_TEST((code_of(ask(aut, get_request("file:///"))) == ec::transport));
  BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(end_of_the_transport_completes_everything_once) {
  raw_server server{[](raw_connection& x) {
    x.read_request();
    x.wait(10'000);
  }};
  std::atomic<int> cancelled = 0;
  std::atomic<int> ended = 0;
  {
    http::curl_transport aut;
    for (auto i = 0; i < 50; ++i)
      aut.send(get_request(server.url()), [&](expected<http::response> x) {
        if (!x && x.error().code == ec::cancelled)
          ++cancelled;
      });
    aut.stream(get_request(server.url()),
               {[](http::response) {}, [](std::string_view) {},
                [&](expected<void> x) {
                  if (!x && x.error().code == ec::cancelled)
                    ++ended;
                }});
  }
  BOOST_TEST(cancelled == 50);
  BOOST_TEST(ended == 1);
}

BOOST_AUTO_TEST_CASE(stream_arrives_as_it_comes) {
  std::promise<void> go_on;
  raw_server server{[&](raw_connection& x) {
    x.read_request();
    x.write(std::string{"HTTP/1.1 200 OK\r\nX-A: b\r\n"}
            + "Transfer-Encoding: chunked\r\n\r\n");
    go_on.get_future().wait();
    x.write(chunk("one ") + chunk("two") + "0\r\n\r\n");
    x.wait(10'000);
  }};
  collector got;
  http::curl_transport aut;
  aut.stream(get_request(server.url()), got.handler());
  got.head_seen.get_future().wait();
  BOOST_TEST(got.head->status == 200);
  BOOST_TEST(got.head->find("x-a") == "b");
  go_on.set_value();
  BOOST_TEST(got.wait().has_value());
  BOOST_TEST(got.data == "one two");
}

BOOST_AUTO_TEST_CASE(refused_stream_has_its_body_in_the_head) {
  raw_server server{[](raw_connection& x) {
    x.read_request();
    x.answer("too old", "410 Gone");
    x.wait(10'000);
  }};
  collector got;
  http::curl_transport aut;
  aut.stream(get_request(server.url()), got.handler());
  BOOST_TEST(got.wait().has_value());
  BOOST_TEST(got.head->status == 410);
  BOOST_TEST(got.head->body == "too old");
  BOOST_TEST(got.data == "");
}

BOOST_AUTO_TEST_CASE(broken_stream_ends_with_an_error) {
  raw_server server{[](raw_connection& x) {
    x.read_request();
    x.write(chunked_head + chunk("some"));
  }};
  collector got;
  http::curl_transport aut;
  aut.stream(get_request(server.url()), got.handler());
  BOOST_TEST((code_of(got.wait()) == ec::transport));
  BOOST_TEST(got.data == "some");
}

BOOST_AUTO_TEST_CASE(stream_without_a_head_times_out) {
  raw_server server{[](raw_connection& x) {
    x.read_request();
    x.wait(10'000);
  }};
  collector got;
  http::curl_transport aut;
  auto x = get_request(server.url());
  x.timeout = 50ms;
  aut.stream(x, got.handler());
  BOOST_TEST((code_of(got.wait()) == ec::timeout));
  BOOST_TEST(!got.head.has_value());
}

BOOST_AUTO_TEST_CASE(silent_stream_times_out_but_a_talking_one_lives) {
  raw_server server{[](raw_connection& x) {
    x.read_request();
    x.write(chunked_head);
    // Five times the idle time-out in all.
    for (auto i = 0; i < 20; ++i) {
      x.write(chunk("x"));
      x.wait(50);
    }
    x.wait(10'000);
  }};
  collector got;
  http::curl_transport aut;
  auto x = get_request(server.url());
  x.timeout = 10s;
  x.idle_timeout = 200ms;
  aut.stream(x, got.handler());
  BOOST_TEST((code_of(got.wait()) == ec::timeout));
  BOOST_TEST(got.data == std::string(20, 'x'));
}

BOOST_AUTO_TEST_CASE(cancelled_stream_ends) {
  raw_server server{[](raw_connection& x) {
    x.read_request();
    x.write(chunked_head);
    x.wait(10'000);
  }};
  collector got;
  http::curl_transport aut;
  auto id = aut.stream(get_request(server.url()), got.handler());
  got.head_seen.get_future().wait();
  aut.cancel(id);
  BOOST_TEST((code_of(got.wait()) == ec::cancelled));
}

BOOST_AUTO_TEST_CASE(unconsumed_stream_is_paused_until_it_is_consumed) {
  constexpr auto window = size_t{64} << 10U;
  constexpr auto total = size_t{32} << 20U;
  std::atomic<size_t> written = 0;
  raw_server server{[&](raw_connection& x) {
    x.read_request();
    x.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(total)
            + "\r\n\r\n");
    const std::string block(size_t{64} << 10U, 'x');
    while (written < total && x.write(block))
      written += block.size();
    x.wait(10'000);
  }};
  raw_server other{echo};
  raw_server clock{[](raw_connection& x) {
    x.read_request();
    x.wait(300);
    x.answer("");
  }};
  collector got;
  http::curl_transport aut{{.stream_window = window}};
  auto x = get_request(server.url());
  // Pausing must not look like silence.
  x.idle_timeout = 50ms;
  auto id = aut.stream(x, got.handler());
  got.head_seen.get_future().wait();
  // Other requests go on; by the time they are done the stream is paused.
  BOOST_TEST(ask(aut, get_request(clock.url())).has_value());
  BOOST_TEST(got.received >= window);
  BOOST_TEST(got.received <= 2 * window);
  BOOST_TEST(written < total);
  for (size_t done = 0; done < total;) {
    auto now = got.received.load();
    aut.consumed(id, now - done);
    done = now;
    BOOST_REQUIRE(ask(aut, get_request(other.url())).has_value());
  }
  BOOST_TEST(got.wait().has_value());
  BOOST_TEST(got.received == total);
}

BOOST_AUTO_TEST_CASE(tls_trusts_the_given_authority_and_no_other) {
  auto known = serving::make_self_signed();
  auto other = serving::make_self_signed();
  BOOST_REQUIRE(known && other);
  auto server = serving::http_server::start(
    {.tls = known->server}, [](serving::request x, serving::responder r) {
      r.answer(serving::response::text(200, x.target));
    });
  BOOST_REQUIRE(server);
  auto url = (*server)->url() + "/secure";
  {
    http::curl_transport aut{{.tls = {.ca_pem = known->ca_pem}}};
    auto got = ask(aut, get_request(url));
    BOOST_REQUIRE(got);
    BOOST_TEST(got->body == "/secure");
  }
  {
    http::curl_transport aut{{.tls = {.ca_pem = other->ca_pem}}};
    BOOST_TEST((code_of(ask(aut, get_request(url))) == ec::transport));
  }
  {
    http::curl_transport aut;
    BOOST_TEST((code_of(ask(aut, get_request(url))) == ec::transport));
  }
  {
    http::curl_transport aut{{.tls = {.verify = false}}};
    BOOST_TEST(ask(aut, get_request(url)).has_value());
  }
}

BOOST_AUTO_TEST_CASE(certificate_may_be_another_host_s_by_name) {
  auto known = serving::make_self_signed();
  BOOST_REQUIRE(known);
  auto server = serving::http_server::start(
    {.address = "127.0.0.2", .tls = known->server},
    [](const serving::request& x, serving::responder r) {
      r.answer(serving::response::text(200, std::string{x.find("host")}));
    });
  BOOST_REQUIRE(server);
  auto url = (*server)->url();
  auto ask_as = [&](const std::string& name) {
    http::curl_transport aut{
      {.tls = {.ca_pem = known->ca_pem, .server_name = name}}};
    return ask(aut, get_request(url + "/"));
  };
  BOOST_TEST((code_of(ask_as("")) == ec::transport));
  BOOST_TEST((code_of(ask_as("elsewhere")) == ec::transport));
  auto got = ask_as("localhost");
  BOOST_REQUIRE(got);
  BOOST_TEST("https://" + got->body == url);
  BOOST_TEST((code_of(ask_as("no host")) == ec::transport));
}

BOOST_AUTO_TEST_CASE(reset_before_the_answer_is_an_error) {
  auto server = serving::http_server::start(
    {}, [](serving::request, serving::responder r) { r.reset(); });
  BOOST_REQUIRE(server);
  http::curl_transport aut;
  BOOST_TEST(
    (code_of(ask(aut, get_request((*server)->url()))) == ec::transport));
}

BOOST_AUTO_TEST_CASE(callback_may_send_the_next_request) {
  raw_server server{echo};
  http::curl_transport aut;
  std::promise<void> done;
  auto left = 100;
  std::function<void()> next = [&] {
    aut.send(get_request(server.url()), [&](expected<http::response> x) {
      if (x && --left > 0)
        next();
      else
        done.set_value();
    });
  };
  next();
  BOOST_TEST(
    (done.get_future().wait_for(patience) == std::future_status::ready));
  BOOST_TEST(left == 0);
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(what_is_to_leave_once_does) {
  // Answers the first request of each connection and reads one more.
  std::atomic<int> requests = 0;
  raw_server server{[&requests](raw_connection& x) {
    if (x.read_request().empty())
      return;
    ++requests;
    x.answer("once");
    if (!x.read_request().empty())
      ++requests;
  }};
  http::curl_transport aut;
  BOOST_TEST(ask(aut, get_request(server.url())).has_value());
  BOOST_TEST(ask(aut, get_request(server.url())).has_value());
  BOOST_TEST(requests == 3);
  auto post = get_request(server.url());
  post.verb = http::method::post;
  post.body = "x";
  post.only_once = true;
  // On the connection that the second answer came by.
  BOOST_TEST((code_of(ask(aut, post)) == ec::transport));
  BOOST_TEST(requests == 4);
  BOOST_TEST(ask(aut, post).has_value());
}

BOOST_AUTO_TEST_CASE(connection_that_the_server_closed_is_not_used_again) {
  // The server closes after each answer without saying so.
  raw_server server{[](raw_connection& x) {
    x.read_request();
    x.answer("once");
  }};
  http::curl_transport aut;
  for (auto i = 1; i <= 20; ++i) {
    BOOST_TEST(ask(aut, get_request(server.url())).has_value());
    server.wait_for_closed(i);
  }
}

BOOST_AUTO_TEST_SUITE_END()
