#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <boost/test/unit_test.hpp>

// What deploy/ puts into a cluster.

namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  BOOST_REQUIRE(in.is_open());
  return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(manifests)

/// A webhook that is away, or an API that is served by us, would keep pods from
/// being created.
BOOST_AUTO_TEST_CASE(fm23_nothing_stands_between_pods_and_their_creation) {
  auto files = 0;
  for (const auto& each : std::filesystem::recursive_directory_iterator{
         NATGW_SOURCE_DIR "/deploy"}) {
    if (!each.is_regular_file())
      continue;
    ++files;
    auto text = text_of(each.path());
    for (const auto* kind :
         {"WebhookConfiguration", "APIService", "webhookconfigurations",
          "ValidatingAdmissionPolicy", "admissionregistration"})
      BOOST_TEST(!text.contains(kind), each.path() << " has " << kind);
  }
  BOOST_TEST(files >= 4);
}

BOOST_AUTO_TEST_SUITE_END()
