#include "observe/metrics.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "absl/strings/ascii.h"

namespace holter::observe {
namespace {

constexpr std::string_view kOther = "other";
constexpr Duration kStall = std::chrono::milliseconds(250);

// Reasons in labels are in lower case, as everywhere.
std::string LowerCase(std::string_view word) {
  return absl::AsciiStrToLower(absl::string_view(word.data(), word.size()));
}

// Reasons that the store is known to give; each has a sample from the start.
constexpr std::array<std::string_view, 3> kStoreProblems = {"STORE_FULL", "STORE_FAILED", "STORE_NOT_WRITABLE"};

}  // namespace

Metrics::Metrics(const MetricsOptions& options)
    : options_(options),
      group_families_(registry_),
      process_families_(registry_),
      capacity_sessions_(process_families_.capacity_sessions.Add({})),
      capacity_sessions_used_(process_families_.capacity_sessions_used.Add({})),
      open_files_(process_families_.open_files.Add({})),
      dialing_(process_families_.dialing.Add({})),
      waiting_(process_families_.waiting.Add({})),
      overflowed_(process_families_.groups_overflowed.Add({})),
      store_commit_(process_families_.store_commit.Add({}, OperationBuckets())),
      store_changes_(process_families_.store_changes.Add({})),
      store_failures_(process_families_.store_failures.Add({})),
      events_dropped_(process_families_.events_dropped.Add({})),
      audit_lost_(process_families_.audit_lost.Add({})) {
  process_families_.build_info.Add({{"version", options_.version}}).Set(1);
  process_families_.start.Add({}).Set(Seconds(options_.clock->WallNow().time_since_epoch()));
  for (const std::string_view problem : kStoreProblems) {
    process_families_.store_degraded.Add({{"reason", LowerCase(problem)}});
  }
}

core::SessionObserver* Metrics::ObserverFor(std::string_view tenant, std::string_view group) {
  absl::MutexLock lock(&mutex_);
  auto found = tenants_.find(tenant);
  if (found == tenants_.end() && tenants_.size() >= options_.max_tenants && tenant != kOther) {
    overflowed_.Increment();
    return FindOrAdd(tenants_[std::string(kOther)], std::string(kOther), kOther);
  }
  if (found == tenants_.end()) {
    found = tenants_.emplace(std::string(tenant), Groups()).first;
  }
  Groups& groups = found->second;
  if (groups.size() >= options_.max_groups && !groups.contains(group) && group != kOther) {
    overflowed_.Increment();
    return FindOrAdd(groups, found->first, kOther);
  }
  return FindOrAdd(groups, found->first, group);
}

GroupMetrics* Metrics::FindOrAdd(Groups& groups, const std::string& tenant, std::string_view group) {
  auto found = groups.find(group);
  if (found == groups.end()) {
    std::string name(group);
    auto metrics = std::make_unique<GroupMetrics>(group_families_, tape_, *options_.clock, tenant, name);
    found = groups.emplace(std::move(name), std::move(metrics)).first;
  }
  return found->second.get();
}

void Metrics::OnStoreCommit(Duration took, size_t changes, bool ok) {
  store_commit_.Observe(Seconds(took));
  if (ok) {
    store_changes_.Increment(static_cast<double>(changes));
  } else {
    store_failures_.Increment();
  }
}

void Metrics::SetStoreProblem(std::string_view reason) {
  absl::MutexLock lock(&store_mutex_);
  if (!store_problem_.empty()) process_families_.store_degraded.Add({{"reason", LowerCase(store_problem_)}}).Set(0);
  store_problem_ = std::string(reason);
  if (!store_problem_.empty()) process_families_.store_degraded.Add({{"reason", LowerCase(store_problem_)}}).Set(1);
}

void Metrics::AddDroppedEvents(size_t events) { events_dropped_.Increment(static_cast<double>(events)); }

std::string Metrics::StoreProblem() const {
  absl::MutexLock lock(&store_mutex_);
  return store_problem_;
}

void Metrics::OnRpc(std::string_view method, std::string_view code, Duration took) {
  const std::string name(method);
  process_families_.rpc_requests.Add({{"method", name}, {"code", std::string(code)}}).Increment();
  process_families_.rpc_duration.Add({{"method", name}}, OperationBuckets()).Observe(Seconds(took));
}

void Metrics::OnLoopLag(int loop, Duration lag) {
  const TimePoint now = options_.clock->Now();
  absl::MutexLock lock(&loops_mutex_);
  const auto index = static_cast<size_t>(loop);
  if (index >= loops_.size()) {
    loops_.resize(index + 1);
  }
  Loop& entry = loops_[index];
  if (entry.lag == nullptr) {
    const prometheus::Labels labels = {{"loop", std::to_string(loop)}};
    entry.lag = &process_families_.loop_lag.Add(labels, LagBuckets());
    entry.stalls = &process_families_.loop_stalls.Add(labels);
  }
  entry.lag->Observe(Seconds(lag));
  if (lag >= kStall) {
    entry.stalls->Increment();
  }
  entry.reported = now;
}

void Metrics::OnException(std::string_view room) {
  process_families_.exceptions.Add({{"room", std::string(room)}}).Increment();
}

void Metrics::OnReload(std::string_view what, bool ok) {
  const prometheus::Labels labels = {{"what", std::string(what)}};
  process_families_.reloads.Add(labels).Increment(ok ? 1 : 0);
  process_families_.reload_failures.Add(labels).Increment(ok ? 0 : 1);
  process_families_.reload_good.Add(labels).Set(ok ? 1 : 0);
}

void Metrics::OnAuditLost(size_t records) { audit_lost_.Increment(static_cast<double>(records)); }

void Metrics::OnEgress(std::string_view verdict, std::string_view rule) {
  process_families_.egress.Add({{"verdict", std::string(verdict)}, {"rule", std::string(rule)}}).Increment();
}

void Metrics::SetCapacity(const engine::Capacity& capacity) {
  capacity_sessions_.Set(static_cast<double>(capacity.session_limit));
  capacity_sessions_used_.Set(static_cast<double>(capacity.sessions));
  open_files_.Set(static_cast<double>(capacity.open_files));
  dialing_.Set(static_cast<double>(capacity.dialing));
  waiting_.Set(static_cast<double>(capacity.waiting));
}

void Metrics::SetCertificateExpiry(WallTime expiry) {
  process_families_.listener_certificate_expiry.Add({{"listener", "grpc"}}).Set(Seconds(expiry.time_since_epoch()));
}

void Metrics::SetQuotas(const std::vector<registry::QuotaLevel>& levels) {
  absl::MutexLock lock(&quotas_mutex_);
  for (const auto& [used, limit] : quotas_) {
    process_families_.quota_used.Remove(used);
    process_families_.quota_limit.Remove(limit);
  }
  quotas_.clear();
  for (const registry::QuotaLevel& level : levels) {
    if (quotas_.size() == options_.max_tenants) break;
    const prometheus::Labels labels = {{"tenant", level.tenant}, {"quota", std::string(level.quota)}};
    Gauge& used = process_families_.quota_used.Add(labels);
    Gauge& limit = process_families_.quota_limit.Add(labels);
    used.Set(static_cast<double>(level.used));
    limit.Set(static_cast<double>(level.limit));
    quotas_.emplace_back(&used, &limit);
  }
}

void Metrics::SetPeerExpiries(const PeerExpiries& expiries) {
  // Several groups may be one here.
  absl::btree_map<prometheus::Labels, WallTime> earliest;
  for (const auto& [names, expiry] : expiries) {
    const auto [found, added] = earliest.try_emplace(LabelsOf(names.first, names.second), expiry);
    if (!added) found->second = std::min(found->second, expiry);
  }
  absl::MutexLock lock(&expiries_mutex_);
  for (Gauge* gauge : expiries_) group_families_.peer_certificate_expiry.Remove(gauge);
  expiries_.clear();
  for (const auto& [labels, expiry] : earliest) {
    Gauge& gauge = group_families_.peer_certificate_expiry.Add(labels);
    gauge.Set(Seconds(expiry.time_since_epoch()));
    expiries_.push_back(&gauge);
  }
}

prometheus::Labels Metrics::LabelsOf(const std::string& tenant, const std::string& group) const {
  absl::MutexLock lock(&mutex_);
  const auto groups = tenants_.find(tenant);
  const std::string other(kOther);
  if (groups == tenants_.end()) return {{"tenant", other}, {"group", other}};
  return {{"tenant", tenant}, {"group", groups->second.contains(group) ? group : other}};
}

std::string Metrics::Text() {
  {
    const TimePoint now = options_.clock->Now();
    absl::MutexLock lock(&mutex_);
    for (auto& [tenant, groups] : tenants_) {
      for (auto& [group, metrics] : groups) {
        metrics->Settle(now);
      }
    }
  }
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, registry_.Collect());
  return std::move(out).str();
}

std::optional<SilentLoop> Metrics::FindSilentLoop(Duration least) const {
  const TimePoint now = options_.clock->Now();
  std::optional<SilentLoop> worst;
  absl::MutexLock lock(&loops_mutex_);
  for (size_t i = 0; i < loops_.size(); ++i) {
    const Duration silent = now - loops_[i].reported;
    if (loops_[i].lag != nullptr && silent >= least && (!worst || silent > worst->silent)) {
      worst = SilentLoop{.loop = static_cast<int>(i), .silent = silent};
    }
  }
  return worst;
}

}  // namespace holter::observe
