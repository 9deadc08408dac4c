#include "registry/turn_thread.h"

#include <exception>
#include <utility>

#include "base/log.h"

namespace holter::registry {
namespace {

// What a call may throw ends that call only, as it does where gRPC's threads begin one.
void StartGuarded(const std::function<void()>& start) {
  try {
    start();
  } catch (const std::exception& exception) {
    Log(LogLevel::kError, "A call failed", {{"exception", exception.what()}});
  }
}

}  // namespace

TurnThread::~TurnThread() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void TurnThread::Run(std::function<void()> start) {
  absl::MutexLock lock(&mutex_);
  starts_.push_back(std::move(start));
}

void TurnThread::Work() {
  while (true) {
    std::vector<std::function<void()>> starts;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &TurnThread::HasWork));
      if (starts_.empty()) return;
      starts.swap(starts_);
    }
    for (std::function<void()>& start : starts) {
      // What a call holds goes with it, and not only with the last of those that came together.
      StartGuarded(std::exchange(start, nullptr));
    }
  }
}

}  // namespace holter::registry
