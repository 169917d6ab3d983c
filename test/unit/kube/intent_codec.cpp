#include "clients/kube/intent_codec.hpp"

#include <string>

#include "test/unit/kube/documents.hpp"
#include "test/unit/kube/intents.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

namespace {

using namespace natgw;
using namespace natgw::kube;
using testing::any_intent;
using testing::with;

const std::string minimal = R"({"v":1,"gw":"ngw-1","ext":"1.2.3.4",)"
                            R"("items":[["tcp",80,1]],)"
                            R"("runs":[[0,"tcp",512,80,1]]})";

std::string problem(std::string_view text) {
  auto x = decode_intent(text);
  if (x)
    return {};
  BOOST_TEST((x.error().code == ec::malformed));
  return x.error().detail;
}

} // namespace

BOOST_AUTO_TEST_SUITE(intent_codec_suite)

BOOST_AUTO_TEST_CASE(the_annotation_is_compact_and_leaves_zeros_out) {
  intent x;
  x.gateway = "ngw-1";
  x.external_ip = "1.2.3.4";
  x.items = {{protocol::tcp, 80, 1}};
  x.runs = {{0, protocol::tcp, 512, 80, 1}};
  BOOST_TEST(encode_intent(x) == minimal);
  BOOST_TEST((decode_intent(minimal) == x));
}

BOOST_AUTO_TEST_CASE(every_field_has_its_place) {
  BOOST_TEST(
    encode_intent(testing::record_intent())
    == R"({"v":1,"gw":"ngw-1","z":"zone-a","ext":"114.55.0.10",)"
       R"("int":"172.16.0.8","uid":"pod-uid",)"
       R"("own":["apps/v1","StatefulSet","game","set-uid"],"try":2,"ep":5,)"
       R"("items":[["udp",7000,16],["tcp",80,1]],)"
       R"("runs":[[0,"udp",512,7000,16],[3,"tcp",700,80,1]]})");
}

BOOST_AUTO_TEST_CASE(what_was_encoded_is_decoded) {
  BOOST_TEST(rc::check([] {
    auto x = any_intent();
    auto decoded = decode_intent(encode_intent(x));
    RC_ASSERT(decoded);
    RC_ASSERT(*decoded == x);
  }));
}

BOOST_AUTO_TEST_CASE(any_mutation_is_valid_or_an_error) {
  BOOST_TEST(rc::check([] {
    auto text = encode_intent(any_intent());
    auto count = *rc::gen::inRange(1, 5);
    for (int i = 0; i < count; ++i) {
      auto at = *rc::gen::inRange<size_t>(0, text.size());
      switch (*rc::gen::inRange(0, 3)) {
        case 0:
          text[at] = *rc::gen::arbitrary<char>();
          break;
        case 1:
          text.erase(at, *rc::gen::inRange<size_t>(1, 9));
          break;
        default:
          text.insert(at, 1, *rc::gen::element('"', '[', ']', ',', '9', '-'));
      }
      if (text.empty())
        break;
    }
    auto x = decode_intent(text);
    if (x)
      RC_ASSERT(check_intent(*x));
    else
      RC_ASSERT(x.error().code == ec::malformed);
  }));
}

BOOST_AUTO_TEST_CASE(unknown_members_are_ignored) {
  BOOST_TEST((decode_intent(with(minimal, "\"gw\"", R"("new":{"a":[1]},"gw")"))
              == decode_intent(minimal)));
}

BOOST_AUTO_TEST_CASE(a_newer_version_is_not_guessed_at) {
  BOOST_TEST(problem(R"({"v":2,"items":"other"})")
               .starts_with("the intent has version 2"));
  BOOST_TEST(problem(with(minimal, "\"v\":1", "\"w\":1"))
             == "the intent has no version");
  BOOST_TEST(problem(with(minimal, "\"v\":1", "\"v\":0"))
             == "the intent has no version");
}

