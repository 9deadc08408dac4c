// A file, and the path under which others expect it.
#pragma once

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace holter::store {

// An open file lives on when its directory is removed, and takes writes that nobody will find again. This remembers
// which file a path led to.
class PlacedFile {
 public:
  static absl::StatusOr<PlacedFile> At(const std::string& path);

  // UNAVAILABLE, STORE_FAILED: the path leads nowhere, or to another file.
  absl::Status Check() const;

 private:
  PlacedFile(std::string path, dev_t device, ino_t inode) : path_(std::move(path)), device_(device), inode_(inode) {}

  std::string path_;
  dev_t device_;
  ino_t inode_;
};

}  // namespace holter::store
