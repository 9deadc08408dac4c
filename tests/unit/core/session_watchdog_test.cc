// What has to be heard.
#include "core/watchdog_machine.h"
#include "tests/support/dialect_fixture.h"

namespace holter::core {
namespace {

using holter::testing::DialectFixture;
using holter::testing::EchoBeat;
using holter::testing::Member;
using holter::testing::milliseconds;
using holter::testing::seconds;

class SessionWatchdog : public DialectFixture {
 protected:
  WatchdogSpec& Add(Matcher when, std::string_view within, std::string_view degraded_after = {}) {
    WatchdogSpec watchdog{.name = "feed", .when = std::move(when)};
    if (!within.empty()) watchdog.within = Expression(within);
    if (!degraded_after.empty()) watchdog.degraded_after = Expression(degraded_after);
    dialect().watchdogs.push_back(std::move(watchdog));
    return dialect().watchdogs.back();
  }
  // One whose time the peer says, and may change or take back.
  WatchdogSpec& Negotiated(std::string_view within, std::string_view degraded_after = {}) {
    Name("every", milliseconds(1));
    dialect().captures.push_back({.when = std::nullopt, .values = {Take("every", "/every")}});
    return Add(*Matcher::Regex("^beat$|\"n\""), within, degraded_after);
  }
  WatchdogStatus Dog() const { return Status().watchdogs.at(0); }
  static CheckSpec Check(CheckSpec::Rule rule) {
    return {.rule = rule, .value = Extractor::Json(*JsonPointer::Parse("/n")).Numeric()};
  }
};

TEST_F(SessionWatchdog, WhatItHearsIsProofOfLife) {
  Add(Matcher::Text("beat"), "5s");
  MakeOpenSpec();
  EXPECT_EQ(machine_->health(), Health::kUnknown);
  Message("noise");
  EXPECT_EQ(machine_->health(), Health::kUnknown);
  Message("beat");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  EXPECT_EQ(Status().last_alive, tick_.now);
  EXPECT_EQ(Dog().matches, 1u);
  EXPECT_EQ(Dog().last_match, tick_.now);
}

TEST_F(SessionWatchdog, SilenceIsDeath) {
  Add(Matcher::Text("beat"), "5s");
  MakeOpenSpec();
  Message("beat");
  RunFor(seconds(4));
  Message("beat");
  RunFor(seconds(5) - milliseconds(1));
  EXPECT_EQ(machine_->state(), State::kOpen);
  EXPECT_TRUE(machine_->VerdictDue(tick_.now + milliseconds(1)));
  RunFor(milliseconds(1));
  EXPECT_EQ(Status().reason, Reason::kWatchdog);
  EXPECT_EQ(Status().detail, "watchdog \"feed\" heard nothing for 5s");
  EXPECT_EQ(Status().path, Path::kPeer);
  EXPECT_EQ(Dog().verdict, Verdict::kDead) << "to be seen until the next connection";
}

TEST_F(SessionWatchdog, SilenceFromTheBeginningToo) {
  Add(Matcher::Text("beat"), "5s");
  MakeOpenSpec();
  RunFor(seconds(5));
  EXPECT_EQ(Status().reason, Reason::kWatchdog);
}

TEST_F(SessionWatchdog, TwoLevels) {
  Add(Matcher::Text("beat"), "15s", "1500ms");
  MakeOpenSpec();
  Message("beat");
  RunFor(milliseconds(1500));
  EXPECT_EQ(machine_->health(), Health::kDegraded);
  EXPECT_EQ(Status().reason, Reason::kWatchdog);
  Message("beat");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  EXPECT_EQ(Status().reason, Reason::kNone);
}

TEST_F(SessionWatchdog, TimeInWhichWeStoodStillBeginsAnew) {
  Add(Matcher::Text("beat"), "5s");
  MakeOpenSpec();
  Message("beat");
  for (int stall = 0; stall < WatchdogMachine::kMostExcuses; ++stall) {
    Stall(seconds(60));
    Timer();
    ASSERT_EQ(machine_->state(), State::kOpen) << stall;
  }
  Stall(seconds(60));
  Timer();
  EXPECT_EQ(machine_->state(), State::kBackoff) << "a machine that stutters would keep dead peers alive";
}

TEST_F(SessionWatchdog, CountsFromTheEndOfTheScript) {
  Add(Matcher::Text("beat"), "5s");
  dialect().open.push_back({.send = std::nullopt, .await = Matcher::Text("ready")});
  MakeOpenSpec();
  RunFor(seconds(8));
  Message("ready");
  RunFor(seconds(4));
  EXPECT_EQ(machine_->state(), State::kOpen);
  RunFor(seconds(1));
  EXPECT_EQ(Status().reason, Reason::kWatchdog);
}

TEST_F(SessionWatchdog, ItsTimeMayComeFromThePeer) {
  Name("every", milliseconds(1));
  Name("grace", milliseconds(1));
  dialect().open.push_back({.send = std::nullopt,
                            .await = Matcher::Anything(),
                            .capture = {Take("every", "/pingInterval"), Take("grace", "/pingTimeout")}});
  Add(Matcher::Text("2"), "${every} + ${grace}");
  MakeOpenSpec();
  Message(R"({"pingInterval":300,"pingTimeout":200})");
  Message("2");
  RunFor(milliseconds(499));
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  RunFor(milliseconds(1));
  EXPECT_EQ(machine_->health(), Health::kDown);
}

TEST_F(SessionWatchdog, WhatIsTurnedOnLateCountsFromThen) {
  Negotiated("${every}");
  spec().protocol.active = true;
  MakeOpenSpec();
  Pong("1");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  Advance(seconds(9));
  Message(R"({"every":5000})");
  EXPECT_EQ(machine_->health(), Health::kUnknown) << "it has not heard anything yet";
  Timer();
  EXPECT_EQ(machine_->state(), State::kOpen);
  Message("beat");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
}

TEST_F(SessionWatchdog, WhatIsTurnedOnAgainCountsFromThen) {
  Negotiated("${every} if ${every}").checks = {Check(CheckSpec::Rule::kGrowing)};
  MakeOpenSpec();
  Message(R"({"every":5000,"n":1})");
  RunFor(seconds(4));
  Message(R"({"every":0})");
  RunFor(seconds(60));
  Message(R"({"every":5000})");
  Message(R"({"n":1})");
  EXPECT_EQ(Dog().violations, 0u) << "it has not had its time to grow";
  RunFor(seconds(5) - milliseconds(1));
  EXPECT_EQ(machine_->state(), State::kOpen);
  RunFor(milliseconds(1));
  EXPECT_EQ(Status().reason, Reason::kWatchdog);
}

TEST_F(SessionWatchdog, WhatIsTurnedOffJudgesNothing) {
  Negotiated("${every} if ${every}", "1s");
  MakeOpenSpec();
  Message(R"({"every":5000})");
  Message("beat");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  Message(R"({"every":0})");
  EXPECT_EQ(machine_->health(), Health::kUnknown);
  Message(R"({"every":5000})");
  RunFor(seconds(1));
  EXPECT_EQ(machine_->health(), Health::kDegraded);
  Message(R"({"every":0})");
  EXPECT_EQ(machine_->health(), Health::kUnknown);
  EXPECT_EQ(Dog().verdict, Verdict::kAlive);
}

TEST_F(SessionWatchdog, TheProtocolMayBeFineAndTheFeedDead) {
  Add(Matcher::Text("tick"), "5s");
  spec().protocol.active = true;
  MakeOpenSpec();
  Pong("1");
  EXPECT_EQ(machine_->health(), Health::kUnknown);
  Message("tick");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  RunFor(seconds(5));
  EXPECT_EQ(Status().reason, Reason::kWatchdog);
  EXPECT_EQ(Beat(0).verdict, Verdict::kUnknown);
}

TEST_F(SessionWatchdog, PingsOfThePeerMayBeTheBeat) {
  MatcherParts parts;
  parts.frame = MatchedFrame::kPing;
  Add(*Matcher::Compile(std::move(parts)), "5s");
  MakeOpenSpec();
  actions_.clear();
  machine_->OnPing(tick_, "1700000000", actions_);
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  RunFor(seconds(5));
  EXPECT_EQ(Status().reason, Reason::kWatchdog);
}

TEST_F(SessionWatchdog, AGapInACounterIsALostMessage) {
  Add(Matcher::Anything(), "").checks = {Check(CheckSpec::Rule::kStep)};
  spec().beats.push_back(EchoBeat("app"));
  MakeOpenSpec();
  Message("a1");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  Message(R"({"n":17})");
  Message(R"({"n":"18"})");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  Message(R"({"n":20})");
  EXPECT_EQ(machine_->health(), Health::kDegraded);
  EXPECT_EQ(Status().detail, "watchdog \"feed\": a counter went from 18 to 20, expected 19");
  EXPECT_EQ(Dog().violations, 1u);
  Message(R"({"n":21})");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
}

TEST_F(SessionWatchdog, AFailedCheckMayBeDeadly) {
  WatchdogSpec& watchdog = Add(Matcher::Anything(), "");
  watchdog.checks = {Check(CheckSpec::Rule::kStep)};
  watchdog.checks[0].deadly = true;
  MakeOpenSpec();
  Message(R"({"n":1})");
  Message(R"({"n":3})");
  EXPECT_EQ(machine_->state(), State::kBackoff);
  EXPECT_EQ(Status().reason, Reason::kWatchdog);
}

TEST_F(SessionWatchdog, AHeadHasToGrow) {
  Add(Matcher::Anything(), "10s").checks = {Check(CheckSpec::Rule::kGrowing)};
  MakeOpenSpec();
  Message(R"({"n":100})");
  for (int i = 0; i < 3; ++i) {
    RunFor(seconds(4));
    Message(R"({"n":100})");
  }
  EXPECT_EQ(Status().detail, "watchdog \"feed\": a value has not grown for 10s");
  Message(R"({"n":101})");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  Message(R"({"n":99})");
  EXPECT_EQ(Status().detail, "watchdog \"feed\": a value fell from 101 to 99");
}

TEST_F(SessionWatchdog, TimesHaveToBeFresh) {
  WatchdogSpec& watchdog = Add(Matcher::Anything(), "60s");
  watchdog.checks = {Check(CheckSpec::Rule::kFresh)};
  watchdog.checks[0].unit = milliseconds(1);
  watchdog.checks[0].fresher_than = seconds(5);
  MakeOpenSpec();
  Message(R"({"n":1700000000000})");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  Advance(seconds(6));
  Message(R"({"n":1700000000000})");
  EXPECT_EQ(machine_->health(), Health::kDegraded);
  EXPECT_EQ(Status().detail, "watchdog \"feed\": a time is older than 5s");
}

TEST_F(SessionWatchdog, OneForEachChannel) {
  Add(Member("/1", "\"hb\""), "15s").per = Extractor::Json(*JsonPointer::Parse("/0"));
  MakeOpenSpec();
  Message(R"([1,"hb"])");
  RunFor(seconds(5));
  Message(R"([2,"hb"])");
  RunFor(seconds(5));
  Message(R"([2,"hb"])");
  RunFor(seconds(5));
  EXPECT_EQ(Status().reason, Reason::kWatchdog) << "the first is silent";
}

TEST_F(SessionWatchdog, ChannelsAreBounded) {
  Add(Member("/1", "\"hb\""), "15s").per = Extractor::Json(*JsonPointer::Parse("/0"));
  MakeOpenSpec();
  for (int channel = 0; channel < 1000; ++channel) Message("[" + std::to_string(channel) + ",\"hb\"]");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  EXPECT_EQ(Dog().matches, 1000u);
}

TEST_F(SessionWatchdog, NothingIsWaitedForBeforeTheFirstChannel) {
  Add(Member("/1", "\"hb\""), "15s").per = Extractor::Json(*JsonPointer::Parse("/0"));
  spec().beats.push_back(EchoBeat("app"));
  MakeOpenSpec();
  Message("a1");
  EXPECT_EQ(machine_->health(), Health::kHealthy) << "a channel that nobody has subscribed to is not silent";
  Message(R"({"1":"hb"})");
  EXPECT_EQ(machine_->health(), Health::kHealthy) << "of no channel";
  Message(R"([1,"hb"])");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  EXPECT_EQ(Dog().verdict, Verdict::kAlive);
}

TEST_F(SessionWatchdog, AloneItIsNotJudgedWithoutAChannel) {
  Add(Member("/1", "\"hb\""), "15s").per = Extractor::Json(*JsonPointer::Parse("/0"));
  MakeOpenSpec();
  EXPECT_EQ(machine_->health(), Health::kUnknown);
  RunFor(seconds(60));
  EXPECT_EQ(machine_->state(), State::kOpen);
  Message(R"([1,"hb"])");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  RunFor(seconds(15));
  EXPECT_EQ(machine_->health(), Health::kDown);
  RunFor(seconds(2));
  Open();
  EXPECT_EQ(machine_->health(), Health::kUnknown) << "there is nothing that could prove life";
}

TEST_F(SessionWatchdog, AChannelThatIsGoneIsForgotten) {
  WatchdogSpec& watchdog = Add(Member("/1", "\"hb\""), "15s", "12s");
  watchdog.per = Extractor::Json(*JsonPointer::Parse("/0"));
  watchdog.gone = {.when = Member("/event", "\"unsubscribed\""),
                   .value = Extractor::Json(*JsonPointer::Parse("/chanId"))};
  MakeOpenSpec();
  Message(R"([1,"hb"])");
  Message(R"([2,"hb"])");
  RunFor(seconds(10));
  Message(R"([2,"hb"])");
  RunFor(seconds(2));
  EXPECT_EQ(machine_->health(), Health::kDegraded) << "the first is late";
  Message(R"({"event":"unsubscribed","chanId":3})");
  EXPECT_EQ(machine_->health(), Health::kDegraded) << "another one";
  Message(R"({"event":"unsubscribed"})");
  Message(R"({"event":"unsubscribed","chanId":1})");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  RunFor(seconds(10));
  Message(R"([2,"hb"])");
  EXPECT_EQ(machine_->state(), State::kOpen) << "nobody waits for the first";
  Message(R"({"event":"unsubscribed","chanId":2})");
  EXPECT_EQ(machine_->health(), Health::kUnknown) << "nothing is left that could prove life";
  RunFor(seconds(60));
  EXPECT_EQ(machine_->state(), State::kOpen);
  Message(R"([1,"hb"])");
  EXPECT_EQ(machine_->health(), Health::kHealthy) << "heard again";
  RunFor(seconds(15));
  EXPECT_EQ(Status().reason, Reason::kWatchdog);
}

TEST_F(SessionWatchdog, ChannelsThatAreGoneMakeRoom) {
  WatchdogSpec& watchdog = Add(Matcher::Anything(), "15s");
  watchdog.per = Extractor::Json(*JsonPointer::Parse("/sub"));
  watchdog.gone = {.when = Matcher::Anything(), .value = Extractor::Json(*JsonPointer::Parse("/unsub"))};
  MakeOpenSpec();
  for (int channel = 0; channel < 1000; ++channel) {
    Message("{\"sub\":" + std::to_string(channel) + "}");
    Message("{\"unsub\":" + std::to_string(channel) + "}");
  }
  Message(R"({"sub":"last"})");
  RunFor(seconds(1));  // so many changes of health are not told at once
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  RunFor(seconds(14));
  EXPECT_EQ(Status().detail, "watchdog \"feed\" heard nothing of one of 1 for 15s");
}

TEST_F(SessionWatchdog, EveryMessageItWaitsForProvesLife) {
  Add(Matcher::Text("beat"), "5s");
  MakeOpenSpec();
  Message("beat");
  RunFor(seconds(4));
  Message("beat");
  EXPECT_EQ(Status().last_alive, tick_.now);
  RunFor(seconds(1));
  Message("noise");
  EXPECT_EQ(Status().last_alive, tick_.now - seconds(1));
}

}  // namespace
}  // namespace holter::core
