// What every preset of the binary has to have; tests/presets plays their transcripts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>

#include "spec/convert.h"
#include "spec/preset_catalog.h"
#include "spec/preset_variables.h"

namespace holter::spec {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class EachPresetTest : public ::testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    const absl::StatusOr<const v1::Preset*> found = PresetCatalog::Embedded().Find(GetParam());
    ASSERT_TRUE(found.ok()) << found.status();
    preset_ = **found;
  }
  std::set<std::string> SourceKeys() const {
    std::set<std::string> keys;
    for (const v1::PresetSource& source : preset_.sources()) keys.insert(source.key());
    return keys;
  }

  v1::Preset preset_;
};

TEST_P(EachPresetTest, SaysWhatItIs) {
  EXPECT_EQ(preset_.name(), GetParam()) << "the file has the preset's name";
  EXPECT_TRUE(std::regex_match(preset_.name(), std::regex("[a-z][a-z0-9-]{0,62}")));
  EXPECT_NE(preset_.title(), "");
  EXPECT_NE(preset_.description(), "");
  EXPECT_NE(preset_.evidence(), v1::EVIDENCE_UNSPECIFIED);
  EXPECT_TRUE(v1::Evidence_IsValid(preset_.evidence()));
}

TEST_P(EachPresetTest, HasSources) {
  EXPECT_THAT(preset_.sources(), Not(IsEmpty()));
  EXPECT_THAT(SourceKeys(), SizeIs(preset_.sources_size())) << "keys are different";
  for (const v1::PresetSource& source : preset_.sources()) {
    EXPECT_NE(source.key(), "");
    EXPECT_NE(source.where(), "") << source.key();
    EXPECT_TRUE(std::regex_match(source.date(), std::regex("20\\d\\d-[01]\\d-[0-3]\\d"))) << source.key();
  }
}

TEST_P(EachPresetTest, UsesItsParameters) {
  std::set<std::string> names;
  for (const v1::PresetParameter& parameter : preset_.parameters()) {
    EXPECT_TRUE(names.insert(parameter.name()).second) << parameter.name();
    EXPECT_NE(parameter.description(), "") << parameter.name();
    EXPECT_NE(parameter.has_default_value(), !parameter.example().empty())
        << parameter.name() << ": a default, or else an example";
    EXPECT_THAT(VariablesIn(preset_.spec()), Contains(parameter.name()));
  }
  EXPECT_THAT(preset_.spec().parameters(), IsEmpty()) << "they stand beside the spec";
  EXPECT_EQ(preset_.spec().preset(), "");
  EXPECT_THAT(preset_.spec().without(), IsEmpty());
}

TEST_P(EachPresetTest, CompilesWithItsExamples) {
  v1::SessionSpec spec;
  spec.set_preset(preset_.name());
  for (const v1::PresetParameter& parameter : preset_.parameters()) {
    if (!parameter.has_default_value()) (*spec.mutable_parameters())[parameter.name()] = parameter.example();
  }
  if (preset_.spec().url().empty()) spec.set_url("wss://peer.example.org/");
  const absl::StatusOr<core::SessionSpec> compiled = Compile(spec, "spec", nullptr);
  EXPECT_TRUE(compiled.ok()) << compiled.status();
}

TEST_P(EachPresetTest, TellsWhereEachLineOfItsTranscriptIsFrom) {
  EXPECT_THAT(preset_.transcript(), Not(IsEmpty()));
  for (int i = 0; i < preset_.transcript_size(); ++i) {
    const v1::TranscriptLine& line = preset_.transcript(i);
    const int kinds = (line.has_peer() ? 1 : 0) + (line.peer_close() != 0 ? 1 : 0) + (line.has_holter() ? 1 : 0) +
                      (line.has_expect() ? 1 : 0) + (line.peer_opens() ? 1 : 0);
    EXPECT_EQ(kinds, 1) << "transcript[" << i << "]";
    if ((!line.has_expect() && !line.peer_opens()) || !line.source().empty()) {
      EXPECT_THAT(SourceKeys(), Contains(line.source())) << "transcript[" << i << "].source";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Presets, EachPresetTest, ::testing::ValuesIn(PresetCatalog::Embedded().Names()),
                         [](const auto& file) {
                           std::string name(file.param);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace holter::spec
