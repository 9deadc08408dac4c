// The aggregates of /metrics: what the rooms tell through their observers, kept in prometheus-cpp's registry.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <prometheus/registry.h>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "base/operation_observer.h"
#include "core/session_observer.h"
#include "engine/engine.h"
#include "observe/beat_tape.h"
#include "observe/group_metrics.h"
#include "observe/metric_families.h"
#include "registry/tenant_quotas.h"

namespace holter::observe {

struct MetricsOptions {
  const Clock* clock = nullptr;  // outlives Metrics
  std::string version;
  // Names beyond these are counted under "other". A name once seen keeps its place as long as the process lives.
  size_t max_tenants = 1000;
  size_t max_groups = 100;  // of one tenant
};

// By tenant and group, when the first certificate expires among those that the peers of open sessions have shown.
using PeerExpiries = absl::btree_map<std::pair<std::string, std::string>, WallTime>;

// A loop that has not reported for some time.
struct SilentLoop {
  int loop = 0;
  Duration silent{};
};

// Every method from any thread. Built first and destroyed last: all other rooms hold pointers to it.
class Metrics final : public core::SessionObserverSource, public OperationObserver {
 public:
  explicit Metrics(const MetricsOptions& options);

  core::SessionObserver* ObserverFor(std::string_view tenant, std::string_view group) override;

  void OnStoreCommit(Duration took, size_t changes, bool ok) override;
  void OnRpc(std::string_view method, std::string_view code, Duration took) override;
  void OnLoopLag(int loop, Duration lag) override;
  void OnException(std::string_view room) override;
  void OnReload(std::string_view what, bool ok) override;
  void OnAuditLost(size_t records) override;
  void OnEgress(std::string_view verdict, std::string_view rule) override;

  void SetCapacity(const engine::Capacity& capacity);
  // Of the gRPC listener.
  void SetCertificateExpiry(WallTime expiry);
  // In place of those before.
  void SetQuotas(const std::vector<registry::QuotaLevel>& levels);
  // In place of those before. Groups beyond the limit of names are "other" here as elsewhere.
  void SetPeerExpiries(const PeerExpiries& expiries);
  // All aggregates in Prometheus' text format 0.0.4, brought up to now.
  std::string Text();
  // The store takes no changes, for this reason ("STORE_FULL"), or takes them again (""). Any thread.
  void SetStoreProblem(std::string_view reason);
  // Why the store takes no changes; empty: it does.
  std::string StoreProblem() const;
  // The history of sessions did not take these. Any thread.
  void AddDroppedEvents(size_t events);
  // The loop that has been silent the longest, if any has been for at least `least`.
  std::optional<SilentLoop> FindSilentLoop(Duration least) const;
  // The last heartbeats of sessions that somebody looks at.
  BeatTape& tape() { return tape_; }

 private:
  struct Loop {
    Histogram* lag = nullptr;
    Counter* stalls = nullptr;
    TimePoint reported{};
  };
  using Groups = absl::btree_map<std::string, std::unique_ptr<GroupMetrics>, std::less<>>;

  GroupMetrics* FindOrAdd(Groups& groups, const std::string& tenant, std::string_view group)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The labels under which a tenant and group are counted.
  prometheus::Labels LabelsOf(const std::string& tenant, const std::string& group) const;

  const MetricsOptions options_;
  BeatTape tape_;
  prometheus::Registry registry_;
  GroupFamilies group_families_;
  ProcessFamilies process_families_;
  Gauge& capacity_sessions_;
  Gauge& capacity_sessions_used_;
  Gauge& open_files_;
  Gauge& dialing_;
  Gauge& waiting_;
  Counter& overflowed_;
  Histogram& store_commit_;
  Counter& store_changes_;
  Counter& store_failures_;
  Counter& events_dropped_;
  Counter& audit_lost_;

  mutable absl::Mutex mutex_;  // leaf but for the families' own
  absl::btree_map<std::string, Groups, std::less<>> tenants_ ABSL_GUARDED_BY(mutex_);

  absl::Mutex quotas_mutex_;                                                      // leaf but for the families' own
  std::vector<std::pair<Gauge*, Gauge*>> quotas_ ABSL_GUARDED_BY(quotas_mutex_);  // used and limit

  absl::Mutex expiries_mutex_;  // leaf but for the family's own
  std::vector<Gauge*> expiries_ ABSL_GUARDED_BY(expiries_mutex_);

  mutable absl::Mutex store_mutex_;  // leaf but for the family's own
  std::string store_problem_ ABSL_GUARDED_BY(store_mutex_);

  mutable absl::Mutex loops_mutex_;  // leaf
  std::vector<Loop> loops_ ABSL_GUARDED_BY(loops_mutex_);
};

}  // namespace holter::observe
