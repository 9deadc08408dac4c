// Heartbeats over a line that loses some, for long.
#include "tests/support/machine_fixture.h"

namespace holter::core {
namespace {

using holter::testing::MachineFixture;
using holter::testing::milliseconds;
using holter::testing::PlainSpec;
using holter::testing::seconds;

class SessionLosses : public MachineFixture {};

TEST_F(SessionLosses, OneLostInTenIsMissedExactlyForAnHour) {
  SharedSpec spec = PlainSpec();
  spec.protocol.cadence = {.interval = seconds(1), .timeout = milliseconds(500), .misses_allowed = 1};
  MakeOpen(spec);
  uint32_t sent = 0;
  while (true) {
    for (const PingAction& ping : All<PingAction>()) {
      if (++sent % 10 != 0) Pong(ping.payload);
    }
    if (sent > 3600) break;  // the last that was lost is judged
    Advance(machine_->NextDeadline() - tick_.now);
    Timer();
  }
  EXPECT_EQ(Beat().counters.sent, sent);
  EXPECT_EQ(Beat().counters.missed, 360u);
  EXPECT_EQ(Beat().counters.acked, sent - 360);
  EXPECT_EQ(Status().state, State::kOpen);
  EXPECT_EQ(Status().reconnects, 0);
  // Of what was lost long ago nothing is kept.
  Pong("10");
  EXPECT_EQ(Beat().counters.late, 0u);
  EXPECT_EQ(Beat().counters.foreign + Beat().counters.unsolicited, 1u);
}

}  // namespace
}  // namespace holter::core
