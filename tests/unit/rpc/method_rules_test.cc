#include "rpc/method_rules.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "holter/v1/session_service.pb.h"
#include "tests/support/method_call.h"

namespace holter::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;
using ::testing::ElementsAre;
using testing::MethodsOfTheApi;

// Paths of text fields that name resources, down to messages that are requests themselves.
void CollectNamingFields(const Descriptor& message, const std::string& prefix, std::set<std::string>& out) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      if (field.name() == "name" || field.name() == "names" || field.name() == "parent")
        out.insert(prefix + field.name());
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
               (field.message_type()->name().ends_with("Request") || field.message_type()->name() == "Session")) {
      CollectNamingFields(*field.message_type(), prefix + field.name() + ".", out);
    }
  }
}

TEST(MethodRulesTest, EveryMethodHasOneRule) {
  ASSERT_FALSE(MethodsOfTheApi().empty());
  std::set<std::string> methods;
  for (const MethodDescriptor* method : MethodsOfTheApi()) {
    EXPECT_NE(FindMethodRule(method->name()), nullptr) << method->full_name() << " is open to nobody";
    EXPECT_TRUE(methods.insert(method->name()).second) << method->full_name();
  }
  std::set<std::string_view> rules;
  for (const MethodRule& rule : MethodRules()) {
    EXPECT_TRUE(rules.insert(rule.method).second) << rule.method << " has two rules";
    EXPECT_TRUE(methods.contains(std::string(rule.method))) << rule.method << " is no method";
    EXPECT_NE(rule.role, access::Role::kNone) << rule.method;
  }
}

// A name that the rule does not look at is a way around the check of the tenant.
TEST(MethodRulesTest, RulesLookAtEveryNameOfTheirRequests) {
  for (const MethodDescriptor* method : MethodsOfTheApi()) {
    const MethodRule* const rule = FindMethodRule(method->name());
    if (rule == nullptr) continue;
    std::set<std::string> looked_at;
    for (const std::string_view path : rule->names) {
      looked_at.emplace(path.substr(0, path.size() - (path.ends_with('?') ? 1 : 0)));
    }
    std::set<std::string> there;
    if (testing::IsOfTenants(*method)) CollectNamingFields(*method->input_type(), "", there);
    EXPECT_NE(rule->anywhere, testing::IsOfTenants(*method)) << method->full_name();
    EXPECT_EQ(looked_at, there) << method->full_name();
  }
}

TEST(MethodRulesTest, OnlyMethodsThatReadAreForViewers) {
  for (const MethodRule& rule : MethodRules()) {
    const bool reads = rule.method.starts_with("Get") || rule.method.starts_with("List") ||
                       rule.method.starts_with("Watch") || rule.method.starts_with("BatchGet");
    EXPECT_TRUE(reads || rule.changes()) << rule.method;
  }
}

TEST(MethodRulesTest, NamesAreTakenFromTheRequest) {
  v1::CreateSessionRequest create;
  create.set_parent("tenants/a");
  EXPECT_THAT(NamesIn(create, *FindMethodRule("CreateSession")), ElementsAre("tenants/a"));
  create.mutable_session()->set_name("tenants/b/sessions/c");
  EXPECT_THAT(NamesIn(create, *FindMethodRule("CreateSession")), ElementsAre("tenants/a", "tenants/b/sessions/c"));
  EXPECT_THAT(NamesIn(v1::CreateSessionRequest(), *FindMethodRule("CreateSession")), ElementsAre(""));
  const MethodRule of_many{.method = "", .role = access::Role::kViewer, .names = {"sessions.name"}};
  v1::ListSessionsResponse many;
  many.add_sessions()->set_name("one");
  many.add_sessions()->set_name("two");
  EXPECT_THAT(NamesIn(many, of_many), ElementsAre("one", "two"));
}

TEST(MethodRulesTest, NamesBelongToATenantOrToAll) {
  EXPECT_EQ(TenantOf("tenants/a"), "a");
  EXPECT_EQ(TenantOf("tenants/a/sessions/b"), "a");
  EXPECT_EQ(TenantOf("tenants/a/sessions/-"), "a");
  for (const char* const other :
       {"", "a", "tenants/-", "tenants/*", "tenants/", "tenants/A", "tenants/a/", "tenants/a/b", "tenants/a/sessions/",
        "tenants/a/sessions/b/c", "tenants/-/sessions/b", "tenants/-/sessions/-", "/sessions/-", "/tenants/a"}) {
    EXPECT_EQ(TenantOf(other), "") << other;
  }
}

}  // namespace
}  // namespace holter::rpc
