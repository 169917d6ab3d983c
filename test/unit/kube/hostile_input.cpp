#include <algorithm>
#include <memory>
#include <string>

#include "clients/kube/lease_body.hpp"
#include "clients/kube/objects.hpp"
#include "clients/kube/status_error.hpp"
#include "clients/kube/watch_decoder.hpp"
#include "test/unit/kube/documents.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

// What a broken or malicious server, or somebody with the right to write
// annotations, may send. Nothing here may crash, and nothing that is not a
// list may pass for a shorter one.

namespace {

using namespace natgw;
using namespace natgw::kube;

const std::string list = R"({"kind":"List","metadata":{"resourceVersion":"9",)"
                         R"("continue":"c","remainingItemCount":2},"items":[)"
                         + testing::pod + ',' + testing::record + ','
                         + testing::node + "]}";

const std::string failure
  = R"({"kind":"Status","status":"Failure","message":"m","reason":"Invalid",)"
    R"("details":{"name":"x","causes":[{"field":"metadata.uid"}],)"
    R"("retryAfterSeconds":1},"code":422})";

const std::string resources
  = R"({"resources":[{"name":"as","kind":"A"},{"name":"bs","kind":"B"}]})";

std::string any_document() {
  return *rc::gen::element(list, failure, resources, testing::pod,
                           testing::node, testing::record, testing::lease,
                           testing::event_line("ADDED", testing::pod),
                           testing::event_line("ERROR", failure),
                           testing::event_line("BOOKMARK", testing::record));
}

// Damage that keeps to JSON's alphabet gets deeper than random bytes do.
std::string any_piece() {
  return *rc::gen::element<std::string>(
    "{", "}", "[", "]", ",", ":", "\"", "\\", "null", "true", "0", "-1", "1e9",
    "99999999999999999999", "{}", "[]", "[[[[[[", "}}}}", "\"a\":", "\\u0000",
    "\\ud800", "\xC3", "\xFF", " ", "\n", std::string(1, '\0'));
}

std::string mutated(std::string text) {
  auto count = *rc::gen::inRange(1, 6);
  for (int i = 0; i < count && !text.empty(); ++i) {
    auto at = *rc::gen::inRange<size_t>(0, text.size());
    auto size = *rc::gen::inRange<size_t>(0, 40);
    switch (*rc::gen::inRange(0, 6)) {
      case 0:
        text.resize(at);
        break;
      case 1:
        text.erase(at, size);
        break;
      case 2:
        text.insert(at, any_piece());
        break;
      case 3:
        text.replace(at, size, any_piece());
        break;
      case 4:
        text.insert(at, text.substr(*rc::gen::inRange<size_t>(0, text.size()),
                                    size));
        break;
      default:
        text[at] = *rc::gen::arbitrary<char>();
    }
  }
  return text;
}

// Exactly as large as the parsers may read, so that a sanitizer sees a byte
// beyond.
class tight_text {
public:
  explicit tight_text(const std::string& text)
    : size_(text.size()),
      data_(new char[text.size() + json_padding]) {
    std::copy(text.begin(), text.end(), data_.get());
    // What an earlier, longer answer may have left there.
    std::fill_n(data_.get() + size_, json_padding, '}');
  }

  json_text view() const {
    return {data_.get(), size_};
  }

private:
  size_t size_;
  std::unique_ptr<char[]> data_;
};

void feed_everything(const std::string& text) {
  tight_text copy{text};
  auto view = copy.view();
  static_cast<void>(parse_page<pod_view>(view));
  static_cast<void>(parse_page<record_view>(view));
  static_cast<void>(parse_page<node_view>(view));
  static_cast<void>(parse_object<pod_view>(view));
  static_cast<void>(parse_object<record_view>(view));
  static_cast<void>(parse_object<node_view>(view));
  static_cast<void>(parse_watch_line<pod_view>(view));
  static_cast<void>(parse_watch_line<record_view>(view));
  static_cast<void>(parse_watch_line<node_view>(view));
  static_cast<void>(parse_lease(view));
  static_cast<void>(parse_uid(view));
  static_cast<void>(parse_removed(view));
  static_cast<void>(parse_plural(view, "B"));
  static_cast<void>(to_error(view));
}

} // namespace

BOOST_AUTO_TEST_SUITE(hostile_input_suite)

