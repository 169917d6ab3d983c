#include "emulator/kube/kubeconfig.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emulator/base64.hpp"
#include "emulator/kube/concat.hpp"

namespace natgw::emulator::kube {

namespace {

bool write_all(int file, std::string_view content) {
  while (!content.empty()) {
    auto size = ::write(file, content.data(), content.size());
    if (size < 0)
      return false;
    content.remove_prefix(static_cast<size_t>(size));
  }
  return true;
}

} // namespace

std::string make_kubeconfig(std::string_view url, std::string_view ca_pem,
                            std::string_view token) {
  auto authority
    = ca_pem.empty()
        ? std::string{}
        : concat("    certificate-authority-data: ",
                 encode_base64(
                   {reinterpret_cast<const unsigned char*>(ca_pem.data()),
                    ca_pem.size()}),
                 "\n");
  return concat("apiVersion: v1\n"
                "kind: Config\n"
                "current-context: emulator\n"
                "clusters:\n"
                "- name: emulator\n"
                "  cluster:\n"
                "    server: \"",
                url, "\"\n", authority,
                "users:\n"
                "- name: emulator\n"
                "  user:\n"
                "    token: \"",
                token,
                "\"\n"
                "contexts:\n"
                "- name: emulator\n"
                "  context:\n"
                "    cluster: emulator\n"
                "    user: emulator\n"
                "    namespace: default\n");
}

expected<void> write_private_file(const std::string& path,
                                  std::string_view content) {
  auto file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                     S_IRUSR | S_IWUSR);
  if (file < 0)
    return fail(ec::invalid_argument, concat(path, ": ", std::strerror(errno)));
  // Also where the file was there before with other rights.
  auto done = ::fchmod(file, S_IRUSR | S_IWUSR) == 0
              && write_all(file, content);
  auto why = errno;
  done = ::close(file) == 0 && done;
  if (!done)
    return fail(ec::invalid_argument, concat(path, ": ", std::strerror(why)));
  return {};
}

} // namespace natgw::emulator::kube
