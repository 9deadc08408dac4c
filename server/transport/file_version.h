// Tells whether a file has been written or replaced, without reading it.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

namespace holter::transport {

// All zero: there is no such file.
struct FileVersion {
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t size = 0;
  int64_t changed_seconds = 0;
  int64_t changed_nanoseconds = 0;

  static FileVersion Of(const std::string& path) {
    struct stat found {};
    if (stat(path.c_str(), &found) != 0) {
      return {};
    }
    return {.device = found.st_dev,
            .inode = found.st_ino,
            .size = found.st_size,
            .changed_seconds = found.st_mtim.tv_sec,
            .changed_nanoseconds = found.st_mtim.tv_nsec};
  }

  friend bool operator==(const FileVersion&, const FileVersion&) = default;
};

}  // namespace holter::transport
