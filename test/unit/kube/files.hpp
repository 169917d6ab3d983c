#pragma once

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

namespace natgw::kube::testing {

/// A directory of this test's own, removed at its end.
class temporary_directory {
public:
  temporary_directory() {
    static std::atomic<int> next{0};
    path_ = std::filesystem::temp_directory_path()
            / ("natgw-kube-test-" + std::to_string(::getpid()) + '-'
               + std::to_string(next++));
    std::filesystem::create_directories(path_);
  }

  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;

  ~temporary_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string path(const std::string& name) const {
    return (path_ / name).string();
  }

  std::string write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream{path_ / name, std::ios::binary} << text;
    return path(name);
  }

private:
  std::filesystem::path path_;
};

} // namespace natgw::kube::testing
