#include <string>

#include <boost/test/unit_test.hpp>
#include <yaml-cpp/yaml.h>

#include "emulator/kube/resource.hpp"
#include "test/unit/emulator_kube/fixture.hpp"

namespace natgw::emulator::kube {

namespace {

/// A manifest as JSON, without what only readers care for.
json from_yaml(const YAML::Node& x) {
  if (x.IsSequence()) {
    auto result = json::array();
    for (const auto& item : x)
      result.push_back(from_yaml(item));
    return result;
  }
  if (x.IsMap()) {
    auto result = json::object();
    for (const auto& member : x)
      if (member.first.Scalar() != "description")
        result[member.first.Scalar()] = from_yaml(member.second);
    return result;
  }
  auto parsed = json::parse(x.Scalar(), nullptr, false);
  return parsed.is_discarded() ? json(x.Scalar()) : parsed;
}

} // namespace

BOOST_AUTO_TEST_SUITE(emulator_kube_crds)

BOOST_AUTO_TEST_CASE(emulated_definition_is_the_one_that_is_installed) {
  auto manifest
    = from_yaml(YAML::LoadFile(NATGW_SOURCE_DIR "/deploy/base/crd.yaml"));
  auto& properties = manifest["spec"]["versions"][0]["schema"]
                             ["openAPIV3Schema"]["properties"];
  // The server knows these by itself.
  for (const auto* name : {"apiVersion", "kind", "metadata"})
    properties.erase(name);
  manifest["metadata"].erase("labels");
  BOOST_TEST(poddnat_crd().dump(2) == manifest.dump(2));
}

BOOST_AUTO_TEST_CASE(interfaces_are_known_once_they_are_defined) {
  cluster aut;
  const std::string path
    = "/apis/network.alibabacloud.com/v1beta1/namespaces/default/podenis";
  BOOST_TEST(aut.get(path).code == 404);
  aut.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
           podeni_crd());
  json object{{"apiVersion", "network.alibabacloud.com/v1beta1"},
              {"kind", "PodENI"},
              {"metadata", {{"name", "a"}}},
              {"spec",
               {{"allocations", json::array({{{"ipv4", "10.0.0.1"},
                                              {"eni", {{"id", "eni-1"}}}}})}}}};
  BOOST_TEST(aut.post(path, object).code == 201);
  BOOST_TEST(aut.get(path + "/a").text("/spec/allocations/0/eni/id")
             == "eni-1");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace natgw::emulator::kube
