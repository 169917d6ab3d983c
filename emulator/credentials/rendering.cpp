// The two texts of emulator/credentials/desk.hpp.

#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include <openssl/evp.h>

#include "core/digest.hpp"
#include "core/time_text.hpp"
#include "emulator/base64.hpp"
#include "emulator/credentials/desk.hpp"

namespace natgw::emulator {

namespace {

using nlohmann::json;

constexpr size_t vector_bytes = 16;

const EVP_CIPHER* cipher_for(std::string_view keyring) {
  switch (keyring.size()) {
    case 16:
      return EVP_aes_128_cbc();
    case 24:
      return EVP_aes_192_cbc();
    case 32:
      return EVP_aes_256_cbc();
    default:
      throw std::invalid_argument{"a keyring has 16, 24 or 32 bytes"};
  }
}

const unsigned char* raw(std::string_view x) {
  return reinterpret_cast<const unsigned char*>(x.data());
}

std::string encrypt(std::string_view plain, std::string_view keyring) {
  std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context{
    EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free};
  // Never the same for two texts, which is all that is asked of it here.
  auto digest = core::sha256(plain);
  std::vector<unsigned char> out{digest.begin(), digest.begin() + vector_bytes};
  out.resize(vector_bytes + plain.size() + vector_bytes);
  auto written = 0;
  auto last = 0;
  EVP_EncryptInit_ex(context.get(), cipher_for(keyring), nullptr, raw(keyring),
                     digest.data());
  EVP_EncryptUpdate(context.get(), out.data() + vector_bytes, &written,
                    raw(plain), static_cast<int>(plain.size()));
  EVP_EncryptFinal_ex(context.get(), out.data() + vector_bytes + written,
                      &last);
  out.resize(vector_bytes + static_cast<size_t>(written + last));
  return encode_base64(out);
}

} // namespace

std::string credentials_json(const access_key& x) {
  json result{
    {"Code", "Success"}, {"AccessKeyId", x.id}, {"AccessKeySecret", x.secret}};
  if (!x.security_token.empty())
    result["SecurityToken"] = x.security_token;
  if (x.expires)
    result["Expiration"] = core::format_time(*x.expires);
  return result.dump();
}

std::string addon_token_json(const access_key& x, std::string_view keyring) {
  return json{{"access.key.id", encrypt(x.id, keyring)},
              {"access.key.secret", encrypt(x.secret, keyring)},
              {"security.token", encrypt(x.security_token, keyring)},
              {"expiration",
               core::format_time(x.expires.value_or(wall_time{}))},
              {"keyring", keyring}}
    .dump();
}

} // namespace natgw::emulator
