// A disk that keeps what POSIX promises and nothing else: the content of a file as of its last sync, and the names in a
// directory as of the directory's last sync.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/random.h"

namespace holter::power_loss {

// What has happened to a file since its last sync.
struct PendingWrite {
  int64_t offset = 0;
  std::string bytes;
  bool is_truncation = false;  // to `offset`
};

struct DiskFile {
  std::string synced;
  std::vector<PendingWrite> pending;
};
using DiskFilePtr = std::shared_ptr<DiskFile>;

// Names to files; null: a directory.
using DiskEntries = std::map<std::string, DiskFilePtr>;

struct DiskDirectory {
  // The first is what was synced, each other what one change made of the one before.
  std::vector<DiskEntries> versions = {{}};
};

// What outlives the loss of power.
struct DiskImage {
  std::map<std::string, std::string> files;  // paths below the root
  std::vector<std::string> directories;
};

// Follows every call that changes files below one directory, in this whole process: calls.cc stands in for the
// functions of libc. The files themselves are real, so that the store reads what it wrote. Thread-safe.
class ForgetfulDisk {
 public:
  static ForgetfulDisk& Instance();

  // Follows `root`, an existing directory; what is in it counts as synced. `OnChange` is called before each change and
  // sync, counted from 1, with the disk's lock held: the place to lose power.
  void Follow(const std::string& root, std::function<void(int64_t)> on_change);
  void Unfollow();

  // Only for the control: directories' syncs are taken for done, and are not.
  void IgnoreDirectorySyncs(bool ignore) { ignore_directory_syncs_ = ignore; }

  // What a loss of power leaves. With `random`, each change that was not synced may have reached the disk, whole or
  // torn; without, none has. From within `on_change` only.
  DiskImage Image(Random* random) const;

  // For calls.cc. Paths are as the caller gave them; those elsewhere are not ours.
  void OnOpened(const std::string& path, uint64_t inode, bool is_new);
  void OnMadeDirectory(const std::string& path, uint64_t inode);
  void OnWrite(uint64_t inode, int64_t offset, const void* bytes, size_t size);
  void OnTruncate(uint64_t inode, int64_t size);
  void OnSync(uint64_t inode);
  void OnRename(const std::string& from, const std::string& to);
  void OnUnlink(const std::string& path);

  // One change at a time, so that what is followed is what happened.
  std::recursive_mutex& mutex() { return mutex_; }
  bool follows(const std::string& path) const { return !root_.empty() && path.starts_with(root_ + "/"); }

 private:
  void Count();
  // A new version of the directory that `path` is in; null when that is not followed.
  DiskEntries* Change(const std::string& path);

  mutable std::recursive_mutex mutex_;
  std::string root_;
  std::function<void(int64_t)> on_change_;
  int64_t changes_ = 0;
  bool ignore_directory_syncs_ = false;
  std::map<uint64_t, DiskFilePtr> files_;             // by inode
  std::map<uint64_t, std::string> directory_inodes_;  // to paths
  std::map<std::string, DiskDirectory> directories_;  // by path
};

// Writes an image below `root`, an empty directory.
void Restore(const DiskImage& image, const std::string& root);

}  // namespace holter::power_loss
