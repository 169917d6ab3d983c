#include "clients/aliyun/signing.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace natgw;
using aliyun::parameters;
using aliyun::secret;

namespace {

// The vectors are the cloud's own documentation and SDKs', or were computed
// with OpenSSL's command line where it says "own".

struct v1_vector {
  parameters what;
  std::string_view access_secret;
  std::string_view canonical;
  std::string_view get;
  std::string_view post;
};

const parameters regions{
  {"Timestamp", "2016-02-23T12:46:24Z"},
  {"Format", "XML"},
  {"AccessKeyId", "testid"},
  {"Action", "DescribeRegions"},
  {"SignatureMethod", "HMAC-SHA1"},
  {"SignatureNonce", "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf"},
  {"Version", "2014-05-26"},
  {"SignatureVersion", "1.0"},
};

const parameters hosts{
  {"AccessKeyId", "testid"},
  {"Action", "DescribeDedicatedHosts"},
  {"Format", "JSON"},
  {"RegionId", "cn-beijing"},
  {"SignatureMethod", "HMAC-SHA1"},
  {"SignatureNonce", "edb2b34af0af9a6d14deaf7c1a5315eb"},
  {"SignatureVersion", "1.0"},
  {"Timestamp", "2023-03-13T08:34:30Z"},
  {"Version", "2014-05-26"},
};

const parameters old_sdk{
  {"AccessKeyId", "accessKeyId"},
  {"Action", ""},
  {"Format", "JSON"},
  {"RegionId", "regionId"},
  {"SignatureMethod", "HMAC-SHA1"},
  {"SignatureNonce", "MOCK_UUID"},
  {"SignatureType", ""},
  {"SignatureVersion", "1.0"},
  {"Timestamp", "mock date"},
  {"Version", ""},
};

parameters with(parameters x, std::string name, std::string value) {
  x.emplace_back(std::move(name), std::move(value));
  return x;
}

const parameters entry{
  {"AccessKeyId", "testid"},
  {"Action", "CreateForwardEntry"},
  {"ClientToken", "0c593ea1-3bea-11e9-b96b-88e9fe600000"},
  {"ExternalIp", "203.0.113.10"},
  {"ExternalPort", "10/20"},
  {"Format", "JSON"},
  {"ForwardEntryName", "ns/pod *~ \u4e2d"},
  {"ForwardTableId", "ftb-bp1mbjubq34hlcqpa0000"},
  {"InternalIp", "192.168.1.5"},
  {"InternalPort", "80/90"},
  {"IpProtocol", "TCP"},
  {"PortBreak", "true"},
  {"RegionId", "cn-hangzhou"},
  {"SecurityToken", "sts+token/=="},
  {"SignatureMethod", "HMAC-SHA1"},
  {"SignatureNonce", "edb2b34af0af9a6d14deaf7c1a5315eb"},
  {"SignatureVersion", "1.0"},
  {"Timestamp", "2023-03-13T08:34:30Z"},
  {"Version", "2016-04-28"},
};

const std::vector<v1_vector> v1_vectors{
  {regions, "testsecret",
   "AccessKeyId=testid&Action=DescribeRegions&Format=XML&"
   "SignatureMethod=HMAC-SHA1&"
   "SignatureNonce=3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf&SignatureVersion=1.0&"
   "Timestamp=2016-02-23T12%3A46%3A24Z&Version=2014-05-26",
   "OLeaidS1JvxuMvnyHOwuJ+uX5qY=", "MxbnVAM4w6sft9xjVpe/GCKueuk="},
  {hosts, "testsecret",
   "AccessKeyId=testid&Action=DescribeDedicatedHosts&Format=JSON&"
   "RegionId=cn-beijing&SignatureMethod=HMAC-SHA1&"
   "SignatureNonce=edb2b34af0af9a6d14deaf7c1a5315eb&SignatureVersion=1.0&"
   "Timestamp=2023-03-13T08%3A34%3A30Z&Version=2014-05-26",
   "9NaGiOspFP5UPcwX8Iwt2YJXXuk=", "ZvQ9xGiFnquSJRvj+WE6kdSpTwU="},
  {old_sdk, "accessKeySecret",
   "AccessKeyId=accessKeyId&Action=&Format=JSON&RegionId=regionId&"
   "SignatureMethod=HMAC-SHA1&SignatureNonce=MOCK_UUID&SignatureType=&"
   "SignatureVersion=1.0&Timestamp=mock%20date&Version=",
   "7loPmFjvDnzOVnQeQNj85S6nFGY=", ""},
  {with(old_sdk, "SecurityToken", "accessKeyStsToken"), "accessKeySecret",
   "AccessKeyId=accessKeyId&Action=&Format=JSON&RegionId=regionId&"
   "SecurityToken=accessKeyStsToken&SignatureMethod=HMAC-SHA1&"
   "SignatureNonce=MOCK_UUID&SignatureType=&SignatureVersion=1.0&"
   "Timestamp=mock%20date&Version=",
   "5Nxdcler+ihqWqv0Hr2On4PsBf4=", ""},
  {entry, "testsecret",
   "AccessKeyId=testid&Action=CreateForwardEntry&"
   "ClientToken=0c593ea1-3bea-11e9-b96b-88e9fe600000&ExternalIp=203.0.113.10&"
   "ExternalPort=10%2F20&Format=JSON&"
   "ForwardEntryName=ns%2Fpod%20%2A~%20%E4%B8%AD&"
   "ForwardTableId=ftb-bp1mbjubq34hlcqpa0000&InternalIp=192.168.1.5&"
   "InternalPort=80%2F90&IpProtocol=TCP&PortBreak=true&RegionId=cn-hangzhou&"
   "SecurityToken=sts%2Btoken%2F%3D%3D&SignatureMethod=HMAC-SHA1&"
   "SignatureNonce=edb2b34af0af9a6d14deaf7c1a5315eb&SignatureVersion=1.0&"
   "Timestamp=2023-03-13T08%3A34%3A30Z&Version=2016-04-28",
   "aIjrMfQreMQtXGj3SW4XCzT6Wbo=", "bpydwwp3mvmpcAtop7qZvOnuzdM="},
};

const parameters business{
  {"ExternalIp", "203.0.113.10"},
  {"ExternalPort", "10/20"},
  {"ForwardEntryName", "ns/pod *~ \u4e2d"},
  {"ForwardTableId", "ftb-bp1mbjubq34hlcqpa0000"},
  {"InternalIp", "192.168.1.5"},
  {"InternalPort", "80/90"},
  {"IpProtocol", "TCP"},
  {"PortBreak", "true"},
  {"RegionId", "cn-hangzhou"},
};

constexpr std::string_view nonce = "3156853299f313e23d1673dc12e1703d";
constexpr std::string_view empty_hash
  = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::vector<http::header> headers_for(std::string host, std::string action,
                                      std::string version,
                                      std::string_view hash) {
  return {
    {"x-acs-version", std::move(version)},
    {"Host", std::move(host)},
    {"X-Acs-Action", std::move(action)},
    {"x-acs-content-sha256", std::string{hash}},
    {"x-acs-date", "2023-10-26T10:22:32Z"},
    {"x-acs-signature-nonce", std::string{nonce}},
    {"User-Agent", "not signed"},
  };
}

} // namespace

