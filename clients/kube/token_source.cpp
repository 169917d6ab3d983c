#include "clients/kube/token_source.hpp"

#include <sys/stat.h>

#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include "clients/kube/files.hpp"
#include "core/trim.hpp"

namespace natgw::kube {

namespace {

// What tells one version of a file from the next: a rotation replaces a
// symbolic link, an edit changes time or size.
struct file_identity {
  dev_t device = 0;
  ino_t inode = 0;
  time_t seconds = 0;
  long nanoseconds = 0;
  off_t size = 0;

  bool operator==(const file_identity&) const = default;
};

std::optional<file_identity> identify(const std::string& path) {
  struct stat x{};
  if (::stat(path.c_str(), &x) != 0)
    return std::nullopt;
  return file_identity{x.st_dev, x.st_ino, x.st_mtim.tv_sec, x.st_mtim.tv_nsec,
                       x.st_size};
}

bool is_header_text(std::string_view text) {
  for (auto c : text)
    if (c <= 0x20 || c >= 0x7F)
      return false;
  return !text.empty();
}

} // namespace

struct token_source::cache {
  std::mutex mutex;
  /// Empty for a fixed token.
  std::string path;
  std::string token;
  /// The version of the file that `token` is from.
  std::optional<file_identity> seen;
};

token_source token_source::fixed(std::string token) {
  token_source result;
  result.cache_ = std::make_shared<cache>();
  result.cache_->token = std::move(token);
  return result;
}

token_source token_source::file(std::string path) {
  token_source result;
  result.cache_ = std::make_shared<cache>();
  result.cache_->path = std::move(path);
  return result;
}

expected<std::string> token_source::token() const {
  if (!cache_)
    return std::string{};
  std::lock_guard guard{cache_->mutex};
  auto& path = cache_->path;
  if (!path.empty()) {
    // Looked at before it is read: if it is replaced in between, the next
    // call sees that.
    auto current = identify(path);
    if (!current || current != cache_->seen) {
      auto text = read_file(path);
      if (text && is_header_text(core::trim(*text))) {
        cache_->token = core::trim(*text);
        cache_->seen = current;
      }
    }
  }
  if (!is_header_text(cache_->token))
    return fail(ec::unauthorized, path.empty()
                                    ? "the configured token is not a token"
                                    : "no token can be read from " + path);
  return cache_->token;
}

void token_source::invalidate() const {
  if (!cache_)
    return;
  std::lock_guard guard{cache_->mutex};
  cache_->seen.reset();
}

} // namespace natgw::kube
