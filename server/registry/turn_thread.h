// Where calls begin that had to wait for another call of the same name.
#pragma once

#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace holter::registry {

class TurnRunner {
 public:
  virtual ~TurnRunner() = default;

  // Any thread; with no lock held.
  virtual void Run(std::function<void()> start) = 0;
};

// A thread of its own, so that neither who gives a name back pays for the next call, nor the store's thread plans while
// commits wait for it; and so that a chain of calls that end at once, each giving its name to the next, costs no stack.
// One after the other, as they came. The destructor runs what is left and joins.
class TurnThread final : public TurnRunner {
 public:
  TurnThread() : thread_([this] { Work(); }) {}
  ~TurnThread() override;
  TurnThread(const TurnThread&) = delete;
  TurnThread& operator=(const TurnThread&) = delete;

  void Run(std::function<void()> start) override ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Work() ABSL_LOCKS_EXCLUDED(mutex_);
  bool HasWork() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return stopping_ || !starts_.empty(); }

  absl::Mutex mutex_;  // a leaf
  std::vector<std::function<void()>> starts_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace holter::registry
