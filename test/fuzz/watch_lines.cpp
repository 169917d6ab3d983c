#include <vector>

#include "clients/kube/objects.hpp"
#include "clients/kube/watch_decoder.hpp"
#include "test/fuzz/fuzz.hpp"

// The body of a watch: however it is cut into chunks, the same lines come out,
// and each of them is an event or an error.

using namespace natgw;

namespace {

constexpr size_t line_limit = 4096;

struct decoded {
  std::vector<std::string> lines;
  bool failed = false;

  bool operator==(const decoded&) const = default;
};

template <class Object>
void parse(kube::json_text line) {
  auto event = kube::parse_watch_line<Object>(line);
  auto has_failed = event.kind == kube::watch_kind::failed
                    || event.kind == kube::watch_kind::bad;
  fuzz::require(has_failed == event.problem.has_value());
}

void parse_as(unsigned kind, kube::json_text line) {
  switch (kind % 4) {
    case 0:
      return parse<pod_view>(line);
    case 1:
      return parse<node_view>(line);
    case 2:
      return parse<interface_view>(line);
    default:
      return parse<record_view>(line);
  }
}

decoded decode(std::string_view body, size_t chunk, unsigned kind) {
  decoded result;
  kube::watch_decoder decoder{line_limit};
  for (size_t at = 0; at < body.size() && !result.failed; at += chunk) {
    decoder.append(body.substr(at, chunk));
    for (;;) {
      auto line = decoder.next();
      result.failed = !line.has_value();
      if (!line || !*line)
        break;
      result.lines.emplace_back((*line)->str());
      parse_as(kind, **line);
    }
  }
  return result;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::parts in{fuzz::text_of(data, size)};
  auto kind = in.byte();
  auto chunk = size_t{in.byte()} + 1;
  auto body = in.rest();
  auto cut = decode(body, chunk, kind);
  auto whole = decode(body, body.size() + 1, kind);
  fuzz::require(cut == whole);
  return 0;
}
