#include "clients/kube/status_error.hpp"

#include <string>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

namespace {

using namespace natgw;
using namespace natgw::kube;
using namespace std::chrono_literals;

http::response answer(int status, std::string body = {}) {
  http::response x;
  x.status = status;
  x.body = std::move(body);
  return x;
}

std::string status(std::string_view reason, std::string_view rest = "") {
  return R"({"kind":"Status","apiVersion":"v1","metadata":{},)"
         R"("status":"Failure","message":"words","reason":")"
         + std::string{reason} + '"' + std::string{rest} + '}';
}

} // namespace

BOOST_AUTO_TEST_SUITE(status_error_suite)

BOOST_AUTO_TEST_CASE(codes_become_the_errors_of_the_program) {
  auto code = [](int http_status, std::string_view reason) {
    return to_error(answer(http_status, status(reason))).code;
  };
  BOOST_TEST((code(400, "BadRequest") == ec::rejected));
  BOOST_TEST((code(401, "Unauthorized") == ec::unauthorized));
  BOOST_TEST((code(403, "Forbidden") == ec::forbidden));
  BOOST_TEST((code(404, "NotFound") == ec::not_found));
  BOOST_TEST((code(409, "AlreadyExists") == ec::already_exists));
  BOOST_TEST((code(409, "Conflict") == ec::conflict));
  BOOST_TEST((code(410, "Expired") == ec::expired));
  BOOST_TEST((code(415, "UnsupportedMediaType") == ec::rejected));
  BOOST_TEST((code(422, "Invalid") == ec::rejected));
  BOOST_TEST((code(429, "TooManyRequests") == ec::throttled));
  BOOST_TEST((code(500, "InternalError") == ec::unavailable));
  BOOST_TEST((code(504, "Timeout") == ec::unavailable));
  BOOST_TEST((code(302, "") == ec::malformed));
}

BOOST_AUTO_TEST_CASE(the_servers_words_are_kept) {
  auto x = to_error(answer(
    403, R"({"reason":"Forbidden","message":"poddnats.alibabacloud.com is )"
         R"(forbidden: User \"sa\" cannot list resource"})"));
  BOOST_TEST(x.detail
             == "HTTP 403 Forbidden: poddnats.alibabacloud.com is forbidden: "
                "User \"sa\" cannot list resource");
}

BOOST_AUTO_TEST_CASE(the_words_are_bounded_and_printable) {
  auto x = to_error(
    answer(500, R"({"message":"a\nb\u0000)" + std::string(5000, 'x') + "\"}"));
  BOOST_TEST(x.detail.size() < 600);
  BOOST_TEST(x.detail.starts_with("HTTP 500: a b xxx"));
}

BOOST_AUTO_TEST_CASE(the_server_may_ask_for_patience) {
  auto x = answer(429, status("TooManyRequests"));
  x.headers.push_back({"retry-after", "7"});
  BOOST_TEST((to_error(x).retry_after == 7s));
  auto y = to_error(
    answer(500, status("Timeout", R"(,"details":{"retryAfterSeconds":3})")));
  BOOST_TEST((y.retry_after == 3s));
}

BOOST_AUTO_TEST_CASE(absurd_patience_is_bounded) {
  for (auto* text : {"-5", "x", "99999999999999999999"}) {
    auto x = answer(429);
    x.headers.push_back({"retry-after", text});
    BOOST_TEST((to_error(x).retry_after == 0s), text);
  }
  auto x = answer(429);
  x.headers.push_back({"retry-after", "999999999"});
  BOOST_TEST((to_error(x).retry_after == 10min));
}

BOOST_AUTO_TEST_CASE(another_uid_is_a_conflict) {
  auto x = answer(422, status("Invalid",
                              R"(,"details":{"name":"p","causes":[{"reason":)"
                              R"("FieldValueInvalid","message":"immutable",)"
                              R"("field":"metadata.uid"}]})"));
  BOOST_TEST((to_error(x).code == ec::conflict));
  BOOST_TEST(is_other_object(x));
  auto y = answer(409,
                  R"({"reason":"Conflict","message":"Precondition failed: )"
                  R"(UID in precondition: a, UID in object meta: b"})");
  BOOST_TEST(is_other_object(y));
  BOOST_TEST(!is_other_object(answer(409, status("Conflict"))));
  BOOST_TEST(!is_other_object(answer(422, status("Invalid"))));
}

BOOST_AUTO_TEST_CASE(a_namespace_that_ends_is_no_missing_right) {
  auto x = answer(403, status("Forbidden", R"(,"details":{"causes":[{"reason":)"
                                           R"("NamespaceTerminating"}]})"));
  BOOST_TEST((to_error(x).code == ec::rejected));
}

BOOST_AUTO_TEST_CASE(only_a_404_about_an_object_proves_its_absence) {
  BOOST_TEST(names_missing_object(
    answer(404, status("NotFound", R"(,"details":{"name":"web"})"))));
  BOOST_TEST(!names_missing_object(answer(404, "404 page not found")));
  BOOST_TEST(!names_missing_object(answer(404, status("NotFound"))));
  BOOST_TEST(!names_missing_object(
    answer(403, status("NotFound", R"(,"details":{"name":"web"})"))));
}

BOOST_AUTO_TEST_CASE(a_body_that_is_no_status_changes_nothing) {
  BOOST_TEST(to_error(answer(503, "<html>")).detail == "HTTP 503");
  BOOST_TEST(to_error(answer(503, "")).detail == "HTTP 503");
  // The head decides, whatever a body claims.
  BOOST_TEST(
    (to_error(answer(500, R"({"code":404})")).code == ec::unavailable));
}

BOOST_AUTO_TEST_CASE(a_status_alone_has_its_own_code) {
  std::string text = status("Expired", R"(,"code":410)");
  BOOST_TEST((to_error(pad(text)).code == ec::expired));
}

BOOST_AUTO_TEST_SUITE_END()
