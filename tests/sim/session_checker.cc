#include "tests/sim/session_checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace holter::sim {
namespace {

using core::BeatReport;
using core::DropAction;
using core::Health;
using core::Reason;
using core::State;
using core::Transition;

double Seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

SessionChecker::SessionChecker(const core::SessionMachine& machine, const core::SharedSpec& spec)
    : machine_(machine), spec_(spec), state_(machine.state()) {
  if (spec.protocol.active) heartbeats_.push_back({.judged = true, .cadence = spec.protocol.cadence});
  for (const core::BeatSpec& beat : spec.beats) {
    heartbeats_.push_back({.judged = beat.expect.has_value(), .cadence = beat.cadence});
  }
}

void SessionChecker::OnOpened(const core::Tick& tick) {
  opened_ = tick.now;
  ForgetConnection();
}

void SessionChecker::OnDialEnded() { attempt_alive_ = false; }

void SessionChecker::OnClosed() { attempt_alive_ = false; }

void SessionChecker::ForgetConnection() {
  for (Heartbeat& heartbeat : heartbeats_) {
    heartbeat.open.clear();
    heartbeat.blurred = false;
    heartbeat.misses = 0;
    heartbeat.excused_stalls = 0;
    heartbeat.last_ack.reset();
  }
}

std::string SessionChecker::Check(const core::Tick& tick, const core::ActionList& actions) {
  for (const core::Action& action : actions) {
    if (finished_) return "an action after the end";
    if (std::string broken = CheckAction(tick, action); !broken.empty()) return broken;
  }
  return CheckShown(tick);
}

std::string SessionChecker::CheckAction(const core::Tick& tick, const core::Action& action) {
  if (std::holds_alternative<core::DialAction>(action)) {
    if (attempt_alive_) return "a dial while an attempt is alive";
    attempt_alive_ = true;
    ++dials_;
  } else if (std::holds_alternative<DropAction>(action)) {
    if (!attempt_alive_) return "a drop of nothing";
    attempt_alive_ = false;
  } else if (std::holds_alternative<core::PingAction>(action) || std::holds_alternative<core::SendAction>(action)) {
    if (state_ != State::kOpen || !attempt_alive_) return "a frame without a connection";
  } else if (std::holds_alternative<core::FinishedAction>(action)) {
    if (attempt_alive_) return "the end came before the drop";
    finished_ = true;
  } else if (const auto* transition = std::get_if<Transition>(&action)) {
    return CheckTransition(tick, *transition);
  } else if (const auto* report = std::get_if<BeatReport>(&action)) {
    return CheckBeat(tick, *report);
  }
  return {};
}

std::string SessionChecker::CheckTransition(const core::Tick& tick, const Transition& transition) {
  if (transition.from_state != state_ || transition.from_health != health_) return "a transition from elsewhere";
  if (transition.at != tick.now) return "a transition at another time";
  if (transition.health == Health::kDown && transition.reason == Reason::kNone) return "down without a reason";
  if (transition.state == State::kPaused && transition.health != Health::kUnknown) return "paused with a health";
  if (state_ == State::kPaused && transition.state != State::kConnecting) return "out of a pause, but not to a dial";
  if (transition.state == State::kConnecting && transition.reason == Reason::kOperator) waits_ = 0;
  if (transition.state != state_) planned_ = false;
  if (transition.health == Health::kHealthy) {
    if (transition.reason != Reason::kNone) return "healthy with a reason";
    for (const Heartbeat& heartbeat : heartbeats_) {
      if (heartbeat.judged && !heartbeat.last_ack) return "healthy before every heartbeat was answered";
    }
    if (health_ != Health::kHealthy) ++times_healthy_;
    if ((down_since_ != TimePoint::min()) != transition.recovery.has_value()) return "a recovery that is none";
    if (transition.recovery && *transition.recovery != tick.now - down_since_) return "a wrong recovery time";
    down_since_ = TimePoint::min();
  }
  if (transition.health == Health::kUnknown) down_since_ = TimePoint::min();
  if (transition.health == Health::kDown && health_ != Health::kDown) {
    down_since_ = tick.now;
    ++times_down_;
  }
  const bool lost = state_ == State::kOpen && transition.state != State::kOpen;
  if (lost != transition.lifetime.has_value()) return "a lifetime that is none";
  if (lost && *transition.lifetime != tick.now - opened_) return "a wrong lifetime";
  if (lost && (transition.reason == Reason::kProtocolHeartbeat || transition.reason == Reason::kAppHeartbeat)) {
    if (std::string broken = CheckDeath(tick); !broken.empty()) return broken;
  }
  std::string broken;
  if (transition.state == State::kBackoff && state_ != State::kBackoff) broken = CheckBackoff(tick, transition);
  if (lost) ForgetConnection();
  state_ = transition.state;
  health_ = transition.health;
  return broken;
}

// No hot loop: however it was lost, the n-th wait in a row is at least what the policy says.
std::string SessionChecker::CheckBackoff(const core::Tick& tick, const Transition& transition) {
  if (!transition.next_attempt) return "back-off without an end";
  if (transition.lifetime && *transition.lifetime >= spec_.reconnect.stable_after) waits_ = 0;
  const core::ReconnectSpec& policy = spec_.reconnect;
  const double nominal =
      std::min(Seconds(policy.first_delay) * std::pow(policy.factor, waits_), Seconds(policy.max_delay));
  // After a stable connection a rule may say "at once", which is a first delay and no step.
  const bool at_once = std::any_of(spec_.close.rules.begin(), spec_.close.rules.end(),
                                   [](const core::CloseRule& rule) { return rule.then == core::RetryClass::kAtOnce; });
  if (waits_ > 0 || !at_once || !transition.lifetime) ++waits_;
  const double waits = Seconds(*transition.next_attempt - tick.now);
  if (waits < nominal * (1 - policy.jitter) - 1e-6) {
    return fmt::format("wait {} of {} s, expected at least {} s", waits_, waits, nominal * (1 - policy.jitter));
  }
  const double longest = std::max(Seconds(policy.max_delay) * (1 + policy.jitter), 0.01) * 2;
  if (waits > longest + Seconds(policy.retry_after_max)) return fmt::format("a wait of {} s", waits);
  return {};
}

// Nobody dies of a heartbeat before it was missed once more than allowed, and after a stall a fresh beat had its full
// time, unless there were too many stalls in a row.
std::string SessionChecker::CheckDeath(const core::Tick& tick) {
  for (const Heartbeat& heartbeat : heartbeats_) {
    if (!heartbeat.judged || heartbeat.misses != heartbeat.cadence.misses_allowed + 1) continue;
    const bool fresh = tick.stalled_until <= tick.now - heartbeat.cadence.timeout / 2;
    if (fresh || heartbeat.excused_stalls == core::HeartbeatMachine::kMostExcuses) return {};
    return "dead before a fresh beat had its time after a stall";
  }
  return "dead without the misses for it";
}

SessionChecker::Heartbeat& SessionChecker::Of(const BeatReport& report) {
  return heartbeats_[report.app ? report.beat + (spec_.protocol.active ? 1u : 0u) : 0u];
}

std::string SessionChecker::CheckBeat(const core::Tick& tick, const BeatReport& report) {
  if (state_ != State::kOpen) return "a beat without a connection";
  Heartbeat& heartbeat = Of(report);
  switch (report.kind) {
    case BeatReport::Kind::kSent:
      if (heartbeat.judged) heartbeat.open.push_back({.sent = tick.now});
      break;
    case BeatReport::Kind::kAcked:
      return CheckAck(tick, report, heartbeat);
    case BeatReport::Kind::kMissed:
    case BeatReport::Kind::kExcused:
      return CheckMiss(tick, report, heartbeat);
    default:
      break;
  }
  return {};
}

std::string SessionChecker::CheckAck(const core::Tick& tick, const BeatReport& report, Heartbeat& heartbeat) {
  ++acked_;
  heartbeat.last_ack = tick.now;
  heartbeat.misses = 0;
  heartbeat.excused_stalls = 0;
  if (heartbeat.open.empty()) return "an ack of nothing";
  auto answered = heartbeat.open.begin();
  if (report.rtt) {
    if (tick.now - *report.rtt < tick.stalled_until) return "a sample over a stall";
    if (!heartbeat.blurred) {
      answered = std::find_if(heartbeat.open.begin(), heartbeat.open.end(),
                              [&](const Question& question) { return question.sent == tick.now - *report.rtt; });
      if (answered == heartbeat.open.end()) return "a sample that cannot be";
    }
  } else if (report.app && heartbeat.open.size() > 1) {
    heartbeat.blurred = true;
  }
  heartbeat.open.erase(answered);
  if (heartbeat.open.empty()) heartbeat.blurred = false;
  return {};
}

std::string SessionChecker::CheckMiss(const core::Tick& tick, const BeatReport& report, Heartbeat& heartbeat) {
  if (heartbeat.open.empty()) return "a miss of nothing";
  const TimePoint sent = heartbeat.open.front().sent;
  if (!heartbeat.blurred) {
    if (tick.now - sent < heartbeat.cadence.timeout / 2) return "a miss before its time";
    if (report.kind == BeatReport::Kind::kExcused && sent >= tick.stalled_until) return "an excuse without a stall";
  }
  if (report.kind == BeatReport::Kind::kExcused && heartbeat.excused_stall != tick.stalled_until) {
    heartbeat.excused_stall = tick.stalled_until;
    if (++heartbeat.excused_stalls > core::HeartbeatMachine::kMostExcuses) return "excused for ever";
  }
  if (report.kind == BeatReport::Kind::kMissed && ++heartbeat.misses > heartbeat.cadence.misses_allowed + 1) {
    return "missed after death";
  }
  heartbeat.open.pop_front();
  if (heartbeat.open.empty()) heartbeat.blurred = false;
  return {};
}

std::string SessionChecker::CheckShown(const core::Tick& tick) {
  if (machine_.state() != state_ || machine_.health() != health_) return "shows another state than it reported";
  if ((state_ == State::kConnecting || state_ == State::kOpen) != attempt_alive_ && !finished_ && dials_ > 0) {
    return "state and connection disagree";
  }
  const TimePoint deadline = machine_.NextDeadline();
  if (state_ == State::kStopped && planned_ && !finished_) {
    return deadline != kNever ? "" : "a planned reconnect was forgotten";
  }
  if (state_ == State::kPaused && health_ != Health::kUnknown) return "paused with a health";
  if (finished_ || state_ == State::kConnecting || state_ == State::kStopped || state_ == State::kPaused) {
    return deadline == kNever ? "" : "waits for something it cannot get";
  }
  if (state_ == State::kBackoff) return deadline != kNever && health_ == Health::kDown ? "" : "back-off without an end";
  if (health_ == Health::kDown && machine_.Snapshot().reason == Reason::kNone) return "down without a reason";
  for (const Heartbeat& heartbeat : heartbeats_) {
    if (deadline == kNever) return "open with heartbeats and without a deadline";
    if (heartbeat.open.empty() || heartbeat.blurred) continue;
    // Every question that is out is judged in time.
    if (!machine_.VerdictDue(heartbeat.open.front().sent + heartbeat.cadence.timeout))
      return "a beat without a deadline";
    if (deadline > heartbeat.open.front().sent + heartbeat.cadence.timeout) return "a deadline that comes too late";
  }
  if (health_ != Health::kHealthy) return {};
  for (const Heartbeat& heartbeat : heartbeats_) {
    if (!heartbeat.judged) continue;
    if (!heartbeat.last_ack) return "healthy without an answer";
    // Stalls may stretch it: each excuse gives one more full time.
    const Duration slack = tick.stalled_until > *heartbeat.last_ack
                               ? tick.stalled_until - *heartbeat.last_ack + 4 * heartbeat.cadence.timeout
                               : Duration::zero();
    if (tick.now - *heartbeat.last_ack > heartbeat.cadence.interval + heartbeat.cadence.timeout + slack) {
      return fmt::format("healthy, but unanswered for {} s", Seconds(tick.now - *heartbeat.last_ack));
    }
  }
  return {};
}

}  // namespace holter::sim
