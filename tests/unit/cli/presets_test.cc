#include <gmock/gmock.h>

#include "spec/preset_catalog.h"
#include "spec/yaml.h"
#include "tests/unit/cli/cli_fixture.h"

namespace holter::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(PresetsTest, TheListNeedsNoServer) {
  const CliResult result = RunCli({"presets"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr("NAME"));
  EXPECT_THAT(result.out, HasSubstr("\ndiscord "));
  v1::ListPresetsResponse listed;
  ASSERT_TRUE(spec::ParseYaml(RunCli({"presets", "-o", "yaml"}).out, "out", listed).ok());
  EXPECT_EQ(static_cast<size_t>(listed.presets_size()), spec::PresetCatalog::Embedded().Names().size());
  EXPECT_EQ(listed.presets(0).transcript_size(), 0);
}

TEST(PresetsTest, WhatIsShownIsAPresetAgain) {
  const CliResult result = RunCli({"presets", "show", "discord"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  v1::Preset preset;
  ASSERT_TRUE(spec::ParseYaml(result.out, "out", preset).ok()) << result.out;
  EXPECT_EQ(preset.name(), "discord");
  EXPECT_TRUE(preset.has_spec());
  EXPECT_EQ(preset.transcript_size(), 0);
  EXPECT_THAT(RunCli({"presets", "show", "discord", "--transcript"}).out, HasSubstr("transcript:"));
  EXPECT_THAT(RunCli({"presets", "show", "discord", "-o", "json"}).out, HasSubstr("\"name\": \"discord\""));
}

TEST(PresetsTest, AnUnknownOneIsRefusedWithTheNearest) {
  const CliResult result = RunCli({"presets", "show", "discrod"});
  EXPECT_EQ(result.code, ExitCode::kRefused);
  EXPECT_THAT(result.err, HasSubstr("the nearest: discord"));
}

TEST(PresetsTest, AContextThatIsNotThereIsSaid) {
  EXPECT_EQ(RunCli({"presets", "--context", "nowhere"}).code, ExitCode::kUsage);
}

TEST(PresetsTest, PingTakesTheUrlOfThePreset) {
  // Nobody resolves names there.
  const CliResult result =
      RunCli({"ping", "--preset", "discord", "--dns-server", "127.0.0.1:1", "--connect-timeout", "50ms"});
  EXPECT_EQ(result.code, ExitCode::kFailure) << result.err;
  EXPECT_THAT(result.out, HasSubstr("gateway.discord.gg"));
  EXPECT_THAT(result.out, Not(HasSubstr("protocol: ")));
}

}  // namespace
}  // namespace holter::cli
