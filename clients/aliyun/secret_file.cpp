#include "clients/aliyun/secret_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include <openssl/crypto.h>

#include "clients/aliyun/credential_answers.hpp"

namespace natgw::aliyun {

namespace {

std::unexpected<error> unreadable(const std::string& path, int reason) {
  return fail(ec::credential, "cannot read " + path + ": "
                                + std::generic_category().message(reason));
}

} // namespace

expected<std::optional<std::string>> read_secret_file(const std::string& path) {
  // Not to hang on a pipe that somebody has put there.
  auto file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0 && (errno == ENOENT || errno == ENOTDIR))
    return std::nullopt;
  if (file < 0)
    return unreadable(path, errno);
  std::string text(max_credential_bytes + 1, '\0');
  size_t size = 0;
  ssize_t got = 1;
  while (got > 0 && size < text.size()) {
    got = ::read(file, text.data() + size, text.size() - size);
    size += got > 0 ? static_cast<size_t>(got) : 0;
  }
  auto reason = errno;
  ::close(file);
  if (got < 0) {
    wipe(text);
    return unreadable(path, reason);
  }
  if (size > max_credential_bytes) {
    wipe(text);
    return fail(ec::credential, path + " is larger than 64 KiB");
  }
  // What follows has never been written to.
  text.resize(size);
  return text;
}

void wipe(std::string& x) {
  OPENSSL_cleanse(x.data(), x.size());
  x.clear();
}

} // namespace natgw::aliyun
