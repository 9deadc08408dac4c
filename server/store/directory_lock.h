// The data directory: made if it is not there, and one daemon at a time.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace holter::store {

// Makes `directory` and its parents, mode 0700, unless it is there. What was made outlives a loss of power.
absl::Status EnsureDirectory(const std::string& directory);

// Holds an advisory lock on DIRECTORY/holter.lock; the kernel gives it back when the process ends, however it ends.
class DirectoryLock {
 public:
  // FAILED_PRECONDITION, STORE_IN_USE: somebody holds it, and who.
  static absl::StatusOr<DirectoryLock> Take(const std::string& directory);

  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int file) : file_(file) {}

  int file_;
};

// Syncs a file, or the entries of a directory.
absl::Status SyncPath(const std::string& path);

// Whether the `errno` says that there is no room: disk, quota or limit of a file's size.
bool IsNoSpace(int error);

// The status for a system call that failed on `path`: PERMISSION_DENIED, RESOURCE_EXHAUSTED or UNAVAILABLE.
absl::Status FileError(std::string_view what, std::string_view path, int error);

}  // namespace holter::store
