// When the leases of owners end.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "registry/lease.h"
#include "registry/weak_interner.h"
#include "store/store.h"

namespace holter::registry {

using LeasePtr = std::shared_ptr<const Lease>;

// Measures on the steady clock, so that a clock that is set ends no lease; stored and told is calendar time. Any
// thread.
class LeaseTable {
 public:
  // That a daemon was down is not the owners' fault: they get this long to come back.
  static constexpr Duration kLeastAfterRestart = std::chrono::seconds(30);
  // When the sessions of a lease that has ended could not be deleted, it is tried again after this.
  static constexpr Duration kRetry = std::chrono::seconds(10);

  // `clock` outlives the table.
  explicit LeaseTable(const Clock* clock) : clock_(clock) {}

  // The one object for an owner, which may have no term, or no sessions.
  LeasePtr Of(std::string_view tenant, std::string_view owner);

  // What the store has. Once, before all else.
  void Restore(const std::vector<store::StoredLease>& leases);

  // Call when it is committed that the lease ends at `expire_time`; kNoTerm: that it has no end.
  void Set(const LeasePtr& lease, WallTime expire_time);

  // The leases that have ended, each once; again after kRetry.
  std::vector<LeasePtr> TakeDue();
  // True from TakeDue to the next Set.
  bool IsEnding(const Lease& lease) const;

 private:
  struct Term {
    LeasePtr lease;
    TimePoint deadline;
    bool ending = false;
  };

  const Clock* const clock_;
  WeakInterner<Lease> leases_;
  mutable absl::Mutex mutex_;  // a leaf
  // Only those with a term. By key.
  std::map<std::string, Term, std::less<>> terms_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace holter::registry
