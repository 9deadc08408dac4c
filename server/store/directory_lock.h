// The data directory: made if it is not there, and one daemon at a time.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace holter::store {

// Makes `directory` and its parents, mode 0700, unless it is there.
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

// The status for a system call that failed on `path`: PERMISSION_DENIED, RESOURCE_EXHAUSTED or UNAVAILABLE.
absl::Status FileError(std::string_view what, std::string_view path, int error);

}  // namespace holter::store
