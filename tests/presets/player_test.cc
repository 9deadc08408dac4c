// A transcript that is not so has to fail.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "spec/yaml.h"
#include "tests/presets/transcript_player.h"

namespace holter::presets {
namespace {

using ::testing::HasSubstr;

constexpr char kHead[] = R"(
name: chat
spec:
  protocol_heartbeat: {interval: 20s, timeout: 5s}
  beats:
  - {name: ping, interval: 10s, timeout: 4s, first_delay: 10s, send: {json: {op: ping, id: "${seq}", room: "${room}"}},
     expect: {json: [{pointer: /op, equals: pong}]}, correlate: {pointer: /id, equals: seq}}
  answers:
  - {when: {text: "?"}, send: {text: "!"}}
parameters:
- {name: room, description: Which., example: lobby}
transcript:
)";

std::string Play(const std::string& lines) {
  v1::Preset preset;
  const absl::Status parsed = spec::ParseYaml(kHead + lines, "test", preset);
  EXPECT_TRUE(parsed.ok()) << parsed;
  return TranscriptPlayer(preset).Play();
}

constexpr char kPing[] =
    "- {holter: {json: [{pointer: /op, equals: ping}]}, capture: {n: {pointer: /id}}, within: 10s}\n";
constexpr char kPong[] = "- {peer: {json: {op: pong, id: \"${n}\"}}}\n";
const std::string kBeat = std::string(kPing) + kPong;

TEST(TranscriptPlayerTest, AConversationPlays) {
  EXPECT_EQ(Play("- {expect: {state: OPEN, health: UNKNOWN}}\n" + kBeat +
                 "- {expect: {health: HEALTHY}}\n- {peer: {text: \"?\"}}\n- {holter: {text: \"!\"}}\n" + kBeat +
                 "- {expect: {health: HEALTHY, quiet_for: 9s}}\n"),
            "");
}

TEST(TranscriptPlayerTest, ParametersHaveTheirExamples) {
  EXPECT_EQ(Play("- {holter: {json: [{pointer: /room, equals: lobby}]}, within: 10s}\n"), "");
}

// python3 -c 'import hmac; print(hmac.new(b"okx/secret", b"1700000000", "sha256").hexdigest())'
TEST(TranscriptPlayerTest, SecretsAreTheirNamesAndTheClockIsKnown) {
  v1::Preset preset;
  ASSERT_TRUE(spec::ParseYaml(R"(
name: private
parameters:
- {name: key, description: Which., example: "${secret:okx/key}"}
spec:
  signatures: {sign: {text: "${unix_s}", key: "${secret:okx/secret}"}}
  open:
  - {send: {text: "${key} ${sign}"}}
transcript:
- {holter: {text: okx/key b802870a67c48f83a6389d0188b4647e2e1fc2e5fe0357d30176557314391df8}}
)",
                              "test", preset)
                  .ok());
  EXPECT_EQ(TranscriptPlayer(preset).Play(), "");
}

TEST(TranscriptPlayerTest, AnAnswerThatDoesNotComeKills) {
  EXPECT_EQ(Play(std::string(kPing) + "- {after: 4s, expect: {state: BACKOFF, health: DOWN, reason: APP_HEARTBEAT}}\n"),
            "");
  EXPECT_THAT(Play(std::string(kPing) + "- {after: 3s, expect: {state: BACKOFF}}\n"),
              HasSubstr("transcript[1]: expected state: STATE_BACKOFF, got open"));
}

TEST(TranscriptPlayerTest, AForeignAnswerIsNone) {
  EXPECT_EQ(
      Play(std::string(kPing) + "- {peer: {json: {op: pong, id: 77}}}\n- {after: 5s, expect: {state: BACKOFF}}\n"), "");
}

TEST(TranscriptPlayerTest, SilenceIsNotSpeech) {
  EXPECT_THAT(Play("- {holter: {anything: true}, within: 9s}\n"),
              HasSubstr("transcript[0]: Holter said nothing within 9s"));
}

TEST(TranscriptPlayerTest, AnotherWordIsNotTheWord) {
  EXPECT_THAT(Play("- {holter: {text: hello}, within: 10s}\n"), HasSubstr("which does not match"));
}

TEST(TranscriptPlayerTest, WhatNoLineShowsIsNotPassedOver) {
  EXPECT_THAT(Play("- {after: 10s, peer: {text: x}}\n"), HasSubstr("transcript[0]: before it Holter said"));
}

TEST(TranscriptPlayerTest, QuietIsQuiet) {
  EXPECT_THAT(Play("- {expect: {state: OPEN, quiet_for: 11s}}\n"), HasSubstr("where it should be quiet"));
  EXPECT_THAT(Play(std::string(kPing) + "- {expect: {state: OPEN, quiet_for: 5s}}\n"), HasSubstr("expected state"));
}

TEST(TranscriptPlayerTest, NobodySpeaksOnAClosedConnection) {
  EXPECT_EQ(Play("- {peer_close: 1006}\n- {expect: {state: BACKOFF, reason: PEER_RESET}}\n"), "");
  EXPECT_EQ(Play("- {peer_close: 4001}\n- {expect: {state: BACKOFF, reason: PEER_CLOSED}}\n"), "");
  EXPECT_THAT(Play("- {peer_close: 1006}\n- {peer: {text: x}}\n"),
              HasSubstr("transcript[1]: the connection has ended"));
}

TEST(TranscriptPlayerTest, AnotherConversationMayFollow) {
  const std::string again = "- {peer_close: 1006}\n- {peer_opens: true}\n";
  EXPECT_EQ(Play(kBeat + again + "- {expect: {state: OPEN, health: UNKNOWN, quiet_for: 9s}}\n" + kBeat), "");
  EXPECT_THAT(Play(kBeat + "- {peer_opens: true}\n"), HasSubstr("transcript[2]: the connection before has not ended"));
}

TEST(TranscriptPlayerTest, PingsAreAnsweredAndSeenByThoseWhoAsk) {
  EXPECT_EQ(Play("- {holter: {frame: PING, anything: true}}\n" + kBeat + "- {expect: {health: HEALTHY}}\n"), "");
}

TEST(TranscriptPlayerTest, ALineHasToSaySomething) {
  EXPECT_THAT(Play("- {after: 1s}\n"), HasSubstr("expected one of"));
  EXPECT_THAT(Play("- {after: soon, expect: {state: OPEN}}\n"), HasSubstr("after: "));
  EXPECT_THAT(Play(std::string("- {holter: {anything: true}, within: 10s, capture: {x: {pointer: /none}}}\n")),
              HasSubstr("nothing to capture as x"));
}

TEST(PackerTest, StreamsGoOnFromMessageToMessage) {
  Packer packer;
  const std::string first = packer.Pack(v1::COMPRESSION_ZLIB_STREAM, "hello hello hello");
  const std::string second = packer.Pack(v1::COMPRESSION_ZLIB_STREAM, "hello hello hello");
  EXPECT_TRUE(first.ends_with(std::string("\0\0\xFF\xFF", 4)));
  EXPECT_LT(second.size(), first.size());
  EXPECT_TRUE(packer.Pack(v1::COMPRESSION_GZIP, "x").starts_with("\x1F\x8B"));
  EXPECT_TRUE(packer.Pack(v1::COMPRESSION_ZLIB, "x").starts_with("\x78"));
}

}  // namespace
}  // namespace holter::presets
