// Beats whose times are computed, that wait for silence or for answers, that are repeated or refused.
#include "tests/support/dialect_fixture.h"

namespace holter::core {
namespace {

using holter::testing::DialectFixture;
using holter::testing::EchoBeat;
using holter::testing::Member;
using holter::testing::milliseconds;
using holter::testing::seconds;
using Kind = BeatReport::Kind;
using KindList = std::vector<Kind>;
using Payloads = std::vector<std::string>;

class SessionCadence : public DialectFixture {
 protected:
  // A beat whose interval the peer says in its hello and may change at any time.
  void Negotiated(std::string_view interval, std::string_view timeout) {
    Name("every", milliseconds(1));
    dialect().captures.push_back({.when = std::nullopt, .values = {Take("every", "/every")}});
    spec().beats.push_back(Computed("app", interval, timeout));
  }
  void Mode(CadenceMode mode) {
    BeatSpec beat = EchoBeat("app");
    beat.cadence.mode = mode;
    beat.cadence.spread = false;
    dialect().idles = true;
    spec().beats.push_back(beat);
    MakeOpenSpec();
    Message("a1");
  }
  Duration UntilNext() const { return machine_->NextDeadline() - tick_.now; }
};

TEST_F(SessionCadence, ABeatWithoutIntervalIsOff) {
  Negotiated("${every}", "interval");
  MakeOpenSpec();
  EXPECT_TRUE(Sent().empty());
  EXPECT_FALSE(Beat().interval.has_value());
  EXPECT_EQ(machine_->NextDeadline(), kNever);
  Message(R"({"every":45000})");
  EXPECT_EQ(Sent(), Payloads{"q1"});
  EXPECT_EQ(Beat().interval, seconds(45));
  EXPECT_EQ(Beat().timeout, seconds(45)) << "before the next";
  Message("a1");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
}

TEST_F(SessionCadence, AnIntervalMayChangeAtAnyTime) {
  Negotiated("${every}", "5s");
  MakeOpenSpec();
  Message(R"({"every":10000})");
  Message("a1");
  RunFor(seconds(10));
  Message("a" + std::to_string(Beat().counters.sent));
  Message(R"({"every":1000})");
  EXPECT_LE(UntilNext(), seconds(1));
  RunFor(seconds(1));
  for (uint32_t sent = 1; sent <= Beat().counters.sent; ++sent) Message("a" + std::to_string(sent));
  Message(R"({"every":3600000})");
  EXPECT_GT(UntilNext(), seconds(3500));
  EXPECT_EQ(machine_->health(), Health::kHealthy);
}

TEST_F(SessionCadence, AZeroMaySwitchOffOnlyWhereTheSpecSaysSo) {
  Negotiated("${every} if ${every}", "5s");
  MakeOpenSpec();
  Message(R"({"every":1000})");
  Message("a1");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  Message(R"({"every":0})");
  EXPECT_FALSE(Beat().interval.has_value());
  EXPECT_EQ(machine_->health(), Health::kUnknown) << "nothing is judged any more";
  EXPECT_EQ(machine_->NextDeadline(), kNever);
}

TEST_F(SessionCadence, HostileIntervalsAreClampedOrNoValue) {
  Negotiated("${every}", "5s");
  MakeOpenSpec();
  Message(R"({"every":0})");
  EXPECT_EQ(Beat().interval, milliseconds(50));
  Message(R"({"every":1e300})");
  EXPECT_EQ(Beat().interval, std::chrono::hours(24));
  for (const std::string_view odd :
       {R"({"every":-1})", R"({"every":"abc"})", R"({"every":null})", R"({"every":[1]})"}) {
    Message(odd);
    EXPECT_EQ(Beat().interval, std::chrono::hours(24)) << odd;
  }
}

TEST_F(SessionCadence, IdleSinceSentIsPutOffByWhatIsSent) {
  dialect().answers.push_back({.when = holter::core::Matcher::Text("ping"), .send = Template("pong")});
  Mode(CadenceMode::kIdleSent);
  EXPECT_EQ(UntilNext(), seconds(10));
  Advance(seconds(6));
  Message("ping");
  EXPECT_EQ(UntilNext(), seconds(10));
  Advance(seconds(1));
  Message("noise");
  EXPECT_EQ(UntilNext(), seconds(9));
}

TEST_F(SessionCadence, IdleSinceReceivedIsPutOffByWhatComes) {
  Mode(CadenceMode::kIdleReceived);
  Advance(seconds(6));
  Message("noise");
  EXPECT_EQ(UntilNext(), seconds(10));
  RunFor(seconds(10));
  EXPECT_EQ(Sent(), Payloads{"q2"});
}

TEST_F(SessionCadence, TheIntervalMayCountFromTheAnswer) {
  BeatSpec beat = EchoBeat("app");
  beat.cadence.mode = CadenceMode::kAfterAnswer;
  spec().beats.push_back(beat);
  MakeOpenSpec();
  Advance(seconds(3));
  Message("a1");
  EXPECT_EQ(UntilNext(), seconds(10));
  RunFor(seconds(10));
  EXPECT_EQ(Sent(), Payloads{"q2"});
}

TEST_F(SessionCadence, WhatStaysUnansweredIsSentAgain) {
  BeatSpec beat = EchoBeat("app");
  beat.cadence = {.interval = seconds(30), .timeout = seconds(6), .retries = {seconds(2), seconds(4)}};
  spec().beats.push_back(beat);
  MakeOpenSpec();
  RunFor(seconds(6));
  EXPECT_EQ(Sent(), Payloads{"q2"});
  RunFor(seconds(2));
  EXPECT_EQ(Sent(), Payloads{"q3"});
  RunFor(seconds(4) - milliseconds(1));
  EXPECT_EQ(machine_->state(), State::kOpen);
  RunFor(milliseconds(1));
  EXPECT_EQ(Status().reason, Reason::kAppHeartbeat);
  EXPECT_EQ(Beat().counters.missed, 1u) << "the ladder is one beat";
}

TEST_F(SessionCadence, AnyRungOfTheLadderMayBeAnswered) {
  BeatSpec beat = EchoBeat("app");
  beat.cadence = {.interval = seconds(30), .timeout = seconds(6), .retries = {seconds(2)}};
  spec().beats.push_back(beat);
  MakeOpenSpec();
  RunFor(seconds(7));
  Message("a1");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  RunFor(seconds(5));
  EXPECT_EQ(machine_->state(), State::kOpen) << "the copy needs no answer any more";
}

// The answer that the interval would count from never comes, and copies were out that nobody waits for any more.
TEST_F(SessionCadence, AfterALadderThatWasMissedThereIsANextBeat) {
  BeatSpec beat = EchoBeat("app");
  beat.cadence = {.interval = seconds(10),
                  .timeout = seconds(2),
                  .misses_allowed = 1,
                  .mode = CadenceMode::kAfterAnswer,
                  .retries = {seconds(2)}};
  spec().beats.push_back(beat);
  MakeOpenSpec();
  RunFor(seconds(4));
  EXPECT_EQ(Beat().counters.missed, 1u);
  EXPECT_EQ(UntilNext(), seconds(10));
  RunFor(seconds(10));
  EXPECT_EQ(Sent(), Payloads{"q3"});
  Message("a3");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  EXPECT_EQ(UntilNext(), seconds(10));
}

TEST_F(SessionCadence, AFreshBeatAfterAnExcuseHasTheWholeLadder) {
  BeatSpec beat = EchoBeat("app");
  beat.cadence = {.interval = seconds(30), .timeout = seconds(6), .spread = false, .retries = {seconds(2), seconds(4)}};
  spec().beats.push_back(beat);
  MakeOpenSpec();
  RunFor(seconds(8));
  EXPECT_EQ(Sent(), (Payloads{"q2", "q3"}));
  Stall(seconds(60));
  Timer();
  EXPECT_EQ(Sent(), Payloads{"q4"});
  RunFor(seconds(8));
  EXPECT_EQ(Sent(), (Payloads{"q5", "q6"}));
  RunFor(seconds(4) - milliseconds(1));
  EXPECT_EQ(machine_->state(), State::kOpen);
  RunFor(milliseconds(1));
  EXPECT_EQ(Status().reason, Reason::kAppHeartbeat);
}

TEST_F(SessionCadence, ACopyThatMayNotBeSentHasItsTimeNevertheless) {
  BeatSpec beat = EchoBeat("app");
  beat.cadence = {.interval = seconds(30), .timeout = seconds(6), .spread = false, .retries = {seconds(2), seconds(4)}};
  spec().beats.push_back(beat);
  dialect().sends_per_minute = 1;
  MakeOpenSpec();
  RunFor(seconds(12) - milliseconds(1));
  EXPECT_TRUE(Sent().empty());
  EXPECT_EQ(machine_->state(), State::kOpen);
  EXPECT_EQ(UntilNext(), milliseconds(1));
  RunFor(milliseconds(1));
  EXPECT_EQ(Status().reason, Reason::kAppHeartbeat);
  EXPECT_EQ(Beat().counters.sent, 1u);
}

TEST_F(SessionCadence, FewMayBeOutstanding) {
  BeatSpec beat = EchoBeat("app");
  beat.cadence = {.interval = seconds(1), .timeout = seconds(60), .max_outstanding = 2};
  spec().beats.push_back(beat);
  MakeOpenSpec();
  RunFor(seconds(30));
  EXPECT_EQ(Beat().counters.sent, 2u);
}

TEST_F(SessionCadence, ANoIsDeath) {
  BeatSpec beat = EchoBeat("app");
  beat.refused = Member("/error", "458");
  beat.correlate.reset();
  spec().beats.push_back(beat);
  MakeOpenSpec();
  Message(R"({"error":458})");
  EXPECT_EQ(Status().reason, Reason::kAppHeartbeat);
  EXPECT_EQ(Status().detail, "the peer refuses beat \"app\"");
}

TEST_F(SessionCadence, ANoWithoutQuestionMeansNothing) {
  BeatSpec beat = EchoBeat("app");
  beat.refused = Member("/error", "458");
  spec().beats.push_back(beat);
  MakeOpenSpec();
  Message("a1");
  Message(R"({"error":458})");
  EXPECT_EQ(machine_->state(), State::kOpen);
}

// Slack's RTM answers with any event that replies to the ping or to a later message.
TEST_F(SessionCadence, AtLeastAnswersAllUpToTheNumber) {
  BeatSpec beat = EchoBeat("app");
  beat.cadence = {.interval = seconds(1), .timeout = seconds(30)};
  beat.expect = *Matcher::Json({{.pointer = *JsonPointer::Parse("/reply_to"), .type = JsonType::kNumber}});
  beat.correlate = Correlation{
      .place = Extractor::Json(*JsonPointer::Parse("/reply_to")), .variable = Variable::kSeq, .at_least = true};
  spec().beats.push_back(beat);
  MakeOpenSpec();
  while (Beat().counters.sent < 3) RunFor(seconds(1));
  Message(R"({"reply_to":2})");
  EXPECT_EQ(Kinds(), (KindList{Kind::kAcked, Kind::kAcked}));
  Message(R"({"reply_to":99})");
  EXPECT_EQ(Kinds(), KindList{Kind::kAcked});
}

// A ring keeps fewer bits of a number than nanoseconds since 1970 have.
TEST_F(SessionCadence, NanosecondsAreComparedAsNumbers) {
  BeatSpec beat = EchoBeat("app");
  beat.cadence = {.interval = seconds(1), .timeout = seconds(30), .spread = false};
  beat.send = Template("${unix_ns}");
  beat.expect = Matcher::Anything();
  beat.correlate = Correlation{.place = *Extractor::Regex("[0-9]+"), .variable = Variable::kUnixNs, .at_least = true};
  spec().beats.push_back(beat);
  tick_.wall = WallTime(std::chrono::seconds(1'790'000'000));
  MakeOpenSpec();
  RunFor(seconds(2));
  const int64_t second = (tick_.wall.time_since_epoch() - seconds(1)).count();
  Message(std::to_string(second - 1'000'000));
  EXPECT_EQ(Beat().counters.acked, 1u) << "the first, not the one that was sent after that time";
  Message(std::to_string(second));
  EXPECT_EQ(Beat().counters.acked, 2u);
  Message("18446744073709551615");
  EXPECT_EQ(Beat().counters.acked, 3u);
}

}  // namespace
}  // namespace holter::core
