#include "spec/yaml.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "tests/unit/spec/spec_text.h"

namespace holter::spec {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// The one session of a text that has to be good.
v1::Session SessionOf(const std::string& text) {
  const auto sessions = ParseSessionsYaml(text, "f.yaml");
  EXPECT_TRUE(sessions.ok()) << sessions.status();
  return sessions.ok() && sessions->size() == 1 ? sessions->front() : v1::Session();
}

// What is said about a text that has to be bad.
std::string ComplaintAbout(const std::string& text) {
  const auto sessions = ParseSessionsYaml(text, "f.yaml");
  EXPECT_FALSE(sessions.ok()) << text;
  EXPECT_EQ(sessions.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(HasReason(sessions.status(), "INVALID_FILE"));
  return std::string(sessions.status().message());
}

TEST(YamlTest, TheExampleOfTheReadme) {
  const v1::Session session = SessionOf(R"(sessions:
- name: tenants/default/sessions/feed-1
  group: feeds
  labels: {team: a}
  spec:
    url: ws://127.0.0.1:9001/
    protocol_heartbeat: {interval: 20s, timeout: 20s}
    beats:
    - {name: op-ping, interval: 30s, timeout: 10s, send: {text: '{"op":"ping","id":"${seq}"}'}, expect: {json: [{pointer: /op, equals: pong}]}}
)");
  const auto expected = FromText<v1::Session>(R"(
    name: "tenants/default/sessions/feed-1" group: "feeds" labels { key: "team" value: "a" }
    spec {
      url: "ws://127.0.0.1:9001/"
      protocol_heartbeat { interval: "20s" timeout: "20s" }
      beats { name: "op-ping" interval: "30s" timeout: "10s" send { text: "{\"op\":\"ping\",\"id\":\"${seq}\"}" }
              expect { json { pointer: "/op" equals { string_value: "pong" } } } } })");
  EXPECT_EQ(session.DebugString(), expected.DebugString());
  EXPECT_TRUE(Compile(session.spec(), "spec", nullptr).ok());
}

TEST(YamlTest, CamelCaseAndEnumWordsInEveryForm) {
  for (const std::string word : {"ANSWER_ANY_PONG", "ANY_PONG", "any_pong", "any-pong", "Any_Pong", "2"}) {
    EXPECT_EQ(SessionOf("sessions: [{spec: {protocolHeartbeat: {answer: " + word + "}}}]")
                  .spec()
                  .protocol_heartbeat()
                  .answer(),
              v1::ProtocolHeartbeat::ANSWER_ANY_PONG)
        << word;
  }
  for (const std::string word : {"1.3", "1_3", "\"1_3\"", "TLS_VERSION_1_3"}) {
    EXPECT_EQ(SessionOf("sessions: [{spec: {tls: {minVersion: " + word + "}}}]").spec().tls().min_version(),
              v1::TLS_VERSION_1_3)
        << word;
  }
}

TEST(YamlTest, StringFieldsTakePlainScalarsAsTheyStand) {
  for (const std::string text : {"20s", "007", "1e3", "true", "2026-01-01", "0x10", "yes", "~x"}) {
    EXPECT_EQ(SessionOf("sessions: [{group: " + text + "}]").group(), text);
  }
  EXPECT_EQ(SessionOf("sessions:\n- spec:\n    beats:\n    - send:\n        text: |-\n          a\n          b\n")
                .spec()
                .beats(0)
                .send()
                .text(),
            "a\nb");
  EXPECT_EQ(SessionOf("sessions: [{group: !!str 5}]").group(), "5");
}

google::protobuf::Value ValueOf(const std::string& yaml) {
  return SessionOf("sessions: [{spec: {beats: [{send: {json: " + yaml + "}}]}}]").spec().beats(0).send().json();
}

TEST(YamlTest, ValuesAreTyped) {
  EXPECT_EQ(ValueOf("5").number_value(), 5);
  EXPECT_EQ(ValueOf("-0.5").number_value(), -0.5);
  EXPECT_EQ(ValueOf("1e3").number_value(), 1000);
  EXPECT_EQ(ValueOf("+7").number_value(), 7);
  EXPECT_EQ(ValueOf("9007199254740991").number_value(), 9007199254740991.0);
  EXPECT_TRUE(ValueOf("true").bool_value());
  EXPECT_EQ(ValueOf("False").kind_case(), google::protobuf::Value::kBoolValue);
  EXPECT_EQ(ValueOf("null").kind_case(), google::protobuf::Value::kNullValue);
  EXPECT_EQ(ValueOf("~").kind_case(), google::protobuf::Value::kNullValue);
  for (const std::string text : {"yes", "on", "1_000", "12:30", "20s", "1.2.3", "-", "-x", "e3", ".", "1e"}) {
    if (text != "-") {
      EXPECT_EQ(ValueOf(text).string_value(), text);
    }
  }
  for (const std::string text : {"5", "true", "null", "", "9007199254740993", "007"}) {
    EXPECT_EQ(ValueOf("\"" + text + "\"").kind_case(), google::protobuf::Value::kStringValue) << text;
    EXPECT_EQ(ValueOf("'" + text + "'").string_value(), text);
  }
  const auto nested = ValueOf("{a: [1, {b: null}], c: '${seq}'}");
  std::string json;
  EXPECT_TRUE(google::protobuf::util::MessageToJsonString(nested.struct_value().fields().at("a"), &json).ok());
  EXPECT_EQ(json, R"([1,{"b":null}])");
  EXPECT_EQ(nested.struct_value().fields().at("c").string_value(), "${seq}");
}

TEST(YamlTest, DoubtfulNumbersAreRefusedWithAdvice) {
  for (const std::string text :
       {"9007199254740992", "-9007199254740993", "007", "0x1F", "0o17", ".inf", "-.Inf", ".NaN", "1e999"}) {
    EXPECT_THAT(ComplaintAbout("sessions: [{spec: {beats: [{send: {json: {id: " + text + "}}}]}}]"),
                StartsWith("f.yaml:1: sessions[0].spec.beats[0].send.json.id: "))
        << text;
  }
  EXPECT_THAT(ComplaintAbout("sessions: [{spec: {beats: [{send: {json: 9007199254740993}}]}}]"), HasSubstr("quote it"));
}

TEST(YamlTest, NumbersAndBooleansOfFields) {
  EXPECT_EQ(SessionOf("sessions: [{spec: {limits: {message_bytes: 2048}}}]").spec().limits().message_bytes(), 2048);
  EXPECT_EQ(SessionOf("sessions: [{spec: {limits: {message_bytes: \"2048\"}}}]").spec().limits().message_bytes(), 2048);
  EXPECT_EQ(SessionOf("sessions: [{spec: {reconnect: {jitter: 0}}}]").spec().reconnect().jitter(), 0.0);
  EXPECT_TRUE(SessionOf("sessions: [{spec: {reconnect: {jitter: 0}}}]").spec().reconnect().has_jitter());
  EXPECT_TRUE(SessionOf("sessions: [{spec: {tls: {insecure_skip_verify: true}}}]").spec().tls().insecure_skip_verify());
}

TEST(YamlTest, AliasesMayShareASpec) {
  const auto sessions =
      ParseSessionsYaml("sessions:\n- {name: a, spec: &s {url: ws://x/}}\n- {name: b, spec: *s}\n", "f.yaml");
  ASSERT_TRUE(sessions.ok()) << sessions.status();
  EXPECT_EQ(sessions->at(1).spec().url(), "ws://x/");
}

TEST(YamlTest, AnEmptyListIsGoodAndAnEmptyFileIsNot) {
  EXPECT_TRUE(ParseSessionsYaml("sessions: []\n", "f.yaml")->empty());
  for (const std::string text : {"", "# nothing\n", "---\n", "sessions:\n", "sessions: ~\n", "[]", "x", "{}"}) {
    EXPECT_THAT(ComplaintAbout(text), HasSubstr("`sessions:`, a list of sessions")) << text;
  }
}

struct Bad {
  std::string yaml;
  std::string complaint;
};

TEST(YamlTest, ComplaintsNameFileLineAndPath) {
  const std::vector<Bad> kBad = {
      {"sessions:\n- spec:\n    beats:\n    - intervall: 5s\n",
       "f.yaml:4: sessions[0].spec.beats[0].intervall: unknown field"},
      {"sessions: []\nsession: []\n", "f.yaml:2: session: unknown field"},
      {"sessions: []\nsessions: []\n", "f.yaml:2: sessions: stands here twice"},
      {"sessions:\n- group: a\n  group: b\n", "f.yaml:3: sessions[0].group: stands here twice"},
      {"sessions:\n- spec:\n    closePolicy: {}\n    close_policy: {}\n",
       "f.yaml:4: sessions[0].spec.close_policy: stands here twice"},
      {"sessions:\n- labels: {a: 1, a: 2}\n", "f.yaml:2: sessions[0].labels[\"a\"]: stands here twice"},
      {"sessions:\n- spec: {beats: [{send: {json: {a: 1, a: 2}}}]}\n",
       "f.yaml:2: sessions[0].spec.beats[0].send.json.a: stands here twice"},
      {"sessions:\n- spec: {beats: [{send: {text: a, bytes: '00'}}]}\n",
       "f.yaml:2: sessions[0].spec.beats[0].send.bytes: excludes text, which stands here too"},
      {"sessions:\n- spec: [a]\n", "f.yaml:2: sessions[0].spec: expected a map, got a list"},
      {"sessions:\n- a\n", "f.yaml:2: sessions[0]: expected a map, got a single value"},
      {"sessions:\n- labels: [a]\n", "f.yaml:2: sessions[0].labels: expected a map, got a list"},
      {"sessions:\n- labels: {a: {b: c}}\n", "f.yaml:2: sessions[0].labels[\"a\"]: expected text, got a map"},
      {"sessions:\n- spec: {beats: {name: a}}\n", "f.yaml:2: sessions[0].spec.beats: expected a list, got a map"},
      {"sessions:\n- group: [a]\n", "f.yaml:2: sessions[0].group: expected text, got a list"},
      {"sessions:\n- group:\n", "sessions[0].group: expected text, got nothing"},
      {"sessions:\n- group: !foo a\n", "f.yaml:2: sessions[0].group: expected text, got the tag !foo"},
      {"sessions:\n- spec: {beats: [{send: {json: !foo a}}]}\n", "got the tag !foo"},
      {"sessions:\n- ? [a]\n  : b\n", "expected a name, got a list as one"},
      {"sessions:\n- spec: {limits: {message_bytes: 1.5}}\n",
       "message_bytes: expected a whole number of 32 bits, got \"1.5\""},
      {"sessions:\n- spec: {limits: {message_bytes: 2147483648}}\n", "expected a whole number of 32 bits"},
      {"sessions:\n- spec: {reconnect: {factor: .nan}}\n", "factor: expected a number"},
      {"sessions:\n- spec: {reconnect: {factor: nan}}\n", "factor: expected a number"},
      {"sessions:\n- spec: {reconnect: {factor: 1e999}}\n", "factor: expected a number"},
      {"sessions:\n- spec: {tls: {insecure_skip_verify: yes}}\n", "expected true or false, got \"yes\""},
      {"sessions:\n- spec: {tls: {insecure_skip_verify: 'true'}}\n", "expected true or false"},
      {"sessions:\n- spec: {protocol_heartbeat: {mode: never}}\n", "mode: expected one of ACTIVE, OFF, got \"never\""},
      {"sessions:\n- create_time: yesterday\n", "create_time: expected a time"},
      {"sessions:\n- status: {tcp_rtt: {min: 5}}\n", "min: expected seconds such as"},
      {"sessions:\n- group: a\n  <<: {}\n", "f.yaml:3: sessions[0].<<: unknown field"},
      {"sessions: []\n---\nsessions: []\n", "expected one document"},
      {",.", "expected one document"},
      {"sessions:\n- {group: a\n", "f.yaml:"},
      {"sessions:\n\t- a\n", "f.yaml:2: "},
      {"sessions: *nope\n", "f.yaml:1: "},
      {"sessions: []\n# \xff\n", "f.yaml:2: expected UTF-8"},
      {"sessions: []\n# \xed\xa0\x80\n", "f.yaml:2: expected UTF-8"},
      {"sessions: []\n# \xc0\x80\n", "f.yaml:2: expected UTF-8"},
  };
  for (const Bad& bad : kBad) {
    EXPECT_THAT(ComplaintAbout(bad.yaml), HasSubstr(bad.complaint)) << bad.yaml;
  }
}

TEST(YamlTest, SeveralComplaintsComeALineEachAndAreBounded) {
  EXPECT_EQ(ComplaintAbout("sessions:\n- a: 1\n- b: 2\n"),
            "f.yaml:2: sessions[0].a: unknown field\nf.yaml:3: sessions[1].b: unknown field");
  std::string text = "sessions:\n";
  for (int i = 0; i < 1000; ++i) {
    text += "- a: 1\n";
  }
  const std::string complaints = ComplaintAbout(text);
  EXPECT_EQ(std::count(complaints.begin(), complaints.end(), '\n'), 19);
}

TEST(YamlTest, AliasBombsDoNotBlowUp) {
  std::string text = "x: &a0 [lol]\n";
  for (int i = 1; i <= 12; ++i) {
    text += fmt::format("y{0}: &a{0} [", i);
    for (int j = 0; j < 10; ++j) {
      text += fmt::format("{}*a{}", j == 0 ? "" : ",", i - 1);
    }
    text += "]\n";
  }
  EXPECT_THAT(ComplaintAbout(text + "sessions: [{spec: {beats: [{send: {json: *a12}}]}}]\n"),
              HasSubstr("aliases followed"));
}

TEST(YamlTest, CyclesAndDepthEnd) {
  EXPECT_THAT(ComplaintAbout("sessions: [{spec: {beats: [{send: {json: &a [*a]}}]}}]\n"), HasSubstr("levels deep"));
  EXPECT_THAT(ComplaintAbout("sessions: [{spec: {beats: [{send: {json: &a {k: *a}}}]}}]\n"), HasSubstr("levels deep"));
  EXPECT_FALSE(ParseSessionsYaml("sessions: " + std::string(100'000, '['), "f.yaml").ok());
  EXPECT_FALSE(ParseSessionsYaml("sessions: " + std::string(100'000, '{'), "f.yaml").ok());
  std::string blocks;
  for (int i = 0; i < 20'000; ++i) {
    blocks += "- ";
  }
  EXPECT_FALSE(ParseSessionsYaml("sessions:\n" + blocks + "a\n", "f.yaml").ok());
}

TEST(YamlTest, ManySessionsAreReadInOrder) {
  std::string text = "sessions:\n";
  for (int i = 0; i < 5000; ++i) {
    text += fmt::format(
        "- {{name: tenants/default/sessions/s{}, spec: {{url: ws://127.0.0.1/, beats: [{{name: a, send: {{text: "
        "x}}}}]}}}}\n",
        i);
  }
  const auto sessions = ParseSessionsYaml(text, "f.yaml");
  ASSERT_TRUE(sessions.ok()) << sessions.status();
  ASSERT_EQ(sessions->size(), 5000u);
  EXPECT_EQ(sessions->at(4999).name(), "tenants/default/sessions/s4999");
}

}  // namespace
}  // namespace holter::spec
