// Whose turn it is to dial: so many a second, so many at a time, and never more sockets than the process may have.
//
// A session asks for a turn and gets a ticket. Tickets are served in the order in which they were drawn. A turn goes
// through three stages:
//
//   waiting ──granted──▶ in the mail ──BeginAttempt──▶ attempt ──EndAttempt──▶ over
//      └─Cancel             └─HandBack (the session no longer wants it)
//
// In flight are the turns in the mail and the attempts. Sockets are counted by the loops, which report; a turn in the
// mail counts as one socket to come. The rules are pure: time is handed in, and what is to be done goes to the outlets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "engine/session_cell.h"

namespace holter::engine {

// Thread-safe; no call does work in proportion to the sessions that wait. Owns no timer: it asks for a wake-up instead.
class ConnectGovernor {
 public:
  using Ticket = uint64_t;  // 0: none; never used twice

  struct Limits {
    double rate = 0;    // turns a second; 0: not limited
    int in_flight = 0;  // turns at a time; 0: not limited
    size_t files = 0;   // sockets; 0: not limited
    int loops = 1;      // that report sockets
  };
  // Called without a lock, by the thread whose call moved the queue.
  struct Outlets {
    // Tell the session's loop. The session is as it was handed in.
    std::function<void(Ticket, SessionHandle)> grant;
    // Call Poll at this time. A later wake-up that was asked for before may be forgotten.
    std::function<void(TimePoint)> wake;
  };

  ConnectGovernor(const Limits& limits, Outlets outlets, TimePoint now);

  // Queues the session, which is kept alive until its turn or Cancel. The grant may go out before this returns.
  Ticket Request(SessionHandle session, TimePoint now);
  // The session no longer wants its turn. Does nothing to one in the mail: that is handed back on arrival.
  void Cancel(Ticket ticket);
  void HandBack(TimePoint now);

  // `files`: sockets of the loop, with one for every attempt that has none yet.
  void BeginAttempt(int loop, size_t files, TimePoint now);
  void EndAttempt(int loop, size_t files, TimePoint now);
  void ReportFiles(int loop, size_t files, TimePoint now);

  // Serves whoever can be served by now.
  void Poll(TimePoint now);
  // No turn is granted from now on; forgets those who wait.
  void Close();

  struct Load {
    size_t waiting = 0;
    size_t in_flight = 0;
    size_t files = 0;
  };
  Load load() const;

 private:
  struct Waiting {
    SessionHandle session;
    bool cancelled = false;
  };
  struct Moves {
    std::vector<std::pair<Ticket, SessionHandle>> grants;
    TimePoint wake = kNever;
  };

  Moves Serve(TimePoint now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropCancelled() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool TakeToken(TimePoint now, TimePoint& wake) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetFiles(int loop, size_t files) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Tell(Moves&& moves);

  const Limits limits_;
  const double burst_;
  const Outlets outlets_;

  mutable absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  // The queue's front has ticket first_; a cancelled place stays until it comes to the front.
  std::deque<Waiting> queue_ ABSL_GUARDED_BY(mutex_);
  Ticket first_ ABSL_GUARDED_BY(mutex_) = 1;
  size_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t mailed_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t attempts_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<size_t> files_by_loop_ ABSL_GUARDED_BY(mutex_);
  size_t files_ ABSL_GUARDED_BY(mutex_) = 0;
  double tokens_ ABSL_GUARDED_BY(mutex_);
  TimePoint refilled_ ABSL_GUARDED_BY(mutex_);
  TimePoint wake_at_ ABSL_GUARDED_BY(mutex_) = kNever;
};

}  // namespace holter::engine