BOOST_AUTO_TEST_CASE(every_rule_is_kept) {
  auto breaks = [](std::string_view from, std::string_view to) {
    auto text = with(minimal, from, to);
    BOOST_REQUIRE(text != minimal);
    return !problem(text).empty();
  };
  BOOST_TEST(breaks("ngw-1", ""));
  BOOST_TEST(breaks("ngw-1", "a b"));
  BOOST_TEST(breaks("ngw-1", "a/b"));
  BOOST_TEST(breaks("1.2.3.4", ""));
  BOOST_TEST(breaks("1.2.3.4", "1.2.3.04"));
  BOOST_TEST(breaks("\"ext\"", R"("int":"::1","ext")"));
  BOOST_TEST(breaks("\"ext\"", R"("uid":"a b","ext")"));
  BOOST_TEST(breaks("\"ext\"", R"("own":["a","b","c"],"ext")"));
  BOOST_TEST(breaks("\"ext\"", R"("own":["a","b","c","d","e"],"ext")"));
  BOOST_TEST(breaks("\"ext\"", R"("try":4294967296,"ext")"));
  BOOST_TEST(breaks("\"ext\"", R"("fix":1,"ext")"));
  BOOST_TEST(breaks("80", "0"));
  BOOST_TEST(breaks("80", "65536"));
  BOOST_TEST(breaks("512", "0"));
  BOOST_TEST(breaks("512", "1.5"));
  BOOST_TEST(breaks("tcp\",80", "udp\",80"));
  BOOST_TEST(breaks("tcp", "icmp"));
  BOOST_TEST(breaks("80,1]],\"r", "80,2]],\"r"));
  BOOST_TEST(breaks("80,1]]", "80,0]]"));
  BOOST_TEST(breaks("[[\"tcp\",80,1]]", "[]"));
  // Overlaps: an item twice, an external port twice, a number twice.
  BOOST_TEST(breaks("[[\"tcp\",80,1]]", R"([["tcp",80,1],["tcp",80,1]])"));
  auto two = with(minimal, R"([["tcp",80,1]])", R"([["tcp",80,2]])");
  auto runs = [&](std::string_view list) {
    return problem(with(two, R"([[0,"tcp",512,80,1]])", list)).empty();
  };
  BOOST_TEST(runs(R"([[0,"tcp",512,80,1],[1,"tcp",600,81,1]])"));
  BOOST_TEST(!runs(R"([[0,"tcp",512,80,1],[1,"tcp",512,81,1]])"));
  BOOST_TEST(!runs(R"([[0,"tcp",512,80,1],[0,"tcp",600,81,1]])"));
  BOOST_TEST(!runs(R"([[0,"tcp",512,80,2],[1,"tcp",600,81,1]])"));
  BOOST_TEST(!runs(R"([[0,"tcp",65535,80,2]])"));
}

BOOST_AUTO_TEST_CASE(ports_beyond_the_last_are_refused) {
  auto text = with(minimal, "[\"tcp\",80,1]", "[\"tcp\",65535,2]");
  BOOST_TEST(!problem(with(text, "512,80,1", "512,65535,2")).empty());
  text = with(minimal, "[\"tcp\",80,1]", "[\"tcp\",65535,1]");
  BOOST_TEST(problem(with(text, "512,80,1", "65535,65535,1")).empty());
}

BOOST_AUTO_TEST_CASE(items_are_shown_with_the_ports_they_got) {
  auto shown = project_items(testing::record_intent());
  BOOST_TEST(
    (shown
     == std::vector<item_ports>{{protocol::udp, "512-527", "7000-7015"},
                                {protocol::tcp, "700", "80"}}));
}

BOOST_AUTO_TEST_CASE(items_share_runs_and_runs_share_items) {
  intent x;
  x.items
    = {{protocol::tcp, 81, 1}, {protocol::tcp, 80, 1}, {protocol::tcp, 90, 6}};
  x.runs = {{5, protocol::tcp, 600, 93, 3},
            {0, protocol::tcp, 512, 80, 2},
            {1, protocol::tcp, 520, 90, 3}};
  BOOST_TEST(
    (project_items(x)
     == std::vector<item_ports>{{protocol::tcp, "513", "81"},
                                {protocol::tcp, "512", "80"},
                                {protocol::tcp, "520-522,600-602", "90-95"}}));
}

BOOST_AUTO_TEST_CASE(pieces_that_meet_outside_are_shown_as_one) {
  intent x;
  x.items = {{protocol::udp, 90, 4}};
  x.runs = {{0, protocol::udp, 600, 90, 2}, {1, protocol::udp, 602, 92, 2}};
  BOOST_TEST(project_items(x).front().external == "600-603");
}

BOOST_AUTO_TEST_SUITE_END()
