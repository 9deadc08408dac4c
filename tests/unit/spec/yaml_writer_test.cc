#include <fmt/format.h>
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "holter/v1/session_service.pb.h"
#include "spec/yaml.h"
#include "spec/yaml_scalar.h"
#include "tests/support/seed.h"
#include "tests/unit/spec/spec_text.h"

namespace holter::spec {
namespace {

using google::protobuf::util::MessageDifferencer;
using ::testing::HasSubstr;

v1::ListSessionsResponse Full() {
  return FromText<v1::ListSessionsResponse>(R"(
    sessions {
      name: "tenants/default/sessions/feed-1" uid: "0b5e" labels { key: "team" value: "a" } labels { key: "env" value: "true" }
      group: "feeds" etag: "12" create_time { seconds: 1700000000 nanos: 120000000 } origin: ORIGIN_FILE
      spec {
        url: "wss://example/?a=b#" headers { name: "X-A" value: "a: b\t#\"" } subprotocols: "v1" subprotocols: "no"
        tls { min_version: TLS_VERSION_1_2 insecure_skip_verify: true } timeouts {}
        protocol_heartbeat { mode: MODE_OFF interval: "1m30s" payload: "" }
        beats { name: "a" send { json { struct_value {
            fields { key: "b" value { number_value: 1.5 } }
            fields { key: "a" value { list_value { values { list_value { values { number_value: 1 } values { null_value: NULL_VALUE } } }
                                                   values { struct_value {} } values { list_value {} } values { string_value: "1" } } } }
            fields { key: "on" value { bool_value: false } } } } }
          expect { json { equals { null_value: NULL_VALUE } } json { pointer: "/a~1b" equals { number_value: 9007199254740991 } } } }
        beats { name: "b" send { text: "" } }
        reconnect { factor: 1.5 jitter: 0 }
        close_policy { rules { close_codes: "4000-4099" then: RETRY_CLASS_AT_ONCE } }
      }
      status { state: STATE_OPEN reason: REASON_DNS detail: "é\n\001 x" reconnects: 9007199254740993 traffic { bytes_in: -1 }
               tcp_rtt { min { nanos: 1500000 } smoothed { seconds: 2 } }
               beats { name: "protocol" verdict: VERDICT_KEEPALIVE_ONLY last_rtt { nanos: 12000000 } } }
    }
    sessions { name: "tenants/default/sessions/feed-2" })");
}

TEST(YamlWriterTest, FieldsInOrderWordsWithoutPrefixQuotesWhereNeeded) {
  EXPECT_EQ(ToYaml(Full()), R"(sessions:
- name: tenants/default/sessions/feed-1
  uid: "0b5e"
  labels:
    env: "true"
    team: a
  group: feeds
  spec:
    url: "wss://example/?a=b#"
    headers:
    - name: X-A
      value: "a: b\u0009#\""
    subprotocols:
    - v1
    - "no"
    tls:
      insecure_skip_verify: true
      min_version: "1_2"
    timeouts: {}
    protocol_heartbeat:
      mode: "OFF"
      interval: 1m30s
    beats:
    - name: a
      send:
        json:
          a:
          - - 1
            - null
          - {}
          - []
          - "1"
          b: 1.5
          "on": false
      expect:
        json:
        - equals: null
        - pointer: /a~1b
          equals: 9007199254740991
    - name: b
      send:
        text: ""
    reconnect:
      factor: 1.5
      jitter: 0
    close_policy:
      rules:
      - close_codes: "4000-4099"
        then: AT_ONCE
  status:
    state: OPEN
    reason: DNS
    detail: "é\n\u0001 x"
    reconnects: 9007199254740993
    tcp_rtt:
      min: 0.001500s
      smoothed: 2s
    beats:
    - name: protocol
      verdict: KEEPALIVE_ONLY
      last_rtt: 0.012s
    traffic:
      bytes_in: -1
  etag: "12"
  create_time: "2023-11-14T22:13:20.120Z"
  origin: FILE
- name: tenants/default/sessions/feed-2
)");
}

TEST(YamlWriterTest, WhatIsWrittenIsReadBack) {
  const auto back = ParseSessionsYaml(ToYaml(Full()), "f.yaml");
  ASSERT_TRUE(back.ok()) << back.status() << ToYaml(Full());
  ASSERT_EQ(back->size(), 2u);
  EXPECT_TRUE(MessageDifferencer::Equals(back->at(0), Full().sessions(0))) << back->at(0).DebugString();
  EXPECT_TRUE(MessageDifferencer::Equals(back->at(1), Full().sessions(1)));
}

TEST(YamlWriterTest, JsonIsReadBackToo) {
  const std::string json = ToJson(Full());
  EXPECT_THAT(json, HasSubstr("\n \"sessions\": [\n"));
  EXPECT_THAT(json, HasSubstr("\"protocol_heartbeat\""));
  EXPECT_LT(json.find("\"env\""), json.find("\"team\""));
  v1::ListSessionsResponse parsed;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json, &parsed).ok());
  EXPECT_TRUE(MessageDifferencer::Equals(parsed, Full()));
  const auto back = ParseSessionsYaml(json, "f.json");
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_TRUE(MessageDifferencer::Equals(back->at(0), Full().sessions(0)));
}

TEST(YamlWriterTest, NothingIsStillAMessage) {
  EXPECT_EQ(ToYaml(v1::Session()), "{}\n");
  EXPECT_EQ(ToJson(v1::Session()), "{}\n");
}

// Texts that some reader of YAML takes for something else, and random ones.
TEST(YamlWriterTest, EveryTextSurvives) {
  std::vector<std::string> texts = {
      "",         "null",       "~",   "Yes", "off", "1",    "-1",   "1e3", "0x1",  "0o1",       "1_0",
      "12:30:45", "2026-01-31", ".5",  "-",   "- a", "a: b", "a:",   ":a",  "a #b", "#a",        "!a",
      "&a",       "*a",         "|",   ">",   "'",   "\"",   "%a",   "@a",  "`a",   "{a",        "[a",
      "a,b",      "?",          "? a", " a",  "a ",  "\n",   "a\nb", "\t",  "é",    "\x7f",      "\u2028",
      "\u0085",   "\ufeff",     "...", "---", "=",   "<<",   "1.5s", "20s", "s",    "1h2m",      "+1",
      "NaN",      ".nan",       "0b1", "y",   "N",   "TRUE", "1d",   "$a",  "a$b",  "/x?y=z&w#f"};
  std::mt19937_64 random(testing::TestSeed());
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (uint64_t left = random() % 12; left > 0; --left) {
      text += static_cast<char>(1 + random() % 127);
    }
    texts.push_back(text);
  }
  for (const std::string& text : texts) {
    v1::ListSessionsResponse message;
    v1::Session& session = *message.add_sessions();
    (*session.mutable_labels())[text] = text;
    session.mutable_spec()->add_beats()->mutable_send()->mutable_json()->set_string_value(text);
    const auto back = ParseSessionsYaml(ToYaml(message), "f.yaml");
    ASSERT_TRUE(back.ok()) << back.status() << ToYaml(message);
    EXPECT_TRUE(MessageDifferencer::Equals(back->at(0), session)) << ToYaml(message);
  }
}

}  // namespace
}  // namespace holter::spec
