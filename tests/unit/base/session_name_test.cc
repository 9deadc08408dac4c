#include "base/session_name.h"

#include <gtest/gtest.h>

namespace holter {
namespace {

TEST(SessionNameTest, TakesApartAndPutsTogether) {
  const auto name = ParseSessionName("tenants/default/sessions/feed-1");
  ASSERT_TRUE(name.ok());
  EXPECT_EQ(*name, (SessionName{"default", "feed-1"}));
  EXPECT_EQ(name->ToString(), "tenants/default/sessions/feed-1");
}

TEST(SessionNameTest, RefusesOtherForms) {
  const std::string longest(63, 'a');
  EXPECT_TRUE(ParseSessionName("tenants/a/sessions/" + longest).ok());
  for (const std::string& name :
       {std::string(), std::string("feed-1"), std::string("tenants/a"), std::string("tenants//sessions/b"),
        std::string("tenants/a/sessions/"), std::string("tenants/A/sessions/b"), std::string("tenants/a/sessions/-b"),
        std::string("tenants/a/sessions/b-"), std::string("tenants/a/sessions/1b"),
        std::string("tenants/a/sessions/b/c"), std::string("tenants/a/sessions/b "),
        "tenants/a/sessions/" + longest + "a", std::string("/tenants/a/sessions/b")}) {
    EXPECT_FALSE(ParseSessionName(name).ok()) << name;
  }
}

TEST(SessionNameTest, WildcardOnlyWhereAllowed) {
  EXPECT_EQ(*ParseParent("tenants/default", false), "default");
  EXPECT_EQ(*ParseParent("tenants/-", true), "-");
  EXPECT_FALSE(ParseParent("tenants/-", false).ok());
  EXPECT_FALSE(ParseParent("tenants/", true).ok());
  EXPECT_FALSE(ParseParent("tenants/a/sessions/b", true).ok());
}

}  // namespace
}  // namespace holter
