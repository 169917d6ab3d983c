#include "clients/kube/lease_body.hpp"
#include "clients/kube/objects.hpp"
#include "clients/kube/status_error.hpp"
#include "test/fuzz/fuzz.hpp"

// Pages of lists, and the API server's other answers.

using namespace natgw;

namespace {

template <class Object>
void parse(std::string& body) {
  auto page = kube::parse_page<Object>(kube::pad(body));
  if (!page) {
    fuzz::require(page.error().code == ec::malformed);
    return;
  }
  for (const auto& x : page->bad)
    fuzz::require(!x.problem.empty());
}

void parse_rest(std::string& body) {
  auto text = kube::pad(body);
  (void)kube::parse_object<pod_view>(text);
  (void)kube::parse_uid(text);
  (void)kube::parse_plural(text, "GameServer");
  (void)kube::to_error(text);
  if (auto lease = kube::parse_lease(text)) {
    auto again = kube::lease_body(*lease);
    fuzz::require(!again.empty());
  }
}

void parse_refusal(unsigned status, std::string body) {
  http::response answer;
  answer.status = static_cast<int>(400 + status % 200);
  answer.headers = {{"retry-after", body.substr(0, 8)}};
  answer.body = std::move(body);
  (void)kube::to_error(answer);
  (void)kube::is_other_object(answer);
  (void)kube::names_missing_object(answer);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::parts in{fuzz::text_of(data, size)};
  auto kind = in.byte();
  auto body = in.rest();
  switch (kind % 6) {
    case 0:
      parse<pod_view>(body);
      break;
    case 1:
      parse<node_view>(body);
      break;
    case 2:
      parse<interface_view>(body);
      break;
    case 3:
      parse<record_view>(body);
      break;
    case 4:
      parse_rest(body);
      break;
    default:
      parse_refusal(kind, std::move(body));
  }
  return 0;
}
