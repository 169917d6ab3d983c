#include "clients/kube/files.hpp"

#include <openssl/evp.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <system_error>

namespace natgw::kube {

namespace {

constexpr size_t max_file = size_t{1} << 20U;

struct context_deleter {
  void operator()(EVP_ENCODE_CTX* x) const {
    EVP_ENCODE_CTX_free(x);
  }
};

} // namespace

expected<std::string> read_file(const std::string& path) {
  errno = 0;
  std::ifstream in{path, std::ios::binary};
  std::string text(max_file + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (in.gcount() == 0 && !in.eof())) {
    auto reason = errno == 0 ? EIO : errno;
    return fail(ec::invalid_config,
                "cannot read " + path + ": "
                  + std::generic_category().message(reason));
  }
  text.resize(static_cast<size_t>(in.gcount()));
  if (text.size() > max_file)
    return fail(ec::invalid_config, path + " is larger than 1 MiB");
  return text;
}

expected<std::string> decode_base64(std::string_view text) {
  if (text.size() > max_file)
    return fail(ec::invalid_argument, "base64 of more than 1 MiB");
  std::unique_ptr<EVP_ENCODE_CTX, context_deleter> context{
    EVP_ENCODE_CTX_new()};
  std::string out(text.size() / 4 * 3 + 3, '\0');
  auto* bytes = reinterpret_cast<unsigned char*>(out.data());
  auto* input = reinterpret_cast<const unsigned char*>(text.data());
  int written = 0;
  int last = 0;
  EVP_DecodeInit(context.get());
  if (EVP_DecodeUpdate(context.get(), bytes, &written, input,
                       static_cast<int>(text.size()))
        < 0
      || EVP_DecodeFinal(context.get(), bytes + written, &last) < 0)
    return fail(ec::invalid_argument, "not base64");
  out.resize(static_cast<size_t>(written) + static_cast<size_t>(last));
  return out;
}

} // namespace natgw::kube
