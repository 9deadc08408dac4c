// A disk that keeps what POSIX promises and nothing else: the content of a file as of its last sync, and the names in a
// directory as of the directory's last sync.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/power_loss/disk.h"

namespace holter::power_loss {

// Names to files; null: a directory.
using DiskEntries = std::map<std::string, DiskFilePtr>;

struct DiskDirectory {
  // The first is what was synced, each other what one change made of the one before.
  std::vector<DiskEntries> versions = {{}};
};

// Follows every call of this process that changes files: calls.cc stands in for the functions of libc.
class ForgetfulDisk final : public Disk {
 public:
  static ForgetfulDisk& Instance();

  // Only for the control: directories' syncs are taken for done, and are not.
  void IgnoreDirectorySyncs(bool ignore) { ignore_directory_syncs_ = ignore; }

  DiskImage Image(Random* random) const override;

  // For calls.cc. Paths are as the caller gave them; those elsewhere are not ours.
  void OnOpened(const std::string& path, uint64_t inode, bool is_new);
  void OnMadeDirectory(const std::string& path, uint64_t inode);
  void OnWrite(uint64_t inode, int64_t offset, const void* bytes, size_t size);
  void OnTruncate(uint64_t inode, int64_t size);
  void OnSync(uint64_t inode);
  void OnRename(const std::string& from, const std::string& to);
  void OnUnlink(const std::string& path);

 private:
  void Begin() override;
  void End() override;
  // A new version of the directory that `path` is in; null when that is not followed.
  DiskEntries* Change(const std::string& path);

  bool ignore_directory_syncs_ = false;
  std::map<uint64_t, DiskFilePtr> files_;             // by inode
  std::map<uint64_t, std::string> directory_inodes_;  // to paths
  std::map<std::string, DiskDirectory> directories_;  // by path
};

}  // namespace holter::power_loss
