// A session whose peer lives and whose application is silent, three minutes before second 1,800,000,000.
#pragma once

#include "holter/v1/session.pb.h"

namespace holter::testing {

inline v1::Session SilentSession() {
  v1::Session session;
  session.set_name("tenants/default/sessions/feed-1");
  session.mutable_spec()->set_url("wss://feed.example.org/");
  v1::SessionStatus& status = *session.mutable_status();
  status.set_state(v1::STATE_BACKOFF);
  status.set_health(v1::HEALTH_DOWN);
  status.set_reason(v1::REASON_APP_HEARTBEAT);
  status.set_path(v1::PATH_PEER);
  status.set_detail("no answer to op-ping within 1s");
  status.mutable_last_alive_time()->set_seconds(1'800'000'000 - 180);
  v1::BeatStatus& beat = *status.add_beats();
  beat.set_name("op-ping");
  beat.set_verdict(v1::BeatStatus::VERDICT_DEAD);
  beat.set_misses(3);
  beat.set_sent(10);
  beat.set_acked(7);
  beat.set_missed(3);
  return session;
}

}  // namespace holter::testing
