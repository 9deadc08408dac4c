#include "registry/session_probe.h"

#include <google/protobuf/util/time_util.h>

#include <deque>
#include <utility>
#include <vector>

#include "base/error.h"
#include "registry/change_entry.h"
#include "registry/request_fields.h"
#include "registry/session_events.h"
#include "registry/stream_queue.h"
#include "spec/convert.h"
#include "spec/words.h"

namespace holter::registry {
namespace {

constexpr Duration kDefaultDuration = std::chrono::seconds(30);
constexpr Duration kShortestDuration = std::chrono::seconds(1);
constexpr Duration kLongestDuration = std::chrono::minutes(5);
constexpr size_t kMostEvents = 4096;  // that wait for the client

struct ProbePlan {
  std::string tenant;
  core::SessionSpec spec;
  Duration duration{};
};

absl::StatusOr<ProbePlan> ParseProbe(const WriteContext& context, const v1::ProbeSessionRequest& request) {
  ProbePlan plan;
  std::vector<FieldViolation> violations;
  plan.tenant = ReadParent(request.parent(), false, violations);
  plan.duration = request.has_duration() ? spec::ToDuration(request.duration()) : kDefaultDuration;
  if (plan.duration < kShortestDuration || plan.duration > kLongestDuration) {
    violations.push_back({.field = "duration", .description = "expected 1s to 300s"});
  }
  absl::StatusOr<core::SessionSpec> spec = spec::Compile(request.spec(), "spec", context.secrets);
  if (!spec.ok() && !AppendViolations(spec.status(), violations)) return spec.status();
  if (!violations.empty()) return MakeInvalid(violations);
  plan.spec = *std::move(spec);
  return plan;
}

google::protobuf::Duration ToProto(Duration duration) {
  return google::protobuf::util::TimeUtil::NanosecondsToDuration(duration.count());
}

std::string BeatName(const core::SharedSpec& spec, const core::BeatReport& report) {
  return report.app ? spec.beats[report.beat].name : "protocol";
}

}  // namespace

// The one session counts towards the quotas of its tenant and host as long as this lives.
class SessionProbe::Hold {
 public:
  static absl::StatusOr<std::unique_ptr<Hold>> Take(TenantQuotas* quotas, const std::string& tenant,
                                                    const std::string& url, TimePoint now) {
    auto hold = std::make_unique<Hold>(tenant, url);
    QuotaChange change;
    change.Add(tenant, url);
    if (quotas == nullptr) return hold;
    if (absl::Status status = quotas->Take(change, now); !status.ok()) return status;
    quotas->Settle(change, true);
    hold->quotas_ = quotas;
    return hold;
  }
  Hold(std::string tenant, std::string url) : tenant_(std::move(tenant)), url_(std::move(url)) {}
  ~Hold() {
    if (quotas_ == nullptr) return;
    QuotaChange change;
    change.Remove(tenant_, url_);
    quotas_->TakeUnasked(change);
    quotas_->Settle(change, true);
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  TenantQuotas* quotas_ = nullptr;  // null: nothing is counted
  const std::string tenant_;
  const std::string url_;
};

// Turns what the session's loop tells into events for the client.
class SessionProbe::Course final : public core::SessionObserver {
 public:
  Course(const Clock& clock, std::shared_ptr<const core::SharedSpec> spec, std::unique_ptr<Hold> hold)
      : clock_(clock), spec_(std::move(spec)), hold_(std::move(hold)) {}

  StreamQueue<v1::ProbeSessionResponse>& events() { return events_; }

  void OnTransition(core::SessionId /*id*/, const core::Transition& transition) override {
    v1::ProbeSessionResponse event = NewEvent();
    TransitionToProto(transition, event.mutable_transition());
    *event.mutable_transition()->mutable_time() = event.time();
    events_.Push(std::move(event));
  }
  void OnBeat(core::SessionId /*id*/, const core::BeatReport& report) override {
    v1::ProbeSessionResponse event = NewEvent();
    event.mutable_beat()->set_name(BeatName(*spec_, report));
    // Ours begin with 0.
    event.mutable_beat()->set_kind(
        static_cast<v1::ProbeSessionResponse::BeatEvent::Kind>(static_cast<int>(report.kind) + 1));
    if (report.rtt.has_value()) *event.mutable_beat()->mutable_rtt() = ToProto(*report.rtt);
    events_.Push(std::move(event));
  }
  void OnPhase(core::SessionId /*id*/, core::Phase phase, Duration took) override {
    v1::ProbeSessionResponse event = NewEvent();
    event.mutable_phase()->set_phase(std::string(core::Word(phase)));
    *event.mutable_phase()->mutable_took() = ToProto(took);
    events_.Push(std::move(event));
  }
  void OnAttempt(core::SessionId /*id*/, const core::AttemptReport& /*report*/) override {}
  void OnTcpRtt(core::SessionId /*id*/, const core::TcpRtt& /*rtt*/) override {}
  void OnTraffic(core::SessionId /*id*/, const core::Traffic& /*delta*/) override {}
  void OnBegin(core::SessionId /*id*/, core::State /*state*/, core::Health /*health*/) override {}
  void OnEnd(core::SessionId /*id*/, core::State /*state*/, core::Health /*health*/) override {}

