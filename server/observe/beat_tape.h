// The last heartbeats of the few sessions that somebody looked at.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "core/session_action.h"
#include "core/session_observer.h"

namespace holter::observe {

// A session costs nothing here until it is looked at; then it has one of few places, and takes that of the one that
// nobody has looked at for longest. Loops that have nothing to record read one number; the mutex is a leaf.
class BeatTape {
 public:
  static constexpr size_t kMostSessions = 32;
  static constexpr size_t kMostBeats = 240;  // of a session

  struct Beat {
    TimePoint at;
    core::BeatReport::Kind kind = core::BeatReport::Kind::kAcked;  // kAcked, kLate, kSample or kMissed
    bool app = false;
    uint8_t beat = 0;             // as in core::BeatReport
    std::optional<Duration> rtt;  // none: missed, or disturbed by ourselves
  };
  struct Recording {
    TimePoint since;          // when it began
    std::vector<Beat> beats;  // the oldest first
  };

  // What was recorded, and goes on being recorded from now on. Any thread.
  Recording Look(core::SessionId id, TimePoint now);

  // Loops only; `now` is asked for only if the session is recorded.
  void OnBeat(core::SessionId id, const core::BeatReport& report, const Clock& clock) {
    if (places_taken_.load(std::memory_order_relaxed) != 0 && IsRecorded(id)) Record(id, report, clock.Now());
  }

 private:
  struct Place {
    core::SessionId id = 0;
    TimePoint since;
    TimePoint looked_at;
    std::deque<Beat> beats;
  };

  bool IsRecorded(core::SessionId id) const;
  void Record(core::SessionId id, const core::BeatReport& report, TimePoint now);
  Place& Take(core::SessionId id, TimePoint now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Beside the mutex, so that a loop sees without it whom it does not concern. 0: nobody.
  std::array<std::atomic<core::SessionId>, kMostSessions> ids_{};
  std::atomic<size_t> places_taken_{0};
  absl::Mutex mutex_;
  std::array<Place, kMostSessions> places_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace holter::observe
