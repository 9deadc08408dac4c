#include "access/file_text.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace holter::access {
namespace {

constexpr size_t kLargestFile = size_t{1} << 20;

}  // namespace

absl::StatusOr<std::string> ReadFileText(const std::string& path) {
  std::error_code error;
  // A pipe or a device would be waited for.
  if (!std::filesystem::is_regular_file(path, error)) {
    return absl::NotFoundError(
        fmt::format("{} cannot be read: {}", path, error ? error.message() : "it is no regular file"));
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::FailedPreconditionError(fmt::format("{} cannot be read: {}", path, std::strerror(errno)));
  }
  std::string text(kLargestFile + 1, '\0');
  if (!file.read(text.data(), static_cast<std::streamsize>(text.size())).eof()) {
    return absl::FailedPreconditionError(
        fmt::format("{} cannot be read, or is larger than {} bytes", path, kLargestFile));
  }
  text.resize(static_cast<size_t>(file.gcount()));
  return text;
}

std::string FingerprintFile(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return fmt::format("{}: error {}\n", path, errno);
  const auto nanoseconds = [](const timespec& time) { return fmt::format("{}.{:09}", time.tv_sec, time.tv_nsec); };
  return fmt::format("{}: {} {} {} {} {}\n", path, status.st_dev, status.st_ino, status.st_size,
                     nanoseconds(status.st_mtim), nanoseconds(status.st_ctim));
}

}  // namespace holter::access
