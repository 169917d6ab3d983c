#include "emulator/vpc/signature.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace natgw;
using namespace natgw::emulator;

namespace {

/// The parameters of a canonical query, as published.
parameters from(std::string_view canonical) {
  auto result = decode_parameters(canonical);
  BOOST_REQUIRE(result.has_value());
  BOOST_TEST(canonical_query(*result) == canonical);
  return *result;
}

std::string rpc(std::string_view method, std::string_view canonical,
                std::string_view secret) {
  return rpc_signature(secret, rpc_string_to_sign(method, from(canonical)));
}

constexpr std::string_view v1
  = "AccessKeyId=testid&Action=DescribeRegions&Format=XML&SignatureMethod=HMAC-"
    "SHA1&SignatureNonce=3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf&SignatureVersion="
    "1.0&Timestamp=2016-02-23T12%3A46%3A24Z&Version=2014-05-26";

constexpr std::string_view v2
  = "AccessKeyId=testid&Action=DescribeDedicatedHosts&Format=JSON&RegionId=cn-"
    "beijing&SignatureMethod=HMAC-SHA1&SignatureNonce="
    "edb2b34af0af9a6d14deaf7c1a5315eb&SignatureVersion=1.0&Timestamp=2023-03-"
    "13T08%3A34%3A30Z&Version=2014-05-26";

constexpr std::string_view v4
  = "AccessKeyId=accessKeyId&Action=&Format=JSON&RegionId=regionId&"
    "SignatureMethod=HMAC-SHA1&SignatureNonce=MOCK_UUID&SignatureType=&"
    "SignatureVersion=1.0&Timestamp=mock%20date&Version=";

constexpr std::string_view v4_token
  = "AccessKeyId=accessKeyId&Action=&Format=JSON&RegionId=regionId&"
    "SecurityToken=accessKeyStsToken&SignatureMethod=HMAC-SHA1&SignatureNonce="
    "MOCK_UUID&SignatureType=&SignatureVersion=1.0&Timestamp=mock%20date&"
    "Version=";

constexpr std::string_view v5
  = "AccessKeyId=testid&Action=CreateForwardEntry&ClientToken=0c593ea1-3bea-"
    "11e9-b96b-88e9fe600000&ExternalIp=203.0.113.10&ExternalPort=10%2F20&"
    "Format="
    "JSON&ForwardEntryName=ns%2Fpod%20%2A~%20%E4%B8%AD&ForwardTableId=ftb-"
    "bp1mbjubq34hlcqpa0000&InternalIp=192.168.1.5&InternalPort=80%2F90&"
    "IpProtocol=TCP&PortBreak=true&RegionId=cn-hangzhou&SecurityToken=sts%"
    "2Btoken%2F%3D%3D&SignatureMethod=HMAC-SHA1&SignatureNonce="
    "edb2b34af0af9a6d14deaf7c1a5315eb&SignatureVersion=1.0&Timestamp=2023-03-"
    "13T08%3A34%3A30Z&Version=2016-04-28";

constexpr std::string_view w3_query
  = "ExternalIp=203.0.113.10&ExternalPort=10%2F20&ForwardEntryName=ns%2Fpod%20%"
    "2A~%20%E4%B8%AD&ForwardTableId=ftb-bp1mbjubq34hlcqpa0000&InternalIp=192."
    "168.1.5&InternalPort=80%2F90&IpProtocol=TCP&PortBreak=true&RegionId=cn-"
    "hangzhou";

constexpr std::string_view empty_hash
  = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

using headers = std::vector<serving::header>;

struct acs_result {
  std::string hash;
  std::string signature;
};

acs_result acs(std::string_view method, std::string_view query,
               const headers& all, std::string_view names,
               std::string_view payload, std::string_view secret) {
  const auto decoded = from(query);
  const auto canonical = acs_canonical_request({.method = method,
                                                .path = "/",
                                                .query = &decoded,
                                                .headers = all,
                                                .signed_headers = names,
                                                .payload_hash = payload});
  return {sha256_hex(canonical),
          acs_signature(secret, acs_string_to_sign(canonical))};
}

} // namespace

BOOST_AUTO_TEST_SUITE(vpc_signature)

