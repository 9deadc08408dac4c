// A disk of tests that loses power, and what is left of its files then.
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

  void Write(int64_t offset, const void* bytes, size_t size);
  void Truncate(int64_t size);
  void Sync();
  // With `random`, each change that was not synced may have reached the disk, whole or torn; without, none has.
  std::string AfterLoss(Random* random) const;
};
using DiskFilePtr = std::shared_ptr<DiskFile>;

std::string ReadAll(const std::string& path);

// What outlives the loss of power.
struct DiskImage {
  std::map<std::string, std::string> files;  // paths below the root
  std::vector<std::string> directories;
};
// Writes an image below `root`, an empty directory.
void Restore(const DiskImage& image, const std::string& root);

// Follows what happens to the files below one directory. The files themselves are real, so that the store reads what it
// wrote; what was not synced is known apart from them. Thread-safe.
class Disk {
 public:
  virtual ~Disk() = default;

  // Follows `root`, an existing directory; what is in it counts as synced. `on_change` is called before each change and
  // sync, counted from 1, with the disk's lock held: the place to lose power.
  void Follow(const std::string& root, std::function<void(int64_t)> on_change);
  void Unfollow();

  // What a loss of power leaves; `random` as in DiskFile::AfterLoss. From within `on_change`, or with the lock held.
  virtual DiskImage Image(Random* random) const = 0;

  // One change at a time, so that what is followed is what happened.
  std::recursive_mutex& mutex() { return mutex_; }
  bool follows(const std::string& path) const { return !root_.empty() && path.starts_with(root_ + "/"); }

 protected:
  virtual void Begin() = 0;
  virtual void End() = 0;
  void Count();
  const std::string& root() const { return root_; }

 private:
  std::recursive_mutex mutex_;
  std::string root_;
  std::function<void(int64_t)> on_change_;
  int64_t changes_ = 0;
};

}  // namespace holter::power_loss
