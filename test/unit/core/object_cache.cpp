#include "core/object_cache.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <string>

#include <rapidcheck.h>

using namespace natgw;
using namespace natgw::core;

namespace {

pod_view pod(std::string name, std::string uid, std::string ip = {}) {
  pod_view x;
  x.key = {"games", std::move(name)};
  x.uid = std::move(uid);
  x.ip = std::move(ip);
  x.annotations.edit().present = true;
  return x;
}

record_view record(std::string name, std::string version) {
  record_view x;
  x.key = {"games", std::move(name)};
  x.uid = "u";
  x.resource_version = std::move(version);
  return x;
}

} // namespace

BOOST_AUTO_TEST_SUITE(object_cache_of_one_resource)

BOOST_AUTO_TEST_CASE(new_object_is_news) {
  object_cache<pod_view> aut;
  auto news = aut.put(pod("a", "1"));
  BOOST_REQUIRE(news.changed);
  BOOST_TEST(news.changed->uid == "1");
  BOOST_TEST(!news.gone);
}

BOOST_AUTO_TEST_CASE(pod_without_a_change_is_no_news) {
  object_cache<pod_view> aut;
  aut.put(pod("a", "1", "10.0.0.1"));
  auto news = aut.put(pod("a", "1", "10.0.0.1"));
  BOOST_TEST(!news.changed);
  BOOST_TEST(!news.gone);
}

BOOST_AUTO_TEST_CASE(pod_with_another_address_is_news) {
  object_cache<pod_view> aut;
  aut.put(pod("a", "1", "10.0.0.1"));
  auto news = aut.put(pod("a", "1", "10.0.0.2"));
  BOOST_REQUIRE(news.changed);
  BOOST_TEST(news.changed->ip == "10.0.0.2");
  BOOST_TEST(!news.gone);
}

BOOST_AUTO_TEST_CASE(pod_that_wants_nothing_is_kept_in_short) {
  auto x = pod("a", "1", "10.0.0.1");
  x.annotations.edit().present = false;
  x.node = "n1";
  x.workload.edit().kind = "ReplicaSet";
  object_cache<pod_view> aut;
  auto kept = aut.put(x).changed;
  BOOST_REQUIRE(kept);
  BOOST_TEST(kept->ip == "10.0.0.1");
  BOOST_TEST(kept->node == "");
  BOOST_TEST(kept->workload->kind == "");
  // Turned on, it is seen in full.
  x.annotations.edit().present = true;
  kept = aut.put(x).changed;
  BOOST_REQUIRE(kept);
  BOOST_TEST(kept->workload->kind == "ReplicaSet");
}

BOOST_AUTO_TEST_CASE(record_with_another_version_is_news) {
  object_cache<record_view> aut;
  aut.put(record("a", "5"));
  BOOST_TEST(!aut.put(record("a", "5")).changed);
  BOOST_TEST(aut.put(record("a", "6")).changed);
}

BOOST_AUTO_TEST_CASE(another_uid_under_one_name_ends_the_former_object) {
  object_cache<pod_view> aut;
  aut.put(pod("a", "1"));
  auto news = aut.put(pod("a", "2"));
  BOOST_REQUIRE(news.gone);
  BOOST_TEST(news.gone->uid == "1");
  BOOST_TEST(news.changed->uid == "2");
  BOOST_TEST(aut.size() == 1u);
}

BOOST_AUTO_TEST_CASE(late_delete_of_a_former_object_is_ignored) {
  object_cache<pod_view> aut;
  aut.put(pod("a", "1"));
  aut.put(pod("a", "2"));
  BOOST_TEST(!aut.remove(pod("a", "1")));
  BOOST_TEST(aut.size() == 1u);
}

BOOST_AUTO_TEST_CASE(delete_tells_the_last_state) {
  object_cache<pod_view> aut;
  aut.put(pod("a", "1", "10.0.0.1"));
  auto last = aut.remove(pod("a", "1", "10.0.0.9"));
  BOOST_REQUIRE(last);
  BOOST_TEST(last->ip == "10.0.0.9");
  BOOST_TEST(!aut.remove(pod("a", "1")));
}

BOOST_AUTO_TEST_CASE(list_ends_what_it_did_not_show) {
  object_cache<pod_view> aut;
  aut.put(pod("a", "1"));
  aut.put(pod("b", "2"));
  aut.put(pod("c", "3"));
  aut.begin_list();
  aut.put(pod("b", "2"));
  aut.keep({"games", "c"});
  auto gone = aut.end_list();
  BOOST_REQUIRE(gone.size() == 1u);
  BOOST_TEST(gone.front()->uid == "1");
}

BOOST_AUTO_TEST_CASE(list_that_began_anew_does_not_count_the_first_try) {
  object_cache<pod_view> aut;
  aut.begin_list();
  aut.put(pod("a", "1"));
  aut.begin_list();
  aut.put(pod("b", "2"));
  BOOST_TEST(aut.end_list().size() == 1u);
}

// What was told, taken together, is always what the cache holds.
BOOST_AUTO_TEST_CASE(news_add_up_to_the_state) {
  BOOST_TEST(rc::check("sum of the news", [](uint64_t seed) {
    std::mt19937_64 rng{seed};
    object_cache<pod_view> aut;
    std::map<std::string, std::string> told; // name -> uid
    auto tell_gone = [&](const pod_ptr& x) {
      RC_ASSERT(told.at(x->key.name) == x->uid);
      told.erase(x->key.name);
    };
    for (int i = 0; i < 100; ++i) {
      auto x = pod(std::to_string(rng() % 4), std::to_string(rng() % 3),
                   std::to_string(rng() % 2));
      switch (rng() % 8) {
        case 0:
          aut.begin_list();
          break;
        case 1:
          for (const auto& gone : aut.end_list())
            tell_gone(gone);
          break;
        case 2:
          if (auto gone = aut.remove(std::move(x)))
            tell_gone(gone);
          break;
        default: {
          auto news = aut.put(std::move(x));
          if (news.gone)
            tell_gone(news.gone);
          if (news.changed)
            told[news.changed->key.name] = news.changed->uid;
        }
      }
      std::map<std::string, std::string> held;
      aut.for_each([&](const pod_ptr& y) { held[y->key.name] = y->uid; });
      RC_ASSERT(held == told);
    }
  }));
}

BOOST_AUTO_TEST_SUITE_END()
