// A watch that comes back by itself.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/lib/retry.h"
#include "holter/v1/session_service.pb.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace holter::client {

struct WatchOptions {
  std::string resume_token{};  // empty: begin with a snapshot
  // Until the first response has come, UNAVAILABLE is final after retry.max_retries; afterwards the watch comes back
  // for ever.
  RetryOptions retry{.max_delay = std::chrono::seconds(5)};
};

// What a watch has to say.
struct WatchEvent {
  enum class Kind {
    kChanges,      // `response` holds changes
    kInterrupted,  // the stream broke for `cause`; it is resumed, and no change will be lost
    kReset,        // changes were lost for `cause` (WATCH_EXPIRED, or a snapshot that broke off): forget everything, a
                   // snapshot follows
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
  Watch(const std::shared_ptr<grpc::Channel>& channel, std::string parent, const WatchOptions& options);
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
  struct Impl;

  const std::unique_ptr<Impl> impl_;
};

}  // namespace holter::client
