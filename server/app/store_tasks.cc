#include "app/store_tasks.h"

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

#include "absl/synchronization/notification.h"
#include "base/clock.h"
#include "base/duration_text.h"
#include "base/error.h"
#include "base/log.h"
#include "store/directory_lock.h"
#include "store/maintenance.h"
#include "store/sqlite_file.h"

namespace holter::app {
namespace {

absl::StatusOr<store::MaintenanceReport> Run(const Configuration& config) {
  if (absl::Status status = store::CheckUser(config.data_dir, ::geteuid()); !status.ok()) return status;
  switch (config.task) {
    case Task::kRepairStore:
      return store::RepairStore(config.data_dir, SystemClock().WallNow());
    case Task::kRestoreStore:
      return store::RestoreStore(config.restore_from, config.data_dir, SystemClock().WallNow());
    default:
      return store::CheckStore(config.data_dir);
  }
}

absl::Status CopyAndWait(store::DurableStore& store, const std::string& path) {
  absl::Notification done;
  absl::Status result;
  store.CopyTo(path, [&](absl::Status status) {
    result = std::move(status);
    done.Notify();
  });
  done.WaitForNotification();
  return result;
}

absl::StatusOr<std::string> WriteBackup(store::DurableStore* store, const std::string& directory) {
  if (store == nullptr) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "STORE_IN_MEMORY",
                     "with --store=memory there is nothing to back up");
  }
  if (directory.empty()) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "BACKUP_DIR_MISSING", "--backup-dir is not set");
  }
  if (absl::Status status = store::EnsureDirectory(directory); !status.ok()) return status;
  const std::string path = fmt::format("{}/holter-{}.db", directory, store::FileTime(SystemClock().WallNow()));
  const std::string draft = path + ".new";
  store::RemoveDatabase(draft);
  absl::Status status = CopyAndWait(*store, draft);
  if (status.ok()) status = store::CheckBackup(draft).status();
  if (status.ok()) status = store::PutInPlace(draft, path);
  if (status.ok()) return path;
  store::RemoveDatabase(draft);
  return status;
}

}  // namespace

int RunStoreTask(const Configuration& config) {
  const absl::StatusOr<store::MaintenanceReport> report = Run(config);
  if (!report.ok()) {
    std::cerr << std::string(report.status().message()) << "\n";
    return 1;
  }
  for (const std::string& finding : report->findings) std::cout << finding << "\n";
  if (!report->set_aside.empty()) std::cout << "What was there before is in " << report->set_aside << ".\n";
  std::cout << fmt::format("The store is sound: {} sessions.\n", report->sessions);
  return report->findings.empty() ? 0 : 1;
}

void BackUp(store::DurableStore* store, const std::string& directory) {
  const TimePoint begin = SystemClock().Now();
  const absl::StatusOr<std::string> path = WriteBackup(store, directory);
  if (!path.ok()) {
    Log(LogLevel::kError, "no backup was written", {{"error", std::string(path.status().message())}});
    return;
  }
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(SystemClock().Now() - begin);
  Log(LogLevel::kInfo, "backup written", {{"path", *path}, {"took", FormatDuration(took)}});
}

}  // namespace holter::app
