// What a peer that means harm can make a session do, and keep, is bounded.
#include "core/watchdog_machine.h"
#include "tests/support/dialect_fixture.h"

namespace holter::core {
namespace {

using holter::testing::DialectFixture;
using holter::testing::EchoBeat;
using holter::testing::Member;
using holter::testing::milliseconds;
using holter::testing::seconds;

class SessionHostile : public DialectFixture {
 protected:
  // A beat that the peer turns on and off.
  void Switched() {
    Name("every", milliseconds(1));
    dialect().captures.push_back({.when = std::nullopt, .values = {Take("every", "/every")}});
    spec().beats.push_back(Computed("app", "50ms if ${every}", "5s"));
  }
  // A watchdog whose counter has to go up by one.
  void Counted() {
    WatchdogSpec watchdog{.name = "feed", .when = Matcher::Anything()};
    watchdog.checks = {{.value = Extractor::Json(*JsonPointer::Parse("/n")).Numeric()}};
    watchdog.within = Expression("1h");
    dialect().watchdogs.push_back(std::move(watchdog));
  }
  // The counter is right, and then it is not.
  int Flap(int times) {
    int transitions = 0;
    for (int i = 0; i < times; ++i) {
      for (const int step : {1, 2}) {
        Message("{\"n\":" + std::to_string(counter_ += step) + "}");
        transitions += Count<Transition>();
      }
    }
    return transitions;
  }

