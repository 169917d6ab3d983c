#include "clients/kube/kubeconfig.hpp"

#include <string>

#include "test/unit/kube/files.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

namespace {

using namespace natgw;
using namespace natgw::kube;
using testing::temporary_directory;

// "CA", "CERT" and "KEY" in base64.
const std::string complete = R"(
apiVersion: v1
kind: Config
current-context: one
contexts:
- name: one
  context: {cluster: c, user: token, namespace: games}
- name: two
  context: {cluster: d, user: cert}
clusters:
- name: c
  cluster:
    server: https://10.0.0.1:6443/
    certificate-authority-data: Q0E=
    tls-server-name: kubernetes
- name: d
  cluster:
    server: "http://127.0.0.1:8080/prefix"
    insecure-skip-tls-verify: true
users:
- name: token
  user: {token: abc}
- name: cert
  user: {client-certificate-data: Q0VSVA==, client-key-data: S0VZ}
)";

struct fixture {
  temporary_directory dir;

  expected<api_server> load(const std::string& text,
                            std::string_view context = {}) const {
    return load_kubeconfig({dir.write("config", text)}, context);
  }

  std::string refusal(const std::string& text) const {
    auto x = load(text);
    if (x)
      return "accepted";
    BOOST_TEST((x.error().code == ec::invalid_config));
    return x.error().detail;
  }

  // A configuration whose only user or cluster is this.
  std::string with_user(const std::string& user) {
    return "current-context: x\n"
           "contexts: [{name: x, context: {cluster: c, user: u}}]\n"
           "clusters: [{name: c, cluster: {server: 'https://h'}}]\n"
           "users: [{name: u, user: "
           + user + "}]\n";
  }

  std::string with_cluster(const std::string& cluster) {
    return "current-context: x\n"
           "contexts: [{name: x, context: {cluster: c}}]\n"
           "clusters: [{name: c, cluster: "
           + cluster + "}]\n";
  }
};

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(kubeconfig_suite, fixture)

BOOST_AUTO_TEST_CASE(the_current_context_is_used) {
  auto x = load(complete);
  BOOST_REQUIRE(x);
  BOOST_TEST(x->base_url == "https://10.0.0.1:6443");
  BOOST_TEST(x->tls.ca_pem == "CA");
  BOOST_TEST(x->tls.server_name == "kubernetes");
  BOOST_TEST(!x->tls.insecure);
  BOOST_TEST(x->credentials.token().value() == "abc");
  BOOST_TEST(x->namespace_name == "games");
}

BOOST_AUTO_TEST_CASE(a_named_context_wins) {
  auto x = load(complete, "two");
  BOOST_REQUIRE(x);
  BOOST_TEST(x->base_url == "http://127.0.0.1:8080/prefix");
  BOOST_TEST(x->tls.insecure);
  BOOST_TEST(x->tls.cert_pem == "CERT");
  BOOST_TEST(x->tls.key_pem == "KEY");
  BOOST_TEST(x->credentials.token().value().empty());
  BOOST_TEST(x->namespace_name == "default");
}

BOOST_AUTO_TEST_CASE(files_are_found_beside_the_kubeconfig) {
  dir.write("pki/ca.pem", "CA file");
  dir.write("token", "from file");
  dir.write("cert", "C");
  dir.write("key", "K");
  auto x = load("current-context: x\n"
                "contexts: [{name: x, context: {cluster: c, user: u}}]\n"
                "clusters: [{name: c, cluster: {server: 'https://h',\n"
                "  certificate-authority: pki/ca.pem}}]\n"
                "users: [{name: u, user: {tokenFile: "
                + dir.write("t", "file-token\n")
                + ", client-certificate: cert, client-key: key}}]\n");
  BOOST_REQUIRE(x);
  BOOST_TEST(x->tls.ca_pem == "CA file");
  BOOST_TEST(x->tls.cert_pem == "C");
  BOOST_TEST(x->tls.key_pem == "K");
  BOOST_TEST(x->credentials.token().value() == "file-token");
}

BOOST_AUTO_TEST_CASE(of_several_files_the_first_word_counts) {
  auto first = dir.write("first", "current-context: two\n");
  auto second = dir.write("second", complete);
  auto third = dir.write("third", "current-context: one\n"
                                  "clusters: [{name: d, cluster: "
                                  "{server: 'https://other'}}]\n");
  auto x = load_kubeconfig({dir.path("missing"), first, second, third});
  BOOST_REQUIRE(x);
  BOOST_TEST(x->base_url == "http://127.0.0.1:8080/prefix");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_honoured_is_refused_in_words) {
  BOOST_TEST(contains(refusal(with_user("{exec: {command: aws}}")),
                      "exec plugin, which is not supported"));
  for (std::string name : {"auth-provider", "username", "as"})
    BOOST_TEST(contains(refusal(with_user('{' + name + ": x}")),
                        "the user's \"" + name + "\" is not supported"));
  BOOST_TEST(contains(refusal(with_cluster("{server: 'https://h', "
                                           "proxy-url: 'http://p'}")),
                      "proxy-url is not supported"));
}

