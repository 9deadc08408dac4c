#include "spec/heartbeat.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/spec/spec_text.h"

namespace holter::spec {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Pair;

TEST(ProtocolHeartbeatTest, ModesAndAnswers) {
  EXPECT_TRUE(Compiled("protocol_heartbeat { mode: MODE_ACTIVE }")->protocol.active);
  EXPECT_FALSE(Compiled("protocol_heartbeat { mode: MODE_OFF }")->protocol.active);
  EXPECT_EQ(Compiled("protocol_heartbeat { answer: ANSWER_EXACT_ECHO }")->protocol.answer, core::PongRule::kExactEcho);
  EXPECT_EQ(Compiled("protocol_heartbeat { answer: ANSWER_ANY_PONG }")->protocol.answer, core::PongRule::kAnyPong);
  EXPECT_EQ(Compiled("protocol_heartbeat { answer: ANSWER_ANY_INBOUND }")->protocol.answer,
            core::PongRule::kAnyInbound);
}

TEST(ProtocolHeartbeatTest, UnknownEnumNumbersAreRefused) {
  v1::SessionSpec spec = SpecOf("");
  spec.mutable_protocol_heartbeat()->set_mode(static_cast<v1::ProtocolHeartbeat::Mode>(7));
  spec.mutable_protocol_heartbeat()->set_answer(static_cast<v1::ProtocolHeartbeat::Answer>(-1));
  EXPECT_THAT(ComplaintsAbout(spec), ElementsAre(Pair("session.spec.protocol_heartbeat.answer",
                                                      HasSubstr("EXACT_ECHO, ANY_PONG, ANY_INBOUND")),
                                                 Pair("session.spec.protocol_heartbeat.mode", HasSubstr("7"))));
}

TEST(ProtocolHeartbeatTest, PayloadHasAtMost125BytesExpanded) {
  EXPECT_THAT(ComplaintsAbout("protocol_heartbeat { payload: '" + std::string(125, 'a') + "' }"), IsEmpty());
  EXPECT_THAT(ComplaintsAbout("protocol_heartbeat { payload: '" + std::string(126, 'a') + "' }"),
              ElementsAre(Pair("session.spec.protocol_heartbeat.payload", AllOf(HasSubstr("125"), HasSubstr("126")))));
  EXPECT_THAT(ComplaintsAbout("protocol_heartbeat { payload: '${uuid}${uuid}${uuid}${uuid}' }"),
              ElementsAre(Key("session.spec.protocol_heartbeat.payload")));
  EXPECT_THAT(ComplaintsAbout("protocol_heartbeat { payload: '${nonsense}' }"),
              ElementsAre(Pair("session.spec.protocol_heartbeat.payload", HasSubstr("nonsense"))));
}

TEST(ProtocolHeartbeatTest, Misses) {
  EXPECT_EQ(Compiled("protocol_heartbeat { misses_allowed: 100 }")->protocol.cadence.misses_allowed, 100);
  for (const std::string bad : {"-1", "101"}) {
    EXPECT_THAT(ComplaintsAbout("protocol_heartbeat { misses_allowed: " + bad + " }"),
                ElementsAre(Pair("session.spec.protocol_heartbeat.misses_allowed", HasSubstr(bad))));
  }
}

TEST(BeatTest, DefaultsOfTheProtoComments) {
  const auto shared = Compiled("beats { name: 'a' send { text: 'x' } }");
  ASSERT_EQ(shared->beats.size(), 1u);
  const core::BeatSpec& beat = shared->beats[0];
  EXPECT_EQ(beat.name, "a");
  EXPECT_EQ(beat.cadence.interval, std::chrono::seconds(30));
  EXPECT_EQ(beat.cadence.timeout, std::chrono::seconds(10));
  EXPECT_EQ(beat.cadence.first_delay, Duration::zero());
  EXPECT_EQ(beat.cadence.misses_allowed, 0);
  EXPECT_FALSE(beat.expect.has_value());
  EXPECT_FALSE(beat.correlate.has_value());
}

TEST(BeatTest, NamesHaveAFormAndAreUnique) {
  const auto with_name = [](const std::string& name) { return "beats { name: '" + name + "' send { text: 'x' } } "; };
  EXPECT_THAT(ComplaintsAbout(with_name("a" + std::string(30, '9')) + with_name("op-ping")), IsEmpty());
  for (const std::string bad : {"", "A", "9a", "-a", "a_b", "a b", "protocol"}) {
    EXPECT_THAT(ComplaintsAbout(with_name(bad)), ElementsAre(Key("session.spec.beats[0].name"))) << bad;
  }
  EXPECT_THAT(ComplaintsAbout(with_name(std::string(32, 'a'))), ElementsAre(Key("session.spec.beats[0].name")));
  EXPECT_THAT(ComplaintsAbout(with_name("a") + with_name("b") + with_name("a")),
              ElementsAre(Pair("session.spec.beats[2].name", HasSubstr("another beat"))));
}

TEST(BeatTest, AtMostEight) {
  std::string text;
  for (int i = 0; i < 8; ++i) {
    text += fmt::format("beats {{ name: 'b{}' send {{ text: 'x' }} }} ", i);
  }
  EXPECT_THAT(ComplaintsAbout(text), IsEmpty());
  EXPECT_THAT(ComplaintsAbout(text + "beats { name: 'z' send { text: 'x' } }"), ElementsAre(Key("session.spec.beats")));
}

TEST(BeatTest, SendIsRequired) {
  EXPECT_THAT(ComplaintsAbout("beats { name: 'a' }"), ElementsAre(Pair("session.spec.beats[0].send", "required")));
}

TEST(BeatTest, Misses) {
  EXPECT_EQ(Compiled("beats { name: 'a' send { text: 'x' } misses_allowed: 3 }")->beats.at(0).cadence.misses_allowed,
            3);
  for (const std::string bad : {"-1", "101"}) {
    EXPECT_THAT(ComplaintsAbout("beats { name: 'a' send { text: 'x' } misses_allowed: " + bad + " }"),
                ElementsAre(Key("session.spec.beats[0].misses_allowed")));
  }
}

}  // namespace
}  // namespace holter::spec