BOOST_AUTO_TEST_CASE(rpc_string_to_sign_is_as_published) {
  BOOST_TEST(
    rpc_string_to_sign("GET", from(v1))
    == "GET&%2F&AccessKeyId%3Dtestid%26Action%3DDescribeRegions%26Format%3DXML%"
       "26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3D3ee8c1b8-83d3-44af-"
       "a94f-4e0ad82fd6cf%26SignatureVersion%3D1.0%26Timestamp%3D2016-02-23T12%"
       "253A46%253A24Z%26Version%3D2014-05-26");
  BOOST_TEST(rpc_string_to_sign("", {{"test", "ok"}}) == "&%2F&test%3Dok");
}

BOOST_AUTO_TEST_CASE(rpc_signatures_are_as_published) {
  BOOST_TEST(rpc("GET", v1, "testsecret") == "OLeaidS1JvxuMvnyHOwuJ+uX5qY=");
  BOOST_TEST(rpc("POST", v1, "testsecret") == "MxbnVAM4w6sft9xjVpe/GCKueuk=");
  BOOST_TEST(rpc("GET", v2, "testsecret") == "9NaGiOspFP5UPcwX8Iwt2YJXXuk=");
  BOOST_TEST(rpc("POST", v2, "testsecret") == "ZvQ9xGiFnquSJRvj+WE6kdSpTwU=");
  BOOST_TEST(rpc("", "test=ok", "accessKeySecret")
             == "jHx/oHoHNrbVfhncHEvPdHXZwHU=");
  BOOST_TEST(rpc("GET", v4, "accessKeySecret")
             == "7loPmFjvDnzOVnQeQNj85S6nFGY=");
  BOOST_TEST(rpc("GET", v4_token, "accessKeySecret")
             == "5Nxdcler+ihqWqv0Hr2On4PsBf4=");
  BOOST_TEST(rpc("GET", v5, "testsecret") == "aIjrMfQreMQtXGj3SW4XCzT6Wbo=");
  BOOST_TEST(rpc("POST", v5, "testsecret") == "bpydwwp3mvmpcAtop7qZvOnuzdM=");
}

BOOST_AUTO_TEST_CASE(rpc_signature_is_no_part_of_what_is_signed) {
  auto x = from(v1);
  const auto text = rpc_string_to_sign("GET", x);
  x["Signature"] = "anything";
  BOOST_TEST(rpc_string_to_sign("GET", x) == text);
}

BOOST_AUTO_TEST_CASE(acs_official_vector_with_query) {
  const headers all{{"x-acs-version", "2014-05-26"},
                    {"host", "ecs.cn-shanghai.aliyuncs.com"},
                    {"x-acs-action", "RunInstances"},
                    {"x-acs-content-sha256", std::string{empty_hash}},
                    {"x-acs-date", " 2023-10-26T10:22:32Z "},
                    {"x-acs-signature-nonce",
                     "3156853299f313e23d1673dc12e1703d"}};
  const auto got = acs(
    "POST",
    "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId="
    "cn-shanghai",
    all,
    "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-"
    "nonce;x-acs-version",
    empty_hash, "YourAccessKeySecret");
  BOOST_TEST(got.hash
             == "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e2"
                "59");
  BOOST_TEST(
    got.signature
    == "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c"
       "0");
}

BOOST_AUTO_TEST_CASE(acs_vector_with_several_values_and_an_empty_parameter) {
  const auto got
    = acs("", "empty=&test=ok",
          {{"x-acs-test", "https"}, {"x-acs-test", "http"}}, "x-acs-test",
          "55e12e91650d2fec56ec74e1d3e4ddbfce2ef3a65890c2a19ecf88a307e76a23",
          "secret");
  BOOST_TEST(
    got.hash
    == "de5b11a1e2e756c1d859871395fe0b6d47f2564e88a5477eb586c03c6fc105f"
       "f");
  BOOST_TEST(
    got.signature
    == "4ab59fffe3c5738ff8a2729f90cc04fe18b02a4b15b2102cbaf92f9ff3df2ea"
       "3");
}

