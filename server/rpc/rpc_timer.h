// How long a call took and how it ended.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/operation_observer.h"

namespace holter::rpc {

// Begins with its construction. Not thread-safe.
class RpcTimer {
 public:
  // `method` is a literal ("CreateSession"); clock and observer outlive the timer.
  RpcTimer(std::string_view method, const Clock& clock, OperationObserver& operations)
      : method_(method), clock_(clock), operations_(operations), begin_(clock.Now()) {}

  void End(absl::StatusCode code) const {
    operations_.OnRpc(method_, absl::StatusCodeToString(code), clock_.Now() - begin_);
  }

 private:
  const std::string_view method_;
  const Clock& clock_;
  OperationObserver& operations_;
  const TimePoint begin_;
};

}  // namespace holter::rpc
