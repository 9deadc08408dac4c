// What a session says is merged over its preset: presets of the test's own.
#include "spec/preset_merge.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "spec/preset_variables.h"
#include "spec/yaml.h"

namespace holter::spec {
namespace {

using google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr PresetFile kFiles[] = {{"chat", R"(
name: chat
spec:
  url: wss://chat.example.org/${room}
  headers: [{name: X-Client, value: holter}]
  subprotocols: [chat.v2, chat.v1]
  protocol_heartbeat: {mode: OFF}
  reconnect: {factor: 3, max_delay: 30s}
  limits: {never_send: true, message_bytes: 4096}
  beats:
  - {name: ping, interval: "${every}", timeout: 5s, send: {json: {op: ping}}, expect: {json: [{pointer: /op, equals: pong}]}}
  - {name: idle, interval: 1m, send: {text: " "}}
  answers:
  - {when: {text: "?"}, send: {text: "!"}, only_if: polite}
  watchdogs:
  - {name: ticks, when: {prefix: t}, within: 30s, degraded_after: 10s}
parameters:
- {name: room, description: Which room to enter.}
- {name: every, description: How often., default_value: 20s}
- {name: polite, description: Whether to answer., default_value: "1"}
- {name: spare, description: Not used by anything., default_value: x}
)"},
                                 {"chat-old", "name: chat-old\nspec: {url: \"ws://old.example.org/\"}\n"},
                                 {"broken", "name: [\n"}};

class PresetMergeTest : public ::testing::Test {
 protected:
  static v1::SessionSpec Parse(std::string_view yaml) {
    v1::SessionSpec spec;
    EXPECT_TRUE(ParseYaml(yaml, "test", spec).ok()) << yaml;
    return spec;
  }
  // Of a session with the preset `chat` and its required parameter.
  v1::SessionSpec Merge(const std::string& yaml) {
    v1::SessionSpec declared = Parse(yaml.empty() ? "{preset: chat}" : yaml);
    declared.set_preset("chat");
    declared.mutable_parameters()->insert({"room", "lobby"});
    const std::optional<v1::SessionSpec> effective = Effective(declared, at_, catalog_);
    EXPECT_THAT(violations_, IsEmpty());
    return effective.value_or(v1::SessionSpec());
  }
  // What is refused, in order.
  std::vector<FieldViolation> Refusals(std::string_view yaml) {
    violations_.clear();
    EXPECT_FALSE(Effective(Parse(yaml), at_, catalog_).has_value());
    return violations_;
  }