BOOST_AUTO_TEST_CASE(acs_vector_with_security_token) {
  const headers all{{"host", "vpc.cn-hangzhou.aliyuncs.com"},
                    {"x-acs-accesskey-id", "YourAccessKeyId"},
                    {"x-acs-action", "CreateForwardEntry"},
                    {"x-acs-content-sha256", std::string{empty_hash}},
                    {"x-acs-date", "2023-10-26T10:22:32Z"},
                    {"x-acs-security-token", "sts+token/=="},
                    {"x-acs-signature-nonce",
                     "3156853299f313e23d1673dc12e1703d"},
                    {"x-acs-version", "2016-04-28"}};
  const auto got = acs(
    "POST", w3_query, all,
    "host;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;x-acs-date;"
    "x-acs-security-token;x-acs-signature-nonce;x-acs-version",
    empty_hash, "YourAccessKeySecret");
  BOOST_TEST(
    got.hash
    == "2276179d17b14279b244b0c9f2ca9032c06ded75d3ad3b02ccf5dd76a534423"
       "0");
  BOOST_TEST(
    got.signature
    == "f661a6a4f649ab63b93ef185ed25c43bca398f8a435e6460c5b9cf23b6c3edc"
       "f");
}

BOOST_AUTO_TEST_CASE(acs_vector_with_form_body) {
  const auto body_hash = sha256_hex(w3_query);
  BOOST_TEST(
    body_hash
    == "a9a546d4dc037fbf1cc1c8f08fcb84176b15885355ae2dfdb3fd4466d78e3a6"
       "c");
  const headers all{{"content-type", "application/x-www-form-urlencoded"},
                    {"host", "vpc.cn-hangzhou.aliyuncs.com"},
                    {"x-acs-action", "CreateForwardEntry"},
                    {"x-acs-content-sha256", body_hash},
                    {"x-acs-date", "2023-10-26T10:22:32Z"},
                    {"x-acs-signature-nonce",
                     "3156853299f313e23d1673dc12e1703d"},
                    {"x-acs-version", "2016-04-28"}};
  const auto got = acs(
    "POST", "", all,
    "content-type;host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-"
    "signature-nonce;x-acs-version",
    body_hash, "YourAccessKeySecret");
  BOOST_TEST(
    got.hash
    == "e67129e71bd466508e8c41f9bbc4fa1f3c6c4752cccab96349af257c3175154"
       "8");
  BOOST_TEST(
    got.signature
    == "59a16c7f4447c47b332eeb70c86980f43dc8b8ec2b2bef821966fd41591fd4a"
       "1");
}

BOOST_AUTO_TEST_CASE(encoding_and_decoding_are_inverse) {
  BOOST_TEST(rc::check([](const std::string& name, const std::string& value) {
    RC_PRE(!name.empty() && !value.empty());
    const parameters x{{name, value}};
    const auto back = decode_parameters(canonical_query(x));
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == x);
  }));
}

BOOST_AUTO_TEST_CASE(plus_is_a_space_and_broken_escapes_are_refused) {
  BOOST_TEST(decode_parameters("a=b+c&&d")->at("a") == "b c");
  BOOST_TEST(decode_parameters("a=b&d")->at("d").empty());
  BOOST_TEST(decode_parameters("a=1&a=2")->at("a") == "1");
  for (const char* bad : {"a=%", "a=%4", "a=%zz", "%4x=1"})
    BOOST_TEST(!decode_parameters(bad).has_value());
  std::string many;
  for (int i = 0; i < 1001; ++i)
    many += "&x" + std::to_string(i) + "=";
  BOOST_TEST(!decode_parameters(many).has_value());
}

BOOST_AUTO_TEST_CASE(authorization_is_taken_apart) {
  const auto good = parse_authorization(
    "ACS3-HMAC-SHA256 Credential=k,SignedHeaders=a;b, Signature=00ff");
  BOOST_REQUIRE(good.has_value());
  BOOST_TEST(good->credential == "k");
  BOOST_TEST(good->signed_headers == "a;b");
  BOOST_TEST(good->signature == "00ff");
  for (const char* bad :
       {"", "Bearer x", "ACS3-HMAC-SHA256 ", "ACS3-HMAC-SHA256 Credential=k",
        "ACS3-HMAC-SHA256 Credential=k,SignedHeaders=a,Signature"})
    BOOST_TEST(!parse_authorization(bad).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
