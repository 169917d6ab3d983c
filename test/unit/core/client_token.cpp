#include "core/client_token.hpp"

#include <functional>
#include <set>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace natgw;
using namespace natgw::core;

namespace {

token_parts sample() {
  return {"uid",
          api_action::modify_entry,
          "ftb-1",
          "fwd-1",
          {"natgw.c.k.0", "1.1.1.1", "10.0.0.1", 512, 80, 2, protocol::tcp},
          false,
          3};
}

} // namespace

BOOST_AUTO_TEST_SUITE(client_token_)

BOOST_AUTO_TEST_CASE(equal_writes_have_equal_tokens) {
  BOOST_TEST(client_token(sample()) == client_token(sample()));
}

BOOST_AUTO_TEST_CASE(token_fits_the_api) {
  const auto token = client_token(sample());
  BOOST_TEST(token.size() <= 64u);
  for (auto x : token)
    BOOST_TEST(((x >= 'a' && x <= 'z') || (x >= '2' && x <= '7')));
}

BOOST_AUTO_TEST_CASE(every_part_makes_a_difference) {
  const std::vector<std::function<void(token_parts&)>> changes{
    [](token_parts& x) { x.record_uid = "uie"; },
    [](token_parts& x) { x.action = api_action::delete_entry; },
    [](token_parts& x) { x.table_id = "ftb-2"; },
    [](token_parts& x) { x.entry_id = "fwd-2"; },
    [](token_parts& x) { x.spec.name = "natgw.c.k.1"; },
    [](token_parts& x) { x.spec.external_ip = "1.1.1.2"; },
    [](token_parts& x) { x.spec.internal_ip = "10.0.0.2"; },
    [](token_parts& x) { x.spec.external_port = 513; },
    [](token_parts& x) { x.spec.internal_port = 81; },
    [](token_parts& x) { x.spec.count = 3; },
    [](token_parts& x) { x.spec.proto = protocol::udp; },
    [](token_parts& x) { x.port_break = true; },
    [](token_parts& x) { x.attempt = 4; },
  };
  std::set<std::string> tokens{client_token(sample())};
  for (const auto& change : changes) {
    auto x = sample();
    change(x);
    tokens.insert(client_token(x));
  }
  BOOST_TEST(tokens.size() == changes.size() + 1);
}

BOOST_AUTO_TEST_SUITE_END()