 private:
  v1::ProbeSessionResponse NewEvent() const {
    v1::ProbeSessionResponse event;
    *event.mutable_time() = ToTimestamp(clock_.WallNow());
    return event;
  }

  const Clock& clock_;
  const std::shared_ptr<const core::SharedSpec> spec_;
  const std::unique_ptr<Hold> hold_;
  StreamQueue<v1::ProbeSessionResponse> events_{kMostEvents};
};

absl::StatusOr<std::unique_ptr<SessionProbe>> SessionProbe::Open(const WriteContext& context,
                                                                 const v1::ProbeSessionRequest& request) {
  absl::StatusOr<ProbePlan> plan = ParseProbe(context, request);
  if (!plan.ok()) return plan.status();
  if (absl::Status status = context.CheckOpen(); !status.ok()) return status;
  if (absl::Status status = context.CheckEgress(plan->tenant, plan->spec.url); !status.ok()) return status;
  const Clock& clock = context.lifecycle->clock();
  absl::StatusOr<std::unique_ptr<Hold>> hold = Hold::Take(context.quotas, plan->tenant, plan->spec.url, clock.Now());
  if (!hold.ok()) return hold.status();
  if (absl::Status status = context.engine->Admit(1); !status.ok()) return status;
  auto course = std::make_shared<Course>(clock, plan->spec.shared, *std::move(hold));
  std::unique_ptr<SessionProbe> probe(new SessionProbe(context, course, plan->duration));
  probe->session_ = context.lifecycle->BeginUndeclared(plan->tenant, std::move(plan->spec), course.get());
  return probe;
}

SessionProbe::SessionProbe(const WriteContext& context, std::shared_ptr<Course> course, Duration duration)
    : context_(context), course_(std::move(course)), until_(context.lifecycle->clock().Now() + duration) {}

SessionProbe::~SessionProbe() {
  course_->events().OnReady(nullptr);
  End();
}

void SessionProbe::OnReady(std::function<void()> wake) { course_->events().OnReady(std::move(wake)); }

void SessionProbe::End() {
  if (std::exchange(ended_, true)) return;
  const Moment now = Moment::Of(context_.lifecycle->clock());
  spec::StatusToProto(session_->Snapshot(), now.steady, now.wall, &last_status_);
  course_->events().Finish();
  context_.engine->End(session_, [course = course_] {});  // which lives until then
}

absl::StatusOr<std::optional<v1::ProbeSessionResponse>> SessionProbe::Next() {
  if (IsDue(context_.lifecycle->clock().Now())) End();
  if (opening_.has_value()) return std::exchange(opening_, std::nullopt);
  std::deque<v1::ProbeSessionResponse> events = course_->events().Take(1);
  if (events.empty()) {
    if (!ended_ || told_) return std::nullopt;
    told_ = true;
    return Summary();
  }
  v1::ProbeSessionResponse& event = events.front();
  if (event.has_beat() && event.beat().has_rtt()) rtts_[event.beat().name()].Add(spec::ToDuration(event.beat().rtt()));
  if (event.has_transition()) OnTransition(event.transition());
  return std::move(event);
}

void SessionProbe::OnTransition(const v1::SessionEvent& transition) {
  if (transition.to_state() == v1::STATE_STOPPED) return End();
  if (transition.to_state() != v1::STATE_OPEN || transition.from_state() == v1::STATE_OPEN) return;
  v1::SessionStatus status;
  const Moment now = Moment::Of(context_.lifecycle->clock());
  spec::StatusToProto(session_->Snapshot(), now.steady, now.wall, &status);
  opening_.emplace();
  *opening_->mutable_time() = transition.time();
  v1::ProbeSessionResponse::Opening& opening = *opening_->mutable_opening();
  opening.set_peer_address(status.peer_address());
  opening.set_subprotocol(status.subprotocol());
  if (status.has_tls_expiry_time()) *opening.mutable_tls_expiry_time() = status.tls_expiry_time();
}

v1::ProbeSessionResponse SessionProbe::Summary() {
  v1::ProbeSessionResponse told;
  *told.mutable_time() = ToTimestamp(context_.lifecycle->clock().WallNow());
  v1::ProbeSummary& summary = *told.mutable_summary();
  *summary.mutable_status() = std::move(last_status_);
  summary.set_dropped(course_->events().TakeDropped());
  for (auto& [name, samples] : rtts_) {
    v1::ProbeSummary::BeatRtt& rtt = *summary.add_rtts();
    rtt.set_name(name);
    rtt.set_samples(samples.count());
    *rtt.mutable_min() = samples.Quantile(0);
    *rtt.mutable_p50() = samples.Quantile(0.5);
    *rtt.mutable_p99() = samples.Quantile(0.99);
    *rtt.mutable_max() = samples.Quantile(1);
  }
  return told;
}

}  // namespace holter::registry
