// What misleads a reader of heartbeats in the field, one test each, numbered as the survey of dialects numbers them:
// conversations with the binary's presets that no vendor's page shows whole. The thirteenth is one of a server's
// configuration, and stands where that is written (tests/dialects/debian_servers.py).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "spec/convert.h"
#include "spec/preset_catalog.h"
#include "spec/yaml.h"
#include "tests/presets/transcript_player.h"

namespace holter::presets {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;

v1::Preset Named(std::string_view name) { return **spec::PresetCatalog::Embedded().Find(name); }

// Another conversation with the preset, and with what `changes` adds to its spec. Empty: it goes as `lines` say.
std::string Play(std::string_view name, const std::string& lines, const std::string& changes = "{}",
                 uint64_t seed = 1) {
  v1::Preset preset = Named(name);
  preset.clear_transcript();
  v1::Preset more;
  const absl::Status parsed = spec::ParseYaml("spec: " + changes + "\ntranscript:\n" + lines, "test", more);
  EXPECT_TRUE(parsed.ok()) << parsed;
  preset.MergeFrom(more);
  return TranscriptPlayer(preset, seed).Play();
}

const std::string kHealthy = "- {expect: {state: OPEN, health: HEALTHY}}\n";

std::string Dead(const std::string& reason, const std::string& after = "0s") {
  return "- {expect: {state: BACKOFF, health: DOWN, reason: " + reason + "}, after: " + after + "}\n";
}

// The preset's own conversation until it is healthy, then `lines`.
std::string PlayAlive(std::string_view name, const std::string& lines) {
  v1::Preset preset = Named(name);
  int healthy = 0;
  while (preset.transcript(healthy).expect().health() != v1::HEALTH_HEALTHY) ++healthy;
  preset.mutable_transcript()->DeleteSubrange(healthy + 1, preset.transcript_size() - healthy - 1);
  preset.mutable_transcript(healthy)->mutable_expect()->clear_quiet_for();
  v1::Preset more;
  EXPECT_TRUE(spec::ParseYaml("transcript:\n" + lines, "test", more).ok());
  preset.MergeFrom(more);
  return TranscriptPlayer(preset).Play();
}

// Servers end what they think dead with 1000, without a code or without a word. A close frame with 1006, which nobody
// may send, is seen by ChannelFaultTest.OtherForbiddenCloseCodesAreProtocolErrors, and from a real server by
// dialects.nats.
TEST(TrapsTest, No1ACleanCloseCodeProvesNothing) {
  for (const std::string_view name : {"stomp", "xmpp", "bayeux", "engine-io-3", "rsocket", "peerjs", "mqtt", "irc"}) {
    EXPECT_EQ(PlayAlive(name, "- {peer_close: 1000}\n" + Dead("PEER_CLOSED")), "") << name;
    EXPECT_EQ(PlayAlive(name, "- {peer_close: 1005}\n" + Dead("PEER_CLOSED")), "") << name;
    EXPECT_EQ(PlayAlive(name, "- {peer_close: 1006}\n" + Dead("PEER_RESET")), "") << name;
  }
}

// Node's inspector drops the connection, aria2 complains in JSON, others do not answer reliably.
TEST(TrapsTest, No2WhoIsHostileToPingsGetsNone) {
  for (const std::string_view name :
       {"node-inspector", "aria2", "freeswitch-verto", "kucoin", "kucoin-uta", "lbank", "okx"}) {
    EXPECT_EQ(Named(name).spec().protocol_heartbeat().mode(), v1::ProtocolHeartbeat::MODE_OFF) << name;
  }
  EXPECT_THAT(Play("okx", "- {holter: {text: ping}}\n- {holter: {frame: PING, anything: true}, within: 9s}\n"),
              HasSubstr("Holter said nothing within 9s"));
}

// sockjs-node beats with control pings where others say h.
TEST(TrapsTest, No3PingsOfThePeerMayBeItsBeat) {
  std::string pings;
  std::string letters;
  for (int i = 0; i < 10; ++i) {
    pings += "- {peer: {text: \"\", frame: PING}, after: 25s}\n" + kHealthy;
    letters += "- {peer: {text: h}, after: 25s}\n" + kHealthy;
  }
  EXPECT_EQ(Play("sockjs", "- {peer: {text: o}}\n" + pings + letters), "");
}

// Bybit's pong says op ping: a rule that answers pings must not talk with it for ever.
TEST(TrapsTest, No4APongThatLooksLikeAPingIsNotAnswered) {
  const std::string rule = "{answers: [{when: {json: [{pointer: /op, equals: ping}]}, send: {json: {op: pong}}}]}";
  const std::string ping = "- {holter: {json: [{pointer: /op, equals: ping}]}, within: 20s}\n";
  const std::string pong = "- {peer: {json: {success: true, ret_msg: pong, op: ping}}}\n";
  const std::string quiet = "- {expect: {state: OPEN, health: HEALTHY, quiet_for: 19s}}\n";
  EXPECT_EQ(Play("bybit-spot", ping + pong + ping + pong + quiet, rule), "");
  EXPECT_EQ(Play("bybit-spot",
                 ping + "- {peer: {json: {op: ping}}}\n- {holter: {json: [{pointer: /op, equals: pong}]}}\n", rule),
            "")
      << "what is no pong is a question";
}

// Interactive Brokers answers four times.
TEST(TrapsTest, No5DuplicateAnswersAnswerNothingThatIsAskedLater) {
  const std::string tic = "- {holter: {text: tic}, within: 44s}\n";
  const std::string answer = "- {peer: {json: {topic: tic, alive: true}}}\n";
  const std::string time = "- {peer: {json: {topic: system, hb: \"${unix_ms}\"}}}\n";
  EXPECT_EQ(Play("ibkr",
                 tic + answer + answer + answer + answer + time + kHealthy + tic + time + Dead("APP_HEARTBEAT", "11s")),
            "");
}

// A node that does not know the call is alive, as is a client of XMPP that does not know pings; a gateway that does not
// know the session is dead for it, and an answer that comes too late revives nobody.
TEST(TrapsTest, No5ErrorsMayBeLifeOrDeath) {
  const std::string ask = "- {holter: {json: [{pointer: /method, equals: system_health}]}}\n";
  const std::string error = "- {peer: {json: {jsonrpc: \"2.0\", id: 1, error: {code: -32601}}}}\n";
  EXPECT_EQ(Play("substrate", ask + error + kHealthy), "");
  EXPECT_THAT(Play("substrate", ask + Dead("APP_HEARTBEAT", "11s") + error), HasSubstr("the connection has ended"));
  EXPECT_EQ(Play("janus",
                 "- {holter: {anything: true}, capture: {t: {pointer: /transaction}}}\n"
                 "- {peer: {json: {janus: success, transaction: \"${t}\", data: {id: 1}}}}\n"
                 "- {holter: {anything: true}, capture: {t: {pointer: /transaction}}}\n"
                 "- {peer: {json: {janus: error, transaction: \"${t}\", error: {code: 458}}}}\n" +
                     Dead("APP_HEARTBEAT")),
            "");
}

std::string HelloOfDiscord(const std::string& interval) {
  return "- {peer: {json: {op: 10, d: {heartbeat_interval: " + interval + "}}}}\n";
}

// Discord's are milliseconds, OCPP's are seconds.
TEST(TrapsTest, No6IntervalsHaveUnits) {
  const std::string beat = "- {holter: {json: [{pointer: /op, equals: 1}]}, within: 2s}\n- {peer: {json: {op: 11}}}\n";
  EXPECT_EQ(Play("discord", HelloOfDiscord("2000") + beat + "- {expect: {state: OPEN, quiet_for: 1999ms}}\n" + beat),
            "");
  EXPECT_EQ(Play("ocpp16",
                 "- {holter: {anything: true}}\n- {peer: {json: [3, boot, {status: Accepted, interval: 60}]}}\n"
                 "- {holter: {anything: true}, capture: {id: {pointer: /1}}}\n- {peer: {json: [3, \"${id}\", {}]}}\n"
                 "- {expect: {state: OPEN, quiet_for: 59s}}\n- {holter: {anything: true}, within: 1s}\n"),
            "");
}

// A peer that says nonsense neither switches its supervision off nor makes us flood it.
TEST(TrapsTest, No6HostileIntervalsAreClamped) {
  const std::string beat = "- {holter: {json: [{pointer: /op, equals: 1}]}, within: ";
  EXPECT_EQ(Play("discord", HelloOfDiscord("0") + beat +
                                "50ms}\n- {peer: {json: {op: 11}}}\n- {expect: {state: OPEN, quiet_for: 49ms}}\n"),
            "");
  const std::string huge = "- {peer: {text: '{\"op\":10,\"d\":{\"heartbeat_interval\":1e300}}'}}\n";
  EXPECT_EQ(Play("discord", huge + beat + "24h}\n"), "");
  EXPECT_EQ(Play("discord", HelloOfDiscord("-1") + Dead("OPEN_SCRIPT")), "");
  EXPECT_EQ(Play("discord", HelloOfDiscord("abc") + Dead("OPEN_SCRIPT")), "");
}

// Fields are added, attributes change their order and their quotes.
TEST(TrapsTest, No7NothingIsComparedAsAWhole) {
  EXPECT_EQ(
      Play("gateio-spot",
           "- {holter: {anything: true}}\n"
           "- {peer: {text: '{ \"channel\" : \"spot.pong\", \"time\": 1, \"of_tomorrow\": {}, \"event\": \"\" }'}}\n" +
               kHealthy),
      "");
  const std::string ping = "- {holter: {regex: <ping}, within: 30s, capture: {n: {regex: 'id=\"([^\"]*)'}}}\n";
  EXPECT_EQ(PlayAlive("xmpp", ping + "- {peer: {text: '<iq id=\"${n}\" to=\"a\" type=\"result\"/>'}}\n" + ping +
                                  "- {peer: {text: \"<iq type='result' to='a' id='${n}'/>\"}}\n"
                                  "- {expect: {state: OPEN, health: HEALTHY, quiet_for: 29s}}\n"),
            "");
  EXPECT_EQ(PlayAlive("cockpit",
                      "- {peer: {text: \"\\n{ \\\"n\\\":1, \\\"command\\\" : \\\"ping\\\" }\"}}\n"
                      "- {holter: {text: \"\\n{ \\\"n\\\":1, \\\"command\\\":\\\"pong\\\" }\"}}\n"),
            "");
}

// Numbers beyond 2^53 keep their digits, texts their quotes.
TEST(TrapsTest, No8EchoesAreTheTokensThatWereSent) {
  for (const std::string token : {"9007199254740993123", "\"17\"", "17", "1.50"}) {
    EXPECT_EQ(Play("htx-spot", "- {peer: {text: '{\"ping\":" + token +
                                   "}'}, packed: GZIP}\n- {holter: {text: '{\"pong\":" + token + "}'}}\n"),
              "")
        << token;
  }
}

// A session of the application may die while its socket stays open, and data may stop while heartbeats flow.
TEST(TrapsTest, No9AnOpenSocketIsNotALivingSession) {
  EXPECT_EQ(PlayAlive("janus", "- {peer: {json: {janus: timeout, session_id: 1}}}\n" + Dead("TERMINAL_MESSAGE")), "");
  const std::string question =
      "- {peer: {json: {ping: 1}}, packed: GZIP, after: 9s}\n- {holter: {json: [{pointer: /pong, equals: 1}]}}\n";
  const std::string data = "- {peer: {json: {ch: market, tick: {}}}, packed: GZIP}\n";
  EXPECT_EQ(Play("htx-spot", data + question + kHealthy + question + Dead("WATCHDOG", "3s"),
                 "{watchdogs: [{name: data, when: {not: {json: [{pointer: /ping, exists: true}]}}, within: 20s}]}"),
            "");
}

// EventSub closes on any word of its clients: a session that would say one is refused, and one that says none is told
// nothing else.
TEST(TrapsTest, No10WhoMustNotSpeakDoesNot) {
  EXPECT_THAT(Play("twitch-eventsub", kHealthy, "{beats: [{name: probe, send: {text: ping}}]}"),
              HasSubstr("never_send"));
  EXPECT_EQ(Named("twitch-eventsub").spec().protocol_heartbeat().mode(), v1::ProtocolHeartbeat::MODE_OFF);
  EXPECT_EQ(PlayAlive("twitch-eventsub", "- {expect: {state: OPEN, health: HEALTHY, quiet_for: 11s}}\n"), "");
}

// RabbitMQ's CONNECTED ends with a line feed more, and SignalR's answer to the handshake may share its frame with data.
TEST(TrapsTest, No11FramesHoldMoreThanWasAskedFor) {
  EXPECT_EQ(Play("stomp",
                 "- {holter: {prefix: CONNECT}}\n- {peer: {text: \"CONNECTED\\nheart-beat:10000,10000\\n\\n\\0\\n\"}}\n"
                 "- {holter: {text: \"\\n\"}}\n- {peer: {text: \"\\n\"}}\n" +
                     kHealthy),
            "");
  EXPECT_EQ(
      Play("signalr",
           "- {holter: {prefix: '{\"protocol\"'}}\n"
           "- {peer: {text: \"{}\\u001e{\\\"type\\\":1,\\\"target\\\":\\\"x\\\"}\\u001e{\\\"type\\\":6}\\u001e\"}}\n" +
               kHealthy),
      "");
}

// graphql-ws closes with 4408 after three seconds without connection_init, even though pings are answered; Coinbase
// after five without a subscription.
TEST(TrapsTest, No12WhatAPeerWaitsForIsSaidAtOnce) {
  EXPECT_EQ(Play("graphql-transport-ws",
                 "- {holter: {json: [{pointer: /type, equals: connection_init}]}}\n"
                 "- {peer_close: 4408}\n" +
                     Dead("PEER_CLOSED")),
            "");
  EXPECT_EQ(Play("coinbase-advanced", "- {holter: {json: [{pointer: /type, equals: subscribe}]}}\n"), "");
  EXPECT_EQ(Play("coinbase-exchange", "- {holter: {json: [{pointer: /type, equals: subscribe}]}}\n"), "");
}

// A gateway that restarts must not be met by a herd: Discord's first beats are spread over the whole interval.
TEST(TrapsTest, No14FirstBeatsAreSpread) {
  const auto beats_within = [](const std::string& time) {
    int count = 0;
    for (uint64_t seed = 1; seed <= 100; ++seed) {
      const std::string beat = "- {holter: {json: [{pointer: /op, equals: 1}]}, within: " + time + "}\n";
      count += Play("discord", HelloOfDiscord("45000") + beat, "{}", seed).empty() ? 1 : 0;
    }
    return count;
  };
  EXPECT_THAT(beats_within("9s"), AllOf(Ge(10), Le(30)));
  EXPECT_THAT(beats_within("22500ms"), AllOf(Ge(35), Le(65)));
  EXPECT_THAT(beats_within("36s"), AllOf(Ge(70), Le(90)));
  EXPECT_EQ(beats_within("45s"), 100);
}

}  // namespace
}  // namespace holter::presets
