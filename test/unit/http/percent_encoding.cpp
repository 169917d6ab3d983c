#include "clients/http/percent_encoding.hpp"

#include <string>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace natgw;

BOOST_AUTO_TEST_SUITE(percent_encoding)

BOOST_AUTO_TEST_CASE(unreserved_characters_stay) {
  std::string all = "ABCXYZabcxyz0189-_.~";
  BOOST_TEST(http::percent_encode(all) == all);
}

BOOST_AUTO_TEST_CASE(everything_else_is_encoded_in_upper_case) {
  BOOST_TEST(http::percent_encode(" *+/=&:'!()")
             == "%20%2A%2B%2F%3D%26%3A"
                "%27%21%28%29");
  BOOST_TEST(http::percent_encode("ns/pod *~ \u4e2d")
             == "ns%2Fpod%20%2A~%20%E4%B8%AD");
  BOOST_TEST(http::percent_encode(std::string{"\0\n\x7f\xff", 4})
             == "%00%0A%7F%FF");
}

BOOST_AUTO_TEST_CASE(decoding_gives_the_text_back) {
  auto ok = rc::check([](const std::string& text) {
    auto encoded = http::percent_encode(text);
    std::string decoded;
    for (size_t i = 0; i < encoded.size(); ++i) {
      if (encoded[i] != '%') {
        decoded += encoded[i];
        continue;
      }
      decoded
        += static_cast<char>(std::stoi(encoded.substr(i + 1, 2), nullptr, 16));
      i += 2;
    }
    RC_ASSERT(decoded == text);
  });
  BOOST_TEST(ok);
}

BOOST_AUTO_TEST_SUITE_END()
