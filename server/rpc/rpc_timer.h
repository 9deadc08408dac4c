// How long a call took and how it ended: for the metrics and the audit log.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/operation_observer.h"
#include "rpc/access_gate.h"

namespace holter::rpc {

// Begins with its construction. Not thread-safe.
class RpcTimer {
 public:
  // `method` is a literal ("CreateSession"), `admission` what the gate has made of the call; clock and observer outlive
  // the timer.
  RpcTimer(std::string_view method, const Clock& clock, OperationObserver& operations,
           std::shared_ptr<const Admission> admission)
      : method_(method),
        clock_(clock),
        operations_(operations),
        admission_(std::move(admission)),
        begin_(clock.Now()) {}

  void End(absl::StatusCode code) const {
    operations_.OnRpc(method_, absl::StatusCodeToString(code), clock_.Now() - begin_);
    admission_->Record(code, clock_.WallNow());
  }

  TimePoint begin() const { return begin_; }
  const Admission& admission() const { return *admission_; }

 private:
  const std::string_view method_;
  const Clock& clock_;
  OperationObserver& operations_;
  const std::shared_ptr<const Admission> admission_;
  const TimePoint begin_;
};

}  // namespace holter::rpc
