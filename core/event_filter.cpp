#include "core/event_filter.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace natgw::core {

namespace {

/// Reasons are few and our own; this only makes the bound a bound.
constexpr size_t max_topics = 16;

template <class Topics>
auto* find_topic(Topics& topics, const std::string& reason) {
  auto i = std::ranges::find_if(topics, [&](const auto& x) {
    return x.reason == reason;
  });
  if (i == topics.end()) {
    if (topics.size() >= max_topics)
      topics.erase(topics.begin());
    i = topics.insert(topics.end(), {reason, {}, std::nullopt});
  }
  return &*i;
}

} // namespace

event_filter::event_filter(event_filter_config cfg) : cfg_(cfg) {
  // nop
}

std::optional<filtered_event> event_filter::admit(object_event x, instant now) {
  auto& known = touch(x, now);
  auto& about = *find_topic(known.topics, x.reason);
  auto news = is_news(about, std::move(x), now);
  if (!news || !take_token(known, now))
    return std::nullopt;
  return news;
}

std::optional<filtered_event>
event_filter::is_news(topic& about, object_event x, instant now) const {
  auto result = filtered_event{.event = std::move(x), .count = 1, .first = now};
  auto& message = result.event.message;
  auto hash = std::hash<std::string>{}(message);
  auto& texts = about.texts;
  auto same = std::ranges::find(texts, hash, &text::hash);
  if (same != texts.end()) {
    if (repeats(*same, result, now))
      return std::nullopt;
    return result;
  }
  std::erase_if(texts,
                [&](const text& old) { return now - old.at >= cfg_.window; });
  if (texts.size() < cfg_.max_similar) {
    texts.push_back({.hash = hash, .at = now});
    return result;
  }
  message.insert(0, "(combined from similar events): ");
  if (!about.combined)
    about.combined = text{.at = now};
  else if (repeats(*about.combined, result, now))
    return std::nullopt;
  return result;
}

event_filter::object& event_filter::touch(const object_event& x, instant now) {
  // A warning about a pod whose uid is unknown still has a name.
  auto key = x.uid.empty() ? x.key.str() : x.uid;
  if (auto i = objects_.find(key); i != objects_.end()) {
    recent_.splice(recent_.begin(), recent_, i->second);
    return *i->second;
  }
  if (objects_.size() >= cfg_.max_objects) {
    objects_.erase(recent_.back().uid);
    recent_.pop_back();
  }
  recent_.push_front({key, static_cast<double>(cfg_.burst), now, {}});
  objects_.emplace(std::move(key), recent_.begin());
  return recent_.front();
}

bool event_filter::take_token(object& x, instant now) const {
  std::chrono::duration<double> passed = now - x.filled;
  std::chrono::duration<double> each = cfg_.refill;
  x.tokens = std::min(x.tokens + passed / each,
                      static_cast<double>(cfg_.burst));
  x.filled = now;
  if (x.tokens < 1.0)
    return false;
  x.tokens -= 1.0;
  return true;
}

bool event_filter::repeats(text& x, filtered_event& event, instant now) const {
  if (now - x.at < cfg_.window) {
    if (x.held_back++ == 0)
      x.held_since = now;
    return true;
  }
  if (x.held_back > 0)
    event.first = x.held_since;
  event.count += std::exchange(x.held_back, 0);
  x.at = now;
  return false;
}

} // namespace natgw::core
