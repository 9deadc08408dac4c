#include "tests/fuzz/dialect_laws.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

namespace holter::fuzz {
namespace {

using core::Health;
using core::State;

// Of one event that is no message, and for each message: all beats, their retries, and what follows from them.
constexpr size_t kMostActions = 1024;
constexpr size_t kMostActionsOfMessage = 64;
constexpr size_t kMostPayload = size_t{8} << 20;
// Beats of 50 ms, the shortest interval, and one that was due at either end.
constexpr size_t kMostTurns = 22;

}  // namespace

void DialectLaws::OnUpdated() {
  for (Window* window : {&beats_, &health_changes_, &sends_, &answers_}) window->Clear();
}

std::string DialectLaws::Check(const core::Tick& tick, const core::ActionList& actions, size_t messages) {
  if (actions.size() > kMostActions + messages * kMostActionsOfMessage) {
    return fmt::format("{} actions of one event", actions.size());
  }
  for (const core::Action& action : actions) {
    if (finished_) return "an action after the end";
    if (std::string broken = CheckAction(tick, action); !broken.empty()) return broken;
  }
  if (machine_.state() != state_ || machine_.health() != health_) return "shows another state than it reported";
  const bool connected = state_ == State::kConnecting || state_ == State::kOpen;
  if (!finished_ && connected != attempt_alive_) return "state and connection disagree";
  if (std::string broken = CheckDeadline(); !broken.empty()) return broken;
  return CheckRates(tick);
}

std::string DialectLaws::CheckDeadline() const {
  if (finished_ || state_ != State::kOpen || machine_.NextDeadline() != kNever) return {};
  const core::SessionStatus status = machine_.Snapshot();
  const bool beats = std::any_of(status.beats.begin(), status.beats.end(),
                                 [](const core::BeatStatus& beat) { return beat.interval.has_value(); });
  return beats || status.opening ? "open with beats and without a deadline" : "";
}

std::string DialectLaws::CheckAction(const core::Tick& tick, const core::Action& action) {
  const bool open = state_ == State::kOpen && attempt_alive_;
  if (std::holds_alternative<core::DialAction>(action)) {
    if (attempt_alive_) return "a dial while an attempt is alive";
    attempt_alive_ = true;
  } else if (std::holds_alternative<core::DropAction>(action)) {
    if (!attempt_alive_) return "a drop of nothing";
    attempt_alive_ = false;
  } else if (const auto* ping = std::get_if<core::PingAction>(&action)) {
    if (!open) return "a ping without a connection";
    if (ping->payload.size() > 125) return "a ping that is too long";
  } else if (const auto* send = std::get_if<core::SendAction>(&action)) {
    if (!open) return "a message without a connection";
    if (send->payload.size() > kMostPayload) return "a message that is too long";
    sends_.Add(tick.now);
    answers_.Add(tick.now);
  } else if (const auto* report = std::get_if<core::BeatReport>(&action)) {
    if (!open) return "a beat without a connection";
    if (report->kind == core::BeatReport::Kind::kSent && report->app) beats_.Add(tick.now);
  } else if (const auto* transition = std::get_if<core::Transition>(&action)) {
    return CheckTransition(tick, *transition);
  } else if (std::holds_alternative<core::FinishedAction>(action)) {
    if (attempt_alive_) return "the end came before the drop";
    finished_ = true;
  }
  return {};
}

std::string DialectLaws::CheckTransition(const core::Tick& tick, const core::Transition& transition) {
  if (transition.from_state != state_ || transition.from_health != health_) return "a transition from elsewhere";
  if (transition.at != tick.now) return "a transition at another time";
  if (transition.health == Health::kDown && transition.reason == core::Reason::kNone) return "down without a reason";
  if (transition.health == Health::kDegraded && transition.reason == core::Reason::kNone) {
    return "degraded without a reason";
  }
  if (transition.health == Health::kHealthy && transition.reason != core::Reason::kNone) return "healthy with a reason";
  if (transition.state == state_) health_changes_.Add(tick.now);
  state_ = transition.state;
  health_ = transition.health;
  return {};
}

size_t DialectLaws::MostBeats(TimePoint now) {
  const core::SharedSpec& spec = machine_.spec();
  size_t most = 0;
  for (const core::BeatSpec& beat : spec.beats) {
    most += (kMostTurns + opened_.Count(now) + stalled_.Count(now)) * (1 + beat.cadence.retries.size());
  }
  const bool hurried = std::any_of(spec.dialect.answers.begin(), spec.dialect.answers.end(),
                                   [](const core::AnswerSpec& rule) { return rule.beat_now.has_value(); });
  return most + (hurried ? heard_.Count(now) : 0);
}

std::string DialectLaws::CheckRates(const core::Tick& tick) {
  const core::DialectSpec& dialect = machine_.spec().dialect;
  if (beats_.Count(tick.now) > MostBeats(tick.now)) {
    return fmt::format("{} beats in a second", beats_.Count(tick.now));
  }
  if (dialect.empty()) return {};
  // Windows of the machine begin where they like.
  if (health_changes_.Count(tick.now) > 2 * core::DialectMachine::kMostHealthChanges) {
    return fmt::format("{} changes of health in a second", health_changes_.Count(tick.now));
  }
  // The open script is not counted.
  const size_t script = dialect.open.size() * opened_.Count(tick.now);
  const auto declared = static_cast<size_t>(dialect.sends_per_minute);
  if (declared != 0 && sends_.Count(tick.now) > declared + script) {
    return fmt::format("{} messages in a minute", sends_.Count(tick.now));
  }
  return {};
}

}  // namespace holter::fuzz
