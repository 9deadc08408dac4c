// A watcher: first all sessions by name, then the log.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "holter/v1/session_service.pb.h"
#include "registry/change_log.h"
#include "registry/session_table.h"
#include "registry/watch_log.h"
#include "registry/watch_view.h"

namespace holter::registry {

// The snapshot is walked in pieces, each as of its own moment. The log is followed from before the first piece; what a
// piece already held is left out, so that no session goes back in time. One that conflates and has fallen behind the
// log begins anew with a snapshot. Table and log outlive the reader.
class SnapshotWatchReader final : public WatchReader {
 public:
  // INVALID_ARGUMENT; OUT_OF_RANGE, WATCH_EXPIRED.
  static absl::StatusOr<std::unique_ptr<WatchReader>> Open(const v1::WatchSessionsRequest& request,
                                                           const SessionTable* table, ChangeLog* log,
                                                           const Clock* clock);
  ~SnapshotWatchReader() override;

  absl::StatusOr<v1::WatchSessionsResponse> Next(int max_changes) override;
  bool BookmarkDue() const override;
  v1::WatchSessionsResponse Bookmark() override;
  void OnReady(std::function<void()> wake) override;

 private:
  // Up to `last`, sessions were taken as of `revision`.
  struct Piece {
    RecordPtr last;
    uint64_t revision = 0;
  };

  SnapshotWatchReader(std::string tenant, WatchView view, bool in_snapshot, uint64_t revision,
                      const SessionTable* table, ChangeLog* log, const Clock* clock);

  absl::StatusOr<v1::WatchSessionsResponse> Read(size_t most);
  void BeginAnew(v1::WatchSessionsResponse& response);
  bool HasToken() const { return !in_snapshot_ && (pieces_.empty() || next_revision_ >= pieces_.back().revision); }
  std::string Token() const;
  void Tell(const ChangeEntry& entry, v1::WatchSessionsResponse& response);

  void ReadSnapshot(size_t most, v1::WatchSessionsResponse& response);
  absl::Status ReadLog(size_t most, v1::WatchSessionsResponse& response);
  bool WasInSnapshot(const ChangeLog::Numbered& change) const;

  const std::string tenant_;  // or "-"
  const SessionTable* const table_;
  ChangeLog* const log_;
  const Clock* const clock_;
  WatchView view_;
  ChangeLog::CursorPtr cursor_;
  uint64_t next_revision_;
  bool in_snapshot_;
  TimePoint last_told_;
  std::vector<Piece> pieces_;  // in the order of names; empty when the log has passed them all
};

}  // namespace holter::registry
