// Who changed what, and who was turned away: a file of JSON lines.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "base/operation_observer.h"

namespace holter::access {

// One call. Nothing of what it carried but names and the request's id.
struct AuditRecord {
  WallTime time{};
  std::string identity;  // empty: unknown
  std::string peer;
  std::string method;
  std::vector<std::string> resources;
  std::string code;  // canonical word
  std::string request_id;
};

// `{"time":…,"identity":…,"peer":…,"method":…,"resources":[…],"code":…,"request_id":…}`, without a newline.
std::string AuditLine(const AuditRecord& record);

// Lines are written in order by a thread of its own, so that no call waits for a disk: what the disk does not take, and
// what comes while kMostWaiting lines wait, is lost and counted. Not synced.
class AuditLog {
 public:
  static constexpr size_t kMostWaiting = 10'000;

  // Appends to the file at `path`, which is made readable by its owner only if it is not there. FAILED_PRECONDITION,
  // AUDIT_LOG_UNWRITABLE: it cannot be opened. `operations` outlives the log.
  static absl::StatusOr<std::unique_ptr<AuditLog>> Open(const std::string& path, OperationObserver& operations);
  // Writes what waits.
  ~AuditLog();
  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;

  // Any thread; never waits for the file.
  void Add(const AuditRecord& record) ABSL_LOCKS_EXCLUDED(mutex_);
  // Any thread. Goes on in a new file when the old one has been renamed; while it cannot be opened, lines are lost.
  void Reopen() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  AuditLog(std::string path, int file, OperationObserver& operations);

  void Run() ABSL_LOCKS_EXCLUDED(mutex_);
  // With the thread.
  void OpenFile();
  void Write(const std::vector<std::string>& lines);
  bool HasWork() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return stopping_ || reopen_ || !lines_.empty(); }

  const std::string path_;
  OperationObserver& operations_;
  // Of the thread.
  int file_;  // -1: not open
  bool mid_line_ = false;

  absl::Mutex mutex_;  // leaf
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mutex_);
  bool reopen_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace holter::access
