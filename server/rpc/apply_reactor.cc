#include "rpc/apply_reactor.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/log.h"

namespace holter::rpc {
namespace {

absl::Status SetTooLarge() {
  return MakeError(absl::StatusCode::kResourceExhausted, "SET_TOO_LARGE",
                   fmt::format("a set has at most {} sessions and {} MiB", ApplyReactor::kMostInSet,
                               ApplyReactor::kMostBytes >> 20));
}

absl::Status Stalled(std::string_view consequence) {
  return MakeError(absl::StatusCode::kDeadlineExceeded, "CALL_TIMEOUT",
                   fmt::format("the stream did not go on; {}", consequence));
}

}  // namespace

ApplyReactor::ApplyReactor(grpc::CallbackServerContext* context, registry::SessionRegistry& registry,
                           const AccessGate& gate, const Clock& clock, OperationObserver& operations,
                           ApplyStreams& streams)
    : registry_(registry),
      gate_(gate),
      clock_(clock),
      operations_(operations),
      streams_(streams),
      resource_{.type = "holter.v1.Session", .name = {}},
      progressed_(clock.Now()),
      context_(context) {}

void ApplyReactor::Start() {
  self_ = shared_from_this();
  // A stranger must not hold a stream by never saying what it is about.
  if (!gate_.HasAnyRole(*context_)) {
    FinishWith(Begin());
    return;
  }
  if (const absl::Status status = streams_.Add(self_); !status.ok()) {
    FinishWith(status);
    return;
  }
  StartRead(&message_);
}

absl::Status ApplyReactor::Begin() {
  std::shared_ptr<const Admission> admission = gate_.Admit(*context_, "ApplySessions", message_);
  resource_.name = message_.parent();
  absl::Status status = admission->status();
  timer_.emplace("ApplySessions", clock_, operations_, std::move(admission));
  return status;
}

absl::Status ApplyReactor::Take() {
  const bool is_first = !timer_.has_value();
  if (is_first) {
    if (absl::Status status = Begin(); !status.ok()) return status;
  }
  if (message_.sessions_size() > kMostInMessage) {
    return MakeInvalid({{.field = "sessions",
                         .description = fmt::format("expected at most {} in one message, got {}; send more messages",
                                                    kMostInMessage, message_.sessions_size())}});
  }
  bytes_ += message_.ByteSizeLong();
  if (bytes_ > kMostBytes || set_.sessions_size() + message_.sessions_size() > kMostInSet) return SetTooLarge();
  if (is_first) {
    set_.Swap(&message_);
    return absl::OkStatus();
  }
  for (v1::Session& session : *message_.mutable_sessions()) *set_.add_sessions() = std::move(session);
  set_.set_last(message_.last());
  return absl::OkStatus();
}

void ApplyReactor::OnReadDone(bool ok) {
  if (!ok) {
    if (absl::Status status = timer_.has_value() ? absl::OkStatus() : Begin(); !status.ok()) {
      FinishWith(status);
      return;
    }
    FinishWith(
        MakeInvalid({{.field = "last", .description = "the stream ended before a message said so; nothing changed"}}));
    return;
  }
  if (absl::Status status = Take(); !status.ok()) {
    FinishWith(status);
  } else if (set_.last()) {
    Apply();
  } else {
    Progressed();
    message_.Clear();
    StartRead(&message_);
  }
}

void ApplyReactor::Apply() {
  // The set may have taken long to come.
  if (const absl::Status status = timer_->admission().Recheck(); !status.ok()) {
    FinishWith(status);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::kReading) return;
    phase_ = Phase::kApplying;
    progressed_ = clock_.Now();
  }
  is_dry_run_ = set_.dry_run();
  try {
    registry_.Apply(std::move(set_), [self = shared_from_this()](absl::StatusOr<v1::ApplySessionsResponse> answer) {
      self->OnAnswer(std::move(answer));
    });
  } catch (const std::exception& exception) {
    Log(LogLevel::kError, "A call failed", {{"method", "ApplySessions"}, {"exception", exception.what()}});
    operations_.OnException("rpc");
    FinishWith(MakeError(absl::StatusCode::kInternal, "INTERNAL", "the call failed inside the server"));
  }
}

void ApplyReactor::OnAnswer(absl::StatusOr<v1::ApplySessionsResponse> answer) {
  if (!answer.ok()) {
    FinishWith(answer.status());
    return;
  }
  answer_ = *std::move(answer);
  NameChanged();
  WriteNext();
}

// The gate has seen the first message only, and what prune deletes stands in none.
void ApplyReactor::NameChanged() const {
  if (is_dry_run_) return;
  std::vector<std::string> names;
  for (const v1::ApplyResult& result : answer_.results()) {
    if (result.action() != v1::ApplyResult::ACTION_UNCHANGED) names.push_back(result.name());
  }
  if (!names.empty()) timer_->admission().SetChanged(names);
}

void ApplyReactor::WriteNext() {
  response_.Clear();
  const int most = std::min(answer_.results_size(), written_ + kMostInMessage);
  for (; written_ < most; ++written_) *response_.add_results() = std::move(*answer_.mutable_results(written_));
  const bool is_last = written_ == answer_.results_size();
  if (is_last) *response_.mutable_summary() = answer_.summary();
  // gRPC never calls back from within StartWrite; under the lock nobody can Finish before it.
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::kFinished) return;
  phase_ = Phase::kWriting;
  progressed_ = clock_.Now();
  if (!is_last) {
    StartWrite(&response_);
    return;
  }
  phase_ = Phase::kFinished;
  code_ = absl::StatusCode::kOk;
  StartWriteAndFinish(&response_, {}, grpc::Status::OK);
}

void ApplyReactor::OnWriteDone(bool ok) {
  if (ok) {
    WriteNext();
  } else {
    FinishWith(absl::CancelledError("the client went away"));
  }
}

void ApplyReactor::FinishFrom(std::optional<Phase> phase, const absl::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::kFinished || (phase.has_value() && phase_ != *phase)) return;
    phase_ = Phase::kFinished;
    code_ = status.code();
    progressed_ = clock_.Now();
  }
  Finish(ToGrpcStatus(status, resource_));
}

void ApplyReactor::Progressed() {
  const std::lock_guard lock(mutex_);
  progressed_ = clock_.Now();
}

void ApplyReactor::EndIfIdleSince(TimePoint time) {
  Phase phase = Phase::kReading;
  bool resets = false;
  {
    const std::lock_guard lock(mutex_);
    if (progressed_ >= time) return;
    phase = phase_;
    resets = phase_ == Phase::kFinished && !std::exchange(reset_, true);
  }
  if (phase == Phase::kReading) {
    FinishFrom(phase, Stalled("nothing changed"));
  } else if (phase != Phase::kFinished) {
    FinishWith(Stalled("whether the set was applied is not known"));
  } else if (resets) {
    const std::lock_guard lock(context_mutex_);
    if (context_ != nullptr) context_->TryCancel();
  }
}

void ApplyReactor::OnCancel() { FinishWith(absl::CancelledError("the client went away")); }

void ApplyReactor::OnDone() {
  if (timer_.has_value()) timer_->End(code_);
  {
    const std::lock_guard lock(context_mutex_);
    context_ = nullptr;
  }
  const std::shared_ptr<ApplyReactor> self = std::move(self_);
  streams_.Remove(self);
}

}  // namespace holter::rpc
