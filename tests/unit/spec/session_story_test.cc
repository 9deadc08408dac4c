// Why a session is as it is, in words.
#include "spec/session_story.h"

#include <gmock/gmock.h>

#include <set>

#include "spec/words.h"
#include "tests/support/silent_session.h"

namespace holter::spec {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

const StoryTime kNow{.now = WallTime(std::chrono::seconds(1'800'000'000)), .zone = absl::UTCTimeZone()};

TEST(StoryTest, ASilentApplicationIsBlamedWithItsEvidence) {
  EXPECT_EQ(
      WhySentence("feed-1", holter::testing::SilentSession(), kNow),
      "feed-1 is DOWN: the peer does not answer op-ping (3 missed in a row); TCP acknowledged our bytes, so it is the "
      "program, not the network; last alive 3m ago.");
  const auto lines = EvidenceLines(holter::testing::SilentSession(), kNow);
  EXPECT_THAT(lines, Contains("holterd says: no answer to op-ping within 1s"));
  EXPECT_THAT(lines, Contains("op-ping: dead, 10 sent, 7 acked, 3 missed"));
}

TEST(StoryTest, ShownValuesAreEvidence) {
  v1::Session session = holter::testing::SilentSession();
  (*session.mutable_status()->mutable_values())["session_id"] = "AQoQ\x1b[2J";
  EXPECT_THAT(EvidenceLines(session, kNow), Contains(AllOf(HasSubstr("session_id: \"AQoQ"), Not(HasSubstr("\x1b")))));
}

TEST(StoryTest, EveryReasonHasItsOwnWords) {
  std::set<std::string> sentences;
  v1::Session session = holter::testing::SilentSession();
  session.mutable_status()->clear_beats();
  for (int reason = 1; reason <= v1::Reason_MAX; ++reason) {
    session.mutable_status()->set_reason(static_cast<v1::Reason>(reason));
    const std::string sentence = WhySentence("s", session, kNow);
    EXPECT_THAT(sentence, Not(HasSubstr("nothing has proved"))) << v1::Reason_Name(session.status().reason());
    EXPECT_TRUE(sentences.insert(sentence).second) << sentence;
  }
}

TEST(StoryTest, NumbersOfThePeerAreSaid) {
  v1::Session session = holter::testing::SilentSession();
  session.mutable_status()->set_reason(v1::REASON_UPGRADE_STATUS);
  session.mutable_status()->set_last_http_status(503);
  EXPECT_THAT(WhySentence("s", session, kNow), HasSubstr("HTTP status 503"));
  session.mutable_status()->set_reason(v1::REASON_PEER_CLOSED);
  session.mutable_status()->set_last_close_code(4001);
  EXPECT_THAT(WhySentence("s", session, kNow), HasSubstr("code 4001"));
  session.mutable_status()->set_state(v1::STATE_STOPPED);
  EXPECT_THAT(WhySentence("s", session, kNow), HasSubstr("never again"));
}

TEST(StoryTest, WhatIsNotDownIsSaidAsWell) {
  v1::Session session = holter::testing::SilentSession();
  session.mutable_status()->set_health(v1::HEALTH_HEALTHY);
  EXPECT_EQ(WhySentence("s", session, kNow), "s is HEALTHY: every heartbeat is answered, last alive 3m ago.");
  session.mutable_status()->set_health(v1::HEALTH_DEGRADED);
  session.mutable_status()->mutable_beats(0)->set_verdict(v1::BeatStatus::VERDICT_LATE);
  EXPECT_THAT(WhySentence("s", session, kNow), HasSubstr("op-ping (3 missed in a row)"));
  session.mutable_status()->set_health(v1::HEALTH_UNKNOWN);
  EXPECT_THAT(WhySentence("s", session, kNow), HasSubstr("not connected yet"));
  session.mutable_status()->set_state(v1::STATE_OPEN);
  EXPECT_THAT(WhySentence("s", session, kNow), HasSubstr("it is connected"));
  session.mutable_status()->set_state(v1::STATE_PAUSED);
  EXPECT_THAT(WhySentence("s", session, kNow), HasSubstr("s is PAUSED: it has no connection"));
}

TEST(StoryTest, AWatchdogThatWarnsIsNamed) {
  v1::Session session = holter::testing::SilentSession();
  session.mutable_status()->set_health(v1::HEALTH_DEGRADED);
  session.mutable_status()->set_reason(v1::REASON_WATCHDOG);
  for (const char* name : {"ticks", "trades", "calm"}) {
    v1::WatchdogStatus& watchdog = *session.mutable_status()->add_watchdogs();
    watchdog.set_name(name);
    watchdog.set_verdict(v1::BeatStatus::VERDICT_LATE);
  }
  session.mutable_status()->mutable_watchdogs(2)->set_verdict(v1::BeatStatus::VERDICT_ALIVE);
  EXPECT_THAT(WhySentence("s", session, kNow),
              HasSubstr("not heard in time, or not as it should be: ticks and trades."));
}

TEST(StoryTest, ThePeersWordsSteerNoTerminal) {
  v1::Session session = holter::testing::SilentSession();
  session.mutable_status()->set_detail("1000 \x1b[2Jbye");
  EXPECT_THAT(EvidenceLines(session, kNow), ::testing::Contains("holterd says: 1000 \\x1b[2Jbye"));
}

TEST(StoryTest, TimesAreOfTheZone) {
  v1::Session session = holter::testing::SilentSession();
  session.mutable_status()->mutable_health_time()->set_seconds(1'800'000'000 - 180);
  EXPECT_THAT(WhySentence("s", session, kNow), HasSubstr("s is DOWN (since 2027-01-15 07:57:00.000): "));
}

TEST(StoryTest, AVerdictIsAWord) { EXPECT_EQ(VerdictWord(v1::BeatStatus::VERDICT_KEEPALIVE_ONLY), "keepalive_only"); }

}  // namespace
}  // namespace holter::spec
