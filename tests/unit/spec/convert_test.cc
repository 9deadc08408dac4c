#include "spec/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/spec/spec_text.h"

namespace holter::spec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

TEST(CompileTest, EmptySpecHasTheDefaultsOfTheProtoComments) {
  const auto shared = Compiled("");
  const core::PhaseTimeouts& timeouts = shared->connect.timeouts;
  EXPECT_EQ(timeouts.dns, std::chrono::seconds(5));
  EXPECT_EQ(timeouts.connect, std::chrono::seconds(10));
  EXPECT_EQ(timeouts.tls, std::chrono::seconds(10));
  EXPECT_EQ(timeouts.upgrade, std::chrono::seconds(10));
  EXPECT_EQ(timeouts.close, std::chrono::seconds(2));
  EXPECT_EQ(shared->connect.max_message_bytes, 1048576u);
  EXPECT_EQ(shared->connect.tls, core::TlsSpec{});

  EXPECT_TRUE(shared->protocol.active);
  EXPECT_EQ(shared->protocol.cadence.interval, std::chrono::seconds(20));
  EXPECT_EQ(shared->protocol.cadence.timeout, std::chrono::seconds(20));
  EXPECT_EQ(shared->protocol.cadence.first_delay, Duration::zero());
  EXPECT_EQ(shared->protocol.cadence.misses_allowed, 0);
  EXPECT_EQ(shared->protocol.answer, core::PongRule::kExactEcho);
  std::string payload;
  const core::BeatVariables variables{.seq = 7};
  shared->protocol.payload.Expand({.variables = &variables}, payload);
  EXPECT_EQ(payload, "7");

  EXPECT_EQ(shared->reconnect.first_delay, std::chrono::seconds(1));
  EXPECT_EQ(shared->reconnect.factor, 2.0);
  EXPECT_EQ(shared->reconnect.max_delay, std::chrono::minutes(1));
  EXPECT_EQ(shared->reconnect.jitter, 0.5);
  EXPECT_EQ(shared->reconnect.stable_after, std::chrono::seconds(30));
  EXPECT_EQ(shared->reconnect.retry_after_max, std::chrono::minutes(10));
  EXPECT_EQ(shared->close.on_dead_code, 4000);
  EXPECT_THAT(shared->close.rules, IsEmpty());
}

TEST(CompileTest, KeepsTheUrl) {
  const absl::StatusOr<core::SessionSpec> compiled = Compile(SpecOf(""), "spec", nullptr);
  ASSERT_TRUE(compiled.ok()) << compiled.status();
  EXPECT_EQ(compiled->url, "ws://127.0.0.1:9001/");
}

TEST(CompileTest, EveryViolationIsReportedAtOnce) {
  const Complaints complaints = ComplaintsAbout(R"(
    url: "http://x/"
    headers { name: "Host" value: "a" }
    timeouts { dns: "1ms" }
    beats { name: "Bad" interval: "0s" send { text: "x" } }
    reconnect { factor: 0.5 }
    close_policy { on_dead_code: 1 }
    limits { message_bytes: 1 })");
  EXPECT_THAT(complaints,
              ElementsAre(Key("session.spec.beats[0].interval"), Key("session.spec.beats[0].name"),
                          Key("session.spec.close_policy.on_dead_code"), Key("session.spec.headers[0].name"),
                          Key("session.spec.limits.message_bytes"), Key("session.spec.reconnect.factor"),
                          Key("session.spec.timeouts.dns"), Key("session.spec.url")));
}

TEST(CompileTest, UrlIsRequired) {
  EXPECT_THAT(ComplaintsAbout(v1::SessionSpec()), ElementsAre(Pair("session.spec.url", HasSubstr("required"))));
}

TEST(CompileTest, BadUrlIsNamedButNotRepeated) {
  for (const std::string url : {"http://tok3n.example/", "ws://user:tok3n@example/", "ws://example/#tok3n",
                                "ws:// tok3n", "tok3n", "wss://example:99999/tok3n"}) {
    v1::SessionSpec spec;
    spec.set_url(url);
    EXPECT_THAT(ComplaintsAbout(spec), ElementsAre(Pair("session.spec.url", Not(HasSubstr("tok3n"))))) << url;
  }
}

