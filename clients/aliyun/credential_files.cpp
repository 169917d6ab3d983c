// The sources of clients/aliyun/credential_source.hpp that need no network.

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "clients/aliyun/credential_answers.hpp"
#include "clients/aliyun/credential_source.hpp"
#include "clients/aliyun/secret_file.hpp"
#include "core/trim.hpp"

namespace natgw::aliyun {

namespace {

/// A fetch that is over as soon as it begins.
class immediate_fetch final : public credential_fetch {
public:
  explicit immediate_fetch(std::function<fetch_result()> read)
    : read_{std::move(read)} {
  }

  fetch_step begin(wall_time, const std::string&) override {
    return read_();
  }

  fetch_step answered(expected<http::response>) override {
    return read_();
  }

private:
  std::function<fetch_result()> read_;
};

credential_source immediate_source(credential_origin origin,
                                   std::function<fetch_result()> read) {
  return {.origin = origin, .fetch = [read = std::move(read)] {
            return std::make_unique<immediate_fetch>(read);
          }};
}

std::unexpected<error> named(const std::string& path, const error& what) {
  return fail(ec::credential, path + ": " + what.detail);
}

fetch_result parse(const std::string& path,
                   expected<std::optional<std::string>> text,
                   expected<credentials> (*read)(std::string)) {
  if (!text)
    return std::unexpected{text.error()};
  if (!*text)
    return std::nullopt;
  auto result = read(std::move(**text));
  if (!result)
    return named(path, result.error());
  return std::move(*result);
}

/// A mounted secret is exchanged as a whole by moving the link `..data`; what
/// it leads to now never changes.
std::string snapshot_of(const std::string& folder) {
  auto link = folder + "/..data";
  std::unique_ptr<char, decltype(&std::free)> target{
    ::realpath(link.c_str(), nullptr), &std::free};
  return target ? std::string{target.get()} : folder;
}

expected<secret> read_part(const std::string& folder, const char* name) {
  auto text = read_secret_file(folder + '/' + name);
  if (!text)
    return std::unexpected{text.error()};
  secret result{*text ? core::trim(**text) : std::string_view{}};
  if (*text)
    wipe(**text);
  return result;
}

fetch_result read_folder(const std::string& path) {
  auto at = snapshot_of(path);
  auto key = read_part(at, "ALIBABA_CLOUD_ACCESS_KEY_ID");
  auto secret_text = read_part(at, "ALIBABA_CLOUD_ACCESS_KEY_SECRET");
  auto token = read_part(at, "ALIBABA_CLOUD_SECURITY_TOKEN");
  for (const auto* x : {&key, &secret_text, &token})
    if (!*x)
      return std::unexpected{x->error()};
  credentials result{std::string{key->reveal()}, std::move(*secret_text),
                     std::move(*token), std::nullopt};
  if (auto ok = validate(result); !ok)
    return named(path, ok.error());
  return result;
}

fetch_result read_file_or_folder(const std::string& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0)
    return fail(ec::credential, "cannot read " + path + ": "
                                  + std::generic_category().message(errno));
  if (S_ISDIR(found.st_mode))
    return read_folder(path);
  return parse(path, read_secret_file(path), [](std::string text) {
    return read_credentials(std::move(text), credential_shape::any);
  });
}

} // namespace

credential_source fixed_source(credential_origin origin, credentials x) {
  auto result = immediate_source(origin, [x = std::move(x)] { return x; });
  result.fixed = true;
  return result;
}

credential_source file_source(std::string path) {
  auto result = immediate_source(credential_origin::file,
                                 [path = std::move(path)] {
                                   return read_file_or_folder(path);
                                 });
  result.poll = file_poll;
  return result;
}

credential_source addon_token_source(std::string path) {
  auto result = immediate_source(
    credential_origin::addon_token, [path = std::move(path)] {
      return parse(path, read_secret_file(path), read_addon_token);
    });
  result.poll = file_poll;
  return result;
}

} // namespace natgw::aliyun
