// Writes transitions to the log from a thread of its own, so that no event loop waits for a slow terminal.
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "core/session_action.h"
#include "registry/session_record.h"
#include "registry/transition_log.h"

namespace holter::registry {

// Any thread. The destructor writes what is left and joins.
class TransitionLogWriter {
 public:
  explicit TransitionLogWriter(const Clock* clock);
  ~TransitionLogWriter();
  TransitionLogWriter(const TransitionLogWriter&) = delete;
  TransitionLogWriter& operator=(const TransitionLogWriter&) = delete;

  void Add(const RecordPtr& record, const core::Transition& transition) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Line {
    RecordPtr record;
    core::Transition transition;
  };

  void Run() ABSL_LOCKS_EXCLUDED(mutex_);
  bool HasLines() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return stopping_ || !lines_.empty(); }

  const Clock* const clock_;
  absl::Mutex mutex_;  // a leaf
  TransitionLog log_ ABSL_GUARDED_BY(mutex_);
  std::vector<Line> lines_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace holter::registry
