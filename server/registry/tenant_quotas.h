// How much of everything a tenant may have, and how many sessions a destination host: the limits, and what is used.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"

namespace holter::registry {

// Of one tenant; what is not there is not limited.
struct TenantLimits {
  std::optional<int64_t> sessions;  // declared, paused ones too
  // Over time; as many may come at once. A call that declares more is taken when one is left, and owes the rest.
  std::optional<double> creates_per_second;
  std::optional<int64_t> watches;  // streams that are open
};

struct QuotaLimits {
  TenantLimits everyone;
  std::map<std::string, TenantLimits, std::less<>> tenants;  // whole, not on top of `everyone`
  std::optional<int64_t> sessions_per_host;                  // of all tenants together
};

// Sessions that come and go together.
struct QuotaChange {
  struct Sum {
    int64_t added = 0;
    int64_t removed = 0;
    int64_t net() const { return added - removed; }
  };
  std::map<std::string, Sum, std::less<>> tenants;
  std::map<std::string, Sum, std::less<>> hosts;

  void Add(std::string_view tenant, std::string_view url);
  void Remove(std::string_view tenant, std::string_view url);
  // A session that leads elsewhere from now on.
  void Move(std::string_view from_url, std::string_view to_url);
};

// Use and limit as metrics have them.
struct QuotaLevel {
  std::string tenant;
  std::string_view quota;  // "sessions" or "watches"
  int64_t used = 0;
  int64_t limit = 0;
};

// Any thread. What is used is counted whether there is a limit or not. A limit that falls below what is used takes
// nothing away: it refuses what would add.
class TenantQuotas {
 public:
  TenantQuotas() = default;
  TenantQuotas(const TenantQuotas&) = delete;
  TenantQuotas& operator=(const TenantQuotas&) = delete;

  void SetLimits(QuotaLimits limits) ABSL_LOCKS_EXCLUDED(mutex_);

  // RESOURCE_EXHAUSTED, QUOTA_EXCEEDED, metadata `quota`, `limit`, `used` and `tenant` or `host`, when the change would
  // go beyond a limit. A change that makes nothing grow is never refused.
  absl::Status Check(const QuotaChange& change, TimePoint now) const ABSL_LOCKS_EXCLUDED(mutex_);
  // As Check, and counts what grows, if it is well; then call Settle.
  absl::Status Take(const QuotaChange& change, TimePoint now) ABSL_LOCKS_EXCLUDED(mutex_);
  // Counts without asking what grows; then call Settle.
  void TakeUnasked(const QuotaChange& change) ABSL_LOCKS_EXCLUDED(mutex_);
  // The change has become true, so that what shrinks is counted, or it has not, so that what was taken is given back.
  void Settle(const QuotaChange& change, bool committed) ABSL_LOCKS_EXCLUDED(mutex_);

  // Holds one watch of the tenant's as long as the answer lives, at most as long as this.
  class WatchHold;
  absl::StatusOr<std::unique_ptr<WatchHold>> TakeWatch(const std::string& tenant) ABSL_LOCKS_EXCLUDED(mutex_);

  // Of every tenant that uses something and has a limit.
  std::vector<QuotaLevel> Levels() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Use {
    int64_t sessions = 0;
    int64_t watches = 0;
    double tokens = 0;
    TimePoint refilled = TimePoint::min();  // never used, so it is full
  };

  const TenantLimits& LimitsOf(std::string_view tenant) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  absl::Status CheckLocked(const QuotaChange& change, TimePoint now) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  static double TokensOf(const Use& use, double rate, TimePoint now);
  absl::Status CheckTenant(const std::string& tenant, const QuotaChange::Sum& sum, TimePoint now) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  // `part` gives what of a sum is counted.
  template <class Part>
  void Count(const QuotaChange& change, Part part) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PayTokens(const QuotaChange& change, TimePoint now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Forgets those who use nothing and whose tokens are full again, when there may be many.
  void ForgetRefilled(TimePoint now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;  // leaf
  QuotaLimits limits_ ABSL_GUARDED_BY(mutex_);
  absl::btree_map<std::string, Use, std::less<>> uses_ ABSL_GUARDED_BY(mutex_);
  size_t forget_at_ ABSL_GUARDED_BY(mutex_) = 64;  // so many of them; a walk over all is paid by those that are new
  absl::flat_hash_map<std::string, int64_t> hosts_ ABSL_GUARDED_BY(mutex_);
};

class TenantQuotas::WatchHold {
 public:
  WatchHold(TenantQuotas* quotas, std::string tenant) : quotas_(quotas), tenant_(std::move(tenant)) {}
  ~WatchHold();
  WatchHold(const WatchHold&) = delete;
  WatchHold& operator=(const WatchHold&) = delete;

 private:
  TenantQuotas* const quotas_;
  const std::string tenant_;
};

}  // namespace holter::registry
