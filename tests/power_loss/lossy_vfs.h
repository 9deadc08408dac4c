// A VFS of SQLite over its own, by which a database loses what was not synced.
#pragma once

#include <sqlite3.h>

#include <map>
#include <string>

#include "tests/power_loss/disk.h"

namespace holter::power_loss {

// SQLite's default while it exists; one at a time. Every file of a database is followed: the database, journals, the
// write-ahead log; an index of the log (-shm) is never synced and so never there afterwards. A file that is made is
// there after its first sync. One that is deleted is gone when SQLite syncs its directory: with the deletion, or with
// the first sync of a file that is new there.
//
// What the store does beside SQLite (names and syncs of directories, its mark) a VFS does not see: see
// forgetful_disk.h.
class LossyVfs final : public Disk {
 public:
  LossyVfs();
  ~LossyVfs() override;

  DiskImage Image(Random* random) const override;

 private:
  struct KnownFile {
    DiskFilePtr content;
    bool has_name = true;  // on the disk
  };
  struct OpenFile {
    const sqlite3_io_methods* real = nullptr;
    sqlite3_io_methods ours{};  // as the real ones, but for those below
    std::string path;
  };

  void Begin() override;
  void End() override;
  DiskFile& ContentOf(const OpenFile& open) { return *files_[open.path].content; }

  // For SQLite.
  static int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags);
  static int Delete(sqlite3_vfs* vfs, const char* name, int sync_directory);
  static int Write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at);
  static int Truncate(sqlite3_file* file, sqlite3_int64 size);
  static int Sync(sqlite3_file* file, int flags);
  static int Close(sqlite3_file* file);

  sqlite3_vfs* const real_;
  sqlite3_vfs vfs_;
  // By path.
  std::map<std::string, KnownFile> files_;
  std::map<std::string, DiskFilePtr> undead_;  // deleted, but not on the disk
  std::map<const sqlite3_file*, OpenFile> open_;
};

}  // namespace holter::power_loss
