#include "client/cli/ping_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace holter::cli {
namespace {

using core::BeatReport;
using core::State;
using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class PingReportTest : public testing::Test {
 protected:
  PingReport Make(uint64_t count, bool app = false, bool quiet = false) {
    return PingReport(
        {.target = "ws://peer", .app = app, .count = count, .quiet = quiet, .out = &out, .on_done = [this] {
           ++done;
         }});
  }
  static void Move(PingReport& report, State from, State to, core::Reason reason = core::Reason::kNone) {
    core::Transition transition;
    transition.from_state = from;
    transition.state = to;
    transition.reason = reason;
    transition.detail = "a detail";
    report.OnTransition(1, transition);
  }
  static void Beat(PingReport& report, BeatReport::Kind kind, bool app = false) {
    BeatReport beat;
    beat.kind = kind;
    beat.app = app;
    if (kind == BeatReport::Kind::kAcked || kind == BeatReport::Kind::kLate) beat.rtt = milliseconds(2);
    report.OnBeat(1, beat);
  }
  std::string Summary(PingReport& report) {
    out.str("");
    report.PrintSummary();
    return out.str();
  }

  std::ostringstream out;
  int done = 0;
};

TEST_F(PingReportTest, CountsAndEndsWhenEveryBeatIsJudged) {
  PingReport report = Make(2);
  Move(report, State::kConnecting, State::kOpen);
  Beat(report, BeatReport::Kind::kSent);
  Beat(report, BeatReport::Kind::kAcked);
  Beat(report, BeatReport::Kind::kSent);
  EXPECT_EQ(done, 0);
  report.OnTcpRtt(1, {.min = milliseconds(1), .smoothed = milliseconds(3)});
  Beat(report, BeatReport::Kind::kAcked);
  EXPECT_EQ(done, 1);
  EXPECT_THAT(out.str(), EndsWith("seq=2 protocol rtt=2.000 ms tcp=1.000 ms\n"));
  EXPECT_TRUE(report.AllWell());
  EXPECT_EQ(Summary(report),
            "--- ws://peer ---\n"
            "protocol: 2 sent, 2 acked, 0% loss, rtt min/avg/p99/max = 2.000/2.000/2.000/2.000 ms\n"
            "tcp: least rtt 1.000 ms, smoothed min/avg/p99/max = 3.000/3.000/3.000/3.000 ms\n");
}

TEST_F(PingReportTest, WaitsForBothLayers) {
  PingReport report = Make(1, true);
  Move(report, State::kConnecting, State::kOpen);
  Beat(report, BeatReport::Kind::kSent);
  Beat(report, BeatReport::Kind::kSent, true);
  Beat(report, BeatReport::Kind::kAcked);
  EXPECT_EQ(done, 0);
  Beat(report, BeatReport::Kind::kAcked, true);
  EXPECT_EQ(done, 1);
}

TEST_F(PingReportTest, BeatsBeyondTheCountAreNobodysBusiness) {
  PingReport report = Make(1, true);
  Move(report, State::kConnecting, State::kOpen);
  for (int i = 0; i < 3; ++i) {
    Beat(report, BeatReport::Kind::kSent);
    Beat(report, BeatReport::Kind::kAcked);
  }
  EXPECT_THAT(Summary(report), HasSubstr("protocol: 1 sent, 1 acked"));
}

TEST_F(PingReportTest, AMissIsALoss) {
  PingReport report = Make(2);
  Move(report, State::kConnecting, State::kOpen);
  Beat(report, BeatReport::Kind::kSent);
  Beat(report, BeatReport::Kind::kSent);
  Beat(report, BeatReport::Kind::kMissed);
  Beat(report, BeatReport::Kind::kAcked);
  EXPECT_FALSE(report.AllWell());
  EXPECT_THAT(out.str(), HasSubstr("seq=1 protocol no answer in time\nseq=2 protocol rtt="));
  EXPECT_THAT(Summary(report), HasSubstr("2 sent, 1 acked, 50% loss"));
}

TEST_F(PingReportTest, ALostConnectionLosesWhatIsOutstanding) {
  PingReport report = Make(0);
  Move(report, State::kConnecting, State::kOpen);
  Beat(report, BeatReport::Kind::kSent);
  Move(report, State::kOpen, State::kBackoff, core::Reason::kPeerReset);
  EXPECT_THAT(out.str(), EndsWith("connection lost: peer_reset: a detail\n"));
  EXPECT_EQ(done, 0) << "it comes back, as ping(8) does";
  EXPECT_FALSE(report.AllWell());
  EXPECT_THAT(Summary(report), HasSubstr("1 sent, 0 acked, 100% loss"));
}

TEST_F(PingReportTest, AFirstConnectionThatFailsEndsIt) {
  PingReport report = Make(0);
  Move(report, State::kConnecting, State::kBackoff, core::Reason::kConnectRefused);
  EXPECT_EQ(done, 1);
  EXPECT_FALSE(report.AllWell());
  EXPECT_EQ(out.str(), "no connection: connect_refused: a detail\n");
}

TEST_F(PingReportTest, WhatIsInFlightInTheEndIsNoLoss) {
  PingReport report = Make(0);
  Move(report, State::kConnecting, State::kOpen);
  Beat(report, BeatReport::Kind::kSent);
  Beat(report, BeatReport::Kind::kAcked);
  Beat(report, BeatReport::Kind::kSent);
  EXPECT_TRUE(report.AllWell());
  EXPECT_THAT(Summary(report), HasSubstr("2 sent, 1 acked, 0% loss, 1 in flight"));
}

TEST_F(PingReportTest, NothingAckedIsNotWell) {
  PingReport report = Make(0);
  Move(report, State::kConnecting, State::kOpen);
  EXPECT_FALSE(report.AllWell());
}

TEST_F(PingReportTest, AnExcusedBeatIsNotCounted) {
  PingReport report = Make(1);
  Move(report, State::kConnecting, State::kOpen);
  Beat(report, BeatReport::Kind::kSent);
  Beat(report, BeatReport::Kind::kExcused);
  EXPECT_EQ(done, 0);
  Beat(report, BeatReport::Kind::kSent);
  Beat(report, BeatReport::Kind::kAcked);
  EXPECT_EQ(done, 1);
  EXPECT_TRUE(report.AllWell());
}

TEST_F(PingReportTest, WhereNothingIsAnsweredTheConnectionCounts) {
  PingReport report({.target = "ws://peer", .protocol = false, .out = &out, .on_done = [this] { ++done; }});
  Move(report, State::kConnecting, State::kOpen);
  EXPECT_TRUE(report.AllWell());
  Move(report, State::kOpen, State::kBackoff, core::Reason::kWatchdog);
  EXPECT_FALSE(report.AllWell());
  Move(report, State::kConnecting, State::kOpen);
  EXPECT_TRUE(report.AllWell());
  EXPECT_EQ(done, 0);
}

TEST_F(PingReportTest, EndsWhenNobodyReadsAnyMore) {
  PingReport report = Make(0);
  out.setstate(std::ios::badbit);
  Move(report, State::kConnecting, State::kOpen);
  EXPECT_EQ(done, 1);
}

TEST_F(PingReportTest, SaysNothingAfterTheSummary) {
  PingReport report = Make(0);
  Move(report, State::kConnecting, State::kOpen);
  const std::string summary = Summary(report);
  Move(report, State::kOpen, State::kStopped, core::Reason::kShutdown);
  Beat(report, BeatReport::Kind::kSent);
  EXPECT_EQ(out.str(), summary);
}

TEST_F(PingReportTest, QuietPrintsOnlyTheSummary) {
  PingReport report = Make(1, false, true);
  Move(report, State::kConnecting, State::kOpen);
  Beat(report, BeatReport::Kind::kSent);
  Beat(report, BeatReport::Kind::kAcked);
  EXPECT_EQ(out.str(), "");
  EXPECT_THAT(Summary(report), HasSubstr("1 acked"));
}

}  // namespace
}  // namespace holter::cli
