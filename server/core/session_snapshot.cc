// What a session shows to the outside, and the rare texts behind it.
#include <utility>

#include "core/session_machine.h"

namespace holter::core {

SessionStatus SessionMachine::Snapshot() const {
  SessionStatus status;
  status.state = state_;
  status.health = health_;
  status.reason = reason_;
  status.path = path_;
  if (rare_) {
    status.detail = rare_->detail;
    status.subprotocol = rare_->subprotocol;
  }
  status.state_since = state_since_;
  status.health_since = health_since_;
  if (last_alive_ != TimePoint::min()) status.last_alive = last_alive_;
  if (state_ == State::kBackoff && running()) status.next_attempt = next_dial_;
  status.attempts = static_cast<int>(attempts_);
  status.reconnects = reconnects_;
  if (tcp_rtt_.min != Duration::min()) status.tcp_rtt = tcp_rtt_;
  status.beats.reserve(HeartbeatCount());
  for (size_t i = 0; i < HeartbeatCount(); ++i) status.beats.push_back(StatusOf(i));
  status.peer_address = peer_address_;
  if (tls_expiry_ != WallTime::min()) status.tls_expiry = tls_expiry_;
  status.traffic = traffic_;
  status.last_close_code = last_close_code_;
  status.last_http_status = last_http_status_;
  if (!dialect_) return status;
  status.opening = dialect_->opening();
  for (const size_t slot : spec_->dialect.shown) {
    std::optional<std::string> text = dialect_->Shown(slot);
    if (text) status.values.emplace_back(spec_->dialect.scope[slot].name, *std::move(text));
  }
  for (size_t i = 0; i < dialect_->watchdogs().size(); ++i) {
    const WatchdogMachine& watchdog = dialect_->watchdogs()[i];
    status.watchdogs.push_back({.name = spec_->dialect.watchdogs[i].name,
                                .verdict = watchdog.verdict(),
                                .last_match = watchdog.last_match(),
                                .matches = watchdog.matches(),
                                .violations = watchdog.violations()});
  }
  return status;
}

SessionVitals SessionMachine::Vitals() const {
  SessionVitals vitals;
  vitals.state = state_;
  vitals.health = health_;
  vitals.reason = reason_;
  vitals.path = path_;
  vitals.attempts = static_cast<int>(attempts_);
  vitals.reconnects = reconnects_;
  vitals.state_since = state_since_;
  vitals.health_since = health_since_;
  if (last_alive_ != TimePoint::min()) vitals.last_alive = last_alive_;
  if (tcp_rtt_.min != Duration::min()) vitals.tcp_rtt = tcp_rtt_;
  if (tls_expiry_ != WallTime::min()) vitals.tls_expiry = tls_expiry_;
  std::optional<TimePoint> newest;
  for (size_t i = 0; i < HeartbeatCount(); ++i) {
    const HeartbeatMachine& heartbeat = heartbeats_[i];
    SessionVitals::Layer& layer = IsApp(i) ? vitals.app : vitals.protocol;
    layer.active = true;
    layer.missed += heartbeat.counters().missed;
    if (!IsApp(i)) {
      layer.last_rtt = heartbeat.last_rtt();
    } else if (heartbeat.last_rtt() && (!newest || heartbeat.last_ack() >= newest)) {
      newest = heartbeat.last_ack();
      layer.last_rtt = heartbeat.last_rtt();
    }
  }
  return vitals;
}

BeatStatus SessionMachine::StatusOf(size_t i) const {
  const HeartbeatMachine& heartbeat = heartbeats_[i];
  BeatStatus status;
  status.name = IsApp(i) ? spec_->beats[BeatIndex(i)].name : "protocol";
  status.verdict = heartbeat.verdict();
  status.last_rtt = heartbeat.last_rtt();
  status.last_ack = heartbeat.last_ack();
  status.misses = heartbeat.misses();
  status.counters = heartbeat.counters();
  if (!heartbeat.off()) {
    status.interval = CadenceOf(i).interval;
    status.timeout = CadenceOf(i).timeout;
  }
  return status;
}

void SessionMachine::SetTcpRtt(const TcpRtt& rtt) { tcp_rtt_ = rtt; }

void SessionMachine::SetRare(std::string RareTexts::*which, std::string text) {
  if (text.empty() && !rare_) return;
  if (!rare_) rare_ = std::make_unique<RareTexts>();
  (*rare_).*which = std::move(text);
  if (rare_->empty()) rare_.reset();
}

}  // namespace holter::core
