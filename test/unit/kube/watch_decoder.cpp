#include "clients/kube/watch_decoder.hpp"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

namespace {

using namespace natgw;
using kube::watch_decoder;

// Takes all lines that are complete; "!" stands for an error.
std::vector<std::string> drain(watch_decoder& decoder) {
  std::vector<std::string> lines;
  for (;;) {
    auto line = decoder.next();
    if (!line) {
      lines.emplace_back("!");
      return lines;
    }
    if (!*line)
      return lines;
    lines.emplace_back((*line)->str());
  }
}

using lines = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(watch_decoder_suite)

BOOST_AUTO_TEST_CASE(a_line_is_whole_before_it_is_given_out) {
  watch_decoder decoder;
  decoder.append("{\"a\"");
  BOOST_TEST(drain(decoder) == lines{});
  BOOST_TEST(decoder.held() == 4);
  decoder.append(":1}\n{");
  BOOST_TEST((drain(decoder) == lines{"{\"a\":1}"}));
  BOOST_TEST(decoder.held() == 1);
}

BOOST_AUTO_TEST_CASE(blank_lines_are_left_out) {
  watch_decoder decoder;
  decoder.append("\n\r\n  \t\nx\n");
  BOOST_TEST((drain(decoder) == lines{"x"}));
}

BOOST_AUTO_TEST_CASE(a_line_at_the_limit_passes_and_one_beyond_does_not) {
  watch_decoder decoder{4};
  decoder.append("1234\n12345\n");
  BOOST_TEST((drain(decoder) == lines{"1234", "!"}));
  BOOST_TEST((decoder.next().error().code == ec::too_large));
}

BOOST_AUTO_TEST_CASE(an_endless_line_is_refused_before_its_end) {
  watch_decoder decoder{1000};
  for (int i = 0; i < 10; ++i)
    decoder.append(std::string(100, 'x'));
  BOOST_TEST(drain(decoder) == lines{});
  decoder.append("x");
  BOOST_TEST(drain(decoder) == lines{"!"});
}

BOOST_AUTO_TEST_CASE(chunks_do_not_matter) {
  BOOST_TEST(rc::check([](const std::vector<std::string>& parts) {
    std::string all;
    for (auto part : parts) {
      std::erase(part, '\n');
      all += part + '\n';
    }
    watch_decoder whole;
    whole.append(all);
    auto wanted = drain(whole);
    watch_decoder pieces;
    lines got;
    for (std::string_view rest = all; !rest.empty();) {
      auto size = *rc::gen::inRange<size_t>(1, rest.size() + 1);
      pieces.append(rest.substr(0, size));
      rest.remove_prefix(size);
      for (auto& line : drain(pieces))
        got.push_back(line);
    }
    RC_ASSERT(got == wanted);
    RC_ASSERT(pieces.held() == 0U);
  }));
}

BOOST_AUTO_TEST_SUITE_END()
