#include "spec/preset_catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/error.h"

namespace holter::spec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr PresetFile kTwo[] = {{"b", "name: b\ntitle: B\n"}, {"a-b", "name: a-b\n"}, {"a", "name: a\ntypo: x\n"}};

TEST(PresetCatalogTest, NamesAreInOrderAndNothingIsParsedForThem) {
  EXPECT_THAT(PresetCatalog(kTwo).Names(), ElementsAre("a", "a-b", "b"));
}

TEST(PresetCatalogTest, APresetIsParsedOnceAndStays) {
  const PresetCatalog catalog(kTwo);
  const auto first = catalog.Find("b");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ((*first)->title(), "B");
  EXPECT_EQ(*catalog.Find("b"), *first);
}

TEST(PresetCatalogTest, ABadFileSpoilsItselfOnly) {
  const PresetCatalog catalog(kTwo);
  EXPECT_THAT(std::string(catalog.Find("a").status().message()), HasSubstr("presets/a.yaml:2: typo: unknown field"));
  EXPECT_FALSE(catalog.Find("a").ok());
  EXPECT_TRUE(catalog.Find("a-b").ok());
  EXPECT_FALSE(catalog.All().ok());
}

TEST(PresetCatalogTest, AnUnknownNameHasItsReason) {
  const absl::Status status = PresetCatalog(kTwo).Find("c").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(HasReason(status, "PRESET_NOT_FOUND"));
}

TEST(PresetCatalogTest, ManyMayAskAtOnce) {
  const PresetCatalog catalog(kTwo);
  std::vector<const v1::Preset*> found(8);
  {
    std::vector<std::jthread> threads;
    for (auto& one : found) threads.emplace_back([&] { one = *catalog.Find("b"); });
  }
  EXPECT_THAT(found, ::testing::Each(found.front()));
  EXPECT_EQ(found.front()->title(), "B");
}

TEST(PresetCatalogTest, NearestWordsAreThoseThatMayBeMeant) {
  const std::vector<std::string_view> words = {"discord", "discord-voice", "engine-io-3", "engine-io-4", "sockjs"};
  EXPECT_THAT(NearestWords("discrod", words), ElementsAre("discord"));
  EXPECT_THAT(NearestWords("engine-io", words), ElementsAre("engine-io-3", "engine-io-4"));
  EXPECT_THAT(NearestWords("voice", words), ElementsAre("discord-voice"));
  EXPECT_THAT(NearestWords("whatever", words), IsEmpty());
  EXPECT_THAT(NearestWords("", words), IsEmpty());
}

TEST(PresetCatalogTest, TheBinaryHasPresets) {
  EXPECT_FALSE(EmbeddedPresets().empty());
  EXPECT_TRUE(PresetCatalog::Embedded().Find("discord").ok());
}

}  // namespace
}  // namespace holter::spec