BOOST_AUTO_TEST_SUITE(signing)

BOOST_AUTO_TEST_CASE(v1_vectors_match) {
  for (const auto& x : v1_vectors) {
    auto canonical = aliyun::canonical_query(x.what);
    BOOST_TEST(canonical == x.canonical);
    secret key{x.access_secret};
    BOOST_TEST(
      aliyun::v1_signature(aliyun::v1_string_to_sign("GET", canonical), key)
      == x.get);
    if (!x.post.empty())
      BOOST_TEST(
        aliyun::v1_signature(aliyun::v1_string_to_sign("POST", canonical), key)
        == x.post);
  }
}

BOOST_AUTO_TEST_CASE(v1_string_to_sign_is_the_documented_one) {
  BOOST_TEST(
    aliyun::v1_string_to_sign("GET", aliyun::canonical_query(regions))
    == "GET&%2F&AccessKeyId%3Dtestid%26Action%3DDescribeRegions%26Format%3DXML"
       "%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3D3ee8c1b8-83d3-44af-"
       "a94f-4e0ad82fd6cf%26SignatureVersion%3D1.0%26Timestamp%3D2016-02-23T12"
       "%253A46%253A24Z%26Version%3D2014-05-26");
}

BOOST_AUTO_TEST_CASE(v1_without_a_method_matches_the_sdk) {
  BOOST_TEST(aliyun::v1_string_to_sign("", "test=ok") == "&%2F&test%3Dok");
  BOOST_TEST(aliyun::v1_signature("&%2F&test%3Dok", secret{"accessKeySecret"})
             == "jHx/oHoHNrbVfhncHEvPdHXZwHU=");
}