TEST(CompileTest, UrlMayHave2048Bytes) {
  v1::SessionSpec spec;
  spec.set_url("ws://example/" + std::string(2048 - 13, 'a'));
  ASSERT_EQ(spec.url().size(), 2048u);
  EXPECT_THAT(ComplaintsAbout(spec), IsEmpty());
  *spec.mutable_url() += 'a';
  EXPECT_THAT(ComplaintsAbout(spec), ElementsAre(Key("session.spec.url")));
}

TEST(CompileTest, TlsNeedsWss) {
  EXPECT_THAT(ComplaintsAbout("tls {}"), ElementsAre(Pair("session.spec.tls", HasSubstr("wss"))));
  EXPECT_THAT(ComplaintsAbout("url: 'wss://example/' tls { server_name: 'x' }"), IsEmpty());
}

TEST(CompileTest, ThePrefixMayBeEmpty) {
  std::vector<FieldViolation> violations;
  EXPECT_EQ(CompileShared(SpecOf("limits { message_bytes: 1 }"), "", nullptr, violations), nullptr);
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].field, "limits.message_bytes");
}

TEST(CompileTest, EarlierViolationsDoNotSpoilAGoodSpec) {
  std::vector<FieldViolation> violations = {{"session.group", "bad"}};
  EXPECT_NE(CompileShared(SpecOf(""), "session.spec", nullptr, violations), nullptr);
  EXPECT_EQ(violations.size(), 1u);
}

TEST(CompileTest, VariablesOfADialMayStandInTheUrl) {
  const auto spec =
      SpecOf("url: 'ws://h/${unix_s}/${hex_id}?t=${unix_ms}&u=${unix_us}&n=${unix_ns}&i=${iso_time}&id=${uuid}'");
  const absl::StatusOr<core::SessionSpec> compiled = Compile(spec, "spec", nullptr);
  ASSERT_TRUE(compiled.ok()) << compiled.status();
  EXPECT_EQ(compiled->url, spec.url()) << "replaced by transport, at each dial";
  for (const std::string bad : {"ws://h/${seq}", "ws://h/${nothing}", "ws://${uuid}/", "ws://h:${unix_s}/"}) {
    EXPECT_THAT(ComplaintsAbout("url: '" + bad + "'"), ElementsAre(Key("session.spec.url"))) << bad;
  }
}

// Many sessions that differ in their own words only are compiled once.
TEST(CompileTest, WhatIsKnownIsNotCompiledAgain) {
  const std::string shared =
      "headers { name: 'X-A' value: '${who}' } headers { name: 'Authorization' value: 'Bearer ${secret:a/b}' } "
      "beats { name: 'a' interval: '${every}' send { text: '${who}' } } parameters { key: 'every' value: '5s' } ";
  const v1::SessionSpec first = SpecOf(shared + "parameters { key: 'who' value: 'one' }");
  const auto known = Compile(first, "spec", nullptr)->shared;
  const auto compile = [&](const std::string& own, const SecretSource* secrets = nullptr) {
    v1::SessionSpec spec = SpecOf(shared);
    spec.MergeFrom(FromText<v1::SessionSpec>(own));
    return Compile(spec, "spec", secrets, known);
  };
  const auto second = compile("parameters { key: 'who' value: 'two' } url: 'ws://elsewhere/'");
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->shared, known);
  EXPECT_EQ(second->url, "ws://elsewhere/");
  EXPECT_EQ(second->parameters->at(1).text, "two");
  const OneSecretSource readable("a/b", "x");
  EXPECT_TRUE(compile("parameters { key: 'who' value: 'two' }", &readable).ok());
  const OneSecretSource other("c/d", "x");
  EXPECT_FALSE(compile("parameters { key: 'who' value: 'two' }", &other).ok()) << "a secret has to be readable now";
  EXPECT_FALSE(compile("parameters { key: 'who' value: 'a\\nb' }").ok()) << "cannot stand in a header";
  EXPECT_FALSE(compile("parameters { key: 'who' value: 'two' } parameters { key: 'every' value: '5' }").ok());
  EXPECT_FALSE(compile("parameters { key: 'who' value: 'two' } url: 'http://h/'").ok());
}

}  // namespace
}  // namespace holter::spec
