#include "cli/token_harm.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace natgw;
using emulator::entry_state;

// What the audit of the ClientTokens says of a log made by hand.

namespace {

struct forged_log {
  emulator::history log{1'000, 1'000};

  /// An entry as it is from now on.
  void change(const std::string& id, entry_state state,
              const std::string& internal_ip = "10.0.0.1") {
    emulator::entry_change x;
    x.id = id;
    x.name = "natgw.cluster.owner.0";
    x.internal_ip = internal_ip;
    x.state = state;
    log.add(x);
  }

  emulator::call_record sent(const std::string& token, uint64_t intent) {
    emulator::call_record x;
    x.action = "CreateForwardEntry";
    x.gateway = "ngw-1";
    x.status = 200;
    x.client_token = token;
    x.parameters_hash = intent;
    x.user_agent = "one";
    return x;
  }

  /// A create that makes this entry and is answered, unless there is a fault.
  void create(const std::string& token, uint64_t intent, const std::string& id,
              const std::string& fault = {}) {
    change(id, entry_state::pending);
    auto x = sent(token, intent);
    x.committed = true;
    x.entry_id = id;
    x.fault = fault;
    log.add(x);
  }

  void refuse(const std::string& token, uint64_t intent, int status,
              const std::string& code, const std::string& fault = {}) {
    auto x = sent(token, intent);
    x.status = status;
    x.code = code;
    x.fault = fault;
    log.add(x);
  }

  void look() {
    emulator::call_record x;
    x.action = "DescribeForwardTableEntries";
    x.gateway = "ngw-1";
    x.status = 200;
    log.add(x);
  }

  cli::token_harm harm() const {
    return cli::count_token_harm(log);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(token_harm, forged_log)

BOOST_AUTO_TEST_CASE(repetition_of_an_unanswered_write_is_no_harm) {
  create("t1", 1, "fwd-1", "reset_after");
  auto again = sent("t1", 1);
  again.replayed = true;
  log.add(again);
  refuse("t2", 2, 409, "OperationConflict");
  create("t2", 2, "fwd-2");
  BOOST_TEST((harm() == cli::token_harm{}));
}

BOOST_AUTO_TEST_CASE(token_that_had_brought_success_must_not_be_sent_again) {
  create("t1", 1, "fwd-1");
  change("fwd-1", entry_state::gone);
  log.add(sent("t1", 1));
  BOOST_TEST(harm().reused == 1u);
}

BOOST_AUTO_TEST_CASE(another_process_cannot_know_what_was_answered) {
  create("t1", 1, "fwd-1");
  auto again = sent("t1", 1);
  again.user_agent = "two";
  log.add(again);
  BOOST_TEST((harm() == cli::token_harm{}));
}

BOOST_AUTO_TEST_CASE(token_belongs_to_its_parameters) {
  create("t1", 1, "fwd-1", "reset_after");
  log.add(sent("t1", 2));
  BOOST_TEST(harm().mixed == 1u);
}

BOOST_AUTO_TEST_CASE(new_token_for_an_unanswered_write_is_harm) {
  create("t1", 1, "fwd-1", "reset_after");
  create("t2", 1, "fwd-2");
  BOOST_TEST(harm().doubled == 1u);
}

BOOST_AUTO_TEST_CASE(look_does_not_help_while_the_entry_stands) {
  create("t1", 1, "fwd-1", "reset_after");
  look();
  create("t2", 1, "fwd-2");
  BOOST_TEST(harm().doubled == 1u);
}

BOOST_AUTO_TEST_CASE(new_token_after_an_observed_absence_is_no_harm) {
  create("t1", 1, "fwd-1");
  change("fwd-1", entry_state::gone);
  look();
  create("t2", 1, "fwd-2");
  // A fixed mapping that went elsewhere and comes back.
  change("fwd-2", entry_state::available);
  change("fwd-2", entry_state::available, "10.0.0.2");
  look();
  create("t3", 1, "fwd-2");
  BOOST_TEST((harm() == cli::token_harm{}));
}

BOOST_AUTO_TEST_CASE(gateway_unknown_by_now_was_looked_at_all_the_same) {
  create("t1", 1, "fwd-1");
  change("fwd-1", entry_state::gone);
  look();
  auto next = sent("t2", 1);
  next.gateway.clear();
  next.status = 404;
  log.add(next);
  BOOST_TEST((harm() == cli::token_harm{}));
}

BOOST_AUTO_TEST_CASE(new_token_after_a_definite_refusal_is_no_harm) {
  refuse("t1", 1, 400, "OperationUnsupported.ForwardEntry");
  create("t2", 1, "fwd-1");
  BOOST_TEST((harm() == cli::token_harm{}));
}

BOOST_AUTO_TEST_CASE(refusal_that_asks_for_repetition_is_not_definite) {
  refuse("t1", 1, 400, "Throttling.User");
  create("t2", 1, "fwd-1");
  BOOST_TEST(harm().doubled == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
