#include <csignal>
#include <cstdio>
#include <fstream>

#include <fmt/format.h>

#include "emulator/base64.hpp"
#include "test/kube/trials.hpp"

// Who the controller is to the API server, and how it is told.

using namespace natgw;
using namespace natgw::test;

namespace {

constexpr const char* secrets = "/api/v1/namespaces/kube-system/secrets";
constexpr const char* account
  = "/api/v1/namespaces/kube-system/serviceaccounts/natgw-controller/token";

void write(const std::string& path, const std::string& text) {
  std::ofstream{path} << text;
}

std::string encoded(const std::string& text) {
  std::vector<unsigned char> bytes{text.begin(), text.end()};
  return emulator::encode_base64(bytes);
}

/// As the kubelet replaces a projected token: never half of it is to be read.
void replace(const std::string& path, const std::string& text) {
  write(path + ".new", text);
  BOOST_TEST_REQUIRE(std::rename((path + ".new").c_str(), path.c_str()) == 0);
}

/// A token that dies with the secret it is bound to.
std::string make_token(world& x, const std::string& secret) {
  auto made
    = kube_api::must(x.api.post(secrets, {{"apiVersion", "v1"},
                                          {"kind", "Secret"},
                                          {"metadata", {{"name", secret}}}}));
  json bound{{"apiVersion", "v1"},
             {"kind", "Secret"},
             {"name", secret},
             {"uid", text_at(made, {"metadata", "uid"})}};
  auto token = kube_api::must(x.api.post(
    account,
    {{"apiVersion", "authentication.k8s.io/v1"},
     {"kind", "TokenRequest"},
     {"spec",
      {{"expirationSeconds", 600}, {"boundObjectRef", std::move(bound)}}}}));
  return text_at(token, {"status", "token"});
}

std::string cluster_lines(const std::string& url, const std::string& ca) {
  return fmt::format("clusters:\n- name: here\n  cluster:\n    server: {}\n"
                     "    {}\n",
                     url, ca);
}

std::string user_lines(const std::string& lines) {
  return "users:\n- name: natgw\n  user:\n" + lines;
}

const std::string contexts = "contexts:\n- name: right\n  context: "
                             "{cluster: here, user: natgw}\n"
                             "- name: wrong\n  context: "
                             "{cluster: nowhere, user: natgw}\n";

void bind_user(world& x, const char* kind, const char* target) {
  json role{{"apiGroup", "rbac.authorization.k8s.io"},
            {"kind", kind},
            {"name", "natgw-controller"}};
  json subject{{"apiGroup", "rbac.authorization.k8s.io"},
               {"kind", "User"},
               {"name", "natgw"}};
  x.api.post(target, {{"apiVersion", "rbac.authorization.k8s.io/v1"},
                      {"kind", std::string{kind} + "Binding"},
                      {"metadata", {{"name", "natgw-user"}}},
                      {"roleRef", std::move(role)},
                      {"subjects", json::array({std::move(subject)})}});
}

/// The user of the client certificate may do what the service account may.
void bind_user(world& x) {
  bind_user(x, "ClusterRole",
            "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings");
  bind_user(x, "Role",
            "/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system/"
            "rolebindings");
}

void live_and_die(world& x, const std::string& name) {
  x.create(x.pod(name));
  BOOST_TEST(wait_served(x, name));
  x.remove(name);
  BOOST_TEST(x.wait_empty());
}

} // namespace

BOOST_AUTO_TEST_SUITE(kube_credentials)

NATGW_REAL_SCENARIO(fm29_a_token_is_replaced) {
  world x{where};
  temporary_folder at;
  auto access = where.admin();
  write(at / "ca.crt", access.ca_pem);
  auto first = make_token(x, x.ns + "-1");
  write(at / "token", first);
  write(at / "kubeconfig",
        cluster_lines(access.url, "certificate-authority: ca.crt")
          + user_lines("    tokenFile: token\n") + contexts
          + "current-context: right\n");
  auto& controller = x.run_with({"--kubeconfig", at / "kubeconfig"});
  live_and_die(x, "first");
  replace(at / "token", make_token(x, x.ns + "-2"));
  kube_api::must(x.api.remove(std::string{secrets} + "/" + x.ns + "-1"));
  // The server remembers for a few seconds that the old one was good.
  kube_api old{{access.url, access.ca_pem, first}};
  BOOST_TEST(x.wait([&] { return old.get("/api/v1/nodes").status == 401; }));
  live_and_die(x, "second");
  kube_api::must(x.api.remove(std::string{secrets} + "/" + x.ns + "-2"));
  BOOST_TEST(controller.log().find("lease_lost") == std::string::npos);
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

// A certificate as file and as data, two files in KUBECONFIG, --context.
NATGW_REAL_SCENARIO(kubeconfigs_of_all_forms_are_read) {
  world x{where};
  bind_user(x);
  temporary_folder at;
  auto access = where.admin();
  auto me = as_real(where).client_certificate("natgw");
  write(at / "ca.crt", access.ca_pem);
  write(at / "me.crt", me.certificate_pem);
  write(at / "me.key", me.key_pem);
  auto files = cluster_lines(access.url, "certificate-authority: ca.crt")
               + user_lines("    client-certificate: me.crt\n"
                            "    client-key: me.key\n")
               + contexts + "current-context: right\n";
  auto data
    = user_lines(fmt::format("    client-certificate-data: {}\n"
                             "    client-key-data: {}\n",
                             encoded(me.certificate_pem), encoded(me.key_pem)))
      + contexts + "current-context: wrong\n";
  write(at / "files", files);
  write(at / "users", data);
  write(at / "clusters",
        cluster_lines(access.url,
                      "certificate-authority-data: " + encoded(access.ca_pem)));
  auto& first = x.run_with({"--kubeconfig", at / "files"});
  live_and_die(x, "first");
  first.of().signal(SIGTERM);
  BOOST_TEST(first.of().wait() == 0);
  x.run_with({"--context", "right"},
             {"KUBECONFIG=" + (at / "users") + ":" + (at / "clusters")});
  live_and_die(x, "second");
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

BOOST_AUTO_TEST_SUITE_END()
