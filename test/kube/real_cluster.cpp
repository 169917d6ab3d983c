#include "test/kube/real_cluster.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/random_text.hpp"
#include "clients/http/boot_time.hpp"
#include "clients/kube/timestamps.hpp"
#include "emulator/kube/kubeconfig.hpp"
#include "serving/self_signed.hpp"
#include "test/kube/eventually.hpp"
#include "test/kube/observer.hpp"

namespace natgw::test {

namespace {

constexpr auto start_limit = std::chrono::seconds{60};
constexpr const char* account
  = "/api/v1/namespaces/kube-system/serviceaccounts/natgw-controller";

/// A port of 127.0.0.1 that nobody listens on now.
uint16_t free_port() {
  auto fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-cstyle-cast)
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  auto bound = ::bind(fd, generic, size) == 0
               && ::getsockname(fd, generic, &size) == 0;
  ::close(fd);
  if (!bound)
    throw std::runtime_error{"no free port"};
  return ntohs(address.sin_port);
}

/// Writes of pods and PodDNATs whole, so that each is known by the revision
/// that it made; of everything else who, what and when.
constexpr const char* audit_policy = R"({
  "apiVersion": "audit.k8s.io/v1", "kind": "Policy",
  "omitStages": ["RequestReceived"],
  "rules": [
    {"level": "RequestResponse",
     "verbs": ["create", "update", "patch", "delete"],
     "resources": [
       {"group": "", "resources": ["pods", "pods/status", "pods/binding"]},
       {"group": "alibabacloud.com",
        "resources": ["poddnats", "poddnats/status"]}]},
    {"level": "Metadata", "userGroups": ["system:serviceaccounts"]},
    {"level": "None"}]})";

std::string text_of(const std::string& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The last lines of a file.
std::string end_of(const std::string& path) {
  auto text = text_of(path);
  constexpr size_t enough = 4000;
  return text.size() > enough ? text.substr(text.size() - enough) : text;
}

/// Between CLOCK_REALTIME and CLOCK_BOOTTIME.
instant boot_time_of(kube::micro_time x) {
  auto ago = std::chrono::system_clock::now() - x;
  return http::boot_now() - std::chrono::duration_cast<instant::duration>(ago);
}

std::optional<audited> read_audit(const json& line) {
  auto when = kube::parse_time(text_at(line, {"requestReceivedTimestamp"}));
  if (!when)
    return std::nullopt;
  audited result{.user = text_at(line, {"user", "username"}),
                 .user_agent = text_at(line, {"userAgent"}),
                 .verb = text_at(line, {"verb"}),
                 .resource = text_at(line, {"objectRef", "resource"}),
                 .ns = text_at(line, {"objectRef", "namespace"}),
                 .name = text_at(line, {"objectRef", "name"}),
                 .at = boot_time_of(*when)};
  auto sub = text_at(line, {"objectRef", "subresource"});
  if (!sub.empty())
    result.resource += "/" + sub;
  auto code = at(line, {"responseStatus", "code"});
  result.code = code.is_number() ? code.get<int>() : 0;
  auto version = text_at(line,
                         {"responseObject", "metadata", "resourceVersion"});
  if (!version.empty())
    result.revision = std::stoull(version);
  return result;
}

} // namespace

real_cluster::real_cluster() {
  const auto* from = std::getenv("NATGW_KUBE_SERVERS");
  binaries_ = from == nullptr ? "" : from;
  admin_token_ = cli::random_secret();
  etcd_port_ = free_port();
  etcd_peer_port_ = free_port();
  api_port_ = free_port();
  auto keys = serving::make_self_signed();
  if (!keys)
    throw std::runtime_error{keys.error().detail};
  ca_pem_ = keys->ca_pem;
  write("ca.crt", keys->ca_pem);
  write("server.crt", keys->server.certificate_pem);
  write("server.key", keys->server.key_pem);
  write("tokens.csv", admin_token_ + ",admin,admin,system:masters\n");
  write("audit.json", audit_policy);
  make_client_authority();
  start_etcd();
  start_api();
  api_ = std::make_unique<kube_api>(admin());
  // Before the manager starts: it learns of later kinds after half a minute.
  apply_manifests();
  start_manager();
}

