#include "test/simulation/network.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace natgw::simulation {

namespace {

using namespace std::chrono_literals;

std::string lower(std::string_view x) {
  std::string result{x};
  std::ranges::transform(result, result.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return result;
}

std::string header_of(const http::request& x, std::string_view name) {
  for (const auto& header : x.headers)
    if (lower(header.name) == name)
      return header.value;
  return {};
}

emulator::kube::request for_cluster(const http::request& x) {
  return {.method = std::string{to_string(x.verb)},
          .target = std::string{path_of(x)},
          .authorization = header_of(x, "authorization"),
          .accept = header_of(x, "accept"),
          .content_type = header_of(x, "content-type"),
          .user_agent = header_of(x, "user-agent"),
          .body = x.body};
}

http::response from_cluster(emulator::kube::response x) {
  http::response result{.status = x.status, .headers = {}, .body = {}};
  result.headers.push_back({"content-type", std::move(x.content_type)});
  for (auto& [name, value] : x.headers)
    result.headers.push_back({lower(name), std::move(value)});
  result.body = std::move(x.body);
  return result;
}

serving::request for_cloud(const http::request& x) {
  serving::request result;
  result.method = to_string(x.verb);
  result.target = path_of(x);
  for (const auto& header : x.headers)
    result.headers.push_back({lower(header.name), header.value});
  result.body = x.body;
  return result;
}

http::response from_cloud(serving::response x) {
  http::response result{.status = x.status, .headers = {}, .body = {}};
  for (auto& header : x.headers)
    result.headers.push_back({lower(header.name), std::move(header.value)});
  result.body = std::move(x.body);
  return result;
}

/// What is worth reading of a request: the query of the cloud is mostly noise.
std::string_view title_of(const http::request& x) {
  auto path = path_of(x);
  return path.substr(0, path.find("&SignatureNonce"));
}

std::string action_of(const http::request& x) {
  for (const auto& header : x.headers)
    if (lower(header.name) == "x-acs-action")
      return header.value;
  return {};
}

/// A lease is taken and renewed before it is held.
bool is_write(side to, const http::request& x) {
  if (to == side::cluster)
    return x.verb != http::method::get && !path_of(x).contains("/leases");
  // The rest reads, or fetches credentials.
  const auto action = action_of(x);
  return action.starts_with("Create") || action.starts_with("Modify")
         || action.starts_with("Delete");
}

} // namespace

// -- the process's end --------------------------------------------------------

uint64_t link::send(http::request x, http::completion done) {
  auto made = std::make_shared<flight>();
  made->what = std::move(x);
  made->done = std::move(done);
  return start(std::move(made));
}

uint64_t link::stream(http::request x, http::stream_handler handler) {
  auto made = std::make_shared<flight>();
  made->what = std::move(x);
  made->stream = std::move(handler);
  return start(std::move(made));
}

uint64_t link::start(flight_ptr x) {
  x->id = ++last_id_;
  if (severed_)
    return x->id;
  x->sent = net_.time_.now();
  x->deadline = x->sent + x->what.timeout;
  open_.emplace(x->id, x);
  net_.time_.after(net_.latency(), [this, x] { depart(x); });
  return x->id;
}

void link::depart(const flight_ptr& x) {
  if (x->over)
    return;
  if (frozen_) {
    waiting_.push_back(x);
    return;
  }
  auto now = net_.time_.now();
  if (x->what.not_after && now + x->what.timeout >= *x->what.not_after)
    return net_.fail_flight(*this, x, {ec::fenced, "the lease ends too soon"});
  net_.travel(*this, x);
}

void link::consumed(uint64_t, size_t) {
  // Streams have no window here.
}

void link::cancel(uint64_t id) {
  auto found = open_.find(id);
  if (found == open_.end())
    return;
  auto x = found->second;
  net_.time_.after(1us, [this, x] {
    net_.fail_flight(*this, x, {ec::cancelled, "cancelled"});
  });
}

void link::sever() {
  severed_ = true;
  for (auto& [id, x] : std::exchange(open_, {})) {
    x->over = true;
    x->doomed = net_.dice_.chance(0.5);
    x->done = {};
    x->stream.reset();
    if (x->watch != 0) {
      net_.at_.cluster(realm_).close_watch(x->watch);
      net_.streams_.erase({realm_, x->watch});
    }
  }
  waiting_.clear();
}

void link::forsake() {
  forsaken_ = net_.time_.now();
}

sender link::sender_of(const flight& x) const {
  return {realm_, who_, severed_ || (forsaken_ && x.sent <= *forsaken_)};
}

void link::thaw() {
  frozen_ = false;
  for (auto& x : std::exchange(waiting_, {}))
    depart(x);
}

// -- requests -----------------------------------------------------------------

network::network(timeline& time, servers& at, transcript& told, sightings& seen,
                 uint64_t seed)
  : time_{time},
    at_{at},
    told_{told},
    dice_{seed},
    seen_{seen} {
  for (size_t n = 0; n < at_.realms(); ++n)
    at_.cluster(n).on_wake(
      [this, n](uint64_t watch) { awake_.emplace_back(n, watch); });
}

link& network::connect(side to, std::string who, size_t realm) {
  return links_.emplace_back(*this, to, std::move(who), realm);
}

instant::duration network::latency() {
  if (dice_.chance(sky.slow)) {
    seen_.add(mishap::delayed);
    return dice_.draw({1ms, sky.slowest});
  }
  return dice_.draw({0ms, 4ms}) + 20us;
}

void network::travel(link& from, const flight_ptr& x) {
  auto action = action_of(x->what);
  if (on_write && is_write(from.to_, x->what))
    on_write(from.who_);
  told_.add(time_.now(), {from.who_, " > ", to_string(x->what.verb), " ",
                          action, " ", title_of(x->what), " ", x->what.body});
  if (dice_.chance(sky.lost_before)) {
    seen_.add(mishap::lost_request);
    return lose(from, x);
  }
  const auto answered = !dice_.chance(sky.lost_after);
  const auto twice = !x->stream && !x->what.only_once
                     && dice_.chance(sky.twice);
  // A write that its sender has given up does not come later than that.
  auto way = std::min<instant::duration>(latency(), x->what.timeout * 9 / 10);
  time_.after(way, [this, &from, x, answered, twice] {
    arrive(from, x, answered && !twice, !twice);
  });
  if (twice) {
    seen_.add(mishap::duplicated);
    time_.after(
      std::min<instant::duration>(way + latency(), x->what.timeout * 9 / 10),
      [this, &from, x, answered] { arrive(from, x, answered, true); });
  }
}

/// Nobody answers, or the connection breaks.
void network::lose(link& from, const flight_ptr& x) {
  told_.add(time_.now(), {from.who_, " lost"});
  if (dice_.chance(0.5)) {
    time_.after(latency(), [this, &from, x] {
      fail_flight(from, x, {ec::transport, "connection reset"});
    });
    return;
  }
  time_.after(std::max(x->deadline - time_.now(), instant::duration{1}),
              [this, &from, x] {
                fail_flight(from, x, {ec::timeout, "no answer"});
              });
}

void network::arrive(link& from, const flight_ptr& x, bool answered,
                     bool told) {
  if (x->doomed)
    return;
  auto is_watch = x->stream && from.to_ == side::cluster;
  if (is_watch || (x->stream && !x->over))
    return open(from, x);
  auto what = answer(from, *x);
  told_.add(time_.now(),
            {from.who_, " = ", to_string(x->what.verb), " ", action_of(x->what),
             " ", path_of(x->what), " ", std::to_string(what.what.status), " ",
             what.failure ? what.failure->detail : ""});
  if (answered)
    give_back(from, x, std::move(what));
  else if (told) {
    seen_.add(mishap::lost_answer);
    lose(from, x);
  }
}

network::reply network::answer(const link& from, const flight& x) {
  if (from.to_ == side::cluster)
    return ask_cluster(from, x);
  return x.what.url.starts_with("http://metadata") ? ask_desk(x.what)
                                                   : ask_cloud(from, x);
}

network::reply network::ask_cluster(const link& from, const flight& x) {
  auto got = at_.cluster(from.realm_).handle(for_cluster(x.what), time_.now());
  reply result;
  result.after = got.delay;
  if (x.what.verb == http::method::get && sky.list_lag > 0ms)
    result.after += dice_.draw({0ms, sky.list_lag});
  if (got.reset)
    result.failure = error{ec::transport, "connection reset"};
  result.what = from_cluster(std::move(got));
  seen_.cluster_answered(from.sender_of(x), x.what, result.what);
  return result;
}

/// Where temporary credentials come from.
network::reply network::ask_desk(const http::request& x) {
  reply result;
  result.what
    = from_cloud(at_.desk().handle(for_cloud(x), servers::wall(time_.now())));
  return result;
}

network::reply network::ask_cloud(const link& from, const flight& x) {
  using fate = emulator::vpc_reply::fate;
  auto now = time_.now();
  auto got = at_.cloud().handle(for_cloud(x.what), now, servers::wall(now));
  last_caller_ = from.realm_;
  seen_.cloud_answered(from.sender_of(x), x.what);
  reply result;
  result.after = got.after;
  if (got.end != fate::answer)
    result.failure = error{ec::transport, "connection reset"};
  else if (got.how && got.how->send_bytes)
    result.failure = *got.how->send_bytes > got.what.body.size()
                       ? error{ec::too_large, "endless"}
                       : error{ec::transport, "cut"};
  else if (got.how && got.how->drip_bytes > 0)
    result.after += got.how->drip_interval * got.what.body.size();
  result.what = from_cloud(std::move(got.what));
  return result;
}

void network::give_back(link& to, const flight_ptr& x, reply what) {
  auto due = time_.now() + what.after + latency();
  if (due >= x->deadline) {
    time_.after(std::max(x->deadline - time_.now(), instant::duration{1}),
                [this, &to, x] {
                  fail_flight(to, x, {ec::timeout, "no answer in time"});
                });
    return;
  }
  const auto lists = to.to_ == side::cluster
                     && path_of(x->what).find("?limit=") != std::string::npos;
  time_.after(due - time_.now(), [this, &to, x, what = std::move(what), lists,
                                  changes = seen_.object_changes()] {
    if (lists && !x->over && changes != seen_.object_changes())
      seen_.add(mishap::stale_list);
    if (what.failure)
      fail_flight(to, x, *what.failure);
    else
      finish(to, x, what.what);
  });
}

void network::finish(link& to, const flight_ptr& x,
                     expected<http::response> what) {
  if (std::exchange(x->over, true))
    return;
  if (x->id < to.last_answered_)
    seen_.add(mishap::reordered);
  to.last_answered_ = std::max(to.last_answered_, x->id);
  to.open_.erase(x->id);
  auto done = std::move(x->done);
  done(std::move(what));
}

void network::fail_flight(link& to, const flight_ptr& x, error why) {
  if (x->over)
    return;
  told_.add(time_.now(), {to.who_, " ! ", to_string(x->what.verb), " ",
                          title_of(x->what), " ", why.detail});
  if (x->stream)
    end_stream(to, x, std::unexpected{std::move(why)});
  else
    finish(to, x, std::unexpected{std::move(why)});
}

// -- streams ------------------------------------------------------------------

void network::open(link& from, const flight_ptr& x) {
  if (x->over)
    return;
  auto opened
    = at_.cluster(from.realm_).open_watch(for_cluster(x->what), time_.now());
  if (opened.id == 0) {
    auto head = from_cluster(std::move(opened.head));
    seen_.cluster_answered(from.sender_of(*x), x->what, head);
    return refuse(from, x, std::move(head));
  }
  x->watch = opened.id;
  x->last_piece = time_.now();
  open_stream made{x, &from};
  streams_.emplace(stream_key{from.realm_, opened.id}, made);
  later(made, [this, made, head = from_cluster(std::move(opened.head))] {
    if (!made.who->over)
      made.who->stream->on_head(head);
  });
  awake_.emplace_back(from.realm_, opened.id);
}

void network::refuse(link& to, const flight_ptr& x, http::response head) {
  time_.after(latency(), [this, &to, x, head = std::move(head)]() mutable {
    if (x->over)
      return;
    x->stream->on_head(std::move(head));
    end_stream(to, x, {});
  });
}

void network::flush() {
  while (!awake_.empty()) {
    auto list = std::exchange(awake_, {});
    for (auto watch : list) {
      auto found = streams_.find(watch);
      if (found == streams_.end())
        continue;
      auto batch = at_.cluster(watch.first).take(watch.second);
      if (!batch.lines.empty() || batch.ended || batch.broken)
        pass_on(open_stream{found->second}, std::move(batch));
    }
  }
}

/// Pieces of one stream arrive in their order.
void network::later(const open_stream& x, timeline::deed what) {
  auto due = std::max(x.who->last_piece, time_.now() + latency());
  if (dice_.chance(sky.stall))
    due += dice_.draw({1ms, sky.slowest});
  x.who->last_piece = due + 1ns;
  time_.after(due - time_.now(), std::move(what));
}

void network::pass_on(const open_stream& x, emulator::kube::watch_batch batch) {
  std::string bytes;
  for (const auto& line : batch.lines) {
    bytes += *line;
    ++(line->starts_with(R"({"type":"BOOKMARK")") ? x.who->bookmarks
                                                  : x.who->events);
  }
  seen_.watch_sent(bytes);
  const auto ends = batch.ended || batch.broken;
  if (dice_.chance(sky.silence)) {
    seen_.add(mishap::watch_break);
    close(x);
    auto idle = std::max(x.who->what.idle_timeout, 1'000ms);
    time_.after(idle, [this, x] {
      fail_flight(*x.owner, x.who, {ec::timeout, "silence"});
    });
    return;
  }
  const auto cut = dice_.chance(sky.cut);
  if (cut)
    bytes.resize(dice_.roll(bytes.size() + 1));
  if (bytes.size() > 1 && dice_.chance(0.3)) {
    auto head = bytes.substr(0, 1 + dice_.roll(bytes.size() - 1));
    bytes.erase(0, head.size());
    piece(x, std::move(head));
  }
  piece(x, std::move(bytes));
  if (!cut && !ends)
    return;
  const auto broken = cut || batch.broken;
  if (broken)
    seen_.add(mishap::watch_break);
  close(x);
  later(x, [this, x, broken] {
    if (broken)
      fail_flight(*x.owner, x.who, {ec::transport, "stream cut"});
    else
      end_stream(*x.owner, x.who, {});
  });
}

/// The server's end of a stream.
void network::close(const open_stream& x) {
  if (x.who->bookmarks > 0 && x.who->events == 0)
    seen_.add(mishap::bookmarks_only);
  at_.cluster(x.owner->realm_).close_watch(x.who->watch);
  streams_.erase({x.owner->realm_, x.who->watch});
}

void network::piece(const open_stream& x, std::string bytes) {
  if (bytes.empty())
    return;
  later(x, [this, x, bytes = std::move(bytes)] {
    if (x.who->over)
      return;
    told_.add(time_.now(), {x.owner->who_, " < ", bytes});
    x.who->stream->on_data(bytes);
  });
}

void network::end_stream(link& to, const flight_ptr& x, expected<void> how) {
  if (std::exchange(x->over, true))
    return;
  to.open_.erase(x->id);
  if (x->watch != 0 && streams_.erase({to.realm_, x->watch}) > 0)
    at_.cluster(to.realm_).close_watch(x->watch);
  auto handler = std::move(*x->stream);
  handler.on_end(std::move(how));
}

} // namespace natgw::simulation
