// The ordered changes that watchers follow: one bounded log for all, each watcher a position in it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "holter/v1/session_service.pb.h"

namespace holter::registry {

// One client's place in the snapshot and the log. Used by one thread at a time. A reader that falls behind the log's
// bound costs nothing: it is told at its next call.
class WatchReader {
 public:
  virtual ~WatchReader() = default;

  // The next changes, at most `max_changes`, with the resume token behind them; an empty response when there are none
  // yet. RESOURCE_EXHAUSTED, WATCH_LAGGED: the log has gone past this reader, and it does not conflate. UNAVAILABLE,
  // SHUTTING_DOWN.
  virtual absl::StatusOr<v1::WatchSessionsResponse> Next(int max_changes) = 0;

  // True when the watcher wants bookmarks and was told nothing for its interval.
  virtual bool BookmarkDue() const = 0;
  // The bookmark, with the resume token as of now; empty when there are changes to read first, or when no token can be
  // given yet.
  virtual v1::WatchSessionsResponse Bookmark() = 0;

  // `wake` is called once, from any thread, when Next has something to say again (at once if it has); a new call
  // replaces the old. After the reader is destroyed it is not called any more, and not running.
  virtual void OnReady(std::function<void()> wake) = 0;
};

}  // namespace holter::registry
