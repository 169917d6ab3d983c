#include "clients/kube/port_text.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace natgw;
using namespace natgw::kube;
using spans = std::vector<core::port_span>;

} // namespace

BOOST_AUTO_TEST_SUITE(kube_port_text_suite)

BOOST_AUTO_TEST_CASE(pieces_are_joined_by_commas) {
  spans three{{512, 16}, {600, 1}, {65535, 1}};
  BOOST_TEST(format_port_list(three) == "512-527,600,65535");
  BOOST_TEST((parse_port_list("512-527,600,65535") == three));
}

BOOST_AUTO_TEST_CASE(a_list_with_one_bad_piece_is_none) {
  for (auto* text : {"", ",", "1,", ",1", "0", "65536", "9-8", "1-", "-1",
                     "1 ,2", "1-2-3", "+1", "0x1"})
    BOOST_TEST(!parse_port_list(text), text);
}

BOOST_AUTO_TEST_CASE(protocols_are_read_in_any_case) {
  BOOST_TEST((parse_protocol("TCP") == protocol::tcp));
  BOOST_TEST((parse_protocol("uDp") == protocol::udp));
  for (auto* text : {"", "tc", "tcpx", "any", "sctp"})
    BOOST_TEST(!parse_protocol(text), text);
}

BOOST_AUTO_TEST_SUITE_END()
