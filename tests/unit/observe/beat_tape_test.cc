#include "observe/beat_tape.h"

#include <gtest/gtest.h>

#include <thread>

#include "observe/metrics.h"
#include "tests/unit/observe/observe_fixture.h"

namespace holter::observe {
namespace {

using Kind = core::BeatReport::Kind;
using namespace std::chrono_literals;

core::BeatReport Acked(Duration rtt, bool app = false) {
  return {.kind = Kind::kAcked, .app = app, .beat = 0, .rtt = rtt};
}

TEST(BeatTapeTest, RecordsFromTheFirstLookOn) {
  StillClock clock;
  BeatTape tape;
  tape.OnBeat(7, Acked(1ms), clock);
  EXPECT_TRUE(tape.Look(7, clock.Now()).beats.empty()) << "nobody had looked";
  const TimePoint first_look = clock.Now();
  clock.Pass(1s);
  tape.OnBeat(7, Acked(2ms), clock);
  tape.OnBeat(8, Acked(3ms), clock);
  const auto recording = tape.Look(7, clock.Now());
  EXPECT_EQ(recording.since, first_look);
  ASSERT_EQ(recording.beats.size(), 1U);
  EXPECT_EQ(recording.beats[0].rtt, Duration(2ms));
  EXPECT_EQ(recording.beats[0].at, clock.Now());
}

TEST(BeatTapeTest, KeepsAnswersAndMissesOnly) {
  StillClock clock;
  BeatTape tape;
  tape.Look(1, clock.Now());
  for (const Kind kind : {Kind::kSent, Kind::kForeign, Kind::kDuplicate, Kind::kUnsolicited, Kind::kExcused}) {
    tape.OnBeat(1, {.kind = kind, .rtt = {}}, clock);
  }
  tape.OnBeat(1, {.kind = Kind::kAcked, .rtt = {}}, clock);  // disturbed: there is no round trip to draw
  EXPECT_TRUE(tape.Look(1, clock.Now()).beats.empty());
  tape.OnBeat(1, {.kind = Kind::kMissed, .app = true, .beat = 2, .rtt = {}}, clock);
  tape.OnBeat(1, {.kind = Kind::kLate, .rtt = 5s}, clock);
  const auto beats = tape.Look(1, clock.Now()).beats;
  ASSERT_EQ(beats.size(), 2U);
  EXPECT_TRUE(beats[0].app);
  EXPECT_EQ(beats[0].beat, 2);
  EXPECT_FALSE(beats[0].rtt.has_value());
}

TEST(BeatTapeTest, ForgetsTheOldestBeatsAndTheSessionThatNobodyLooksAt) {
  StillClock clock;
  BeatTape tape;
  for (core::SessionId id = 1; id <= BeatTape::kMostSessions; ++id) {
    tape.Look(id, clock.Now());
    clock.Pass(1s);
  }
  for (size_t i = 0; i <= BeatTape::kMostBeats; ++i) tape.OnBeat(1, Acked(1us * i), clock);
  const auto full = tape.Look(1, clock.Now()).beats;  // from now on 2 is the one that was looked at first
  EXPECT_EQ(full.size(), BeatTape::kMostBeats);
  EXPECT_EQ(full.front().rtt, Duration(1us));
  tape.OnBeat(2, Acked(1ms), clock);
  tape.Look(1000, clock.Now());
  tape.OnBeat(1000, Acked(1ms), clock);
  EXPECT_EQ(tape.Look(1000, clock.Now()).beats.size(), 1U);
  EXPECT_EQ(tape.Look(1, clock.Now()).beats.size(), BeatTape::kMostBeats);
  EXPECT_TRUE(tape.Look(2, clock.Now()).beats.empty()) << "it had lost its place";
}

TEST(BeatTapeTest, MetricsHandsItWhatTheGroupsHear) {
  StillClock clock;
  Metrics metrics({.clock = &clock, .version = "test"});
  metrics.tape().Look(3, clock.Now());
  metrics.ObserverFor("default", "feeds")->OnBeat(3, Acked(4ms, /*app=*/true));
  EXPECT_EQ(metrics.tape().Look(3, clock.Now()).beats.size(), 1U);
}

TEST(BeatTapeTest, LoopsAndPagesMayMeet) {
  StillClock clock;
  BeatTape tape;
  std::vector<std::thread> threads;
  for (core::SessionId loop = 0; loop < 2; ++loop) {
    threads.emplace_back([&tape, &clock, loop] {
      for (int i = 0; i < 20'000; ++i)
        tape.OnBeat(loop * 40 + static_cast<core::SessionId>(i % 40) + 1, Acked(1ms), clock);
    });
  }
  for (core::SessionId id = 1; id <= 80; ++id) tape.Look(id, clock.Now());
  for (std::thread& thread : threads) thread.join();
  tape.OnBeat(80, Acked(1ms), clock);
  EXPECT_FALSE(tape.Look(80, clock.Now()).beats.empty());
}

}  // namespace
}  // namespace holter::observe
