#include "store/directory_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/log.h"

namespace holter::store {

bool IsNoSpace(int error) { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

absl::Status FileError(std::string_view what, std::string_view path, int error) {
  const std::string words = std::generic_category().message(error);
  const std::string message = fmt::format("cannot {} {}: {}", what, path, words);
  if (error == EACCES || error == EPERM || error == EROFS) {
    return MakeError(absl::StatusCode::kPermissionDenied, "STORE_NOT_WRITABLE", message, {{"path", std::string(path)}});
  }
  if (IsNoSpace(error)) {
    return MakeError(absl::StatusCode::kResourceExhausted, "STORE_FULL", message, {{"path", std::string(path)}});
  }
  return MakeError(absl::StatusCode::kUnavailable, "STORE_FAILED", message, {{"path", std::string(path)}});
}

absl::Status SyncPath(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return FileError("open", path, errno);
  const int result = ::fsync(file);
  const int error = errno;
  ::close(file);
  return result == 0 ? absl::OkStatus() : FileError("sync", path, error);
}

absl::Status EnsureDirectory(const std::string& directory) {
  const std::filesystem::path path(directory);
  std::filesystem::path so_far;
  for (const std::filesystem::path& part : path) {
    so_far /= part;
    if (::mkdir(so_far.c_str(), 0700) == 0) {
      const std::filesystem::path parent = so_far.has_parent_path() ? so_far.parent_path() : ".";
      if (absl::Status status = SyncPath(parent.string()); !status.ok()) return status;
      continue;
    }
    if (errno == EEXIST) continue;
    const int error = errno;
    // A parent that is there but not ours to look at may answer EACCES or EROFS to mkdir.
    std::error_code ignored;
    if (std::filesystem::is_directory(so_far, ignored)) continue;
    return FileError("make the data directory", so_far.string(), error);
  }
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return FileError("use as data directory", directory, ENOTDIR);
  return absl::OkStatus();
}

absl::StatusOr<DirectoryLock> DirectoryLock::Take(const std::string& directory) {
  const std::string path = directory + "/holter.lock";
  DirectoryLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.file_ < 0) return FileError("open", path, errno);
  if (::flock(lock.file_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return FileError("lock", path, errno);
    std::array<char, 32> text{};
    const ssize_t size = ::pread(lock.file_, text.data(), text.size() - 1, 0);
    const std::string holder(text.data(), size > 0 ? static_cast<size_t>(size) : 0);
    return MakeError(absl::StatusCode::kFailedPrecondition, "STORE_IN_USE",
                     fmt::format("the data directory {} is in use by another holterd (process {}); stop it or choose "
                                 "another --data-dir",
                                 directory, holder.empty() ? "unknown" : holder),
                     {{"path", directory}, {"pid", holder}});
  }
  const std::string pid = std::to_string(::getpid());
  // Only words for the error above; the lock holds without them, so a full disk is no reason not to start.
  if (::ftruncate(lock.file_, 0) == 0 && ::pwrite(lock.file_, pid.data(), pid.size(), 0) < 0) {
    Log(LogLevel::kDebug, "the process cannot be named", {{"path", path}, {"errno", errno}});
  }
  return lock;
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

DirectoryLock::~DirectoryLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace holter::store