  int counter_ = 0;
};

TEST_F(SessionHostile, TurningABeatOffAndOnDoesNotMakeUsSend) {
  Switched();
  MakeOpenSpec();
  std::vector<std::string> sent;
  for (int i = 0; i < 200; ++i) {
    Message(R"({"every":1})");
    for (const std::string& payload : Sent()) sent.push_back(payload);
    Message(R"({"every":0})");
    EXPECT_EQ(Count<SendAction>(), 0);
    Advance(milliseconds(1));
  }
  EXPECT_EQ(sent, (std::vector<std::string>{"q1", "q2", "q3", "q4", "q5"})) << "one in 50 ms, the second sooner";
}

TEST_F(SessionHostile, ABeatThatIsTurnedOffForLongIsDueAtOnceAndNotMoreOften) {
  Switched();
  MakeOpenSpec();
  Message(R"({"every":1})");
  Message(R"({"every":0})");
  EXPECT_EQ(machine_->NextDeadline(), kNever);
  RunFor(seconds(10));
  EXPECT_EQ(Count<SendAction>(), 0);
  Message(R"({"every":1})");
  EXPECT_EQ(Count<SendAction>(), 1);
  RunFor(milliseconds(49));
  EXPECT_EQ(Count<SendAction>(), 0);
}

TEST_F(SessionHostile, WhatWasAnsweredStaysSoWhenABeatIsTurnedOn) {
  Switched();
  MakeOpenSpec();
  Message(R"({"every":1})");
  Message("a1");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  Message(R"({"every":0})");
  EXPECT_EQ(machine_->health(), Health::kUnknown);
  Message(R"({"every":1})");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
}

TEST_F(SessionHostile, ABeatThatIsTurnedOnHasToBeAnswered) {
  Switched();
  spec().protocol.active = true;
  MakeOpenSpec();
  Pong("1");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  Message(R"({"every":1})");
  EXPECT_EQ(machine_->health(), Health::kUnknown);
  EXPECT_EQ(Status().reason, Reason::kNone) << "no operator has done it";
  EXPECT_EQ(Status().detail, "what the peer has turned on is not answered yet");
}

TEST_F(SessionHostile, HealthChangesSoOftenAndNoMore) {
  Counted();
  MakeOpenSpec();
  EXPECT_EQ(Flap(500), DialectMachine::kMostHealthChanges);
  Advance(seconds(1));
  EXPECT_EQ(Flap(500), DialectMachine::kMostHealthChanges) << "in the next second as many again";
}

TEST_F(SessionHostile, TheLastChangeOfHealthIsToldAfterAll) {
  Counted();
  MakeOpenSpec();
  Flap(500);
  const Health shown = machine_->health();
  Message("{\"n\":" + std::to_string(counter_ += shown == Health::kHealthy ? 2 : 1) + "}");
  EXPECT_EQ(machine_->health(), shown);
  RunFor(seconds(1));
  EXPECT_NE(machine_->health(), shown);
  EXPECT_GT(machine_->NextDeadline(), tick_.now) << "and nothing waits any more";
}

TEST_F(SessionHostile, AChangeThatIsTakenBackIsWaitedForOnce) {
  Counted();
  MakeOpenSpec();
  Flap(500);
  RunFor(seconds(2));
  EXPECT_GT(machine_->NextDeadline(), tick_.now + seconds(60));
}

TEST_F(SessionHostile, OnlyWhatIsSentCounts) {
  BeatSpec beat = EchoBeat("app");
  beat.cadence = {.interval = seconds(1), .timeout = seconds(60), .max_outstanding = 1};
  spec().beats.push_back(beat);
  dialect().answers.push_back({.when = Matcher::Text("ping"), .send = Template("pong")});
  dialect().answers.push_back({.when = Matcher::Text("now"), .beat_now = 0});
  dialect().sends_per_minute = 2;
  MakeOpenSpec();
  RunFor(seconds(5));
  for (int asked = 0; asked < 5; ++asked) Message("now");
  ASSERT_EQ(machine_->state(), State::kOpen) << "there is no room for a beat, so none was sent";
  Message("ping");
  EXPECT_EQ(Count<SendAction>(), 1);
  Message("ping");
  EXPECT_EQ(Status().reason, Reason::kSendBudget);
}

TEST_F(SessionHostile, ABeatThatThePeerWantsIsOneMessage) {
  spec().beats.push_back(EchoBeat("app"));
  dialect().answers.push_back({.when = Matcher::Text("now"), .beat_now = 0});
  dialect().sends_per_minute = 3;
  MakeOpenSpec();
  for (int asked = 0; asked < 2; ++asked) {
    Message("now");
    EXPECT_EQ(Count<SendAction>(), 1);
  }
  Message("now");
  EXPECT_EQ(Status().reason, Reason::kSendBudget);
}

TEST_F(SessionHostile, ABeatBesidesAnAnswerIsLeftOutBeyondTheBudget) {
  spec().beats.push_back(EchoBeat("app"));
  dialect().answers.push_back({.when = Matcher::Text("now"), .send = Template("yes"), .beat_now = 0});
  dialect().sends_per_minute = 2;
  MakeOpenSpec();
  Message("now");
  EXPECT_EQ(Only<SendAction>().payload, "yes");
  EXPECT_EQ(machine_->state(), State::kOpen);
}

TEST_F(SessionHostile, BeatsThatThePeerWantsHaveABound) {
  BeatSpec beat = EchoBeat("keep");
  beat.expect.reset();
  beat.correlate.reset();
  spec().beats.push_back(beat);
  dialect().answers.push_back({.when = Matcher::Text("now"), .beat_now = 0});
  MakeOpenSpec();
  for (int asked = 0; asked < DialectMachine::kMostAnswers; ++asked) Message("now");
  EXPECT_EQ(machine_->state(), State::kOpen);
  Message("now");
  EXPECT_EQ(Status().reason, Reason::kSendBudget);
}

TEST_F(SessionHostile, WhatIsRememberedHasABound) {
  Name("id");
  dialect().open.push_back({.send = std::nullopt, .await = Matcher::Anything(), .capture = {Take("id", "/id")}});
  dialect().open.push_back({.send = Template("${id}"), .await = Matcher::Anything()});
  const auto hello = [](size_t size) { return "{\"id\":\"" + std::string(size, 'x') + "\"}"; };
  MakeOpenSpec();
  Message(hello(Extractor::kLongestValue));
  ASSERT_EQ(Sent().size(), 1u);
  EXPECT_EQ(Sent()[0].size(), Extractor::kLongestValue);
  MakeOpenSpec();
  Message(hello(Extractor::kLongestValue + 1));
  EXPECT_EQ(Status().reason, Reason::kOpenScript);
}

TEST_F(SessionHostile, WhatIsToldApartHasABound) {
  WatchdogSpec watchdog{.name = "feed", .when = Member("/op", "\"hb\"")};
  watchdog.within = Expression("15s");
  watchdog.per = Extractor::Json(*JsonPointer::Parse("/id"));
  dialect().watchdogs.push_back(std::move(watchdog));
  const auto beat = [](size_t size) { return R"({"op":"hb","id":")" + std::string(size, 'x') + "\"}"; };
  MakeOpenSpec();
  Message(beat(WatchdogMachine::kLongestKey + 1));
  EXPECT_EQ(machine_->NextDeadline(), kNever) << "not watched";
  Message(beat(WatchdogMachine::kLongestKey));
  EXPECT_EQ(machine_->NextDeadline(), tick_.now + seconds(15));
}

}  // namespace
}  // namespace holter::core