std::string real_cluster::server(const std::string& name) const {
  return binaries_.empty() ? name : binaries_ + "/" + name;
}

void real_cluster::write(const std::string& name,
                         const std::string& text) const {
  std::ofstream{path(name)} << text;
}

void real_cluster::openssl(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), "openssl");
  process running{std::move(arguments), path("openssl.log")};
  if (running.wait() != 0)
    throw std::runtime_error{"openssl failed: " + end_of(path("openssl.log"))};
}

void real_cluster::make_client_authority() {
  openssl({"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
           "-subj", "/CN=clients", "-keyout", path("clients.key"), "-out",
           path("clients.crt")});
}

serving::tls_identity
real_cluster::client_certificate(const std::string& user) {
  auto key = path(user + ".key");
  auto request = path(user + ".csr");
  auto certificate = path(user + ".crt");
  openssl({"req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + user,
           "-keyout", key, "-out", request});
  openssl({"x509", "-req", "-in", request, "-CA", path("clients.crt"), "-CAkey",
           path("clients.key"), "-CAcreateserial", "-days", "2", "-out",
           certificate});
  return {text_of(certificate), text_of(key)};
}

void real_cluster::start_etcd() {
  auto url = fmt::format("http://127.0.0.1:{}", etcd_port_);
  auto peer = fmt::format("http://127.0.0.1:{}", etcd_peer_port_);
  etcd_ = std::make_unique<process>(
    std::vector<std::string>{
      server("etcd"), "--unsafe-no-fsync", "--data-dir", path("etcd"),
      "--listen-client-urls", url, "--advertise-client-urls", url,
      "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
      "--initial-cluster", "default=" + peer, "--logger", "zap"},
    path("etcd.log"));
}

void real_cluster::start_api() {
  apiserver_ = std::make_unique<process>(
    std::vector<std::string>{
      server("kube-apiserver"), "--bind-address=127.0.0.1",
      "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none",
      "--insecure-port=0", fmt::format("--secure-port={}", api_port_),
      fmt::format("--etcd-servers=http://127.0.0.1:{}", etcd_port_),
      "--authorization-mode=RBAC", "--token-auth-file=" + path("tokens.csv"),
      "--client-ca-file=" + path("clients.crt"),
      "--tls-cert-file=" + path("server.crt"),
      "--tls-private-key-file=" + path("server.key"),
      "--service-account-issuer=https://kubernetes.default.svc",
      "--service-account-key-file=" + path("server.crt"),
      "--service-account-signing-key-file=" + path("server.key"),
      "--service-cluster-ip-range=10.0.0.0/24",
      "--disable-admission-plugins=ServiceAccount",
      // As clusters have it that do not trust every owner reference.
      "--enable-admission-plugins=OwnerReferencesPermissionEnforcement",
      // So long does it wait for open watches before it ends.
      "--request-timeout=5s",
      // Clients are sent away now and then, as load balancers like it.
      "--goaway-chance=0.02", "--audit-policy-file=" + path("audit.json"),
      "--audit-log-path=" + path("audit.log"),
      // In one file, however many pods are made.
      "--audit-log-maxsize=10000", "--v=0"},
    path("apiserver.log"));
  kube_api probe{admin()};
  auto ready = eventually(
    [&probe] { return probe.get("/readyz").status == 200; }, start_limit);
  if (!ready)
    throw std::runtime_error{"kube-apiserver does not become ready: "
                             + end_of(path("apiserver.log"))};
}

void real_cluster::stop_api() {
  apiserver_->signal(SIGTERM);
  apiserver_->wait();
}