  const PresetCatalog catalog_{kFiles};
  std::vector<FieldViolation> violations_;
  const FieldPath at_{"spec", violations_};
};

TEST_F(PresetMergeTest, APresetAloneIsItsSpecWithItsParameters) {
  v1::SessionSpec expected = (*catalog_.Find("chat"))->spec();
  (*expected.mutable_parameters())["room"] = "lobby";
  (*expected.mutable_parameters())["every"] = "20s";
  (*expected.mutable_parameters())["polite"] = "1";
  (*expected.mutable_parameters())["spare"] = "x";
  EXPECT_TRUE(MessageDifferencer::Equals(Merge(""), expected)) << Merge("").DebugString();
}

TEST_F(PresetMergeTest, ASpecWithoutAPresetIsWhatItIs) {
  const v1::SessionSpec declared = Parse("{url: \"ws://h/\", parameters: {a: b}}");
  EXPECT_TRUE(MessageDifferencer::Equals(*Effective(declared, at_, catalog_), declared));
}

TEST_F(PresetMergeTest, FieldsOfMessagesAreCompletedOneByOne) {
  const v1::SessionSpec spec = Merge(
      "{url: \"ws://mine/\", protocol_heartbeat: {interval: 9s}, reconnect: {factor: 1}, limits: {message_bytes: "
      "2048}}");
  EXPECT_EQ(spec.url(), "ws://mine/");
  EXPECT_EQ(spec.protocol_heartbeat().mode(), v1::ProtocolHeartbeat::MODE_OFF);
  EXPECT_EQ(spec.protocol_heartbeat().interval(), "9s");
  EXPECT_EQ(spec.reconnect().factor(), 1);
  EXPECT_EQ(spec.reconnect().max_delay(), "30s");
  EXPECT_EQ(spec.limits().message_bytes(), 2048);
  EXPECT_TRUE(spec.limits().never_send());
}

// Presence counts: zero that is said is said.
TEST_F(PresetMergeTest, AZeroThatIsSaidWins) {
  const v1::SessionSpec spec = Merge("{reconnect: {factor: 0}}");
  ASSERT_TRUE(spec.reconnect().has_factor());
  EXPECT_EQ(spec.reconnect().factor(), 0);
}

TEST_F(PresetMergeTest, BeatsAndWatchdogsAreCompletedByName) {
  const v1::SessionSpec spec = Merge(
      "{beats: [{name: mine, send: {text: x}}, {name: idle, interval: 5s}], watchdogs: [{name: ticks, within: 1m}]}");
  ASSERT_THAT(spec.beats(), SizeIs(3));
  EXPECT_EQ(spec.beats(0).name(), "ping");
  EXPECT_EQ(spec.beats(1).interval(), "5s");
  EXPECT_EQ(spec.beats(1).send().text(), " ");
  EXPECT_EQ(spec.beats(2).send().text(), "x");
  ASSERT_THAT(spec.watchdogs(), SizeIs(1));
  EXPECT_EQ(spec.watchdogs(0).within(), "1m");
  EXPECT_EQ(spec.watchdogs(0).degraded_after(), "10s");
}

TEST_F(PresetMergeTest, OtherListsAreTakenWhole) {
  const v1::SessionSpec spec = Merge("{headers: [{name: A, value: b}, {name: C, value: d}], subprotocols: [mine]}");
  EXPECT_THAT(spec.headers(), SizeIs(2));
  EXPECT_THAT(spec.subprotocols(), ElementsAre("mine"));
  EXPECT_THAT(spec.answers(), SizeIs(1));
}

// Half of one matcher and half of another would fit nothing.
TEST_F(PresetMergeTest, MatchersAndTemplatesAreTakenWhole) {
  const v1::SessionSpec spec = Merge("{beats: [{name: ping, send: {text: hi, frame: BINARY}, expect: {text: ho}}]}");
  EXPECT_EQ(spec.beats(0).send().text(), "hi");
  EXPECT_EQ(spec.beats(0).expect().text(), "ho");
  EXPECT_THAT(spec.beats(0).expect().json(), IsEmpty());
  EXPECT_EQ(spec.beats(0).timeout(), "5s");
}

TEST_F(PresetMergeTest, WhatGoesWithoutIsLeftOut) {
  const v1::SessionSpec spec =
      Merge("{without: [beats.ping, beats.idle.interval, answers, watchdogs.ticks, limits.never_send]}");
  ASSERT_THAT(spec.beats(), SizeIs(1));
  EXPECT_EQ(spec.beats(0).name(), "idle");
  EXPECT_EQ(spec.beats(0).interval(), "");
  EXPECT_THAT(spec.answers(), IsEmpty());
  EXPECT_THAT(spec.watchdogs(), IsEmpty());
  EXPECT_FALSE(spec.limits().never_send());
  EXPECT_EQ(spec.limits().message_bytes(), 4096);
  EXPECT_THAT(spec.without(), IsEmpty());
  EXPECT_THAT(Merge("{without: [beats]}").beats(), IsEmpty());
}

TEST_F(PresetMergeTest, WhatIsLeftOutCanBeSaidAnew) {
  const v1::SessionSpec spec = Merge("{without: [beats.ping], beats: [{name: ping, send: {text: x}}]}");
  ASSERT_THAT(spec.beats(), SizeIs(2));
  EXPECT_EQ(spec.beats(1).name(), "ping");
  EXPECT_EQ(spec.beats(1).timeout(), "");
}

TEST_F(PresetMergeTest, GoingWithoutWhatIsNotThereIsRefused) {
  for (const char* const path : {"beats.pong", "beats.", "beets", "", ".", "answers.0", "url.x", "ends",
                                 "limits.sends_per_minute", "protocol_heartbeat.mode.x", "beats.ping.nothing"}) {
    const auto refusals =
        Refusals("{preset: chat, parameters: {room: a}, without: [answers, \"" + std::string(path) + "\"]}");
    ASSERT_THAT(refusals, SizeIs(1)) << path;
    EXPECT_EQ(refusals[0].field, "spec.without[1]");
    EXPECT_THAT(refusals[0].description, HasSubstr("holter presets show chat"));
  }
  EXPECT_EQ(Refusals("{url: \"ws://h/\", without: [beats]}")[0].field, "spec.without");
}

TEST_F(PresetMergeTest, ParametersAreGivenOrTakeTheirDefaults) {
  const v1::SessionSpec spec = Merge("{parameters: {every: 3s}}");
  EXPECT_EQ(spec.parameters().at("every"), "3s");
  EXPECT_EQ(spec.parameters().at("polite"), "1");
  EXPECT_EQ(spec.parameters().at("room"), "lobby");
  EXPECT_EQ(spec.parameters().at("spare"), "x");
}

TEST_F(PresetMergeTest, AMissingParameterIsAskedFor) {
  const auto refusals = Refusals("{preset: chat}");
  ASSERT_THAT(refusals, SizeIs(1));
  EXPECT_EQ(refusals[0].field, "spec.parameters[\"room\"]");
  EXPECT_EQ(refusals[0].description, "required by the preset chat: Which room to enter.");
}

TEST_F(PresetMergeTest, AParameterOfWhatTheSessionSaysItselfIsNotNeeded) {
  const auto spec = Effective(Parse("{preset: chat, url: \"ws://h/\", without: [answers]}"), at_, catalog_);
  ASSERT_TRUE(spec.has_value());
  EXPECT_FALSE(spec->parameters().contains("room"));
}

TEST_F(PresetMergeTest, UnknownParametersAreRefusedWithTheKnownOnes) {
  const auto refusals = Refusals("{preset: chat, parameters: {room: a, rom: b, \"\": c}}");
  ASSERT_THAT(refusals, SizeIs(2));
  EXPECT_EQ(refusals[1].field, "spec.parameters[\"rom\"]");
  EXPECT_EQ(refusals[1].description, "no parameter of the preset chat, which has every, polite, room, spare");
  EXPECT_THAT(Refusals("{preset: chat-old, parameters: {a: b}}")[0].description, HasSubstr("which has none"));
}

// A request of many small lies gets a short answer.
TEST_F(PresetMergeTest, ListsAreBounded) {
  v1::SessionSpec declared = Parse("{preset: chat}");
  for (int i = 0; i < 40; ++i) {
    (*declared.mutable_parameters())["p" + std::to_string(i)] = "";
    declared.add_without("nothing");
  }
  EXPECT_FALSE(Effective(declared, at_, catalog_).has_value());
  ASSERT_THAT(violations_, SizeIs(2));
  EXPECT_EQ(violations_[0].field, "spec.without");
  EXPECT_EQ(violations_[1].field, "spec.parameters");
}

TEST_F(PresetMergeTest, AnUnknownPresetIsRefusedWithTheNearest) {
  const auto refusals = Refusals("{preset: caht}");
  ASSERT_THAT(refusals, SizeIs(1));
  EXPECT_EQ(refusals[0].field, "spec.preset");
  EXPECT_EQ(refusals[0].description, "there is no preset \"caht\"; the nearest: chat");
  EXPECT_THAT(Refusals("{preset: old}")[0].description, HasSubstr("the nearest: chat-old"));
  EXPECT_THAT(Refusals("{preset: zebra}")[0].description, HasSubstr("holter presets"));
  EXPECT_THAT(Refusals("{preset: \"" + std::string(5000, 'x') + "\"}")[0].description, SizeIs(::testing::Lt(200)));
}

TEST_F(PresetMergeTest, APresetThatDoesNotParseIsNamed) {
  EXPECT_THAT(Refusals("{preset: broken}")[0].description, HasSubstr("presets/broken.yaml:"));
}

TEST_F(PresetMergeTest, PathsOfTheEffectiveSpecLeadBackToTheDeclaredOne) {
  const v1::SessionSpec declared = Parse("{beats: [{name: mine}, {name: idle}], watchdogs: [{name: ticks}]}");
  const v1::SessionSpec spec = Merge("{beats: [{name: mine}, {name: idle}], watchdogs: [{name: ticks}]}");
  const auto path = [&](const std::string& field) {
    FieldViolation violation{.field = field, .description = "expected more"};
    PointAtDeclared(at_, spec, declared, violation);
    return violation.description == "expected more" ? violation.field : violation.field + ": " + violation.description;
  };
  EXPECT_EQ(path("spec.beats[1].interval"), "spec.beats[1].interval");
  EXPECT_EQ(path("spec.beats[2].send"), "spec.beats[0].send");
  EXPECT_EQ(path("spec.beats[2]"), "spec.beats[0]");
  EXPECT_EQ(path("spec.beats[0].send"), "spec.preset: its beats.ping.send: expected more");
  EXPECT_EQ(path("spec.beats[9].send"), "spec.beats[9].send");
  EXPECT_EQ(path("spec.watchdogs[0].when"), "spec.watchdogs[0].when");
  EXPECT_EQ(path("spec.beats"), "spec.beats");
  EXPECT_EQ(path("spec.url"), "spec.url");
}

TEST_F(PresetMergeTest, TwoOfOneNameAreNotOne) {
  const auto refusals = Refusals("{preset: chat, beats: [{name: mine}, {name: mine}], watchdogs: [{name: mine}]}");
  ASSERT_THAT(refusals, SizeIs(::testing::Ge(1)));
  EXPECT_EQ(refusals[0].field, "spec.beats[1].name");
  EXPECT_THAT(refusals[0].description, HasSubstr("\"mine\" is the name of another"));
}

TEST_F(PresetMergeTest, VariablesAreFoundWhereverTheyStand) {
  const v1::SessionSpec spec = Parse(R"({url: "ws://${a}/$${b}", headers: [{name: N, value: "${c:-x}${secret:d/e}"}],
    beats: [{name: n, interval: "max(1s, ${f}) if ${g}", send: {json: {x: ["${h?}"]}}}],
    answers: [{only_if: i, send: {bytes: "${length:j} u8(${text:m}) u8(${k}) ${l[0:4]} ${"}}]})");
  EXPECT_THAT(VariablesIn(spec), ElementsAre("", "a", "c", "f", "g", "h", "i", "j", "k", "l", "m", "secret"));
}

}  // namespace
}  // namespace holter::spec
