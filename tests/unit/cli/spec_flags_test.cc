#include "client/cli/spec_flags.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "client/cli/local_secrets.h"

namespace holter::cli {
namespace {

TEST(SpecFlagsTest, SaysOnlyWhatWasSaid) {
  const auto spec = BuildSpec({.url = "ws://a/"});
  ASSERT_TRUE(spec.ok());
  v1::SessionSpec expected;
  expected.set_url("ws://a/");
  EXPECT_EQ(spec->SerializeAsString(), expected.SerializeAsString());
}

TEST(SpecFlagsTest, BuildsBothHeartbeats) {
  const auto spec = BuildSpec({.url = "wss://a/",
                               .headers = {"X-A:  b: c "},
                               .subprotocols = {"one", "two"},
                               .insecure_skip_verify = true,
                               .interval = "2s",
                               .timeout = "1s",
                               .beat = "{\"id\":\"${seq}\"}",
                               .expect_json = {"/op=pong", "/code=0", "/ok=true", "/text=\"1\"", "/eq=a=b"},
                               .echo = "/id"});
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->headers(0).name(), "X-A");
  EXPECT_EQ(spec->headers(0).value(), "b: c");
  EXPECT_EQ(spec->subprotocols_size(), 2);
  EXPECT_TRUE(spec->tls().insecure_skip_verify());
  EXPECT_EQ(spec->protocol_heartbeat().interval(), "2s");
  EXPECT_EQ(spec->protocol_heartbeat().timeout(), "1s");
  const v1::Beat& beat = spec->beats(0);
  EXPECT_EQ(beat.interval(), "2s");
  EXPECT_EQ(beat.send().text(), "{\"id\":\"${seq}\"}");
  EXPECT_EQ(beat.correlate().pointer(), "/id");
  EXPECT_EQ(beat.correlate().equals(), "seq");
  ASSERT_EQ(beat.expect().json_size(), 5);
  EXPECT_EQ(beat.expect().json(0).equals().string_value(), "pong");
  EXPECT_EQ(beat.expect().json(1).equals().kind_case(), google::protobuf::Value::kNumberValue);
  EXPECT_TRUE(beat.expect().json(2).equals().bool_value());
  EXPECT_EQ(beat.expect().json(3).equals().string_value(), "1");
  EXPECT_EQ(beat.expect().json(4).equals().string_value(), "a=b");
}

TEST(SpecFlagsTest, NoPingTurnsThePingOff) {
  const auto spec = BuildSpec({.url = "ws://a/", .no_ping = true, .interval = "2s"});
  ASSERT_TRUE(spec.ok());
  EXPECT_EQ(spec->protocol_heartbeat().mode(), v1::ProtocolHeartbeat::MODE_OFF);
}

TEST(SpecFlagsTest, ErrorsNameTheFlagAndHideItsValue) {
  EXPECT_EQ(BuildSpec({.headers = {"Authorization topsecret"}}).status().message(),
            "--header: expected \"Name: value\"");
  EXPECT_EQ(BuildSpec({.beat = "x", .expect_json = {"/op"}}).status().message(),
            "--expect-json: expected POINTER=VALUE such as \"/op=pong\", got \"/op\"");
}

TEST(LocalSecretsTest, ReadsFilesAndValuesByReference) {
  const std::string path = testing::TempDir() + "/holter_local_secret";
  std::ofstream(path) << "content\n";
  LocalSecretSource secrets;
  const std::string file = secrets.AddFile(path);
  const std::string value = secrets.AddValue("Bearer x");
  EXPECT_NE(file, value);
  EXPECT_EQ(secrets.Read(file)->Reveal(), "content");
  EXPECT_EQ(secrets.Read(value)->Reveal(), "Bearer x");
  EXPECT_TRUE(absl::IsNotFound(secrets.Read("local/99").status()));
  std::filesystem::remove(path);
  EXPECT_TRUE(absl::IsNotFound(secrets.Read(file).status())) << "read at every dial";
}

}  // namespace
}  // namespace holter::cli
