#include "tests/power_loss/lossy_vfs.h"

#include <filesystem>
#include <utility>

namespace holter::power_loss {
namespace {

LossyVfs* registered = nullptr;

bool OneOfTwo(Random* random) { return random != nullptr && (*random)() % 2 == 0; }

}  // namespace

LossyVfs::LossyVfs() : real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
  registered = this;
  vfs_.pNext = nullptr;
  vfs_.zName = "lossy";
  vfs_.xOpen = Open;
  vfs_.xDelete = Delete;
  sqlite3_vfs_register(&vfs_, 1);
}

LossyVfs::~LossyVfs() {
  sqlite3_vfs_unregister(&vfs_);
  sqlite3_vfs_register(real_, 1);
  registered = nullptr;
}

void LossyVfs::Begin() {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root())) {
    if (entry.is_directory()) continue;
    const std::string path = entry.path().string();
    files_[path].content = std::make_shared<DiskFile>(DiskFile{.synced = ReadAll(path), .pending = {}});
  }
}

void LossyVfs::End() {
  files_.clear();
  undead_.clear();
}

DiskImage LossyVfs::Image(Random* random) const {
  DiskImage image;
  const auto relative = [this](const std::string& path) { return path.substr(root().size() + 1); };
  for (const auto& [path, content] : undead_) image.files[relative(path)] = content->AfterLoss(random);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root())) {
    const std::string path = entry.path().string();
    const auto known = files_.find(path);
    if (entry.is_directory()) {
      image.directories.push_back(relative(path));
    } else if (known != files_.end()) {
      if (!known->second.has_name && !OneOfTwo(random)) continue;
      image.files[relative(path)] = known->second.content->AfterLoss(random);
    } else if (path.ends_with(".db") || OneOfTwo(random)) {
      image.files[relative(path)] = ReadAll(path);  // a whole database, just renamed; else what nobody syncs
    }
  }
  return image;
}

int LossyVfs::Open(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  LossyVfs& self = *registered;
  const std::lock_guard lock(self.mutex());
  const bool is_ours = name != nullptr && self.follows(name);
  const bool is_new = is_ours && !std::filesystem::exists(name);
  if (is_new) self.Count();
  const int result = self.real_->xOpen(self.real_, name, file, flags, out_flags);
  if (result != SQLITE_OK || !is_ours) return result;
  if (is_new || !self.files_.contains(name)) {
    self.files_[name] = {.content = std::make_shared<DiskFile>(DiskFile{.synced = ReadAll(name), .pending = {}}),
                         .has_name = !is_new};
  }
  OpenFile& open = self.open_[file];
  open = {.real = file->pMethods, .ours = *file->pMethods, .path = name};
  open.ours.xWrite = Write;
  open.ours.xTruncate = Truncate;
  open.ours.xSync = Sync;
  open.ours.xClose = Close;
  file->pMethods = &open.ours;
  return result;
}

int LossyVfs::Delete(sqlite3_vfs* /*vfs*/, const char* name, int sync_directory) {
  LossyVfs& self = *registered;
  const std::lock_guard lock(self.mutex());
  if (const auto known = self.files_.find(name); known != self.files_.end()) {
    self.Count();
    if (known->second.has_name) self.undead_[name] = known->second.content;
    self.files_.erase(known);
  }
  if (sync_directory != 0) self.undead_.clear();
  return self.real_->xDelete(self.real_, name, sync_directory);
}

int LossyVfs::Write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
  LossyVfs& self = *registered;
  const std::lock_guard lock(self.mutex());
  const OpenFile& open = self.open_[file];
  self.Count();
  self.ContentOf(open).Write(at, bytes, static_cast<size_t>(size));
  return open.real->xWrite(file, bytes, size, at);
}

int LossyVfs::Truncate(sqlite3_file* file, sqlite3_int64 size) {
  LossyVfs& self = *registered;
  const std::lock_guard lock(self.mutex());
  const OpenFile& open = self.open_[file];
  self.Count();
  self.ContentOf(open).Truncate(size);
  return open.real->xTruncate(file, size);
}

// The real disk need not be waited for.
int LossyVfs::Sync(sqlite3_file* file, int /*flags*/) {
  LossyVfs& self = *registered;
  const std::lock_guard lock(self.mutex());
  const OpenFile& open = self.open_[file];
  self.Count();
  self.ContentOf(open).Sync();
  // With the first sync of a new file SQLite syncs its directory, and so what was deleted there.
  bool& has_name = self.files_[open.path].has_name;
  if (!has_name) self.undead_.clear();
  has_name = true;
  return SQLITE_OK;
}

int LossyVfs::Close(sqlite3_file* file) {
  LossyVfs& self = *registered;
  const std::lock_guard lock(self.mutex());
  const int result = self.open_[file].real->xClose(file);
  self.open_.erase(file);
  return result;
}

}  // namespace holter::power_loss
