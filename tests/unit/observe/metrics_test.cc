#include "observe/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/unit/observe/observe_fixture.h"

namespace holter::observe {
namespace {

using core::BeatReport;
using core::Health;
using core::Reason;
using core::State;
using namespace std::chrono_literals;

class MetricsTest : public testing::Test {
 protected:
  core::SessionObserver& Group() { return *metrics_.ObserverFor("default", "feeds"); }
  std::map<std::string, double> Scrape() { return ParseSamples(metrics_.Text()); }
  // The value of a series of tenant default, group feeds; -1 when there is none. Labels are sorted by name.
  double Value(const std::string& series) {
    const auto samples = Scrape();
    const auto found = samples.find(series);
    return found == samples.end() ? -1 : found->second;
  }
  double Sessions(const std::string& state, const std::string& health) {
    return Value("holter_sessions{group=\"feeds\",health=\"" + health + "\",state=\"" + state +
                 "\",tenant=\"default\"}");
  }

  StillClock clock_;
  Metrics metrics_{{.clock = &clock_, .version = "1.2.3", .max_tenants = 3, .max_groups = 2}};
};

TEST_F(MetricsTest, SessionsAreCountedByStateAndHealth) {
  Group().OnBegin(1, State::kConnecting, Health::kUnknown);
  Group().OnBegin(2, State::kConnecting, Health::kUnknown);
  EXPECT_EQ(Sessions("connecting", "unknown"), 2);
  Group().OnTransition(1, {.at = clock_.Now(),
                           .from_state = State::kConnecting,
                           .state = State::kOpen,
                           .from_health = Health::kUnknown,
                           .health = Health::kHealthy});
  EXPECT_EQ(Sessions("connecting", "unknown"), 1);
  EXPECT_EQ(Sessions("open", "healthy"), 1);
  Group().OnEnd(1, State::kOpen, Health::kHealthy);
  EXPECT_EQ(Sessions("open", "healthy"), 0);
  EXPECT_EQ(Sessions("stopped", "down"), 0) << "known label values are there from the start";
}

TEST_F(MetricsTest, TransitionsAreCountedByWhatWasEntered) {
  const std::string rest = ",tenant=\"default\"";
  Group().OnBegin(1, State::kOpen, Health::kHealthy);
  Group().OnTransition(1, {.at = clock_.Now(),
                           .from_state = State::kOpen,
                           .state = State::kBackoff,
                           .from_health = Health::kHealthy,
                           .health = Health::kDown,
                           .reason = Reason::kProtocolHeartbeat,
                           .path = core::Path::kPeer,
                           .lifetime = 90s});
  const std::string down = "group=\"feeds\",path=\"peer\",reason=\"protocol_heartbeat\",tenant=\"default\",to=\"";
  EXPECT_EQ(Value("holter_session_transitions_total{" + down + "backoff\"}"), 1);
  EXPECT_EQ(Value("holter_session_transitions_total{" + down + "down\"}"), 1);
  EXPECT_EQ(Value("holter_reconnects_total{group=\"feeds\",reason=\"protocol_heartbeat\"" + rest + "}"), 1);
  EXPECT_EQ(Value("holter_session_lifetime_seconds_count{group=\"feeds\",reason=\"protocol_heartbeat\"" + rest + "}"),
            1);
  EXPECT_EQ(Value("holter_session_lifetime_seconds_sum{group=\"feeds\",reason=\"protocol_heartbeat\"" + rest + "}"),
            90);

  // Only the reason changed: nothing was entered.
  Group().OnTransition(1, {.at = clock_.Now(),
                           .from_state = State::kBackoff,
                           .state = State::kBackoff,
                           .from_health = Health::kDown,
                           .health = Health::kDown,
                           .reason = Reason::kDns});
  for (const auto& [series, value] : Scrape()) {
    EXPECT_FALSE(series.starts_with("holter_session_transitions_total") && series.find("\"dns\"") != std::string::npos);
  }

  Group().OnTransition(1, {.at = clock_.Now(),
                           .from_state = State::kOpen,
                           .state = State::kOpen,
                           .from_health = Health::kDown,
                           .health = Health::kHealthy,
                           .recovery = 4s});
  EXPECT_EQ(Value("holter_recovery_seconds_sum{group=\"feeds\"" + rest + "}"), 4);
  EXPECT_EQ(Value("holter_recovery_seconds_bucket{group=\"feeds\"" + rest + ",le=\"2.5\"}"), 0);
  EXPECT_EQ(Value("holter_recovery_seconds_bucket{group=\"feeds\"" + rest + ",le=\"5\"}"), 1);
}

TEST_F(MetricsTest, AConnectionThatIsNotReplacedIsNoReconnect) {
  Group().OnBegin(1, State::kOpen, Health::kHealthy);
  Group().OnTransition(1, {.at = clock_.Now(),
                           .from_state = State::kOpen,
                           .state = State::kStopped,
                           .from_health = Health::kHealthy,
                           .health = Health::kDown,
                           .reason = Reason::kPeerClosed});
  EXPECT_EQ(Value("holter_reconnects_total{group=\"feeds\",reason=\"peer_closed\",tenant=\"default\"}"), -1);
}

TEST_F(MetricsTest, APauseIsNoReconnectAndNotObserved) {
  Group().OnBegin(1, State::kOpen, Health::kHealthy);
  Group().OnTransition(1, {.at = clock_.Now(),
                           .from_state = State::kOpen,
                           .state = State::kPaused,
                           .from_health = Health::kHealthy,
                           .health = Health::kUnknown,
                           .reason = Reason::kOperator});
  EXPECT_EQ(Value("holter_reconnects_total{group=\"feeds\",reason=\"operator\",tenant=\"default\"}"), -1);
  EXPECT_EQ(Sessions("paused", "unknown"), 1);
  clock_.Pass(10s);
  EXPECT_EQ(Value("holter_observed_seconds_total{group=\"feeds\",tenant=\"default\"}"), 0);
}

TEST_F(MetricsTest, EveryKindOfBeatHasItsCounter) {
  const std::pair<BeatReport::Kind, const char*> kinds[] = {{BeatReport::Kind::kSent, "sent"},
                                                            {BeatReport::Kind::kAcked, "acked"},
                                                            {BeatReport::Kind::kMissed, "missed"},
                                                            {BeatReport::Kind::kLate, "late"},
                                                            {BeatReport::Kind::kForeign, "foreign"},
                                                            {BeatReport::Kind::kDuplicate, "duplicate"},
                                                            {BeatReport::Kind::kUnsolicited, "unsolicited"},
                                                            {BeatReport::Kind::kExcused, "excused"}};
  int times = 0;
  for (const auto& [kind, word] : kinds) {
    ++times;
    for (int i = 0; i < times; ++i) {
      Group().OnBeat(1, {.kind = kind, .app = false});
      Group().OnBeat(1, {.kind = kind, .app = true, .beat = 3});
      Group().OnBeat(1, {.kind = kind, .app = true});
    }
    const std::string name = std::string("holter_heartbeats_") + word + "_total{group=\"feeds\",layer=\"";
    EXPECT_EQ(Value(name + "protocol\",tenant=\"default\"}"), times) << word;
    EXPECT_EQ(Value(name + "app\",tenant=\"default\"}"), 2 * times) << word;
  }
}

TEST_F(MetricsTest, RoundTripsAreKeptByLayer) {
  EXPECT_EQ(Value("holter_heartbeat_rtt_seconds_count{group=\"feeds\",layer=\"app\",tenant=\"default\"}"), -1);
  Group().OnBeat(1, {.kind = BeatReport::Kind::kAcked, .app = true, .rtt = 75us});
  Group().OnBeat(1, {.kind = BeatReport::Kind::kAcked, .app = false, .rtt = 3ms});
  Group().OnBeat(1, {.kind = BeatReport::Kind::kAcked, .app = false});  // disturbed: no sample
  Group().OnTcpRtt(1, {.min = 40us, .smoothed = 20ms});
  const std::string name = "holter_heartbeat_rtt_seconds_";
  const auto bucket = [&](const std::string& layer, const std::string& le) {
    return Value(name + "bucket{group=\"feeds\",layer=\"" + layer + "\",tenant=\"default\",le=\"" + le + "\"}");
  };
  EXPECT_EQ(bucket("app", "5e-05"), 0);
  EXPECT_EQ(bucket("app", "0.0001"), 1);
  EXPECT_EQ(bucket("protocol", "0.0025"), 0);
  EXPECT_EQ(bucket("protocol", "0.005"), 1);
  EXPECT_EQ(bucket("protocol", "+Inf"), 1);
  EXPECT_EQ(bucket("tcp", "5e-05"), 1);
}

TEST_F(MetricsTest, AttemptsAndPhases) {
  Group().OnAttempt(1, {.opened = true});
  Group().OnAttempt(1, {.opened = false, .reason = Reason::kConnectRefused});
  Group().OnPhase(1, core::Phase::kTls, 20ms);
  EXPECT_EQ(Value("holter_connect_attempts_total{group=\"feeds\",tenant=\"default\"}"), 2);
  EXPECT_EQ(Value("holter_connect_failures_total{group=\"feeds\",reason=\"connect_refused\",tenant=\"default\"}"), 1);
  EXPECT_EQ(Value("holter_connect_phase_seconds_sum{group=\"feeds\",phase=\"tls\",tenant=\"default\"}"), 0.02);
}

TEST_F(MetricsTest, Traffic) {
  Group().OnTraffic(1, {.messages_in = 1, .messages_out = 2, .bytes_in = 30, .bytes_out = 40});
  Group().OnTraffic(2, {.messages_in = 1, .messages_out = 2, .bytes_in = 30, .bytes_out = 40});
  EXPECT_EQ(Value("holter_received_messages_total{group=\"feeds\",tenant=\"default\"}"), 2);
  EXPECT_EQ(Value("holter_sent_messages_total{group=\"feeds\",tenant=\"default\"}"), 4);
  EXPECT_EQ(Value("holter_received_bytes_total{group=\"feeds\",tenant=\"default\"}"), 60);
  EXPECT_EQ(Value("holter_sent_bytes_total{group=\"feeds\",tenant=\"default\"}"), 80);
}

TEST_F(MetricsTest, TimeIsIntegratedBetweenTransitionsAndAtTheScrape) {
  const std::string labels = "{group=\"feeds\",tenant=\"default\"}";
  Group().OnBegin(1, State::kConnecting, Health::kUnknown);
  Group().OnBegin(2, State::kConnecting, Health::kUnknown);
  clock_.Pass(10s);
  EXPECT_EQ(Value("holter_observed_seconds_total" + labels), 0) << "nothing is known yet";
  for (core::SessionId id : {1, 2}) {
    Group().OnTransition(id, {.at = clock_.Now(),
                              .from_state = State::kConnecting,
                              .state = State::kOpen,
                              .from_health = Health::kUnknown,
                              .health = Health::kHealthy});
  }
  clock_.Pass(5s);
  EXPECT_EQ(Value("holter_observed_seconds_total" + labels), 10);
  EXPECT_EQ(Value("holter_healthy_seconds_total" + labels), 10);
  clock_.Pass(1s);
  Group().OnTransition(1, {.at = clock_.Now(),
                           .from_state = State::kOpen,
                           .state = State::kBackoff,
                           .from_health = Health::kHealthy,
                           .health = Health::kDown});
  // A loop that took its time before the last scrape neither counts it twice nor takes it back.
  Group().OnTransition(2, {.at = clock_.Now() - 500ms,
                           .from_state = State::kOpen,
                           .state = State::kOpen,
                           .from_health = Health::kHealthy,
                           .health = Health::kDegraded});
  clock_.Pass(2s);
  EXPECT_EQ(Value("holter_observed_seconds_total" + labels), 16);
  EXPECT_EQ(Value("holter_healthy_seconds_total" + labels), 12);
  Group().OnEnd(1, State::kBackoff, Health::kDown);
  Group().OnEnd(2, State::kOpen, Health::kDegraded);
  clock_.Pass(100s);
  EXPECT_EQ(Value("holter_observed_seconds_total" + labels), 16);
}

TEST_F(MetricsTest, GroupsBeyondTheLimitAreCountedAsOther) {
  EXPECT_EQ(metrics_.ObserverFor("default", "a"), metrics_.ObserverFor("default", "a"));
  core::SessionObserver* second = metrics_.ObserverFor("default", "");
  EXPECT_EQ(Value("holter_groups_overflowed_total"), 0);
  core::SessionObserver* third = metrics_.ObserverFor("default", "c");
  EXPECT_EQ(third, metrics_.ObserverFor("default", "d"));
  EXPECT_EQ(third, metrics_.ObserverFor("default", "other"));
  EXPECT_EQ(second, metrics_.ObserverFor("default", ""));
  EXPECT_EQ(Value("holter_groups_overflowed_total"), 2);
  third->OnAttempt(1, {.opened = true});
  EXPECT_EQ(Value("holter_connect_attempts_total{group=\"other\",tenant=\"default\"}"), 1);
  EXPECT_EQ(Value("holter_connect_attempts_total{group=\"c\",tenant=\"default\"}"), -1);
}

TEST_F(MetricsTest, TenantsBeyondTheLimitAreCountedAsOther) {
  for (const char* tenant : {"a", "b", "c"}) {
    metrics_.ObserverFor(tenant, "g");
  }
  metrics_.ObserverFor("d", "g")->OnAttempt(1, {.opened = true});
  metrics_.ObserverFor("e", "h")->OnAttempt(1, {.opened = true});
  EXPECT_EQ(Value("holter_connect_attempts_total{group=\"other\",tenant=\"other\"}"), 2);
  EXPECT_EQ(Value("holter_groups_overflowed_total"), 2);
}

TEST_F(MetricsTest, ReloadsAreCountedAndTheLastIsTold) {
  metrics_.OnReload("access", true);
  metrics_.OnReload("access", false);
  metrics_.OnAuditLost(3);
  const auto samples = ParseSamples(metrics_.Text());
  EXPECT_EQ(samples.at("holter_reloads_total{what=\"access\"}"), 1);
  EXPECT_EQ(samples.at("holter_reload_failures_total{what=\"access\"}"), 1);
  EXPECT_EQ(samples.at("holter_last_reload_successful{what=\"access\"}"), 0);
  EXPECT_EQ(samples.at("holter_audit_records_lost_total"), 3);
}

TEST_F(MetricsTest, OwnWork) {
  metrics_.OnStoreCommit(2ms, 7, true);
  metrics_.OnStoreCommit(3ms, 7, false);
  metrics_.OnRpc("GetSession", "NOT_FOUND", 1ms);
  metrics_.OnRpc("GetSession", "OK", 1ms);
  metrics_.OnException("transport");
  metrics_.SetCapacity({.sessions = 3, .session_limit = 19744, .open_files = 4, .dialing = 5, .waiting = 6});
  EXPECT_EQ(Value("holter_store_commit_seconds_count"), 2);
  EXPECT_EQ(Value("holter_store_changes_total"), 7);
  EXPECT_EQ(Value("holter_store_commit_failures_total"), 1);
  EXPECT_EQ(Value("holter_rpc_requests_total{code=\"NOT_FOUND\",method=\"GetSession\"}"), 1);
  EXPECT_EQ(Value("holter_rpc_duration_seconds_count{method=\"GetSession\"}"), 2);
  EXPECT_EQ(Value("holter_exceptions_total{room=\"transport\"}"), 1);
  EXPECT_EQ(Value("holter_capacity_sessions"), 19744);
  EXPECT_EQ(Value("holter_capacity_sessions_used"), 3);
  EXPECT_EQ(Value("holter_open_files"), 4);
  EXPECT_EQ(Value("holter_connects_in_flight"), 5);
  EXPECT_EQ(Value("holter_connects_waiting"), 6);
  EXPECT_EQ(Value("holter_build_info{version=\"1.2.3\"}"), 1);
}

TEST_F(MetricsTest, VerdictsOnEgress) {
  metrics_.OnEgress("denied", "private");
  metrics_.OnEgress("denied", "private");
  metrics_.OnEgress("reported", "metadata");
  EXPECT_EQ(Value("holter_egress_verdicts_total{rule=\"private\",verdict=\"denied\"}"), 2);
  EXPECT_EQ(Value("holter_egress_verdicts_total{rule=\"metadata\",verdict=\"reported\"}"), 1);
}

TEST_F(MetricsTest, QuotasAreThoseOfNow) {
  metrics_.SetQuotas({{.tenant = "blue", .quota = "sessions", .used = 3, .limit = 7},
                      {.tenant = "red", .quota = "watches", .used = 1, .limit = 2}});
  EXPECT_EQ(Value("holter_quota_used{quota=\"sessions\",tenant=\"blue\"}"), 3);
  EXPECT_EQ(Value("holter_quota_limit{quota=\"watches\",tenant=\"red\"}"), 2);
  metrics_.SetQuotas({{.tenant = "blue", .quota = "sessions", .used = 4, .limit = 7}});
  EXPECT_EQ(Value("holter_quota_used{quota=\"sessions\",tenant=\"blue\"}"), 4);
  EXPECT_EQ(metrics_.Text().find("tenant=\"red\""), std::string::npos) << "what has no limit any more is gone";
}

TEST_F(MetricsTest, TheFirstCertificateToExpireIsToldForEachGroup) {
  for (const char* group : {"feeds", "second", "third"}) metrics_.ObserverFor("default", group);
  const WallTime now = clock_.WallNow();
  metrics_.SetPeerExpiries({{{"default", "feeds"}, now + 5s},
                            {{"default", "third"}, now + 2s},
                            {{"default", "fourth"}, now + 1s},
                            {{"nobody", "feeds"}, now + 9s}});
  const std::string name = "holter_peer_certificate_expiry_timestamp_seconds";
  EXPECT_EQ(Value(name + "{group=\"feeds\",tenant=\"default\"}"), 1'700'000'005);
  EXPECT_EQ(Value(name + "{group=\"other\",tenant=\"default\"}"), 1'700'000'001)
      << "the earliest of those beyond the limit";
  EXPECT_EQ(Value(name + "{group=\"other\",tenant=\"other\"}"), 1'700'000'009);
  metrics_.SetPeerExpiries({});
  EXPECT_EQ(metrics_.Text().find(name + "{"), std::string::npos) << "no open session has shown one";
}

TEST_F(MetricsTest, TheStartIsThatOfTheProcess) {
  clock_.Pass(60s);
  EXPECT_EQ(Value("holter_start_timestamp_seconds"), 1'700'000'000);
}

TEST_F(MetricsTest, AStopOfTenSecondsIsVisible) {
  metrics_.OnLoopLag(0, 100us);
  metrics_.OnLoopLag(1, 249ms);
  metrics_.OnLoopLag(1, 10s);
  EXPECT_EQ(Value("holter_loop_lag_seconds_bucket{loop=\"1\",le=\"5\"}"), 1);
  EXPECT_EQ(Value("holter_loop_lag_seconds_bucket{loop=\"1\",le=\"10\"}"), 2);
  EXPECT_EQ(Value("holter_loop_stalls_total{loop=\"1\"}"), 1);
  EXPECT_EQ(Value("holter_loop_stalls_total{loop=\"0\"}"), 0);
}

TEST_F(MetricsTest, TheLoopThatIsSilentTheLongestIsFound) {
  EXPECT_FALSE(metrics_.FindSilentLoop(0s)) << "no loop has turned yet";
  metrics_.OnLoopLag(2, 0s);
  clock_.Pass(3s);
  metrics_.OnLoopLag(0, 0s);
  clock_.Pass(7s);
  EXPECT_FALSE(metrics_.FindSilentLoop(11s));
  const auto silent = metrics_.FindSilentLoop(10s);
  ASSERT_TRUE(silent);
  EXPECT_EQ(silent->loop, 2);
  EXPECT_EQ(silent->silent, Duration(10s));
}

TEST_F(MetricsTest, LoopsMayCallConcurrently) {
  Group().OnBegin(1, State::kOpen, Health::kHealthy);
  const auto beat = [&] {
    for (int i = 0; i < 2000; ++i) {
      metrics_.ObserverFor("default", "feeds")->OnBeat(1, {.kind = BeatReport::Kind::kAcked, .rtt = 1ms});
      Group().OnPhase(1, core::Phase::kDns, 1ms);
      Group().OnTransition(1, {.at = clock_.Now(),
                               .from_state = State::kOpen,
                               .state = State::kOpen,
                               .from_health = Health::kHealthy,
                               .health = Health::kHealthy,
                               .lifetime = 1s});
      metrics_.OnLoopLag(i % 2, 1ms);
      metrics_.OnRpc("M", "OK", 1ms);
    }
  };
  std::thread first(beat);
  std::thread second(beat);
  for (int i = 0; i < 20; ++i) {
    metrics_.Text();
  }
  first.join();
  second.join();
  EXPECT_EQ(Value("holter_heartbeats_acked_total{group=\"feeds\",layer=\"protocol\",tenant=\"default\"}"), 4000);
  EXPECT_EQ(Value("holter_heartbeat_rtt_seconds_count{group=\"feeds\",layer=\"protocol\",tenant=\"default\"}"), 4000);
  EXPECT_EQ(Value("holter_rpc_requests_total{code=\"OK\",method=\"M\"}"), 4000);
  EXPECT_EQ(Sessions("open", "healthy"), 1);
}

}  // namespace
}  // namespace holter::observe
