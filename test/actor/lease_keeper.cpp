#include "actors/lease_keeper.hpp"

#include <boost/test/unit_test.hpp>

#include "test/actor/kube_world.hpp"

using namespace natgw;
using namespace natgw::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view lease_path
  = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";

std::string
lease_json(std::string_view holder, int transitions, std::string_view version,
           std::string_view renewed = "2026-01-31T12:34:56.123456Z") {
  return R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease",)"
         R"("metadata":{"namespace":"kube-system","name":"natgw",)"
         R"("uid":"l-1",)"
         R"("resourceVersion":")"
         + std::string{version} + R"("},"spec":{"holderIdentity":")"
         + std::string{holder}
         + R"(","leaseDurationSeconds":15,"leaseTransitions":)"
         + std::to_string(transitions) + R"(,"renewTime":")"
         + std::string{renewed} + R"("}})";
}

struct fixture : kube_world {
  inbox& told = make_inbox();
  supervisor_actor supervisor = spawn_recorder<supervisor_actor>(told);
  lease_keeper_actor aut;

  fixture() {
    actors::lease_keeper_config cfg;
    cfg.lease = {"kube-system", "natgw"};
    cfg.election.identity = "me_1";
    aut = spawn(actors::lease_keeper, api, clock(), cfg, supervisor);
    caf::anon_send(aut, atom::start_v);
    run();
  }

  exchange& get() {
    return net.the(http::method::get, lease_path);
  }

  exchange& put() {
    return net.the(http::method::put, lease_path);
  }

  void win() {
    answer(get(), 404, status_body(404, "NotFound"));
    answer(net.the(http::method::post, lease_path), 201,
           lease_json("me_1", 0, "1"));
    told.take_one<lease_term>();
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(lease_keeper, fixture)

BOOST_AUTO_TEST_CASE(absent_lease_is_created_and_announced) {
  answer(get(), 404, status_body(404, "NotFound"));
  auto& post = net.the(http::method::post, lease_path);
  BOOST_TEST(post.request.body.find(R"("holderIdentity":"me_1")")
             != std::string::npos);
  BOOST_TEST(post.request.body.find(R"("leaseDurationSeconds":15)")
             != std::string::npos);
  auto sent = now();
  advance(1s);
  answer(post, 201, lease_json("me_1", 0, "1"));
  auto term = told.take_one<lease_term>();
  BOOST_TEST(term.epoch == 0u);
  BOOST_TEST((term.ends == sent + 15s));
}

BOOST_AUTO_TEST_CASE(lease_is_renewed_every_two_seconds) {
  win();
  for (int i = 2; i < 6; ++i) {
    advance(2s);
    BOOST_TEST(put().request.body.find(R"("resourceVersion":")"
                                       + std::to_string(i - 1) + '"')
               != std::string::npos);
    BOOST_TEST((put().request.timeout == 5s));
    answer(put(), 200, lease_json("me_1", 0, std::to_string(i)));
    BOOST_TEST((told.take_one<lease_term>().ends == now() + 15s));
  }
}

BOOST_AUTO_TEST_CASE(stand_by_takes_over_from_a_silent_holder) {
  for (int i = 0; i < 4; ++i) {
    answer(get(), 200, lease_json("other", 3, "9"));
    BOOST_TEST(net.find(http::method::put) == nullptr);
    advance(4500ms, 100ms);
  }
  answer(get(), 200, lease_json("other", 3, "9"));
  BOOST_TEST(put().request.body.find(R"("leaseTransitions":4)")
             != std::string::npos);
  answer(put(), 200, lease_json("me_1", 4, "10"));
  BOOST_TEST(told.take_one<lease_term>().epoch == 4u);
}

BOOST_AUTO_TEST_CASE(unreachable_server_ends_the_lease_in_time) {
  win();
  for (int i = 0; i < 9; ++i) {
    advance(1s);
    if (auto* x = net.find(http::method::put))
      fail(*x, ec::transport);
    if (auto* x = net.find(http::method::get))
      fail(*x, ec::transport);
  }
  BOOST_TEST(told.empty());
  advance(1s);
  told.take<atom::gone, lease_term>();
  BOOST_TEST(!alive(aut));
}

BOOST_AUTO_TEST_CASE(stop_hands_over) {
  win();
  caf::anon_send(aut, atom::stop_v);
  run();
  BOOST_TEST(put().request.body.find(R"("holderIdentity":"")")
             != std::string::npos);
  BOOST_TEST(alive(aut));
  answer(put(), 200, lease_json("", 0, "2"));
  BOOST_TEST(!alive(aut));
}

BOOST_AUTO_TEST_CASE(stop_ends_even_if_the_server_is_away) {
  win();
  caf::anon_send(aut, atom::stop_v);
  run();
  fail(put(), ec::transport);
  BOOST_TEST(!alive(aut));
}

BOOST_AUTO_TEST_SUITE_END()
