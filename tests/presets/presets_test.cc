// One test for each preset of the binary.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "spec/preset_catalog.h"
#include "tests/presets/transcript_player.h"

namespace holter::presets {
namespace {

class PresetsTest : public ::testing::TestWithParam<std::string_view> {};

TEST_P(PresetsTest, PlaysItsTranscript) {
  const absl::StatusOr<const v1::Preset*> preset = spec::PresetCatalog::Embedded().Find(GetParam());
  ASSERT_TRUE(preset.ok()) << preset.status();
  ASSERT_GT((*preset)->transcript_size(), 0);
  EXPECT_EQ(TranscriptPlayer(**preset).Play(), "");
}

INSTANTIATE_TEST_SUITE_P(Each, PresetsTest, ::testing::ValuesIn(spec::PresetCatalog::Embedded().Names()),
                         [](const auto& file) {
                           std::string name(file.param);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace holter::presets
