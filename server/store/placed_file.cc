#include "store/placed_file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/error.h"
#include "store/directory_lock.h"

namespace holter::store {

absl::StatusOr<PlacedFile> PlacedFile::At(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return FileError("find", path, errno);
  return PlacedFile(path, info.st_dev, info.st_ino);
}

absl::Status PlacedFile::Check() const {
  struct stat info {};
  if (::stat(path_.c_str(), &info) == 0 && info.st_dev == device_ && info.st_ino == inode_) return absl::OkStatus();
  return MakeError(
      absl::StatusCode::kUnavailable, "STORE_FAILED",
      fmt::format("{} was removed or replaced while holterd runs; put it back, or start holterd anew", path_),
      {{"path", path_}});
}

}  // namespace holter::store
