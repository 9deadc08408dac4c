#include "registry/fleet_summary.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/session_name.h"
#include "registry/filter_subject.h"
#include "registry/request_fields.h"
#include "registry/rtt_samples.h"
#include "registry/session_filter.h"
#include "registry/session_walk.h"

namespace holter::registry {
namespace {

constexpr size_t kMostGroups = 1000;  // that are told

void TellRtts(const char* layer, RttSamples& rtts, v1::FleetSummary& out) {
  if (rtts.empty()) return;
  v1::FleetSummary::LayerRtt& told = *out.add_rtts();
  told.set_layer(layer);
  told.set_sessions(rtts.count());
  *told.mutable_p50() = rtts.Quantile(0.5);
  *told.mutable_p90() = rtts.Quantile(0.9);
  *told.mutable_p99() = rtts.Quantile(0.99);
  *told.mutable_max() = rtts.Quantile(1);
}

struct GroupCounts {
  int64_t sessions = 0;
  int64_t healthy = 0;
  int64_t degraded = 0;
  int64_t down = 0;
};

class FleetCounter {
 public:
  void Add(const SessionRecord& record, const core::SessionVitals& vitals) {
    ++sessions_;
    ++states_[vitals.state];
    ++healths_[vitals.health];
    if (vitals.health != core::Health::kHealthy) ++reasons_[vitals.reason];
    GroupCounts& group = groups_[record.declaration.traits->group];
    ++group.sessions;
    group.healthy += vitals.health == core::Health::kHealthy ? 1 : 0;
    group.degraded += vitals.health == core::Health::kDegraded ? 1 : 0;
    group.down += vitals.health == core::Health::kDown ? 1 : 0;
    if (vitals.state != core::State::kOpen) return;
    if (vitals.tcp_rtt.has_value()) tcp_.Add(vitals.tcp_rtt->min);
    if (vitals.protocol.last_rtt.has_value()) protocol_.Add(*vitals.protocol.last_rtt);
    if (vitals.app.last_rtt.has_value()) app_.Add(*vitals.app.last_rtt);
  }

  v1::FleetSummary ToProto(WallTime now) {
    v1::FleetSummary out;
    out.set_sessions(sessions_);
    for (const auto& [state, count] : states_) {
      v1::FleetSummary::StateCount& told = *out.add_states();
      told.set_state(static_cast<v1::State>(state));
      told.set_sessions(count);
    }
    for (const auto& [health, count] : healths_) {
      v1::FleetSummary::HealthCount& told = *out.add_healths();
      told.set_health(static_cast<v1::Health>(health));
      told.set_sessions(count);
    }
    for (const auto& [reason, count] : reasons_) {
      v1::FleetSummary::ReasonCount& told = *out.add_reasons();
      told.set_reason(static_cast<v1::Reason>(reason));
      told.set_sessions(count);
    }
    TellGroups(out);
    TellRtts("tcp", tcp_, out);
    TellRtts("protocol", protocol_, out);
    TellRtts("app", app_, out);
    *out.mutable_time() = ToTimestamp(now);
    return out;
  }

 private:
  // The worst first.
  void TellGroups(v1::FleetSummary& out) const {
    std::vector<std::pair<std::string, GroupCounts>> groups(groups_.begin(), groups_.end());
    std::stable_sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) {
      return std::tie(a.second.down, a.second.degraded) > std::tie(b.second.down, b.second.degraded);
    });
    for (size_t i = 0; i < std::min(groups.size(), kMostGroups); ++i) {
      const auto& [name, counts] = groups[i];
      v1::FleetSummary::GroupCount& told = *out.add_groups();
      told.set_group(name);
      told.set_sessions(counts.sessions);
      told.set_healthy(counts.healthy);
      told.set_degraded(counts.degraded);
      told.set_down(counts.down);
    }
    out.set_groups_total(static_cast<int64_t>(groups.size()));
  }

  int64_t sessions_ = 0;
  std::map<core::State, int64_t> states_;
  std::map<core::Health, int64_t> healths_;
  std::map<core::Reason, int64_t> reasons_;
  std::map<std::string, GroupCounts> groups_;
  RttSamples tcp_;
  RttSamples protocol_;
  RttSamples app_;
};

}  // namespace

absl::StatusOr<v1::FleetSummary> SummarizeFleet(const v1::GetFleetSummaryRequest& request, const SessionTable& table,
                                                const Clock& clock) {
  std::vector<FieldViolation> violations;
  const std::string tenant = ReadParent(request.parent(), true, violations);
  const absl::StatusOr<SessionFilter> filter = SessionFilter::Parse(request.filter());
  AppendViolations(filter.status(), violations);
  if (!violations.empty()) return MakeInvalid(violations);

  const Moment now = Moment::Of(clock);
  FleetCounter summary;
  WalkSessions(table, tenant, {}, [&](const LiveSession& session) {
    const core::SessionVitals vitals = VitalsOf(session, now);
    const bool matches = filter->empty() || filter->Matches(SubjectOf(*session.record, vitals, now));
    if (matches) summary.Add(*session.record, vitals);
    return true;
  });
  return summary.ToProto(now.wall);
}

}  // namespace holter::registry
