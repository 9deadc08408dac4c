#include "rpc/stream_turn.h"

#include <cassert>
#include <utility>

namespace holter::rpc {

bool StreamTurn::Write(TimePoint now) {
  assert(phase_ == Phase::kTurn);
  if (end_) return false;
  phase_ = Phase::kWriting;
  phase_began_ = now;
  return true;
}

StreamTurn::Waiting StreamTurn::Wait() {
  assert(phase_ == Phase::kTurn);
  if (end_) return Waiting::kEnds;
  if (std::exchange(woken_, false)) return Waiting::kReadAgain;
  phase_ = Phase::kWaiting;
  return Waiting::kWaits;
}

void StreamTurn::Finish(absl::StatusCode code, TimePoint now) {
  assert(phase_ != Phase::kFinished);
  phase_ = Phase::kFinished;
  phase_began_ = now;
  code_ = code;
}

bool StreamTurn::Wake() {
  // While a write is outstanding nobody has to know: what is there is seen when it is done.
  woken_ = phase_ == Phase::kTurn;
  if (phase_ != Phase::kWaiting) return false;
  Take();
  return true;
}

bool StreamTurn::WriteDone() {
  if (phase_ == Phase::kFinished) return false;
  phase_ = Phase::kTurn;
  return true;
}

bool StreamTurn::End(const absl::Status& status, TimePoint now) {
  if (phase_ == Phase::kFinished) return false;
  if (phase_ == Phase::kTurn) {
    if (!end_) end_ = status;
    return false;
  }
  Finish(status.code(), now);
  return true;
}

bool StreamTurn::IsStuck(TimePoint now, Duration most) {
  const bool is_stuck = phase_ == Phase::kFinished && now - phase_began_ > most;
  return is_stuck && !std::exchange(was_stuck_, true);
}

}  // namespace holter::rpc
