#include "engine/connect_governor.h"

#include <algorithm>
#include <cassert>

namespace holter::engine {

namespace {

// Unused turns add up for this long, so that wake-ups need not be exact and a thousand turns a second need no thousand
// wake-ups.
constexpr Duration kBurst = std::chrono::milliseconds(50);
constexpr Duration kLeastWait = std::chrono::milliseconds(5);
constexpr Duration kMostWait = std::chrono::minutes(1);
// A hair less than one is one: the sum of many small refills must not ask for a wake-up in no time.
constexpr double kWholeToken = 1.0 - 1e-6;

double Seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

ConnectGovernor::ConnectGovernor(const Limits& limits, Outlets outlets, TimePoint now)
    : limits_(limits),
      burst_(std::max(1.0, limits.rate * Seconds(kBurst))),
      outlets_(std::move(outlets)),
      files_by_loop_(static_cast<size_t>(limits.loops)),
      tokens_(burst_),
      refilled_(now) {}

ConnectGovernor::Ticket ConnectGovernor::Request(SessionHandle session, TimePoint now) {
  Ticket ticket = 0;
  Moves moves;
  {
    absl::MutexLock lock(&mutex_);
    ticket = first_ + queue_.size();
    if (closed_) {
      ++first_;  // the ticket is drawn and lost
      return ticket;
    }
    queue_.push_back({std::move(session)});
    ++waiting_;
    moves = Serve(now);
  }
  Tell(std::move(moves));
  return ticket;
}

void ConnectGovernor::Cancel(Ticket ticket) {
  SessionHandle forgotten;  // let go of without the lock
  absl::MutexLock lock(&mutex_);
  if (ticket < first_) return;
  assert(ticket < first_ + queue_.size());
  Waiting& place = queue_[ticket - first_];
  assert(!place.cancelled);
  place.cancelled = true;
  forgotten.swap(place.session);
  --waiting_;
  DropCancelled();
}

void ConnectGovernor::HandBack(TimePoint now) {
  Moves moves;
  {
    absl::MutexLock lock(&mutex_);
    assert(mailed_ > 0);
    --mailed_;
    moves = Serve(now);
  }
  Tell(std::move(moves));
}

void ConnectGovernor::BeginAttempt(int loop, size_t files, TimePoint now) {
  Moves moves;
  {
    absl::MutexLock lock(&mutex_);
    assert(mailed_ > 0);
    --mailed_;
    ++attempts_;
    SetFiles(loop, files);
    moves = Serve(now);
  }
  Tell(std::move(moves));
}

void ConnectGovernor::EndAttempt(int loop, size_t files, TimePoint now) {
  Moves moves;
  {
    absl::MutexLock lock(&mutex_);
    assert(attempts_ > 0);
    --attempts_;
    SetFiles(loop, files);
    moves = Serve(now);
  }
  Tell(std::move(moves));
}

void ConnectGovernor::ReportFiles(int loop, size_t files, TimePoint now) {
  Moves moves;
  {
    absl::MutexLock lock(&mutex_);
    SetFiles(loop, files);
    moves = Serve(now);
  }
  Tell(std::move(moves));
}

void ConnectGovernor::Poll(TimePoint now) {
  Moves moves;
  {
    absl::MutexLock lock(&mutex_);
    if (wake_at_ <= now) wake_at_ = kNever;
    moves = Serve(now);
  }
  Tell(std::move(moves));
}

void ConnectGovernor::Close() {
  std::deque<Waiting> forgotten;  // let go of without the lock
  absl::MutexLock lock(&mutex_);
  closed_ = true;
  first_ += queue_.size();
  forgotten.swap(queue_);
  waiting_ = 0;
}

ConnectGovernor::Load ConnectGovernor::load() const {
  absl::MutexLock lock(&mutex_);
  return {.waiting = waiting_, .in_flight = mailed_ + attempts_, .files = files_};
}

ConnectGovernor::Moves ConnectGovernor::Serve(TimePoint now) {
  Moves moves;
  for (DropCancelled(); !queue_.empty() && HasRoom() && TakeToken(now, moves.wake); DropCancelled()) {
    moves.grants.emplace_back(first_, std::move(queue_.front().session));
    queue_.pop_front();
    ++first_;
    --waiting_;
    ++mailed_;
  }
  if (moves.wake < wake_at_) {
    wake_at_ = moves.wake;
  } else {
    moves.wake = kNever;  // somebody has been asked already
  }
  return moves;
}

void ConnectGovernor::DropCancelled() {
  while (!queue_.empty() && queue_.front().cancelled) {
    queue_.pop_front();
    ++first_;
  }
}

bool ConnectGovernor::HasRoom() const {
  if (limits_.in_flight > 0 && mailed_ + attempts_ >= static_cast<size_t>(limits_.in_flight)) return false;
  return limits_.files == 0 || files_ + mailed_ < limits_.files;
}

bool ConnectGovernor::TakeToken(TimePoint now, TimePoint& wake) {
  if (limits_.rate <= 0) return true;
  tokens_ = std::min(burst_, tokens_ + limits_.rate * std::max(0.0, Seconds(now - refilled_)));
  refilled_ = std::max(refilled_, now);
  if (tokens_ >= kWholeToken) {
    tokens_ -= 1.0;
    return true;
  }
  const double wait = std::clamp((1.0 - tokens_) / limits_.rate, Seconds(kLeastWait), Seconds(kMostWait));
  wake = now + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(wait));
  return false;
}

void ConnectGovernor::SetFiles(int loop, size_t files) {
  assert(static_cast<size_t>(loop) < files_by_loop_.size());
  size_t& known = files_by_loop_[static_cast<size_t>(loop)];
  files_ = files_ - known + files;
  known = files;
}

void ConnectGovernor::Tell(Moves&& moves) {
  for (auto& [ticket, session] : moves.grants) outlets_.grant(ticket, std::move(session));
  if (moves.wake != kNever) outlets_.wake(moves.wake);
}

}  // namespace holter::engine