BOOST_AUTO_TEST_CASE(v3_official_vector_matches) {
  auto headers = headers_for("ecs.cn-shanghai.aliyuncs.com", "RunInstances",
                             "2014-05-26", empty_hash);
  aliyun::v3_input x;
  x.query = "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&"
            "RegionId=cn-shanghai";
  x.headers = &headers;
  x.payload_hash = empty_hash;
  BOOST_TEST(
    aliyun::sha256_hex(aliyun::v3_canonical_request(x))
    == "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259");
  BOOST_TEST(
    aliyun::v3_authorization(x, "YourAccessKeyId",
                             secret{"YourAccessKeySecret"})
    == "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;"
       "x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;"
       "x-acs-version,Signature="
       "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0");
}

BOOST_AUTO_TEST_CASE(v3_joins_the_values_of_one_header) {
  std::vector<http::header> headers{{"x-acs-test", "https"},
                                    {"X-Acs-Test", " http "}};
  aliyun::v3_input x;
  x.method = "";
  x.query = aliyun::canonical_query({{"test", "ok"}, {"empty", ""}});
  x.headers = &headers;
  x.payload_hash
    = "55e12e91650d2fec56ec74e1d3e4ddbfce2ef3a65890c2a19ecf88a307e76a23";
  auto request = aliyun::v3_canonical_request(x);
  BOOST_TEST(
    aliyun::sha256_hex(request)
    == "de5b11a1e2e756c1d859871395fe0b6d47f2564e88a5477eb586c03c6fc105ff");
  BOOST_TEST(
    aliyun::v3_signature(request, secret{"secret"})
    == "4ab59fffe3c5738ff8a2729f90cc04fe18b02a4b15b2102cbaf92f9ff3df2ea3");
}

BOOST_AUTO_TEST_CASE(v3_with_a_security_token_matches) {
  auto headers = headers_for("vpc.cn-hangzhou.aliyuncs.com",
                             "CreateForwardEntry", "2016-04-28", empty_hash);
  headers.push_back({"x-acs-accesskey-id", "YourAccessKeyId"});
  headers.push_back({"x-acs-security-token", "sts+token/=="});
  auto query = aliyun::canonical_query(business);
  aliyun::v3_input x;
  x.query = query;
  x.headers = &headers;
  x.payload_hash = empty_hash;
  auto request = aliyun::v3_canonical_request(x);
  BOOST_TEST(
    aliyun::sha256_hex(request)
    == "2276179d17b14279b244b0c9f2ca9032c06ded75d3ad3b02ccf5dd76a5344230");
  BOOST_TEST(
    aliyun::v3_signature(request, secret{"YourAccessKeySecret"})
    == "f661a6a4f649ab63b93ef185ed25c43bca398f8a435e6460c5b9cf23b6c3edcf");
}

BOOST_AUTO_TEST_CASE(v3_with_a_form_body_matches) {
  auto body = aliyun::canonical_query(business);
  auto hash = aliyun::sha256_hex(body);
  BOOST_TEST(
    hash == "a9a546d4dc037fbf1cc1c8f08fcb84176b15885355ae2dfdb3fd4466d78e3a6c");
  auto headers = headers_for("vpc.cn-hangzhou.aliyuncs.com",
                             "CreateForwardEntry", "2016-04-28", hash);
  headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
  aliyun::v3_input x;
  x.headers = &headers;
  x.payload_hash = hash;
  auto request = aliyun::v3_canonical_request(x);
  BOOST_TEST(
    aliyun::sha256_hex(request)
    == "e67129e71bd466508e8c41f9bbc4fa1f3c6c4752cccab96349af257c31751548");
  BOOST_TEST(
    aliyun::v3_signature(request, secret{"YourAccessKeySecret"})
    == "59a16c7f4447c47b332eeb70c86980f43dc8b8ec2b2bef821966fd41591fd4a1");
}

BOOST_AUTO_TEST_SUITE_END()
