#include "core/variable.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/core/template_fixture.h"

namespace holter::core {
namespace {

using holter::testing::kUuidText;
using holter::testing::SevenVariables;

std::string TextOf(const BeatVariables& values, Variable variable) {
  std::string text;
  values.Append(variable, text);
  return text;
}

TEST(VariableTest, EachIsFoundByItsName) {
  std::set<Variable> found;
  std::string_view rest = VariableNames();
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(", "), rest.size());
    const std::optional<Variable> variable = FindVariable(rest.substr(0, comma));
    ASSERT_TRUE(variable.has_value()) << rest;
    found.insert(*variable);
    rest.remove_prefix(std::min(comma + 2, rest.size()));
  }
  EXPECT_EQ(found.size(), static_cast<size_t>(kVariableCount));
  for (const std::string_view name : {"", "Seq", "seq ", "unix", "message"}) EXPECT_FALSE(FindVariable(name)) << name;
}

TEST(VariableTest, NoTextIsLongerThanItsBound) {
  const BeatVariables largest{.seq = UINT64_MAX, .unix_ns = INT64_MIN, .uuid = {}, .hex_id = UINT64_MAX};
  for (int i = 0; i < kVariableCount; ++i) {
    const auto variable = static_cast<Variable>(i);
    EXPECT_LE(TextOf(largest, variable).size(), MaxSize(variable)) << i;
    EXPECT_LE(TextOf(SevenVariables(), variable).size(), MaxSize(variable)) << i;
  }
}

TEST(DrawVariables, IdsAreNewAndUuidsAreVersion4) {
  Random random(42);
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const BeatVariables values = DrawVariables(1, WallTime{}, true, random);
    const std::string text = TextOf(values, Variable::kUuid);
    ASSERT_EQ(text.size(), 36u);
    EXPECT_EQ(text[14], '4');
    EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos) << text;
    EXPECT_TRUE(seen.insert(text).second);
    EXPECT_TRUE(seen.insert(TextOf(values, Variable::kHexId)).second);
  }
}

TEST(DrawVariables, DrawsOnlyWhatIsNeeded) {
  Random random(42);
  Random untouched(42);
  const BeatVariables values = DrawVariables(3, WallTime(std::chrono::milliseconds(1500)), false, random);
  EXPECT_EQ(values.seq, 3u);
  EXPECT_EQ(values.unix_ns, 1'500'000'000);
  EXPECT_EQ(random, untouched);
}

TEST(BeatVariables, EqualsComparesTexts) {
  EXPECT_TRUE(SevenVariables().Equals(Variable::kSeq, "7"));
  EXPECT_FALSE(SevenVariables().Equals(Variable::kSeq, "07"));
  EXPECT_TRUE(SevenVariables().Equals(Variable::kUuid, kUuidText));
  EXPECT_FALSE(SevenVariables().Equals(Variable::kUnixMs, ""));
  EXPECT_TRUE(SevenVariables().Equals(Variable::kHexId, "0000000000000abc"));
}

}  // namespace
}  // namespace holter::core
