// The history of sessions: what happened to each, kept over restarts, bounded, and never in the way of declarations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"

namespace holter::store {

struct StoredEvent {
  std::string tenant;
  std::string session;  // last part of the name
  WallTime time{};
  int reason = 0;       // to choose by; a number of holter.v1.Reason
  std::string content;  // opaque here
};

// Which events, newest first.
struct EventQuery {
  std::string tenant{};
  std::string session{};                                 // empty: every session of the tenant
  std::optional<WallTime> since{};                       // at or after
  std::optional<WallTime> until{};                       // before
  std::vector<int> reasons{};                            // empty: any
  int64_t before = std::numeric_limits<int64_t>::max();  // the id of the last event of the page before
  size_t limit = 100;
};

struct FoundEvent {
  int64_t id = 0;  // grows in the order of Append
  StoredEvent event;
};

// Implementations are thread-safe.
class EventStore {
 public:
  // Writes what waits, joins the store's thread.
  virtual ~EventStore() = default;

  // Never blocks on the disk. Events are written together a few times a second, and not synced: after a kill the last
  // moments may be missing, after a loss of power more of them. When too many wait, or the disk takes no more, events
  // are dropped and counted.
  virtual void Append(StoredEvent event) = 0;

  // Sees what was appended before the call. Reads the disk, so not from a loop. UNAVAILABLE, HISTORY_FAILED: it cannot
  // be read.
  virtual absl::StatusOr<std::vector<FoundEvent>> Find(const EventQuery& query) = 0;
};

// What is beyond the bounds is forgotten, the oldest first. A tenant may be over its bound by a tenth for a while.
struct EventOptions {
  size_t per_session = 100;
  size_t per_tenant = 100'000;
  size_t waiting = 100'000;                          // appended and not yet written
  Duration gather = std::chrono::milliseconds(100);  // from one write to the next
  // Called when events were not kept, in the thread that found so. Must not call the store. May be null.
  std::function<void(size_t events)> on_dropped{};
};

// In the file DATA_DIR/holter-events.db, made if it is not there; the directory is there, and its lock held. A file
// that is damaged, or of a newer holterd, is put aside (…-damaged) with a warning: history is not worth a daemon that
// does not start.
absl::StatusOr<std::unique_ptr<EventStore>> OpenSqliteEventStore(const std::string& data_dir,
                                                                 const EventOptions& options);

// For --store=memory: bounded in the same way, forgotten at the end.
absl::StatusOr<std::unique_ptr<EventStore>> MakeMemoryEventStore(const EventOptions& options);

}  // namespace holter::store
