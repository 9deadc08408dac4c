// What an operator does to a store while no holterd runs on it.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"

namespace holter::store {

// What was found, or done.
struct MaintenanceReport {
  size_t sessions = 0;                // that the store holds now
  std::vector<std::string> findings;  // what was wrong, a sentence each
  std::string set_aside;              // directory of the files that were there before; empty: nothing was set aside
};

// FAILED_PRECONDITION, WRONG_USER: `user` is root and the directory is another's, whose holterd could not open what
// root would leave there. OK if there is no such directory.
absl::Status CheckUser(const std::string& data_dir, uid_t user);

// Reads all of the store in `data_dir` and changes nothing. Errors are those of a start.
absl::StatusOr<MaintenanceReport> CheckStore(const std::string& data_dir);

// Makes a store of every row that can be read and agrees with its checksum; names the others. Names, uids and etags
// stay. The files that were there go to DATA_DIR/damaged-TIME. Does nothing to a store that is sound. DATA_LOSS:
// nothing can be read.
absl::StatusOr<MaintenanceReport> RepairStore(const std::string& data_dir, WallTime now);

// Puts a copy of the file `backup` in the place of what is in `data_dir`, which goes to DATA_DIR/replaced-TIME.
// DATA_LOSS: the backup is not sound; FAILED_PRECONDITION, NOT_A_BACKUP: it is part of a store. Then nothing was
// changed.
absl::StatusOr<MaintenanceReport> RestoreStore(const std::string& backup, const std::string& data_dir, WallTime now);

// Whether the file `path`, which nobody has open, is a whole copy of a store; how many sessions it holds.
absl::StatusOr<size_t> CheckBackup(const std::string& path);

// "20261123T031500Z"
std::string FileTime(WallTime time);

}  // namespace holter::store
