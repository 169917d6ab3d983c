#include "test/sdk/driver.hpp"

#include <array>
#include <boost/test/unit_test.hpp>
#include <stdexcept>

#include <sys/socket.h>
#include <unistd.h>

#include "test/integration/process.hpp"

namespace natgw::test::sdk {

namespace {

/// Two ends of one conversation, the second for a child.
std::array<int, 2> make_ends() {
  std::array<int, 2> result{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, result.data()) != 0)
    throw std::runtime_error("socketpair");
  return result;
}

} // namespace

std::string outcome::code() const {
  if (ok())
    return {};
  return told.contains("code") ? told.at("code").get<std::string>()
                               : told.dump();
}

std::string outcome::message() const {
  if (!told.contains("data") || !told.at("data").is_object())
    return {};
  return told.at("data").value("Message", "");
}

class driver::impl {
public:
  explicit impl(std::array<int, 2> ends)
    : ours{ends[0]},
      node{{"node", NATGW_SOURCE_DIR "/test/sdk/driver.js"}, ends[1]} {
    // nop
  }
  ~impl() {
    close(ours);
  }

  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  int ours;
  process node;
};

driver::driver() : impl_{std::make_unique<impl>(make_ends())} {
  // nop
}

driver::~driver() = default;

driver& driver::shared() {
  static driver result;
  return result;
}

outcome driver::perform(const json& call) {
  const auto line = call.dump() + '\n';
  std::string_view rest{line};
  while (!rest.empty()) {
    const auto sent = send(impl_->ours, rest.data(), rest.size(), MSG_NOSIGNAL);
    BOOST_REQUIRE_MESSAGE(sent > 0, "Node.js has ended; is the SDK installed? "
                                    "(npm ci in test/sdk, or ./dev test)");
    rest.remove_prefix(static_cast<size_t>(sent));
  }
  const auto answer = impl_->node.read_until("\n");
  BOOST_REQUIRE_MESSAGE(!answer.empty(),
                        "Node.js has ended; is the SDK installed? (npm ci in "
                        "test/sdk, or ./dev test)");
  return {json::parse(answer)};
}

} // namespace natgw::test::sdk
