#include "core/scope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/value.h"

namespace holter::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

TEST(ScopeTest, NamesGetSlotsInOrder) {
  Scope scope;
  EXPECT_EQ(*scope.Add("a", Origin::kParameter), 0u);
  EXPECT_EQ(*scope.Add("b_2", Origin::kCapture, seconds(1)), 1u);
  EXPECT_EQ(*scope.Add("secret:x/y", Origin::kSecret), 2u);
  EXPECT_EQ(scope.Find("b_2"), 1u);
  EXPECT_EQ(scope.Find("c"), std::nullopt);
  EXPECT_EQ(scope[1].unit, seconds(1));
  EXPECT_EQ(scope.size(), 3u);
}

TEST(ScopeTest, ACaptureMayBeAddedAgainWithTheSameUnit) {
  Scope scope;
  EXPECT_EQ(*scope.Add("a", Origin::kCapture, seconds(1)), 0u);
  EXPECT_EQ(*scope.Add("a", Origin::kCapture, seconds(1)), 0u);
  EXPECT_EQ(scope.size(), 1u);
  EXPECT_THAT(scope.Add("a", Origin::kCapture, milliseconds(1)).status().message(), HasSubstr("another unit"));
  EXPECT_THAT(scope.Add("a", Origin::kCapture).status().message(), HasSubstr("another unit"));
}

TEST(ScopeTest, AParameterIsNoCapture) {
  Scope scope;
  EXPECT_TRUE(scope.Add("a", Origin::kParameter).ok());
  const absl::Status status = scope.Add("a", Origin::kCapture).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("\"a\" is the name of a parameter"));
}

TEST(ScopeTest, NamesHaveAForm) {
  Scope scope;
  for (const std::string bad : {"", "A", "1a", "_a", "a-b", "a b", "a.b", "\xc3\xa9"}) {
    EXPECT_THAT(scope.Add(bad, Origin::kCapture).status().message(), HasSubstr("[a-z][a-z0-9_]{0,30}")) << bad;
  }
  EXPECT_TRUE(scope.Add(std::string(31, 'a'), Origin::kCapture).ok());
  EXPECT_FALSE(scope.Add(std::string(32, 'a'), Origin::kCapture).ok());
}

TEST(ScopeTest, WordsOfTheLanguageAreTaken) {
  Scope scope;
  for (const std::string word : {"seq", "unix_s", "unix_ms", "unix_us", "unix_ns", "iso_time", "uuid", "hex_id",
                                 "message", "length", "secret", "interval", "if"}) {
    EXPECT_THAT(scope.Add(word, Origin::kParameter).status().message(),
                HasSubstr("is a word of the heartbeat language"))
        << word;
  }
  EXPECT_EQ(scope.size(), 0u);
}

TEST(ScopeTest, HoldsAtMost64) {
  Scope scope;
  for (size_t i = 0; i < Scope::kMost; ++i) EXPECT_TRUE(scope.Add("a" + std::to_string(i), Origin::kCapture).ok());
  EXPECT_THAT(scope.Add("b", Origin::kCapture).status().message(), HasSubstr("at most 64"));
  EXPECT_TRUE(scope.Add("a5", Origin::kCapture).ok()) << "it is there already";
}

TEST(ValueStoreTest, SaysWhatHasChanged) {
  ValueStore values(1);
  EXPECT_FALSE(values[0].known());
  EXPECT_TRUE(values.Set(0, Value::Kind::kText, "1"));
  EXPECT_FALSE(values.Set(0, Value::Kind::kText, "1"));
  EXPECT_TRUE(values.Set(0, Value::Kind::kToken, "1")) << "17 and \"17\" are not the same";
  EXPECT_TRUE(values.Set(0, Value::Kind::kToken, "2"));
  EXPECT_EQ(values[0], (Value{Value::Kind::kToken, "2"}));
  values.Clear(0);
  EXPECT_FALSE(values[0].known());
  EXPECT_TRUE(values.Set(0, Value::Kind::kText, ""));
  EXPECT_TRUE(values[0].known()) << "an empty text is a value";
}

TEST(ValueStoreTest, SlotsThatAreNotThereAreNothing) {
  ValueStore values(1);
  EXPECT_FALSE(values.Set(1, Value::Kind::kText, "x"));
  values.Clear(7);
  EXPECT_FALSE(values[1].known());
  EXPECT_FALSE(ValueStore()[0].known());
}

TEST(ValueStoreTest, TheFirstStays) {
  ValueStore values(1);
  EXPECT_TRUE(values.Set(0, Value::Kind::kText, "a", Keep::kFirst));
  EXPECT_FALSE(values.Set(0, Value::Kind::kText, "b", Keep::kFirst));
  EXPECT_EQ(values[0].text, "a");
  values.Clear(0);
  EXPECT_TRUE(values.Set(0, Value::Kind::kText, "b", Keep::kFirst));
}

TEST(ValueStoreTest, TheLargestNumberStays) {
  ValueStore values(1);
  const auto set = [&](std::string_view text) { return values.Set(0, Value::Kind::kToken, text, Keep::kMax); };
  EXPECT_TRUE(set("9"));
  EXPECT_TRUE(set("10"));
  EXPECT_FALSE(set("9.5"));
  EXPECT_FALSE(set("10"));
  EXPECT_FALSE(set("abc")) << "no number";
  EXPECT_FALSE(set("nan"));
  EXPECT_EQ(values[0].text, "10");
}

TEST(ValueStoreTest, LargeNumbersAreComparedExactly) {
  ValueStore values(1);
  const auto set = [&](std::string_view text) { return values.Set(0, Value::Kind::kToken, text, Keep::kMax); };
  EXPECT_TRUE(set("9007199254740992"));
  EXPECT_TRUE(set("9007199254740993"));
  EXPECT_FALSE(set("9007199254740992"));
  EXPECT_TRUE(set("18446744073709551615"));
  EXPECT_FALSE(set("-18446744073709551616"));
}

TEST(ValueStoreTest, TheFirstOfTheLargestHasToBeANumber) {
  ValueStore values(1);
  EXPECT_FALSE(values.Set(0, Value::Kind::kText, "abc", Keep::kMax));
  EXPECT_FALSE(values.Set(0, Value::Kind::kText, "nan", Keep::kMax));
  EXPECT_FALSE(values[0].known());
}

}  // namespace
}  // namespace holter::core
