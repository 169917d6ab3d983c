// read_addon_token of clients/aliyun/credential_answers.hpp.

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <openssl/evp.h>

#include "clients/aliyun/credential_answers.hpp"
#include "clients/aliyun/wiped_text.hpp"
#include "clients/kube/files.hpp"
#include "clients/kube/timestamps.hpp"

namespace natgw::aliyun {

namespace {

constexpr size_t iv_bytes = 16;

struct raw_token {
  std::string key;
  std::string secret_text;
  std::string token;
  std::string expiration;
  core::secret keyring;
  std::string error_code;
};

json::step read_token_field(std::string_view key, json::value x,
                            raw_token& out) {
  if (key == "access.key.id")
    return json::read_text(x, out.key);
  if (key == "access.key.secret")
    return json::read_text(x, out.secret_text);
  if (key == "security.token")
    return json::read_text(x, out.token);
  if (key == "expiration")
    return json::read_text(x, out.expiration);
  if (key == "keyring")
    return json::read_secret(x, out.keyring);
  if (key != "error" || json::read_null(x))
    return true;
  return json::each_field(x, [&](std::string_view name, json::value content) {
    return name != "code" || json::read_text(content, out.error_code);
  });
}

const EVP_CIPHER* cipher_of(size_t key_bytes) {
  switch (key_bytes) {
    case 16:
      return EVP_aes_128_cbc();
    case 24:
      return EVP_aes_192_cbc();
    case 32:
      return EVP_aes_256_cbc();
    default:
      return nullptr;
  }
}

const unsigned char* bytes_of(std::string_view x) {
  return reinterpret_cast<const unsigned char*>(x.data());
}

struct cipher_deleter {
  void operator()(EVP_CIPHER_CTX* x) const {
    EVP_CIPHER_CTX_free(x);
  }
};

/// The plain text of base64( IV, AES-CBC with PKCS #7 padding ).
std::optional<core::secret> decrypt(std::string_view encoded,
                                    const core::secret& keyring) {
  auto raw = kube::decode_base64(encoded);
  const auto* cipher = cipher_of(keyring.reveal().size());
  if (!raw || raw->size() < 2 * iv_bytes || cipher == nullptr)
    return std::nullopt;
  std::string_view text{*raw};
  text.remove_prefix(iv_bytes);
  std::unique_ptr<EVP_CIPHER_CTX, cipher_deleter> context{EVP_CIPHER_CTX_new()};
  std::vector<unsigned char> plain(text.size() + iv_bytes);
  auto written = 0;
  auto last = 0;
  auto ok = EVP_DecryptInit_ex(context.get(), cipher, nullptr,
                               bytes_of(keyring.reveal()), bytes_of(*raw))
              == 1
            && EVP_DecryptUpdate(context.get(), plain.data(), &written,
                                 bytes_of(text), static_cast<int>(text.size()))
                 == 1
            && EVP_DecryptFinal_ex(context.get(), plain.data() + written, &last)
                 == 1;
  std::optional<core::secret> result;
  if (ok)
    result.emplace(std::string_view{reinterpret_cast<const char*>(plain.data()),
                                    static_cast<size_t>(written)
                                      + static_cast<size_t>(last)});
  OPENSSL_cleanse(plain.data(), plain.size());
  return result;
}

expected<credentials> unlock(const raw_token& x) {
  if (cipher_of(x.keyring.reveal().size()) == nullptr)
    return fail(ec::credential, "keyring must have 16, 24 or 32 bytes");
  auto key = decrypt(x.key, x.keyring);
  auto secret_text = decrypt(x.secret_text, x.keyring);
  auto token = decrypt(x.token, x.keyring);
  if (!key || !secret_text || !token)
    return fail(ec::credential, "access.key.id, access.key.secret or "
                                "security.token cannot be decrypted with the "
                                "file's keyring");
  credentials result{std::string{key->reveal()}, std::move(*secret_text),
                     std::move(*token), std::nullopt};
  if (auto ok = validate(result); !ok)
    return std::unexpected{ok.error()};
  auto ends = kube::parse_time(x.expiration);
  if (!ends)
    return fail(ec::credential,
                "expiration is not a time like 2026-01-31T12:34:56Z");
  result.expires = std::chrono::floor<wall_time::duration>(*ends);
  return result;
}

} // namespace

expected<credentials> read_addon_token(std::string body) {
  wiped_text text{std::move(body)};
  if (text.text.size() > max_credential_bytes)
    return fail(ec::credential, "the file is larger than 64 KiB");
  raw_token x;
  if (!json::read_document(text.text, [&](std::string_view key, auto value) {
        return read_token_field(key, value, x);
      }))
    return fail(ec::credential, "the file is not a JSON object of texts");
  if (!x.error_code.empty())
    return fail(ec::credential, "the cluster could not get the add-on's role; "
                                "the file says why");
  return unlock(x);
}

} // namespace natgw::aliyun
