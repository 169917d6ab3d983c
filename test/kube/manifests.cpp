// What deploy/ installs: kustomize and the Helm chart give the same objects,
// and a real API server takes them.

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

#include "test/integration/process.hpp"
#include "test/kube/real_cluster.hpp"
#include "test/kube/scenario.hpp"

using namespace natgw;
using nlohmann::json;
using test::cluster;

namespace {

const auto deploy = std::string{NATGW_SOURCE_DIR} + "/deploy/";

/// By kind and name.
using objects = std::map<std::string, json>;

std::string read_text(const std::string& path) {
  std::ifstream in{path};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void replace_all(std::string& text, const std::string& from,
                 const std::string& to) {
  for (auto i = text.find(from); i != std::string::npos;
       i = text.find(from, i + to.size()))
    text.replace(i, from.size(), to);
}

/// The manifests as text, and what became of them.
struct manifests {
  cluster& where;
  test::temporary_folder folder;

  std::string file(std::string text) const {
    // The server of the tests is older than the name that all now have.
    replace_all(text, "policy/v1\n", "policy/v1beta1\n");
    auto path = folder / "manifests.yaml";
    std::ofstream{path} << text;
    return path;
  }

  std::string kustomize(const std::string& name) const {
    return test::kubectl(where.admin(), {"kustomize", deploy + name});
  }

  /// @param values laid over the chart's own
  std::string chart(const std::string& values) const {
    const auto* tool = std::getenv("NATGW_HELM_TEMPLATE");
    BOOST_REQUIRE_MESSAGE(tool != nullptr, "NATGW_HELM_TEMPLATE is not set");
    auto path = folder / "values.yaml";
    std::ofstream{path} << values;
    test::process running{{tool, deploy + "helm/natgw-controller", path},
                          folder / "chart.yaml"};
    status = running.wait();
    auto output = read_text(folder / "chart.yaml");
    std::ofstream{folder / "chart.yaml"} << "";
    return output;
  }

  objects parse(const std::string& text) const;

  /// As the server would have them; nothing is stored.
  void apply(const std::string& text) const {
    test::kubectl(where.admin(), {"apply", "--server-side", "--force-conflicts",
                                  "--dry-run=server", "-f", file(text)});
  }

  mutable int status = 0;
};

/// Every scalar as it is written.
json to_json(const YAML::Node& x) {
  json result;
  if (x.IsMap())
    for (const auto& member : x)
      result[member.first.as<std::string>()] = to_json(member.second);
  else if (x.IsSequence())
    for (const auto& element : x)
      result.push_back(to_json(element));
  else
    result = x.as<std::string>();
  return result;
}

/// kustomize adds a hash to a ConfigMap's name; the chart adds one to the pods'
/// annotations. Both serve the same purpose.
void make_alike(json& x) {
  auto& meta = x["metadata"];
  if (x["kind"] == "ConfigMap") {
    meta["name"] = "natgw-controller";
    meta.erase("annotations");
    auto& text = x["data"]["config.yaml"];
    text = to_json(YAML::Load(text.get<std::string>()));
  }
  if (x["kind"] != "Deployment")
    return;
  auto& pod = x["spec"]["template"];
  pod["metadata"].erase("annotations");
  for (auto& volume : pod["spec"]["volumes"])
    if (volume["name"] == "config")
      volume["configMap"]["name"] = "natgw-controller";
}

objects manifests::parse(const std::string& text) const {
  std::istringstream in{
    test::kubectl(where.admin(), {"create", "--dry-run=client", "-o", "json",
                                  "-f", file(text)})};
  objects result;
  json x;
  while (in >> std::ws && !in.eof()) {
    in >> x;
    make_alike(x);
    auto name = x["metadata"]["name"].get<std::string>();
    result[x["kind"].get<std::string>() + " " + name] = x;
  }
  return result;
}

/// What the chart's own values leave open, as the base has it.
const std::string like_base = "clusterID:\nenableRRSA:\nrrsaRoleName:\n"
                              "kubeClientQPS:\nkubeClientBurst:\n";

void check_equal(const objects& chart, objects kustomized) {
  // A chart's CRDs lie apart, so that Helm leaves alone what is there.
  kustomized.erase("CustomResourceDefinition poddnats.alibabacloud.com");
  for (const auto& [name, x] : kustomized) {
    auto found = chart.find(name);
    BOOST_TEST_REQUIRE((found != chart.end()), name);
    auto same = x;
    // Labels of a ConfigMap that kustomize makes cannot be set apart.
    if (x["kind"] == "ConfigMap")
      same["metadata"]["labels"] = found->second["metadata"]["labels"];
    BOOST_TEST((found->second == same),
               name << ": " << json::diff(same, found->second).dump());
  }
  BOOST_TEST(chart.size() == kustomized.size());
}

} // namespace

BOOST_AUTO_TEST_SUITE(kube_manifests)

NATGW_REAL_SCENARIO(chart_and_kustomize_give_equal_objects) {
  manifests x{where, {}};
  check_equal(x.parse(x.chart(like_base)), x.parse(x.kustomize("base")));
  check_equal(x.parse(x.chart(like_base + "replicas: 3\n")),
              x.parse(x.kustomize("overlays/ha")));
  BOOST_TEST(read_text(deploy + "helm/natgw-controller/crds/crd.yaml")
             == read_text(deploy + "base/crd.yaml"));
}

NATGW_REAL_SCENARIO(server_takes_every_manifest) {
  manifests x{where, {}};
  for (const auto* name : {"base", "overlays/ha", "overlays/rrsa"})
    x.apply(x.kustomize(name));
  x.apply(x.chart("replicas: 3\ncredential: {accessKey: a, accessSecret: b}\n"
                  "tolerations: [{operator: Exists}]\n"
                  "nodeSelector: {pool: system}\n"
                  "natgw: {class: blue, lease: {namespace: default}}\n"));
}

NATGW_REAL_SCENARIO(rrsa_overlay_mounts_its_token) {
  manifests x{where, {}};
  auto all = x.parse(x.kustomize("overlays/rrsa"));
  auto& pod = all.at("Deployment natgw-controller")["spec"]["template"]["spec"];
  auto& box = pod["containers"][0];
  std::map<std::string, std::string> env;
  for (auto& each : box["env"])
    if (each.contains("value"))
      env[each["name"]] = each["value"];
  auto token = env["ALIBABA_CLOUD_OIDC_TOKEN_FILE"];
  auto mounted = false;
  for (auto& each : box["volumeMounts"])
    mounted = mounted
              || token.starts_with(each["mountPath"].get<std::string>() + "/");
  BOOST_TEST(mounted);
  BOOST_TEST(env.contains("ALIBABA_CLOUD_ROLE_ARN"));
  BOOST_TEST(env.contains("ALIBABA_CLOUD_OIDC_PROVIDER_ARN"));
}

// A values file of the product works as it is, but not its key in the clear.
NATGW_REAL_SCENARIO(chart_takes_the_products_values) {
  manifests x{where, {}};
  auto text = x.chart(
    read_text(std::string{NATGW_SOURCE_DIR} + "/config/samples/product.yaml"));
  BOOST_TEST_REQUIRE(x.status == 0, text);
  auto all = x.parse(text);
  auto config = all.at("ConfigMap natgw-controller").dump();
  auto secret = all.at("Secret natgw-controller-credentials")["stringData"];
  auto key = secret["ALIBABA_CLOUD_ACCESS_KEY_SECRET"].get<std::string>();
  BOOST_TEST(!key.empty());
  BOOST_TEST(config.find(key) == std::string::npos);
  BOOST_TEST(config.find("ngw-") != std::string::npos);
}

NATGW_REAL_SCENARIO(chart_names_bad_values) {
  manifests x{where, {}};
  auto said = x.chart("replicas: many\nvpcID: nope\n");
  BOOST_TEST(x.status != 0);
  BOOST_TEST(said.find("replicas: Invalid type") != std::string::npos, said);
  BOOST_TEST(said.find("vpcID: Does not match") != std::string::npos, said);
  said = x.chart("credential: {accessKey: a}\n");
  BOOST_TEST(x.status != 0);
  BOOST_TEST(
    said.find("credential.accessSecret is missing") != std::string::npos, said);
}

BOOST_AUTO_TEST_SUITE_END()
