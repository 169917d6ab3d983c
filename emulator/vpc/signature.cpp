#include "emulator/vpc/signature.hpp"

#include <algorithm>
#include <array>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "core/trim.hpp"
#include "emulator/base64.hpp"

namespace natgw::emulator {

namespace {

using digest = std::vector<unsigned char>;

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
         || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'
         || c == '~';
}

std::optional<unsigned> hex_value(char c) {
  if (c >= '0' && c <= '9')
    return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f')
    return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F')
    return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

std::optional<std::string> decode(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      result += ' ';
    } else if (text[i] != '%') {
      result += text[i];
    } else {
      if (i + 2 >= text.size())
        return std::nullopt;
      const auto high = hex_value(text[i + 1]);
      const auto low = hex_value(text[i + 2]);
      if (!high || !low)
        return std::nullopt;
      result += static_cast<char>(*high << 4U | *low);
      i += 2;
    }
  }
  return result;
}

digest hmac(const EVP_MD* kind, std::string_view key, std::string_view text) {
  digest result(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  HMAC(kind, key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       result.data(), &size);
  result.resize(size);
  return result;
}

std::string to_hex(std::span<const unsigned char> data) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result;
  for (auto x : data) {
    result += digits[x >> 4U];
    result += digits[x & 0xfU];
  }
  return result;
}

std::vector<std::string_view> split(std::string_view text, char mark) {
  std::vector<std::string_view> result;
  for (;;) {
    const auto end = text.find(mark);
    result.push_back(text.substr(0, end));
    if (end == std::string_view::npos)
      return result;
    text.remove_prefix(end + 1);
  }
}

} // namespace

std::string percent_encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string result;
  for (char c : text) {
    if (is_unreserved(c)) {
      result += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    result += '%';
    result += digits[byte >> 4U];
    result += digits[byte & 0xfU];
  }
  return result;
}

std::optional<parameters> decode_parameters(std::string_view text) {
  constexpr size_t max_parameters = 1000;
  parameters result;
  size_t count = 0;
  for (auto pair : split(text, '&')) {
    if (pair.empty())
      continue;
    const auto mark = pair.find('=');
    auto name = decode(pair.substr(0, mark));
    auto value = decode(mark == std::string_view::npos ? std::string_view{}
                                                       : pair.substr(mark + 1));
    if (!name || !value || ++count > max_parameters)
      return std::nullopt;
    result.emplace(std::move(*name), std::move(*value));
  }
  return result;
}

std::string canonical_query(const parameters& x) {
  std::string result;
  for (const auto& [name, value] : x) {
    if (!result.empty())
      result += '&';
    result += percent_encode(name);
    result += '=';
    result += percent_encode(value);
  }
  return result;
}

std::string rpc_string_to_sign(std::string_view method, const parameters& x) {
  auto signed_part = x;
  signed_part.erase("Signature");
  std::string result{method};
  result += "&%2F&";
  result += percent_encode(canonical_query(signed_part));
  return result;
}

std::string rpc_signature(std::string_view secret, std::string_view text) {
  std::string key{secret};
  key += '&';
  return encode_base64(hmac(EVP_sha1(), key, text));
}

std::string acs_canonical_request(const acs_request& x) {
  std::string result{x.method};
  result += '\n';
  result += x.path;
  result += '\n';
  result += x.query ? canonical_query(*x.query) : std::string{};
  result += '\n';
  for (auto name : split(x.signed_headers, ';')) {
    std::vector<std::string_view> values;
    for (const auto& h : x.headers)
      if (h.name == name)
        values.push_back(natgw::core::trim(h.value, " \t"));
    std::ranges::sort(values);
    result += name;
    result += ':';
    for (size_t i = 0; i < values.size(); ++i) {
      if (i > 0)
        result += ',';
      result += values[i];
    }
    result += '\n';
  }
  result += '\n';
  result += x.signed_headers;
  result += '\n';
  result += x.payload_hash;
  return result;
}

std::string acs_string_to_sign(std::string_view canonical_request) {
  return "ACS3-HMAC-SHA256\n" + sha256_hex(canonical_request);
}

std::string acs_signature(std::string_view secret, std::string_view text) {
  return to_hex(hmac(EVP_sha256(), secret, text));
}

std::optional<acs_authorization> parse_authorization(std::string_view text) {
  constexpr std::string_view scheme = "ACS3-HMAC-SHA256 ";
  if (!text.starts_with(scheme))
    return std::nullopt;
  acs_authorization result;
  for (auto part : split(text.substr(scheme.size()), ',')) {
    part = natgw::core::trim(part, " \t");
    const auto mark = part.find('=');
    if (mark == std::string_view::npos)
      return std::nullopt;
    const auto name = part.substr(0, mark);
    const auto value = part.substr(mark + 1);
    if (name == "Credential")
      result.credential = value;
    else if (name == "SignedHeaders")
      result.signed_headers = value;
    else if (name == "Signature")
      result.signature = value;
  }
  if (result.credential.empty() || result.signed_headers.empty()
      || result.signature.empty())
    return std::nullopt;
  return result;
}

std::string sha256_hex(std::string_view data) {
  digest result(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  EVP_Digest(data.data(), data.size(), result.data(), &size, EVP_sha256(),
             nullptr);
  result.resize(size);
  return to_hex(result);
}

bool equal_secrets(std::string_view x, std::string_view y) {
  return x.size() == y.size()
         && CRYPTO_memcmp(x.data(), y.data(), x.size()) == 0;
}

} // namespace natgw::emulator
