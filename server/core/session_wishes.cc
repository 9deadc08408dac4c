// What callers want of a running session: another declaration, a pause, a new connection.
#include <algorithm>
#include <string>
#include <utility>

#include "core/session_machine.h"

namespace holter::core {

void SessionMachine::Update(const Tick& tick, std::shared_ptr<const SharedSpec> spec, bool reconnect, ActionList& out,
                            std::shared_ptr<const ParameterList> parameters) {
  if (finished_) return;
  const bool changed = spec != spec_;
  AdoptSpec(tick, std::move(spec), std::move(parameters), IsOpen() && !reconnect);
  if (!started_ || state_ == State::kPaused) return;
  // A changed declaration is a new word of the operator, so it also wakes a session that policy had stopped.
  if (reconnect || (changed && state_ == State::kStopped)) {
    BeginAnew(tick, "session was changed", "the declaration was changed", out);
  } else if (state_ == State::kOpen) {
    JudgeHealth(tick, out, true);
    SendDue(tick, out);
  }
}

void SessionMachine::Pause(const Tick& tick, ActionList& out) {
  if (!running() || state_ == State::kPaused) return;
  const std::optional<Duration> lifetime = LetGo(tick, "session was paused", out);
  Transition& transition = Enter(tick,
                                 {.state = State::kPaused,
                                  .health = Health::kUnknown,
                                  .reason = Reason::kOperator,
                                  .path = Path::kUnknown,
                                  .detail = {}},
                                 out);
  transition.lifetime = lifetime;
}

void SessionMachine::Resume(const Tick& tick, ActionList& out) {
  if (running() && state_ == State::kPaused) BeginAnew(tick, {}, "the session was resumed", out);
}

void SessionMachine::Reconnect(const Tick& tick, Duration after, ActionList& out) {
  if (!running() || state_ == State::kPaused) return;
  if (after <= Duration::zero()) {
    BeginAnew(tick, "session is connected anew", "a new connection was asked for", out);
  } else if (state_ != State::kConnecting) {
    next_dial_ = std::min(next_dial_, tick.now + after);
  }
}

std::optional<Duration> SessionMachine::LetGo(const Tick& tick, std::string_view farewell, ActionList& out) {
  std::optional<Duration> lifetime;
  if (state_ == State::kOpen) {
    lifetime = tick.now - state_since_;
    out.emplace_back(DropAction{.manner = DropAction::Manner::kPolite, .reason = std::string(farewell)});
  } else if (state_ == State::kConnecting) {
    out.emplace_back(DropAction{});
  }
  LoseHeartbeats();
  // The peer that named it is left: the next one may be another's, with headers that are not for where it would lead.
  SetRare(&RareTexts::migrate_url, {});
  attempts_ = 0;
  backoff_step_ = 0;
  return lifetime;
}

void SessionMachine::BeginAnew(const Tick& tick, std::string_view farewell, std::string_view detail, ActionList& out) {
  const std::optional<Duration> lifetime = LetGo(tick, farewell, out);
  Transition& transition = Enter(tick,
                                 {.state = State::kConnecting,
                                  .health = health_ == Health::kDown ? Health::kDown : Health::kUnknown,
                                  .reason = Reason::kOperator,
                                  .path = Path::kUnknown,
                                  .detail = std::string(detail)},
                                 out);
  transition.lifetime = lifetime;
  Dial(out);
}

}  // namespace holter::core
