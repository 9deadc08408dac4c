// What a scrape copies of a session.
#include "tests/support/machine_fixture.h"

namespace holter::core {
namespace {

using holter::testing::EchoBeat;
using holter::testing::MachineFixture;
using holter::testing::milliseconds;
using holter::testing::PlainSpec;
using holter::testing::seconds;

class SessionVitalsTest : public MachineFixture {
 protected:
  // Beats "first" (asks "q", answered "a") and "second", which is due a second later.
  static SharedSpec TwoBeats() {
    SharedSpec spec = PlainSpec();
    spec.beats = {EchoBeat("first"), EchoBeat("second")};
    spec.beats[0].cadence.misses_allowed = 1;
    spec.beats[1].cadence.first_delay = seconds(1);
    spec.beats[1].expect = *Matcher::Regex("^b(\\d+)$");
    spec.beats[1].correlate->place = *Extractor::Regex("^b(\\d+)$");
    return spec;
  }
};

TEST_F(SessionVitalsTest, AreThoseOfTheSnapshot) {
  MakeOpen(PlainSpec());
  machine_->SetTcpRtt({.min = milliseconds(1), .smoothed = milliseconds(2)});
  Advance(milliseconds(3));
  Pong("1");
  const SessionVitals vitals = machine_->Vitals();
  const SessionStatus status = machine_->Snapshot();
  EXPECT_EQ(vitals.state, State::kOpen);
  EXPECT_EQ(vitals.health, Health::kHealthy);
  EXPECT_EQ(vitals.reconnects, status.reconnects);
  EXPECT_EQ(vitals.last_alive, tick_.now);
  EXPECT_EQ(vitals.tcp_rtt->min, milliseconds(1));
  EXPECT_EQ(vitals.tcp_rtt->smoothed, milliseconds(2));
  EXPECT_FALSE(vitals.tls_expiry);
  EXPECT_TRUE(vitals.protocol.active);
  EXPECT_EQ(vitals.protocol.last_rtt, milliseconds(3));
  EXPECT_FALSE(vitals.app.active);
}

TEST_F(SessionVitalsTest, SayWhyAndSinceWhenAsTheSnapshotDoes) {
  MakeOpen(PlainSpec());
  Pong("1");
  for (int i = 0; i < 600 && machine_->Vitals().state == State::kOpen; ++i) RunFor(milliseconds(100));
  const SessionVitals vitals = machine_->Vitals();
  const SessionStatus status = machine_->Snapshot();
  EXPECT_EQ(vitals.state, State::kBackoff);
  EXPECT_EQ(vitals.health, Health::kDown);
  EXPECT_EQ(vitals.reason, Reason::kProtocolHeartbeat);
  EXPECT_EQ(vitals.path, Path::kPeer);
  EXPECT_EQ(vitals.attempts, status.attempts);
  EXPECT_EQ(vitals.attempts, 1);
  EXPECT_EQ(vitals.state_since, status.state_since);
  EXPECT_GT(vitals.state_since, TimePoint{});
  EXPECT_EQ(vitals.health_since, status.health_since);
  EXPECT_GT(vitals.health_since, TimePoint{});
}

TEST_F(SessionVitalsTest, OfSeveralBeatsTheOneAnsweredLastGivesTheRoundTrip) {
  MakeOpen(TwoBeats());
  EXPECT_TRUE(machine_->Vitals().app.active);
  EXPECT_FALSE(machine_->Vitals().app.last_rtt);
  RunFor(seconds(1));
  Advance(milliseconds(20));
  Message("b1");
  EXPECT_EQ(machine_->Vitals().app.last_rtt, milliseconds(20));
  Advance(milliseconds(5));
  Message("a1");
  EXPECT_EQ(machine_->Vitals().app.last_rtt, milliseconds(1025));
}

TEST_F(SessionVitalsTest, MissesOfBeatsAreSummed) {
  MakeOpen(TwoBeats());
  Pong("1");
  RunFor(seconds(6));
  EXPECT_EQ(machine_->Vitals().app.missed, 2U) << "one of each beat";
  EXPECT_EQ(machine_->Vitals().protocol.missed, 0U);
}

}  // namespace
}  // namespace holter::core
