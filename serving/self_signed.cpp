#include "serving/self_signed.hpp"

#include <memory>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <utility>

namespace natgw::serving {

namespace {

template <auto Free>
struct freer {
  template <class T>
  void operator()(T* x) const {
    Free(x);
  }
};

using key_ptr = std::unique_ptr<EVP_PKEY, freer<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freer<X509_free>>;
using bio_ptr = std::unique_ptr<BIO, freer<BIO_free_all>>;
using extension_ptr
  = std::unique_ptr<X509_EXTENSION, freer<X509_EXTENSION_free>>;

constexpr long hour = 3600;
constexpr long ten_years = 10L * 365 * 24 * hour;

bool set_serial(X509* x) {
  uint32_t number = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof(number))
      != 1)
    return false;
  return ASN1_INTEGER_set(X509_get_serialNumber(x),
                          static_cast<long>(number | 1U))
         == 1;
}

bool set_name(X509_NAME* name, const char* text) {
  return X509_NAME_add_entry_by_txt(
           name, "CN", MBSTRING_ASC,
           reinterpret_cast<const unsigned char*>(text), -1, -1, 0)
         == 1;
}

bool extend(X509* x, X509* issuer, int kind, const char* value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, x, nullptr, nullptr, 0);
  const extension_ptr extension{
    X509V3_EXT_conf_nid(nullptr, &context, kind, value)};
  return extension && X509_add_ext(x, extension.get(), -1) == 1;
}

/// Everything but extensions and signature.
certificate_ptr blank(EVP_PKEY* key, const char* subject, const char* issuer) {
  certificate_ptr result{X509_new()};
  auto* x = result.get();
  if (!x || X509_set_version(x, X509_VERSION_3) != 1 || !set_serial(x)
      || !X509_gmtime_adj(X509_getm_notBefore(x), -hour)
      || !X509_gmtime_adj(X509_getm_notAfter(x), ten_years)
      || X509_set_pubkey(x, key) != 1
      || !set_name(X509_get_subject_name(x), subject)
      || !set_name(X509_get_issuer_name(x), issuer))
    return nullptr;
  return result;
}

template <class Write>
std::string to_pem(Write write) {
  const bio_ptr out{BIO_new(BIO_s_mem())};
  if (!out || write(out.get()) != 1)
    return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<size_t>(size)};
}

std::string certificate_pem(X509* x) {
  return to_pem([x](BIO* out) { return PEM_write_bio_X509(out, x); });
}

std::string key_pem(EVP_PKEY* x) {
  return to_pem([x](BIO* out) {
    return PEM_write_bio_PrivateKey(out, x, nullptr, nullptr, 0, nullptr,
                                    nullptr);
  });
}

constexpr auto authority_name = "natgw ephemeral authority";

certificate_ptr make_authority(EVP_PKEY* key) {
  auto result = blank(key, authority_name, authority_name);
  auto* x = result.get();
  if (!x || !extend(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0")
      || !extend(x, x, NID_key_usage, "critical,keyCertSign,cRLSign")
      || !extend(x, x, NID_subject_key_identifier, "hash")
      || X509_sign(x, key, EVP_sha256()) == 0)
    return nullptr;
  return result;
}

certificate_ptr make_server(EVP_PKEY* key, X509* authority,
                            EVP_PKEY* authority_key) {
  auto result = blank(key, "localhost", authority_name);
  auto* x = result.get();
  if (!x || !extend(x, authority, NID_basic_constraints, "critical,CA:FALSE")
      || !extend(x, authority, NID_key_usage, "critical,digitalSignature")
      || !extend(x, authority, NID_ext_key_usage, "serverAuth")
      || !extend(x, authority, NID_authority_key_identifier, "keyid")
      || !extend(x, authority, NID_subject_alt_name,
                 "DNS:localhost,IP:127.0.0.1,IP:::1")
      || X509_sign(x, authority_key, EVP_sha256()) == 0)
    return nullptr;
  return result;
}

} // namespace

expected<self_signed> make_self_signed() {
  const key_ptr authority_key{EVP_EC_gen("P-256")};
  const key_ptr server_key{EVP_EC_gen("P-256")};
  if (!authority_key || !server_key)
    return fail(ec::rejected, "OpenSSL made no key");
  const auto authority = make_authority(authority_key.get());
  if (!authority)
    return fail(ec::rejected, "OpenSSL made no authority");
  const auto server = make_server(server_key.get(), authority.get(),
                                  authority_key.get());
  if (!server)
    return fail(ec::rejected, "OpenSSL made no server certificate");
  self_signed result{certificate_pem(authority.get()),
                     {certificate_pem(server.get()),
                      key_pem(server_key.get())}};
  if (result.ca_pem.empty() || result.server.certificate_pem.empty()
      || result.server.key_pem.empty())
    return fail(ec::rejected, "OpenSSL wrote no PEM");
  return result;
}

} // namespace natgw::serving
