#include "registry/lease_keeper.h"

#include "absl/time/time.h"

namespace holter::registry {

LeaseKeeper::LeaseKeeper(SessionRegistry& registry) : registry_(registry), thread_([this] { Run(); }) {}

LeaseKeeper::~LeaseKeeper() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void LeaseKeeper::Run() {
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      if (mutex_.AwaitWithTimeout(absl::Condition(&stopping_), absl::FromChrono(kInterval))) return;
    }
    registry_.EndDueLeases();
  }
}

}  // namespace holter::registry
