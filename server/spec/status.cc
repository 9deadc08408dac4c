// core's status as the proto says it.
#include <chrono>

#include "spec/convert.h"

namespace holter::spec {
namespace {

// One moment on both clocks.
struct Moment {
  TimePoint now;
  WallTime wall;
};

// Whole milliseconds: two answers take their moments apart, and what they tell should not differ by the noise between.
void SetTime(WallTime time, google::protobuf::Timestamp* out) {
  const auto since_epoch = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
  const auto whole = std::chrono::floor<std::chrono::seconds>(since_epoch);
  out->set_seconds(whole.count());
  out->set_nanos(static_cast<int32_t>(Duration(since_epoch - whole).count()));
}

void SetTime(TimePoint time, const Moment& moment, google::protobuf::Timestamp* out) {
  SetTime(moment.wall + (time - moment.now), out);
}

void SetDuration(Duration duration, google::protobuf::Duration* out) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(duration);
  out->set_seconds(whole.count());
  out->set_nanos(static_cast<int32_t>((duration - whole).count()));
}

void BeatToProto(const core::BeatStatus& beat, const Moment& moment, v1::BeatStatus* out) {
  out->set_name(beat.name);
  out->set_verdict(static_cast<v1::BeatStatus::Verdict>(beat.verdict));
  if (beat.last_rtt) {
    SetDuration(*beat.last_rtt, out->mutable_last_rtt());
  }
  if (beat.last_ack) {
    SetTime(*beat.last_ack, moment, out->mutable_last_ack_time());
  }
  out->set_misses(beat.misses);
  out->set_sent(beat.counters.sent);
  out->set_acked(beat.counters.acked);
  out->set_missed(beat.counters.missed);
  out->set_late(beat.counters.late);
  out->set_foreign(beat.counters.foreign);
  out->set_duplicate(beat.counters.duplicate);
  out->set_unsolicited(beat.counters.unsolicited);
  if (beat.interval) {
    SetDuration(*beat.interval, out->mutable_interval());
  }
  if (beat.timeout) {
    SetDuration(*beat.timeout, out->mutable_timeout());
  }
}

void WatchdogToProto(const core::WatchdogStatus& watchdog, const Moment& moment, v1::WatchdogStatus* out) {
  out->set_name(watchdog.name);
  out->set_verdict(static_cast<v1::BeatStatus::Verdict>(watchdog.verdict));
  if (watchdog.last_match) {
    SetTime(*watchdog.last_match, moment, out->mutable_last_match_time());
  }
  out->set_matches(static_cast<int64_t>(watchdog.matches));
  out->set_violations(static_cast<int64_t>(watchdog.violations));
}

void TimesToProto(const core::SessionStatus& status, const Moment& moment, v1::SessionStatus* out) {
  SetTime(status.state_since, moment, out->mutable_state_time());
  SetTime(status.health_since, moment, out->mutable_health_time());
  if (status.last_alive) {
    SetTime(*status.last_alive, moment, out->mutable_last_alive_time());
  }
  if (status.next_attempt && status.state == core::State::kBackoff) {
    SetTime(*status.next_attempt, moment, out->mutable_next_attempt_time());
  }
  if (status.tls_expiry) {
    SetTime(*status.tls_expiry, out->mutable_tls_expiry_time());
  }
}

void TrafficToProto(const core::Traffic& traffic, v1::Traffic* out) {
  out->set_messages_in(static_cast<int64_t>(traffic.messages_in));
  out->set_messages_out(static_cast<int64_t>(traffic.messages_out));
  out->set_bytes_in(static_cast<int64_t>(traffic.bytes_in));
  out->set_bytes_out(static_cast<int64_t>(traffic.bytes_out));
}

}  // namespace

v1::State ToProto(core::State state) { return static_cast<v1::State>(state); }
v1::Health ToProto(core::Health health) { return static_cast<v1::Health>(health); }
v1::Reason ToProto(core::Reason reason) { return static_cast<v1::Reason>(reason); }
v1::Path ToProto(core::Path path) { return static_cast<v1::Path>(path); }

void StatusToProto(const core::SessionStatus& status, TimePoint now, WallTime wall, v1::SessionStatus* out) {
  const Moment moment{now, wall};
  out->Clear();
  out->set_state(ToProto(status.state));
  out->set_health(ToProto(status.health));
  out->set_reason(ToProto(status.reason));
  out->set_path(ToProto(status.path));
  out->set_detail(status.detail);
  TimesToProto(status, moment, out);
  out->set_attempts(status.attempts);
  out->set_reconnects(status.reconnects);
  if (status.tcp_rtt) {
    SetDuration(status.tcp_rtt->min, out->mutable_tcp_rtt()->mutable_min());
    SetDuration(status.tcp_rtt->smoothed, out->mutable_tcp_rtt()->mutable_smoothed());
  }
  for (const core::BeatStatus& beat : status.beats) {
    BeatToProto(beat, moment, out->add_beats());
  }
  for (const core::WatchdogStatus& watchdog : status.watchdogs) {
    WatchdogToProto(watchdog, moment, out->add_watchdogs());
  }
  out->set_opening(status.opening);
  for (const auto& [name, text] : status.values) {
    (*out->mutable_values())[name] = text;
  }
  out->set_peer_address(status.peer_address);
  out->set_subprotocol(status.subprotocol);
  TrafficToProto(status.traffic, out->mutable_traffic());
  out->set_last_close_code(status.last_close_code);
  out->set_last_http_status(status.last_http_status);
}

}  // namespace holter::spec
