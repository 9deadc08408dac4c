#include "rpc/watch_reactor.h"

#include <grpcpp/server_context.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "base/error.h"

namespace holter::rpc {
namespace {

constexpr int kMostChanges = 500;
// Sessions differ in size a hundredfold, and clients refuse messages beyond 4 MiB by default.
constexpr int kFirstChanges = 16;
constexpr size_t kGoodSize = size_t{256} << 10;

absl::Status Lagged(Duration timeout) {
  return MakeError(
      absl::StatusCode::kResourceExhausted, "WATCH_LAGGED",
      "the client did not read; watch again with the resume_token of the last response that was read, or "
      "without one for a snapshot",
      {{"write_timeout_ms", std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count())},
       {"resume", "pass the resume_token of the last response read"}});
}

}  // namespace

WatchReactor::WatchReactor(grpc::CallbackServerContext* context, RpcTimer timer, ResourceName resource,
                           std::shared_ptr<WatchScheduler> scheduler, OperationObserver& operations)
    : timer_(std::move(timer)),
      resource_(std::move(resource)),
      scheduler_(std::move(scheduler)),
      operations_(operations),
      most_changes_(kFirstChanges),
      context_(context) {}

void WatchReactor::Start(absl::StatusOr<std::unique_ptr<registry::WatchReader>> reader) {
  self_ = shared_from_this();
  if (!reader.ok()) {
    FinishWith(reader.status());
    return;
  }
  reader_ = *std::move(reader);
  if (!scheduler_->Add(self_)) {
    FinishWith(MakeError(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "the server is stopping"));
    return;
  }
  // Headers tell the client that the watch stands, also when nothing happens for long.
  StartSendInitialMetadata();
  Pull();
}

void WatchReactor::Pull() {
  try {
    do {
      absl::StatusOr<v1::WatchSessionsResponse> next = reader_->Next(most_changes_);
      if (!next.ok()) {
        FinishWith(next.status());
        return;
      }
      if (!next->changes().empty()) {
        response_ = *std::move(next);
        AdaptSize();
        Write();
        return;
      }
    } while (Wait());
  } catch (const std::exception&) {
    Fail();
  }
}

void WatchReactor::Fail() {
  operations_.OnException("rpc");
  FinishWith(MakeError(absl::StatusCode::kInternal, "INTERNAL", "the watch failed inside the server"));
}

void WatchReactor::Write() {
  std::optional<absl::Status> asked;
  {
    // gRPC never calls back from within StartWrite; under the lock nobody can Finish before it.
    const std::lock_guard lock(mutex_);
    if (!end_) {
      phase_ = Phase::kWriting;
      phase_began_ = scheduler_->clock().Now();
      StartWrite(&response_);
      return;
    }
    asked = end_;
  }
  FinishWith(*asked);
}

bool WatchReactor::Wait() {
  response_ = v1::WatchSessionsResponse();  // an idle watch holds no memory of the last burst
  // The turn is kept meanwhile: the wake may come before OnReady returns.
  reader_->OnReady([scheduler = scheduler_, watch = weak_from_this()] { scheduler->Wake(watch); });
  std::optional<absl::Status> asked;
  {
    const std::lock_guard lock(mutex_);
    if (!end_) {
      phase_ = woken_ ? Phase::kTurn : Phase::kWaiting;
      return std::exchange(woken_, false);
    }
    asked = end_;
  }
  FinishWith(*asked);
  return false;
}

void WatchReactor::AdaptSize() {
  const size_t each = std::max<size_t>(response_.ByteSizeLong() / static_cast<size_t>(response_.changes_size()), 1);
  most_changes_ = static_cast<int>(std::clamp<size_t>(kGoodSize / each, 1, kMostChanges));
}

void WatchReactor::FinishWith(const absl::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::kFinished) {
      return;
    }
    phase_ = Phase::kFinished;
    phase_began_ = scheduler_->clock().Now();
    code_ = status.code();
  }
  Finish(ToGrpcStatus(status, resource_));
}

void WatchReactor::End(const absl::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::kTurn) {
      end_ = end_ ? end_ : status;
      return;
    }
  }
  FinishWith(status);
}

void WatchReactor::OnWake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = phase_ == Phase::kTurn;
    if (phase_ != Phase::kWaiting) {
      return;
    }
    phase_ = Phase::kTurn;
  }
  Pull();
}

void WatchReactor::CheckWrite(TimePoint now) {
  bool cut_off = false;
  bool reset = false;
  {
    const std::lock_guard lock(mutex_);
    const bool too_long = now - phase_began_ > scheduler_->write_timeout();
    cut_off = phase_ == Phase::kWriting && too_long;
    reset = phase_ == Phase::kFinished && too_long && !std::exchange(reset_, reset_ || too_long);
  }
  if (cut_off) {
    End(Lagged(scheduler_->write_timeout()));
  } else if (reset) {
    const std::lock_guard lock(context_mutex_);
    if (context_ != nullptr) {
      context_->TryCancel();
    }
  }
}

void WatchReactor::CheckAccess() {
  if (const absl::Status status = timer_.admission().Recheck(); !status.ok()) {
    End(status);
  }
}

void WatchReactor::CheckBookmark() {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::kWaiting || !reader_->BookmarkDue()) {
      return;
    }
    phase_ = Phase::kTurn;
  }
  try {
    response_ = reader_->Bookmark();
    if (!response_.changes().empty()) {
      Write();
      return;
    }
  } catch (const std::exception&) {
    Fail();
    return;
  }
  Pull();
}

void WatchReactor::OnWriteDone(bool ok) {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::kFinished) {
      return;
    }
    phase_ = Phase::kTurn;
  }
  if (ok) {
    Pull();
  } else {
    FinishWith(absl::CancelledError("the client went away"));
  }
}

void WatchReactor::OnCancel() { End(absl::CancelledError("the client went away")); }

void WatchReactor::OnDone() {
  timer_.End(code_);
  {
    const std::lock_guard lock(context_mutex_);
    context_ = nullptr;
  }
  reader_.reset();  // from here on nobody wakes us
  const std::shared_ptr<WatchReactor> self = std::move(self_);
  scheduler_->Remove(self);
}

}  // namespace holter::rpc