void real_cluster::start_manager() {
  write_kubeconfig(path("manager.kubeconfig"), admin());
  manager_ = std::make_unique<process>(
    std::vector<std::string>{
      server("kube-controller-manager"),
      "--kubeconfig=" + path("manager.kubeconfig"), "--leader-elect=false",
      "--port=0", "--secure-port=0",
      // Without podgc, which deletes what is bound to nodes that it does not
      // know, and without those who watch over nodes.
      std::string{"--controllers=garbagecollector,namespace,serviceaccount"}
        + ",statefulset,replicaset,deployment,job"},
    path("manager.log"));
}

void real_cluster::apply_manifests() {
  kubectl(admin(),
          {"apply", "-k", std::string{NATGW_SOURCE_DIR} + "/deploy/base"});
  auto established = eventually(
    [this] {
      auto crd = api_->get("/apis/apiextensions.k8s.io/v1/"
                           "customresourcedefinitions/"
                           "poddnats.alibabacloud.com");
      for (const auto& x : crd.body["status"]["conditions"])
        if (x["type"] == "Established" && x["status"] == "True")
          return api_->get("/apis/alibabacloud.com/v1beta1/poddnats").good();
      return false;
    },
    start_limit);
  if (!established)
    throw std::runtime_error{"the CRD of PodDNATs is not established"};
}

kube_access real_cluster::admin() const {
  return {fmt::format("https://127.0.0.1:{}", api_port_), ca_pem_,
          admin_token_};
}

kube_access real_cluster::controller() {
  auto token
    = kube_api::must(api_->post(std::string{account} + "/token",
                                {{"apiVersion", "authentication.k8s.io/v1"},
                                 {"kind", "TokenRequest"},
                                 {"spec", {{"expirationSeconds", 7200}}}}));
  return {admin().url, ca_pem_, text_at(token, {"status", "token"})};
}

std::vector<audited> real_cluster::audit(instant since) {
  std::ifstream in{path("audit.log")};
  in.seekg(audit_read_);
  for (std::string line; std::getline(in, line);) {
    if (in.eof())
      break; // The server is still writing it.
    audit_read_ = in.tellg();
    if (auto x = read_audit(json::parse(line, nullptr, false)))
      audit_.push_back(*std::move(x));
  }
  std::vector<audited> result;
  for (const auto& x : audit_)
    if (x.at >= since)
      result.push_back(x);
  std::ranges::stable_sort(result, {}, &audited::at);
  return result;
}

void real_cluster::compact() {
  kube_api etcd{{.url = fmt::format("http://127.0.0.1:{}", etcd_port_)}};
  auto now = kube_api::must(etcd.post("/v3/kv/range", {{"key", "AA=="}}));
  kube_api::must(
    etcd.post("/v3/kv/compaction",
              {{"revision", now["header"]["revision"]}, {"physical", true}}));
}

cluster& cluster::real() {
  static real_cluster the_one;
  return the_one;
}

void write_kubeconfig(const std::string& path, const kube_access& x) {
  auto text = emulator::kube::make_kubeconfig(x.url, x.ca_pem, x.token);
  if (!emulator::kube::write_private_file(path, text))
    throw std::runtime_error{"cannot write " + path};
}

std::string kubectl(const kube_access& access,
                    std::vector<std::string> arguments) {
  temporary_folder folder;
  write_kubeconfig(folder / "kubeconfig", access);
  const auto* list = std::getenv("NATGW_KUBECTL");
  std::string tool{list == nullptr ? "kubectl" : list};
  tool = tool.substr(0, tool.find(':'));
  arguments.insert(arguments.begin(),
                   {tool, "--kubeconfig", folder / "kubeconfig", "--cache-dir",
                    folder / "cache"});
  process running{std::move(arguments)};
  auto output = running.read_all();
  if (running.wait() != 0)
    throw std::runtime_error{"kubectl failed: " + output};
  return output;
}

} // namespace natgw::test
