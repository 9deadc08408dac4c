// The application's heartbeats.
#include <algorithm>

#include "tests/support/machine_fixture.h"

namespace holter::core {
namespace {

using holter::testing::EchoBeat;
using holter::testing::MachineFixture;
using holter::testing::milliseconds;
using holter::testing::PlainSpec;
using holter::testing::seconds;
using holter::testing::Text;
using Kind = BeatReport::Kind;
using KindList = std::vector<Kind>;

class SessionBeats : public MachineFixture {
 protected:
  // One beat, no pings.
  static SharedSpec With(BeatSpec beat) {
    SharedSpec spec = PlainSpec();
    spec.protocol.active = false;
    spec.beats.push_back(std::move(beat));
    return spec;
  }
  static BeatSpec Uncorrelated() {
    BeatSpec beat = EchoBeat("app");
    beat.send = Text("ping");
    beat.expect = Matcher::Text("pong");
    beat.correlate.reset();
    return beat;
  }
  // Opens and sends until `count` beats are outstanding.
  void Outstanding(const SharedSpec& spec, int count) {
    MakeOpen(spec);
    while (Beat().counters.sent < static_cast<uint32_t>(count)) {
      Advance(machine_->NextDeadline() - tick_.now);
      Timer();
    }
  }
};

TEST_F(SessionBeats, SendsAFrameAndCountsIt) {
  MakeOpen(With(EchoBeat("app")));
  EXPECT_EQ(Only<SendAction>().payload, "q1");
  EXPECT_EQ(Only<SendAction>().kind, FrameKind::kText);
  EXPECT_EQ(Count<PingAction>(), 0);
  EXPECT_TRUE(Only<BeatReport>().app);
  EXPECT_EQ(Status().traffic.messages_out, 1u);
}

TEST_F(SessionBeats, HexGivesABinaryFrame) {
  BeatSpec beat = EchoBeat("app");
  beat.send = *MessageTemplate::FromBytes("01 02");
  beat.expect = Matcher::Bytes("\x03");
  beat.correlate.reset();
  MakeOpen(With(beat));
  EXPECT_EQ(Only<SendAction>().kind, FrameKind::kBinary);
  actions_.clear();
  machine_->OnMessage(tick_, FrameKind::kBinary, "\x03", actions_);
  EXPECT_EQ(Kinds(), KindList{Kind::kAcked});
}

TEST_F(SessionBeats, TheEchoAnswers) {
  MakeOpen(With(EchoBeat("app")));
  Advance(milliseconds(15));
  Message("something else");
  EXPECT_TRUE(actions_.empty());
  Message("a1");
  EXPECT_EQ(Kinds(), KindList{Kind::kAcked});
  EXPECT_EQ(Only<BeatReport>().rtt, milliseconds(15));
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  EXPECT_EQ(Beat().name, "app");
  EXPECT_EQ(Status().traffic.messages_in, 2u);
}

TEST_F(SessionBeats, AWrongEchoIsForeign) {
  MakeOpen(With(EchoBeat("app")));
  Message("a7");
  EXPECT_EQ(Kinds(), KindList{Kind::kForeign});
  Message("a1");
  Message("a1");
  EXPECT_EQ(Kinds(), KindList{Kind::kDuplicate});
  Message("a9");
  EXPECT_EQ(Kinds(), KindList{Kind::kUnsolicited});
  EXPECT_EQ(Beat().counters, (BeatCounters{.sent = 1, .acked = 1, .foreign = 1, .duplicate = 1, .unsolicited = 1}));
}

TEST_F(SessionBeats, EqualIdAnswersThatBeatAlone) {
  BeatSpec beat = EchoBeat("app");
  beat.cadence = {.interval = seconds(1), .timeout = seconds(10)};
  Outstanding(With(beat), 3);
  Message("a3");
  EXPECT_EQ(Kinds(), KindList{Kind::kAcked});
  Message("a1");
  EXPECT_EQ(Kinds(), KindList{Kind::kAcked});
  EXPECT_EQ(Beat().counters.acked, 2u);
  RunFor(seconds(10));
  EXPECT_EQ(machine_->health(), Health::kDown) << "the second was never answered";
}

TEST_F(SessionBeats, EchoesOfTimeAndUuid) {
  for (const Variable variable : {Variable::kUnixMs, Variable::kUuid}) {
    BeatSpec beat = EchoBeat("app");
    beat.send = Text(variable == Variable::kUuid ? "${uuid}" : "${unix_ms}");
    beat.expect = *Matcher::Regex("^re:(.*)$");
    beat.correlate = Correlation{.place = *Extractor::Regex("^re:(.*)$"), .variable = variable};
    MakeOpen(With(beat));
    const std::string sent = Only<SendAction>().payload;
    Message("re:" + sent + "0");
    EXPECT_EQ(Kinds(), KindList{Kind::kForeign});
    Message("re:" + sent);
    EXPECT_EQ(Kinds(), KindList{Kind::kAcked});
  }
}

TEST_F(SessionBeats, JsonTokensAnswerAsText) {
  BeatSpec beat = EchoBeat("app");
  beat.send = *MessageTemplate::FromJson(R"({"op":"ping","id":"${seq}"})");
  beat.expect = *Matcher::Json({{.pointer = *JsonPointer::Parse("/op"), .one_of = {"\"pong\""}}});
  beat.correlate = Correlation{.place = Extractor::Json(*JsonPointer::Parse("/id")), .variable = Variable::kSeq};
  MakeOpen(With(beat));
  EXPECT_EQ(Only<SendAction>().payload, R"({"op":"ping","id":1})");
  Message(R"({"op":"data","id":1})");
  EXPECT_TRUE(actions_.empty());
  Message(R"({"id":"1","op":"pong"})");
  EXPECT_EQ(Kinds(), KindList{Kind::kAcked});
}

TEST_F(SessionBeats, WithoutCorrelationTheOldestIsAnswered) {
  BeatSpec beat = Uncorrelated();
  beat.cadence = {.interval = seconds(1), .timeout = seconds(10)};
  Outstanding(With(beat), 2);
  const Duration since_second{};
  Message("pong");
  ASSERT_EQ(Kinds(), KindList{Kind::kAcked});
  EXPECT_GT(*Only<BeatReport>().rtt, since_second) << "of the first, not of the one just sent";
  Message("pong");
  ASSERT_EQ(Kinds(), KindList{Kind::kAcked});
  EXPECT_EQ(Only<BeatReport>().rtt, Duration::zero());
  Message("pong");
  EXPECT_EQ(Kinds(), KindList{Kind::kUnsolicited});
}

TEST_F(SessionBeats, WithoutCorrelationAnAnswerAfterAMissIsNoSample) {
  BeatSpec beat = Uncorrelated();
  beat.cadence = {.interval = seconds(5), .timeout = seconds(1), .misses_allowed = 2};
  MakeOpen(With(beat));
  RunFor(seconds(1));
  EXPECT_EQ(Beat().counters.missed, 1u);
  while (Beat().counters.sent < 2) {
    Advance(machine_->NextDeadline() - tick_.now);
    Timer();
  }
  Message("pong");
  EXPECT_EQ(Kinds(), KindList{Kind::kAcked});
  EXPECT_FALSE(Only<BeatReport>().rtt.has_value()) << "it may be the late answer to the first";
  Message("pong");
  EXPECT_EQ(Kinds(), KindList{Kind::kLate});
  Message("pong");
  EXPECT_EQ(Kinds(), KindList{Kind::kUnsolicited});
}

TEST_F(SessionBeats, SilenceKillsWithItsOwnReason) {
  MakeOpen(With(EchoBeat("app")));
  RunFor(seconds(4));
  const Transition transition = All<Transition>().back();
  EXPECT_EQ(transition.state, State::kBackoff);
  EXPECT_EQ(transition.reason, Reason::kAppHeartbeat);
  EXPECT_EQ(transition.detail, "no answer to beat \"app\" within 4s (1 missed in a row)");
  EXPECT_EQ(Only<DropAction>().manner, DropAction::Manner::kFarewell);
}

TEST_F(SessionBeats, KeepaliveOnlyHasNoVerdict) {
  BeatSpec beat = EchoBeat("keep");
  beat.expect.reset();
  beat.correlate.reset();
  MakeOpen(With(beat));
  RunFor(seconds(1000));
  EXPECT_EQ(machine_->state(), State::kOpen);
  EXPECT_EQ(machine_->health(), Health::kUnknown);
  EXPECT_EQ(Beat().verdict, Verdict::kKeepaliveOnly);
  EXPECT_GE(Beat().counters.sent, 100u);
  EXPECT_EQ(Beat().counters.missed, 0u);
  Message("a1");
  EXPECT_TRUE(actions_.empty());
}

TEST_F(SessionBeats, EveryBeatHasItsOwnSchedule) {
  SharedSpec spec = PlainSpec();
  spec.protocol.cadence.interval = seconds(7);
  spec.beats.push_back(EchoBeat("one"));
  spec.beats.push_back(EchoBeat("two"));
  spec.beats[1].cadence.first_delay = seconds(2);
  spec.beats[1].send = Text("other");
  spec.beats[1].expect.reset();
  spec.beats[1].correlate.reset();
  MakeOpen(spec);
  EXPECT_EQ(Count<PingAction>(), 1);
  EXPECT_EQ(Count<SendAction>(), 1);
  Pong("1");
  Message("a1");
  RunFor(seconds(2));
  ASSERT_GE(Count<SendAction>(), 1);
  const auto reports = All<BeatReport>();
  EXPECT_TRUE(std::any_of(reports.begin(), reports.end(), [](const BeatReport& r) { return r.app && r.beat == 1; }));
}

TEST_F(SessionBeats, AMessageAnswersTheBeatThatClaimsItBest) {
  SharedSpec spec = With(EchoBeat("one"));
  spec.beats.push_back(EchoBeat("two"));
  spec.beats[1].send = Text("z${uuid}");
  spec.beats[1].expect = *Matcher::Regex("^a(.*)$");
  spec.beats[1].correlate = Correlation{.place = *Extractor::Regex("^a(.*)$"), .variable = Variable::kUuid};
  MakeOpen(spec);
  const std::string uuid = All<SendAction>()[1].payload.substr(1);
  Message("a" + uuid);
  ASSERT_EQ(Kinds(), KindList{Kind::kAcked});
  EXPECT_EQ(Only<BeatReport>().beat, 1);
  Message("a1");
  ASSERT_EQ(Kinds(), KindList{Kind::kAcked}) << "foreign to the second, but the first asked for it";
  EXPECT_EQ(Only<BeatReport>().beat, 0);
}

TEST_F(SessionBeats, OneAnswerDoesNotAnswerTwoBeats) {
  SharedSpec spec = With(Uncorrelated());
  spec.beats.push_back(Uncorrelated());
  spec.beats[1].name = "again";
  MakeOpen(spec);
  Message("pong");
  EXPECT_EQ(Kinds(), KindList{Kind::kAcked});
  Message("pong");
  EXPECT_EQ(Kinds(), KindList{Kind::kAcked});
  EXPECT_EQ(Beat(0).counters.acked, 1u);
  EXPECT_EQ(Beat(1).counters.acked, 1u);
}

TEST_F(SessionBeats, MessagesThatAnswerNothingCostNoAction) {
  SharedSpec spec = With(EchoBeat("app"));
  MakeOpen(spec);
  for (int i = 0; i < 100; ++i) {
    Message(R"({"price":1})");
    EXPECT_TRUE(actions_.empty());
  }
}

}  // namespace
}  // namespace holter::core
