// Sessions that name a preset: what is declared stays as it is, and what is run is shown beside it.
#include "tests/unit/registry/registry_fixture.h"

namespace holter::registry {
namespace {

constexpr char kPresetUrl[] = "wss://gateway.discord.gg/?v=10&encoding=json";

class PresetTest : public RegistryTest {
 protected:
  static v1::Session Declared() {
    v1::Session session;
    session.mutable_spec()->set_preset("discord");
    session.mutable_spec()->mutable_reconnect()->set_max_delay("30s");
    return session;
  }
};

TEST_F(PresetTest, TheDeclarationStaysAndTheEffectiveSpecIsShown) {
  const auto created = Create(CreateRequest("a", Declared()));
  ASSERT_TRUE(created.ok()) << created.status();
  const auto got = Get("a");
  ASSERT_TRUE(got.ok());
  for (const v1::Session* session : {&*created, &*got}) {
    EXPECT_EQ(session->spec().SerializeAsString(), Declared().spec().SerializeAsString());
    EXPECT_EQ(session->effective_spec().url(), kPresetUrl);
    EXPECT_EQ(session->effective_spec().reconnect().max_delay(), "30s");
    EXPECT_EQ(session->effective_spec().preset(), "");
    EXPECT_EQ(session->effective_spec().beats(0).name(), "gateway");
  }
}

TEST_F(PresetTest, ThePresetsUrlIsDialled) {
  ASSERT_TRUE(Create(CreateRequest("a", Declared())).ok());
  ASSERT_EQ(engine_.sessions().size(), 1u);
  EXPECT_EQ(engine_.sessions().begin()->second.spec.url, kPresetUrl);
}

TEST_F(PresetTest, SessionsOfOnePresetShareWhatIsCompiled) {
  ASSERT_TRUE(Create(CreateRequest("a", Declared())).ok());
  v1::Session other = Declared();
  other.mutable_spec()->set_url("ws://elsewhere/");
  ASSERT_TRUE(Create(CreateRequest("b", other)).ok());
  const auto sessions = engine_.sessions();
  ASSERT_EQ(sessions.size(), 2u);
  EXPECT_EQ(sessions.begin()->second.spec.shared, sessions.rbegin()->second.spec.shared);
  EXPECT_NE(sessions.begin()->second.spec.url, sessions.rbegin()->second.spec.url);
}

// AIP-203: what Get answered can be sent back.
TEST_F(PresetTest, WhatWasShownIsIgnoredWhenItComesBack) {
  ASSERT_TRUE(Create(CreateRequest("a", Declared())).ok());
  v1::Session shown = *Get("a");
  shown.mutable_effective_spec()->set_url("ws://evil/");
  const auto updated = Update(shown, {"*"});
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->etag(), shown.etag()) << "nothing was changed";
  EXPECT_EQ(updated->effective_spec().url(), kPresetUrl);
}

TEST_F(PresetTest, ListsDoNotShowIt) {
  ASSERT_TRUE(Create(CreateRequest("a", Declared())).ok());
  v1::ListSessionsRequest request;
  request.set_parent("tenants/default");
  const auto listed = registry_->List(request);
  ASSERT_TRUE(listed.ok());
  EXPECT_FALSE(listed->sessions(0).has_effective_spec());
}

TEST_F(PresetTest, ASessionWithoutAPresetHasNone) {
  ASSERT_TRUE(Create(CreateRequest("a", SessionWithUrl("ws://peer/"))).ok());
  EXPECT_FALSE(Get("a")->has_effective_spec());
}

TEST_F(PresetTest, AFaultHasThePlaceThatItHasInTheDeclaration) {
  v1::Session session = Declared();
  session.mutable_spec()->set_preset("discrod");
  EXPECT_EQ(BadFields(Create(CreateRequest("a", session)).status()), std::vector<std::string>{"session.spec.preset"});
}

}  // namespace
}  // namespace holter::registry
