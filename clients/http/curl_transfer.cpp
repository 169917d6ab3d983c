#include "clients/http/curl_transfer.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "clients/http/boot_time.hpp"
#include "core/trim.hpp"

namespace natgw::http {

namespace {

/// simdjson reads up to this many bytes past the end of a document.
constexpr size_t parser_padding = 64;

/// More than this is only reserved once it has arrived.
constexpr size_t max_reserve = size_t{1} << 20U;

constexpr std::string_view content_length = "content-length";

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

} // namespace

curl_transfer::curl_transfer(const curl_options& cfg) : cfg_{cfg} {
  set_constants();
  set_tls();
}

void curl_transfer::reset() {
  id_ = 0;
  sent_ = {};
  got_ = {};
  done_ = {};
  handler_.reset();
  complaint_[0] = '\0';
  refusal_.reset();
  head_bytes_ = 0;
  head_done_ = false;
  has_left_ = false;
  paused_ = false;
  unconsumed_ = 0;
}

void curl_transfer::consumed(size_t bytes) {
  unconsumed_ -= std::min(bytes, unconsumed_);
  if (!paused_ || unconsumed_ > cfg_.stream_window / 2)
    return;
  paused_ = false;
  active_ = boot_now();
  // May call `on_body` at once with what libcurl holds.
  curl_easy_pause(easy(), CURLPAUSE_CONT);
}

bool curl_transfer::overdue(instant now) const {
  if (!head_done_)
    return now >= began_ + sent_.timeout;
  // While paused, silence is our own wish.
  return sent_.idle_timeout.count() > 0 && !paused_
         && now >= active_ + sent_.idle_timeout;
}

std::optional<instant> curl_transfer::next_look(instant now) const {
  auto idle = sent_.idle_timeout;
  if (head_done_) {
    if (idle.count() == 0)
      return std::nullopt;
    return (paused_ ? now : active_) + idle;
  }
  auto head = began_ + sent_.timeout;
  // The head may come soon, and silence after it.
  return idle.count() == 0 ? head : std::min(head, now + idle);
}

expected<void> curl_transfer::result(CURLcode rc) const {
  if (refusal_)
    return std::unexpected{*refusal_};
  if (rc == CURLE_OK)
    return {};
  auto detail = complaint_[0] != '\0' ? std::string{complaint_.data()}
                                      : std::string{curl_easy_strerror(rc)};
  return fail(rc == CURLE_OPERATION_TIMEDOUT ? ec::timeout : ec::transport,
              std::move(detail));
}

bool curl_transfer::collects_body() const {
  return !is_stream() || got_.status < 200 || got_.status > 299;
}

size_t curl_transfer::refuse(ec code, std::string detail) {
  refusal_ = error{code, std::move(detail)};
  return 0;
}

size_t curl_transfer::take_header(std::string_view line) {
  if (head_done_)
    return line.size(); // a trailer
  if (line.starts_with("HTTP/")) {
    // The final answer after an interim one.
    got_.headers.clear();
    head_bytes_ = 0;
  }
  head_bytes_ += line.size();
  if (head_bytes_ > cfg_.max_head_bytes)
    return refuse(ec::too_large, "the answer's head is too large");
  auto text = core::trim(line);
  if (text.empty())
    return end_head() == 0 ? 0 : line.size();
  auto colon = text.find(':');
  if (colon == std::string_view::npos)
    return line.size();
  header x{std::string{core::trim(text.substr(0, colon))},
           std::string{core::trim(text.substr(colon + 1))}};
  std::ranges::transform(x.name, x.name.begin(), to_lower);
  got_.headers.push_back(std::move(x));
  return line.size();
}

size_t curl_transfer::end_head() {
  auto status = 0L;
  curl_easy_getinfo(easy(), CURLINFO_RESPONSE_CODE, &status);
  if (status < 200)
    return 1;
  head_done_ = true;
  got_.status = static_cast<int>(status);
  active_ = boot_now();
  if (!collects_body()) {
    handler_->on_head(std::exchange(
      got_, response{.status = got_.status, .headers = {}, .body = {}}));
    return 1;
  }
  auto text = got_.find(content_length);
  auto length = size_t{0};
  std::from_chars(text.data(), text.data() + text.size(), length);
  if (length > sent_.max_response_bytes)
    return refuse(ec::too_large, "the answer is too large");
  got_.body.reserve(std::min(length, max_reserve) + parser_padding);
  return 1;
}

size_t curl_transfer::take_body(std::string_view bytes) {
  active_ = boot_now();
  return collects_body() ? append_body(bytes) : hand_over(bytes);
}

size_t curl_transfer::append_body(std::string_view bytes) {
  if (got_.body.size() + bytes.size() > sent_.max_response_bytes)
    return refuse(ec::too_large, "the answer is too large");
  got_.body.append(bytes);
  return bytes.size();
}

size_t curl_transfer::hand_over(std::string_view bytes) {
  if (unconsumed_ >= cfg_.stream_window) {
    paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  unconsumed_ += bytes.size();
  handler_->on_data(bytes);
  return bytes.size();
}

void curl_transfer::end_stream(stream_handler& handler, expected<void> outcome,
                               response got, bool has_head) {
  auto ok = got.status >= 200 && got.status <= 299;
  if (has_head && !ok && outcome)
    handler.on_head(std::move(got));
  handler.on_end(std::move(outcome));
}

size_t curl_transfer::on_header(char* data, size_t size, size_t count,
                                void* self) {
  return static_cast<curl_transfer*>(self)->take_header({data, size * count});
}

size_t curl_transfer::on_body(char* data, size_t size, size_t count,
                              void* self) {
  return static_cast<curl_transfer*>(self)->take_body({data, size * count});
}

int curl_transfer::before_send(void* self, char* /*remote*/, char* /*local*/,
                               int /*remote_port*/, int /*local_port*/) {
  auto* x = static_cast<curl_transfer*>(self);
  // libcurl repeats by itself what died on a kept connection.
  const auto again = std::exchange(x->has_left_, true);
  const auto& fence = x->sent_.not_after;
  const auto fenced = fence && boot_now() + x->sent_.timeout >= *fence;
  if (!fenced && !(again && x->sent_.only_once))
    return CURL_PREREQFUNC_OK;
  // What has left before may have been executed.
  if (again)
    x->refuse(ec::transport, "the connection was lost after the request left");
  else
    x->refuse(ec::fenced, "the lease ends too soon");
  return CURL_PREREQFUNC_ABORT;
}

} // namespace natgw::http
