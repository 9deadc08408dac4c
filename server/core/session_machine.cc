// The states of a session. What callers want of it is in session_wishes.cc, heartbeats and health are in
// session_heartbeats.cc, the dialect in session_dialect.cc, the view from outside in session_snapshot.cc.
#include "core/session_machine.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/backoff.h"
#include "core/retry_policy.h"

namespace holter::core {
namespace {

constexpr uint16_t kNormalClosure = 1000;
constexpr uint16_t kGoingAway = 1001;

}  // namespace

SessionMachine::SessionMachine(std::shared_ptr<const SharedSpec> spec, TimePoint now, Random* random, bool paused,
                               std::shared_ptr<const ParameterList> parameters)
    : random_(random), state_since_(now), health_since_(now) {
  if (paused) {
    state_ = State::kPaused;
    reason_ = Reason::kOperator;
  }
  AdoptSpec(Tick{.now = now}, std::move(spec), std::move(parameters), false);
}

SessionMachine::~SessionMachine() = default;

void SessionMachine::Start(const Tick& tick, ActionList& out) {
  if (started_ || finished_) return;
  started_ = true;
  state_since_ = tick.now;
  health_since_ = tick.now;
  if (state_ != State::kPaused) Dial(out);
}

void SessionMachine::Stop(const Tick& /*tick*/, StopCause cause, ActionList& out) {
  if (finished_) return;
  if (started_ && state_ == State::kConnecting) {
    out.emplace_back(DropAction{});
  } else if (started_ && state_ == State::kOpen) {
    const bool shutdown = cause == StopCause::kShutdown;
    out.emplace_back(DropAction{.manner = DropAction::Manner::kPolite,
                                .code = shutdown ? kGoingAway : kNormalClosure,
                                .reason = shutdown ? "monitor is stopping" : "session was deleted"});
  }
  finished_ = true;
  LoseHeartbeats();
  next_dial_ = kNever;
  out.emplace_back(FinishedAction{});
}

void SessionMachine::OnPhase(const Tick& /*tick*/, Phase /*phase*/, ActionList& /*out*/) {}

void SessionMachine::OnOpened(const Tick& tick, OpenInfo info, ActionList& out) {
  if (!running() || state_ != State::kConnecting) return;
  out.emplace_back(AttemptReport{.opened = true, .reason = Reason::kNone, .reconnect = redialled_});
  if (was_open_) ++reconnects_;
  was_open_ = true;
  peer_address_ = std::move(info.peer_address);
  peer_address_.shrink_to_fit();
  SetSubprotocol(std::move(info.subprotocol));
  tls_expiry_ = info.tls_expiry.value_or(WallTime::min());
  if (dialect_) dialect_->OnOpened(tick, *spec_, info, *random_);
  for (size_t i = 0; i < HeartbeatCount(); ++i) {
    if (!opening() || !IsApp(i)) StartHeartbeat(tick, i);
  }

  // Until a heartbeat proves life the last loss stands; without any that could, nothing is known.
  Move move{
      .state = State::kOpen, .health = Health::kUnknown, .reason = Reason::kNone, .path = Path::kUnknown, .detail = {}};
  if (MayJudge()) {
    move.health = health_;
    move.reason = reason_;
    move.path = path_;
    if (rare_) move.detail = rare_->detail;
  }
  Enter(tick, std::move(move), out);
  if (opening()) {
    RunScript(tick, out);
  } else if (dialect_) {
    dialect_->BeginWatching(tick, *spec_, *random_);
    if (!AnyJudged()) JudgeHealth(tick, out);
  }
  SendDue(tick, out);
}

void SessionMachine::OnDialFailed(const Tick& tick, DialFailure failure, ActionList& out) {
  if (!running() || state_ != State::kConnecting) return;
  out.emplace_back(AttemptReport{.opened = false, .reason = failure.reason, .reconnect = redialled_});
  RetryClass then = ClassOfReason(failure.reason);
  if (failure.http_status != 0) {
    last_http_status_ = static_cast<uint16_t>(failure.http_status);
    if (failure.reason == Reason::kUpgradeStatus) then = ClassOfHttpStatus(spec_->close, failure.http_status);
  }
  Lose(tick,
       {.then = then,
        .reason = failure.reason,
        .path = Path::kUnknown,
        .detail = std::move(failure.detail),
        .retry_after = failure.retry_after},
       out);
}

void SessionMachine::OnClosed(const Tick& tick, CloseInfo info, ActionList& out) {
  if (!IsOpen()) return;
  if (info.code != 0) last_close_code_ = info.code;
  // What we found wrong ourselves is no close code of the peer.
  const bool by_peer = info.code != 0 || info.reason == Reason::kPeerClosed || info.reason == Reason::kPeerReset;
  Lose(tick,
       {.then = by_peer ? ClassOfClose(spec_->close, info.code) : ClassOfReason(info.reason),
        .reason = info.reason,
        .path = Path::kUnknown,
        .detail = std::move(info.detail),
        .retry_after = std::nullopt},
       out);
}

void SessionMachine::OnTimer(const Tick& tick, const LinkState& link, ActionList& out) {
  if (!running()) return;
  if (state_ == State::kBackoff) {
    if (tick.now < next_dial_) return;
    Enter(tick,
          {.state = State::kConnecting,
           .health = health_,
           .reason = reason_,
           .path = path_,
           .detail = rare_ ? rare_->detail : std::string()},
          out);
    Dial(out);
    return;
  }
  if (state_ == State::kOpen) {
    ResetIfStable(tick.now);
    for (size_t i = 0; i < HeartbeatCount(); ++i) {
      if (!Judge(tick, i, link, out)) return;
    }
    if (dialect_ && !JudgeDialect(tick, link, out)) return;
  }
  if (tick.now >= next_dial_) return Reconnect(tick, Duration::zero(), out);
  if (state_ != State::kOpen) return;
  JudgeHealth(tick, out);
  SendDue(tick, out);
}

void SessionMachine::Lose(const Tick& tick, Loss loss, ActionList& out) {
  std::optional<Duration> lifetime;
  bool stable = false;
  if (state_ == State::kOpen) {
    lifetime = tick.now - state_since_;
    stable = *lifetime >= spec_->reconnect.stable_after;
    ResetIfStable(tick.now);
    LoseHeartbeats();
  }
  Move move{.state = State::kStopped,
            .health = Health::kDown,
            .reason = loss.reason,
            .path = loss.path,
            .detail = std::move(loss.detail)};
  if (loss.then == RetryClass::kNever) {
    Enter(tick, std::move(move), out).lifetime = lifetime;
    return;
  }
  move.state = State::kBackoff;
  const TimePoint next_attempt = tick.now + DelayFor(loss, stable);
  Transition& transition = Enter(tick, std::move(move), out);
  transition.lifetime = lifetime;
  transition.next_attempt = next_attempt;
  next_dial_ = next_attempt;
}

Duration SessionMachine::DelayFor(const Loss& loss, bool stable) {
  const ReconnectSpec& reconnect = spec_->reconnect;
  Duration delay;
  if (loss.then == RetryClass::kAtOnce && stable) {
    delay = BackoffDelay(reconnect, 0, *random_);
  } else {
    delay = loss.then == RetryClass::kSlow ? SlowDelay(reconnect, *random_)
                                           : BackoffDelay(reconnect, backoff_step_, *random_);
    if (backoff_step_ < std::numeric_limits<uint16_t>::max()) ++backoff_step_;
  }
  return loss.retry_after ? AtLeastRetryAfter(reconnect, delay, *loss.retry_after, *random_) : delay;
}

void SessionMachine::ResetIfStable(TimePoint now) {
  if (now - state_since_ < spec_->reconnect.stable_after) return;
  attempts_ = 0;
  backoff_step_ = 0;
}

void SessionMachine::Dial(ActionList& out) {
  redialled_ = dialled_;
  dialled_ = true;
  ++attempts_;
  DialAction dial;
  if (rare_) dial.url = std::move(rare_->migrate_url);
  SetRare(&RareTexts::migrate_url, {});
  migrated_ = !dial.url.empty();
  out.emplace_back(std::move(dial));
}

Transition& SessionMachine::Enter(const Tick& tick, Move move, ActionList& out) {
  Transition transition{.at = tick.now,
                        .from_state = state_,
                        .state = move.state,
                        .from_health = health_,
                        .health = move.health,
                        .reason = move.reason,
                        .path = move.path,
                        .detail = move.detail,
                        .attempts = static_cast<int>(attempts_),
                        .lifetime = std::nullopt,
                        .recovery = std::nullopt,
                        .next_attempt = std::nullopt};
  if (move.health != health_) {
    health_since_ = tick.now;
    if (move.health == Health::kDown) {
      down_since_ = tick.now;
    } else if (move.health != Health::kDegraded) {
      if (move.health == Health::kHealthy && down_since_ != TimePoint::min()) {
        transition.recovery = tick.now - down_since_;
      }
      down_since_ = TimePoint::min();
    }
  }
  if (move.state != state_) {
    state_since_ = tick.now;
    next_dial_ = kNever;
    if (move.state != State::kOpen) {
      peer_address_ = std::string();
      tls_expiry_ = WallTime::min();
      tcp_rtt_.min = Duration::min();
      SetSubprotocol({});
    }
  }
  state_ = move.state;
  health_ = move.health;
  reason_ = move.reason;
  path_ = move.path;
  SetDetail(std::move(move.detail));
  out.emplace_back(std::move(transition));
  return std::get<Transition>(out.back());
}

TimePoint SessionMachine::NextDeadline() const {
  if (!running()) return kNever;
  if (state_ != State::kOpen) return next_dial_;
  TimePoint deadline = next_dial_;
  for (size_t i = 0; i < HeartbeatCount(); ++i) deadline = std::min(deadline, heartbeats_[i].NextDeadline());
  return dialect_ ? std::min(deadline, dialect_->NextDeadline(spec_->dialect)) : deadline;
}

bool SessionMachine::VerdictDue(TimePoint now) const {
  if (!IsOpen()) return false;
  for (size_t i = 0; i < HeartbeatCount(); ++i) {
    if (heartbeats_[i].OldestDeadline() <= now) return true;
  }
  return dialect_ && dialect_->VerdictDeadline(spec_->dialect) <= now;
}

void SessionMachine::OnBytesWritten(size_t bytes) { traffic_.bytes_out += bytes; }

}  // namespace holter::core
