#include "clients/aliyun/signing.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <span>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "clients/http/percent_encoding.hpp"
#include "core/trim.hpp"

namespace natgw::aliyun {

namespace {

using http::percent_encode;

constexpr std::string_view v3_name = "ACS3-HMAC-SHA256";

using bytes = std::span<const unsigned char>;

const unsigned char* data(std::string_view x) {
  return reinterpret_cast<const unsigned char*>(x.data());
}

std::string hex(bytes x) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result;
  result.reserve(2 * x.size());
  for (auto byte : x) {
    result += digits[byte >> 4U];
    result += digits[byte & 0xfU];
  }
  return result;
}

std::string base64(bytes x) {
  std::string result(4 * ((x.size() + 2) / 3) + 1, '\0');
  auto size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(result.data()),
                              x.data(), static_cast<int>(x.size()));
  result.resize(static_cast<size_t>(size));
  return result;
}

template <size_t Size>
std::array<unsigned char, Size>
hmac(const EVP_MD* digest, std::string_view key, std::string_view text) {
  std::array<unsigned char, Size> result{};
  HMAC(digest, key.data(), static_cast<int>(key.size()), data(text),
       text.size(), result.data(), nullptr);
  return result;
}

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Lower-case name -> its values, sorted.
std::map<std::string, std::vector<std::string_view>>
signed_headers(const std::vector<http::header>& headers) {
  std::map<std::string, std::vector<std::string_view>> result;
  for (const auto& x : headers) {
    auto name = x.name;
    std::ranges::transform(name, name.begin(), to_lower);
    if (name == "host" || name == "content-type" || name.starts_with("x-acs-"))
      result[std::move(name)].push_back(core::trim(x.value, " \t"));
  }
  for (auto& [name, values] : result)
    std::ranges::sort(values);
  return result;
}

} // namespace

std::string canonical_query(parameters x) {
  std::ranges::sort(x);
  std::string result;
  for (const auto& [name, value] : x) {
    if (!result.empty())
      result += '&';
    percent_encode(result, name);
    result += '=';
    percent_encode(result, value);
  }
  return result;
}

std::string v1_string_to_sign(std::string_view method,
                              std::string_view canonical) {
  std::string result{method};
  result += "&%2F&";
  percent_encode(result, canonical);
  return result;
}

std::string v1_signature(std::string_view string_to_sign,
                         const secret& access_secret) {
  std::string key{access_secret.reveal()};
  key += '&';
  secret wiped{key};
  OPENSSL_cleanse(key.data(), key.size());
  return base64(
    hmac<SHA_DIGEST_LENGTH>(EVP_sha1(), wiped.reveal(), string_to_sign));
}

std::string v3_signed_headers(const std::vector<http::header>& headers) {
  std::string result;
  for (const auto& [name, values] : signed_headers(headers)) {
    if (!result.empty())
      result += ';';
    result += name;
  }
  return result;
}

std::string v3_canonical_request(const v3_input& x) {
  std::string result;
  auto add = [&result](std::string_view line) {
    result += line;
    result += '\n';
  };
  add(x.method);
  add(x.path);
  add(x.query);
  for (const auto& [name, values] : signed_headers(*x.headers)) {
    result += name;
    result += ':';
    for (const auto& value : values) {
      if (&value != values.data())
        result += ',';
      result += value;
    }
    result += '\n';
  }
  add("");
  add(v3_signed_headers(*x.headers));
  result += x.payload_hash;
  return result;
}

std::string v3_signature(std::string_view canonical_request,
                         const secret& access_secret) {
  std::string text{v3_name};
  text += '\n';
  text += sha256_hex(canonical_request);
  return hex(
    hmac<SHA256_DIGEST_LENGTH>(EVP_sha256(), access_secret.reveal(), text));
}

std::string v3_authorization(const v3_input& x, std::string_view access_key,
                             const secret& access_secret) {
  std::string result{v3_name};
  result += " Credential=";
  result += access_key;
  result += ",SignedHeaders=";
  result += v3_signed_headers(*x.headers);
  result += ",Signature=";
  result += v3_signature(v3_canonical_request(x), access_secret);
  return result;
}

std::string sha256_hex(std::string_view x) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> result{};
  SHA256(data(x), x.size(), result.data());
  return hex(result);
}

} // namespace natgw::aliyun
