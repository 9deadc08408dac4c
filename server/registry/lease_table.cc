#include "registry/lease_table.h"

#include <algorithm>

namespace holter::registry {

LeasePtr LeaseTable::Of(std::string_view tenant, std::string_view owner) {
  return leases_.Intern(Lease(tenant, owner));
}

void LeaseTable::Restore(const std::vector<store::StoredLease>& leases) {
  const WallTime least = clock_->WallNow() + kLeastAfterRestart;
  for (const store::StoredLease& stored : leases) {
    Set(Of(stored.tenant, stored.owner), std::max(stored.expire_time, least));
  }
}

void LeaseTable::Set(const LeasePtr& lease, WallTime expire_time) {
  const TimePoint deadline =
      expire_time == Lease::kNoTerm ? TimePoint::max() : clock_->Now() + (expire_time - clock_->WallNow());
  absl::MutexLock lock(&mutex_);
  lease->expire_time = expire_time;
  if (expire_time == Lease::kNoTerm) {
    terms_.erase(lease->key);
  } else {
    terms_.insert_or_assign(lease->key, Term{.lease = lease, .deadline = deadline});
  }
}

std::vector<LeasePtr> LeaseTable::TakeDue() {
  const TimePoint now = clock_->Now();
  std::vector<LeasePtr> due;
  absl::MutexLock lock(&mutex_);
  for (auto& [key, term] : terms_) {
    if (term.deadline > now) continue;
    term.deadline = now + kRetry;
    term.ending = true;
    due.push_back(term.lease);
  }
  return due;
}

bool LeaseTable::IsEnding(const Lease& lease) const {
  absl::MutexLock lock(&mutex_);
  const auto found = terms_.find(lease.key);
  return found != terms_.end() && found->second.ending;
}

}  // namespace holter::registry
