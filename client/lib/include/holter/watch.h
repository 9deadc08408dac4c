// A watch that comes back by itself.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "holter/retry.h"
#include "holter/v1/session_service.pb.h"

namespace holter::client {

class Connection;

struct WatchOptions {
  std::string resume_token{};  // empty: begin with a snapshot
  // Until the first response has come, UNAVAILABLE is final after retry.max_retries; afterwards the watch comes back
  // for ever.
  RetryOptions retry{.max_delay = std::chrono::seconds(5)};
  std::string filter{};                  // which sessions, as of ListOptions
  std::vector<std::string> read_mask{};  // paths below Session that are told; none: all
  // A bookmark keeps the token young when nothing was told for this long; 0: none.
  std::chrono::nanoseconds bookmark_interval{};
  bool conflate = false;  // one that reads slowly misses steps in between, and is not cut off
};

// What a watch has to say.
struct WatchEvent {
  enum class Kind {
    kChanges,      // `response` holds changes
    kInterrupted,  // the stream broke for `cause`; it is resumed, and no change will be lost
    kReset,        // changes were lost for `cause` (WATCH_EXPIRED, a snapshot that broke off, KIND_RESET of a watch
                   // that conflates): forget everything, a snapshot follows
  };
  Kind kind = Kind::kChanges;
  v1::WatchSessionsResponse response;
  absl::Status cause;
};

// Iterates the changes of a tenant's sessions:
//
//   while (true) {
//     absl::StatusOr<WatchEvent> event = watch->Next();
//     if (!event.ok()) break;  // CANCELLED after Cancel, else why the watch cannot go on
//     …
//   }
//
// After UNAVAILABLE, WATCH_LAGGED and a stream that the server ended it resumes behind the last response, after a
// growing, jittered delay; after WATCH_EXPIRED it asks for a snapshot. Next is called by one thread at a time, Cancel
// by any, also before Next. The destructor cancels and waits no longer than that takes; nobody may be in Next then.
class Watch {
 public:
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Blocks until there is an event. An error is final.
  absl::StatusOr<WatchEvent> Next();
  // Ends the watch: a Next that blocks returns CANCELLED at once.
  void Cancel();
  // Of the last response that carried one: pass it to another watch to go on there.
  const std::string& resume_token() const;

 private:
  friend class AsyncClient;
  struct Impl;

  Watch(std::shared_ptr<const Connection> connection, std::string parent, const WatchOptions& options);

  const std::unique_ptr<Impl> impl_;
};

}  // namespace holter::client