BOOST_AUTO_TEST_CASE(no_mutation_of_a_document_crashes) {
  BOOST_TEST(rc::check([] { feed_everything(mutated(any_document())); }));
}

BOOST_AUTO_TEST_CASE(no_prefix_of_a_document_crashes_or_passes) {
  for (auto& whole : {list, testing::pod, testing::record, testing::lease}) {
    for (size_t size = 0; size < whole.size(); ++size) {
      auto text = whole.substr(0, size);
      feed_everything(text);
      tight_text copy{text};
      BOOST_REQUIRE(!parse_page<pod_view>(copy.view()));
      BOOST_REQUIRE(!parse_object<record_view>(copy.view()));
      BOOST_REQUIRE(!parse_lease(copy.view()));
    }
  }
}

BOOST_AUTO_TEST_CASE(random_bytes_are_an_error) {
  BOOST_TEST(rc::check([](const std::string& text) {
    feed_everything(text);
    tight_text copy{text};
    RC_ASSERT(!parse_page<pod_view>(copy.view()));
  }));
}

BOOST_AUTO_TEST_CASE(no_value_of_another_type_crashes) {
  for (auto& whole : {list, testing::pod, testing::record, testing::lease,
                      testing::event_line("ADDED", testing::record)})
    for (auto* value : {"null", "7", "\"x\"", "{}", "[]", "[{}]", "true"})
      for (size_t at = 0; (at = whole.find(':', at)) != std::string::npos; ++at)
        for (size_t length : {0U, 1U}) {
          auto text = whole;
          // Before the value, or instead of its first character.
          text.replace(at + 1, length, value + std::string{","});
          feed_everything(text);
        }
}

BOOST_AUTO_TEST_CASE(depth_costs_no_stack) {
  for (auto* open : {"[", "{\"a\":", R"({"metadata":)", R"({"items":[)"}) {
    std::string text;
    for (int i = 0; i < 100'000; ++i)
      text += open;
    feed_everything(text);
    feed_everything(R"({"metadata":{"x":)" + text + "}}");
  }
  auto closed = R"({"metadata":{"x":)" + std::string(50'000, '[')
                + std::string(50'000, ']') + R"(,"uid":"u"}})";
  tight_text copy{closed};
  BOOST_TEST(parse_uid(copy.view()).value() == "u");
}

BOOST_AUTO_TEST_CASE(a_hostile_annotation_spoils_only_itself) {
  BOOST_TEST(rc::check([] {
    std::string escaped;
    for (auto c : mutated(R"({"v":1,"gw":"ngw-1","items":[["tcp",1,1]]})"))
      if (c == '"' || c == '\\')
        escaped += std::string{'\\'} + c;
      else if (c >= ' ' && c < 0x7F)
        escaped += c;
    auto begin = testing::record.find("\"{\\\"v\\\"") + 1;
    auto end = testing::record.find("}\"}", begin) + 1;
    auto text = testing::record;
    text.replace(begin, end - begin, escaped);
    tight_text copy{text};
    auto x = parse_object<record_view>(copy.view());
    RC_ASSERT(x);
    RC_ASSERT(!x->problem.empty());
    // The spec stands, so the ports stay known.
    RC_ASSERT(x->promise);
    RC_ASSERT(x->promise->runs.size() == 2U);
  }));
}

BOOST_AUTO_TEST_CASE(a_damaged_watch_ends_in_order) {
  BOOST_TEST(rc::check([] {
    std::string stream;
    for (int i = 0; i < 3; ++i)
      stream += testing::event_line("ADDED", testing::pod) + '\n';
    stream = mutated(stream);
    watch_decoder decoder{1U << 16U};
    for (std::string_view rest = stream; !rest.empty();) {
      auto size = *rc::gen::inRange<size_t>(1, rest.size() + 1);
      decoder.append(rest.substr(0, size));
      rest.remove_prefix(size);
      for (;;) {
        auto line = decoder.next();
        if (!line || !*line)
          break;
        auto event = parse_watch_line<pod_view>(**line);
        RC_ASSERT(event.problem.has_value()
                  == (event.kind == watch_kind::failed
                      || event.kind == watch_kind::bad));
      }
    }
  }));
}

BOOST_AUTO_TEST_SUITE_END()
