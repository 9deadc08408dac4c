#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "spec/convert.h"

namespace holter::spec {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<FieldViolation> Check(const v1::Session& session) {
  std::vector<FieldViolation> violations;
  CheckDeclaration(session, "session", violations);
  return violations;
}

TEST(DeclarationTest, LabelKeysHaveAForm) {
  v1::Session good;
  for (const std::string& key : {std::string("team"), std::string("_a9"), std::string("A"), std::string(63, 'k')}) {
    (*good.mutable_labels())[key] = std::string(128, 'v');
  }
  EXPECT_THAT(Check(good), IsEmpty());
  for (const std::string& key : {std::string(), std::string("9a"), std::string("a-b"), std::string("a.b"),
                                 std::string(64, 'k'), std::string("é"), std::string("a\nb")}) {
    v1::Session session;
    (*session.mutable_labels())[key] = "v";
    const auto violations = Check(session);
    ASSERT_EQ(violations.size(), 1u) << key;
    EXPECT_THAT(violations[0].field, ::testing::StartsWith("session.labels[\""));
    EXPECT_THAT(violations[0].description, HasSubstr("[a-zA-Z_][a-zA-Z0-9_]*"));
    EXPECT_EQ(violations[0].field.find('\n'), std::string::npos);
  }
}

TEST(DeclarationTest, LabelValuesHaveAtMost128Bytes) {
  v1::Session session;
  (*session.mutable_labels())["team"] = std::string(129, 'v');
  const auto violations = Check(session);
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].field, "session.labels[\"team\"]");
  EXPECT_THAT(violations[0].description, HasSubstr("129"));
}

TEST(DeclarationTest, AtMost16Labels) {
  v1::Session session;
  for (int i = 0; i < 16; ++i) {
    (*session.mutable_labels())[fmt::format("k{}", i)] = "v";
  }
  EXPECT_THAT(Check(session), IsEmpty());
  (*session.mutable_labels())["one_more"] = "v";
  const auto violations = Check(session);
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].field, "session.labels");
}

TEST(DeclarationTest, GroupHasAForm) {
  v1::Session session;
  for (const std::string& good : {std::string(), std::string("feeds.EU-1_a"), std::string(63, 'g')}) {
    session.set_group(good);
    EXPECT_THAT(Check(session), IsEmpty()) << good;
  }
  for (const std::string& bad : {std::string("a b"), std::string("a/b"), std::string("ü"), std::string(64, 'g')}) {
    session.set_group(bad);
    const auto violations = Check(session);
    ASSERT_EQ(violations.size(), 1u) << bad;
    EXPECT_EQ(violations[0].field, "session.group");
  }
}

TEST(DeclarationTest, OutputOnlyFieldsMayBeSentBack) {
  v1::Session session;
  session.set_uid("0");
  session.set_etag("1");
  session.set_origin(v1::ORIGIN_FILE);
  session.mutable_status()->set_state(v1::STATE_OPEN);
  session.mutable_create_time();
  EXPECT_THAT(Check(session), IsEmpty());
}

}  // namespace
}  // namespace holter::spec