BOOST_AUTO_TEST_CASE(half_a_certificate_is_refused) {
  BOOST_TEST(
    contains(refusal(with_user("{client-key-data: S0VZ}")), "belong together"));
}

BOOST_AUTO_TEST_CASE(broken_references_are_named) {
  BOOST_TEST(contains(load(complete, "three").error().detail,
                      "there is no context \"three\""));
  BOOST_TEST(contains(refusal("{}"), "has no current-context"));
  BOOST_TEST(contains(refusal("current-context: x\n"
                              "contexts: [{name: x, context: {cluster: c}}]"),
                      "there is no cluster \"c\""));
  BOOST_TEST(contains(refusal("[1]"), "is not a mapping"));
  BOOST_TEST(contains(refusal(with_cluster("{server: 'h:6443'}")),
                      "must begin with https://"));
  BOOST_TEST(contains(refusal(with_cluster("{server: 'https://u:p@h'}")),
                      "not a plain URL"));
  BOOST_TEST(contains(refusal(with_cluster("{server: 'https://h', "
                                           "certificate-authority-data: '*'}")),
                      "certificate-authority-data is not base64"));
}

BOOST_AUTO_TEST_CASE(a_syntax_error_is_placed_and_shows_no_text) {
  auto detail = refusal("a: b\nusers: [{user: {token: \"geheim\n");
  BOOST_TEST(contains(detail, "not valid YAML at line"));
  BOOST_TEST(!contains(detail, "geheim"));
}

BOOST_AUTO_TEST_CASE(a_pod_finds_its_service_account) {
  environment env;
  env.service_host = "10.96.0.1";
  env.service_port = "443";
  env.account_dir = dir.path("account");
  dir.write("account/token", "sa-token");
  dir.write("account/ca.crt", "CA");
  dir.write("account/namespace", "kube-system\n");
  auto x = find_api_server(env);
  BOOST_REQUIRE(x);
  BOOST_TEST(x->base_url == "https://10.96.0.1:443");
  BOOST_TEST(x->tls.ca_pem == "CA");
  BOOST_TEST(x->credentials.token().value() == "sa-token");
  BOOST_TEST(x->namespace_name == "kube-system");
  env.service_host = "fd00::1";
  BOOST_TEST(find_api_server(env).value().base_url == "https://[fd00::1]:443");
}

BOOST_AUTO_TEST_CASE(a_pod_without_a_token_says_so) {
  environment env;
  env.service_host = "10.96.0.1";
  env.service_port = "443";
  env.account_dir = dir.path("account");
  dir.write("account/ca.crt", "CA");
  auto x = load_in_cluster(env);
  BOOST_TEST((x.error().code == ec::invalid_config));
  BOOST_TEST(contains(x.error().detail, "account/token"));
  BOOST_TEST(!load_in_cluster({}));
}

BOOST_AUTO_TEST_CASE(the_flag_wins_over_the_variable_over_the_home) {
  environment env;
  env.home = dir.path("home");
  dir.write("home/.kube/config", with_cluster("{server: 'https://home'}"));
  BOOST_TEST(find_api_server(env).value().base_url == "https://home");
  env.kubeconfig = dir.path("nothing") + ':'
                   + dir.write("v", with_cluster("{server: 'https://var'}"));
  BOOST_TEST(find_api_server(env).value().base_url == "https://var");
  auto flag = dir.write("f", with_cluster("{server: 'https://flag'}"));
  BOOST_TEST(find_api_server(env, flag).value().base_url == "https://flag");
}

BOOST_AUTO_TEST_CASE(no_damage_to_a_file_does_more_than_fail) {
  BOOST_TEST(rc::check([this] {
    auto text = complete;
    auto count = *rc::gen::inRange(1, 6);
    for (int i = 0; i < count; ++i) {
      auto at = *rc::gen::inRange<size_t>(0, text.size());
      text[at] = *rc::gen::element('{', '[', ':', '\n', ' ', '-', '"', '&', '*',
                                   '!', '\t', 'x', '\x80', '\0');
    }
    static_cast<void>(load(text));
  }));
}

BOOST_AUTO_TEST_SUITE_END()
