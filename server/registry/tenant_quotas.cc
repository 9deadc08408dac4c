#include "registry/tenant_quotas.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "core/url.h"

namespace holter::registry {
namespace {

constexpr std::string_view kSessions = "sessions";
constexpr std::string_view kCreates = "creates_per_second";
constexpr std::string_view kWatches = "watches";
constexpr std::string_view kHostSessions = "sessions_per_host";

absl::Status QuotaExceeded(std::string_view quota, std::string_view whose, const std::string& who,
                           const std::string& limit, int64_t used) {
  return MakeError(
      absl::StatusCode::kResourceExhausted, "QUOTA_EXCEEDED",
      fmt::format("the quota {} of the {} {} is {}, and {} are used", quota, whose, who, limit, used),
      {{"quota", std::string(quota)}, {std::string(whose), who}, {"limit", limit}, {"used", fmt::format("{}", used)}});
}

// As it is counted: names in lower case without the last dot.
std::string HostOf(std::string_view url) {
  absl::StatusOr<core::Url> parsed = core::ParseUrl(url);
  if (!parsed.ok()) return "";
  std::string host = std::move(parsed->host);
  if (host.ends_with('.')) host.pop_back();
  return host;
}

// Nothing would be lost by forgetting it. Names of tenants are the callers' words, so that they must not pile up.
template <class Use>
bool IsIdle(const Use& use) {
  return use.sessions == 0 && use.watches == 0 && use.refilled == TimePoint::min();
}

// What may come at once.
double BurstOf(double rate) { return std::max(rate, 1.0); }

}  // namespace

void QuotaChange::Add(std::string_view tenant, std::string_view url) {
  ++tenants[std::string(tenant)].added;
  ++hosts[HostOf(url)].added;
}

void QuotaChange::Remove(std::string_view tenant, std::string_view url) {
  ++tenants[std::string(tenant)].removed;
  ++hosts[HostOf(url)].removed;
}

void QuotaChange::Move(std::string_view from_url, std::string_view to_url) {
  ++hosts[HostOf(from_url)].removed;
  ++hosts[HostOf(to_url)].added;
}

void TenantQuotas::SetLimits(QuotaLimits limits) {
  absl::MutexLock lock(&mutex_);
  limits_ = std::move(limits);
}

const TenantLimits& TenantQuotas::LimitsOf(std::string_view tenant) const {
  const auto own = limits_.tenants.find(tenant);
  return own == limits_.tenants.end() ? limits_.everyone : own->second;
}

double TenantQuotas::TokensOf(const Use& use, double rate, TimePoint now) {
  if (use.refilled == TimePoint::min()) return BurstOf(rate);
  const double seconds = std::chrono::duration<double>(now - use.refilled).count();
  return std::min(use.tokens + seconds * rate, BurstOf(rate));
}

absl::Status TenantQuotas::CheckTenant(const std::string& tenant, const QuotaChange::Sum& sum, TimePoint now) const {
  const TenantLimits& limits = LimitsOf(tenant);
  const auto found = uses_.find(tenant);
  const Use use = found == uses_.end() ? Use{} : found->second;
  if (limits.sessions && sum.net() > 0 && use.sessions + sum.net() > *limits.sessions) {
    return QuotaExceeded(kSessions, "tenant", tenant, fmt::format("{}", *limits.sessions), use.sessions);
  }
  if (limits.creates_per_second && sum.added > 0 && TokensOf(use, *limits.creates_per_second, now) < 1) {
    return QuotaExceeded(kCreates, "tenant", tenant, fmt::format("{}", *limits.creates_per_second), sum.added);
  }
  return absl::OkStatus();
}

absl::Status TenantQuotas::CheckLocked(const QuotaChange& change, TimePoint now) const {
  for (const auto& [tenant, sum] : change.tenants) {
    if (absl::Status status = CheckTenant(tenant, sum, now); !status.ok()) return status;
  }
  if (!limits_.sessions_per_host) return absl::OkStatus();
  for (const auto& [host, sum] : change.hosts) {
    const auto found = hosts_.find(host);
    const int64_t used = found == hosts_.end() ? 0 : found->second;
    if (sum.net() > 0 && used + sum.net() > *limits_.sessions_per_host) {
      return QuotaExceeded(kHostSessions, "host", host, fmt::format("{}", *limits_.sessions_per_host), used);
    }
  }
  return absl::OkStatus();
}

template <class Part>
void TenantQuotas::Count(const QuotaChange& change, Part part) {
  for (const auto& [tenant, sum] : change.tenants) {
    const auto use = uses_.try_emplace(tenant).first;
    use->second.sessions += part(sum.net());
    if (IsIdle(use->second)) uses_.erase(use);
  }
  for (const auto& [host, sum] : change.hosts) {
    if ((hosts_[host] += part(sum.net())) == 0) hosts_.erase(host);
  }
}

void TenantQuotas::ForgetRefilled(TimePoint now) {
  if (uses_.size() < forget_at_) return;
  for (auto use = uses_.begin(); use != uses_.end();) {
    const std::optional<double> rate = LimitsOf(use->first).creates_per_second;
    if (!rate || TokensOf(use->second, *rate, now) >= BurstOf(*rate)) use->second.refilled = TimePoint::min();
    use = IsIdle(use->second) ? uses_.erase(use) : std::next(use);
  }
  forget_at_ = 2 * uses_.size() + 64;
}

void TenantQuotas::PayTokens(const QuotaChange& change, TimePoint now) {
  for (const auto& [tenant, sum] : change.tenants) {
    const std::optional<double> rate = LimitsOf(tenant).creates_per_second;
    if (!rate || sum.added == 0) continue;
    Use& use = uses_[tenant];
    use.tokens = TokensOf(use, *rate, now) - static_cast<double>(sum.added);
    use.refilled = now;
  }
}

absl::Status TenantQuotas::Check(const QuotaChange& change, TimePoint now) const {
  absl::MutexLock lock(&mutex_);
  return CheckLocked(change, now);
}

absl::Status TenantQuotas::Take(const QuotaChange& change, TimePoint now) {
  absl::MutexLock lock(&mutex_);
  if (absl::Status status = CheckLocked(change, now); !status.ok()) return status;
  ForgetRefilled(now);
  PayTokens(change, now);
  Count(change, [](int64_t net) { return std::max<int64_t>(net, 0); });
  return absl::OkStatus();
}

void TenantQuotas::TakeUnasked(const QuotaChange& change) {
  absl::MutexLock lock(&mutex_);
  Count(change, [](int64_t net) { return std::max<int64_t>(net, 0); });
}

void TenantQuotas::Settle(const QuotaChange& change, bool committed) {
  absl::MutexLock lock(&mutex_);
  if (committed) {
    Count(change, [](int64_t net) { return std::min<int64_t>(net, 0); });
  } else {
    Count(change, [](int64_t net) { return -std::max<int64_t>(net, 0); });
  }
}

absl::StatusOr<std::unique_ptr<TenantQuotas::WatchHold>> TenantQuotas::TakeWatch(const std::string& tenant) {
  absl::MutexLock lock(&mutex_);
  const auto found = uses_.find(tenant);
  const int64_t used = found == uses_.end() ? 0 : found->second.watches;
  const std::optional<int64_t> limit = LimitsOf(tenant).watches;
  if (limit && used >= *limit) {
    return QuotaExceeded(kWatches, "tenant", tenant, fmt::format("{}", *limit), used);
  }
  ++uses_[tenant].watches;
  return std::make_unique<WatchHold>(this, tenant);
}

TenantQuotas::WatchHold::~WatchHold() {
  absl::MutexLock lock(&quotas_->mutex_);
  const auto use = quotas_->uses_.find(tenant_);
  --use->second.watches;
  if (IsIdle(use->second)) quotas_->uses_.erase(use);
}

std::vector<QuotaLevel> TenantQuotas::Levels() const {
  std::vector<QuotaLevel> levels;
  absl::MutexLock lock(&mutex_);
  for (const auto& [tenant, use] : uses_) {
    const TenantLimits& limits = LimitsOf(tenant);
    if (limits.sessions) levels.push_back({tenant, kSessions, use.sessions, *limits.sessions});
    if (limits.watches) levels.push_back({tenant, kWatches, use.watches, *limits.watches});
  }
  return levels;
}

}  // namespace holter::registry
