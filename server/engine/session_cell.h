// The part of a running session that others may look at while its loop works on it.
#pragma once

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "core/session_machine.h"
#include "core/session_observer.h"
#include "core/session_status.h"

namespace holter::engine {

class EventLoop;

// Shared by the runner, which changes it on its loop, and the registry, which reads it from any thread. The mutex is a
// leaf: it is held for one call of the machine and never while anything else is called.
struct SessionCell {
  SessionCell(core::SessionId session_id, EventLoop* owner, const core::SessionSpec& spec, TimePoint now,
              Random* random)
      : id(session_id), loop(owner), machine(spec.shared, now, random, spec.paused, spec.parameters) {}

  // Any thread.
  core::SessionStatus Snapshot() const {
    absl::MutexLock lock(&mutex);
    return machine.Snapshot();
  }

  core::SessionVitals Vitals() const {
    absl::MutexLock lock(&mutex);
    return machine.Vitals();
  }

  const core::SessionId id;
  EventLoop* const loop;  // constant for life
  mutable absl::Mutex mutex;
  core::SessionMachine machine ABSL_GUARDED_BY(mutex);
};

using SessionHandle = std::shared_ptr<SessionCell>;

}  // namespace holter::engine
