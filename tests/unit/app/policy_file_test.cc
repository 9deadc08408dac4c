#include "app/policy_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "access/access_file.h"
#include "app/live_policy.h"
#include "base/error.h"
#include "tests/support/temporary_directory.h"

namespace holter::app {
namespace {

using ::testing::HasSubstr;
using transport::EgressMode;

class PolicyFileTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& text) {
    const std::string path = directory.path() + "/policy.yaml";
    std::ofstream(path) << text;
    return path;
  }
  absl::StatusOr<PolicyFile> Read(const std::string& text) { return ReadPolicyFile(Write(text)); }
  std::string FaultOf(const std::string& text) {
    const absl::StatusOr<PolicyFile> read = Read(text);
    EXPECT_TRUE(HasReason(read.status(), "POLICY_FILE_INVALID")) << text << read.status();
    return std::string(read.status().message());
  }

  holter::testing::TemporaryDirectory directory;
};

TEST_F(PolicyFileTest, WhatIsNotSaidIsTheDefault) {
  const auto read = Read("{}");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->egress.everyone.mode, EgressMode::kEnforce);
  EXPECT_TRUE(read->egress.everyone.allow_public);
  EXPECT_TRUE(read->egress.tenants.empty());
  EXPECT_FALSE(read->quotas.everyone.sessions.has_value());
  EXPECT_FALSE(read->quotas.sessions_per_host.has_value());
}

TEST_F(PolicyFileTest, ATenantHasItsOwnListsFirstAndTheWordsOfEverybodyUnlessItSaysOthers) {
  const auto read = Read(R"(
tenants:
  blue:
    egress: {mode: report, deny: [9.9.9.0/24], allow: [{host: Feed.Internal.Example}]}
    quotas: {sessions: unlimited, watches: 0}
  red: {}
egress:
  public: deny
  deny: [198.51.100.0/24]
  allow:
  - {network: 10.20.0.0/16, ports: [443, 8000-8999]}
quotas: {sessions: 1000, creates_per_second: 0.5}
hosts: {sessions: 500}
)");
  ASSERT_TRUE(read.ok()) << read.status();
  const transport::EgressRules& blue = read->egress.tenants.at("blue");
  EXPECT_EQ(blue.mode, EgressMode::kReport);
  EXPECT_FALSE(blue.allow_public);
  ASSERT_EQ(blue.allow.size(), 2u);
  EXPECT_EQ(blue.allow[0].host, "feed.internal.example");
  EXPECT_EQ(blue.allow[1].network->bits, 16);
  EXPECT_EQ(blue.allow[1].ports.back(), std::pair(uint16_t{8000}, uint16_t{8999}));
  EXPECT_EQ(blue.deny.size(), 2u);
  EXPECT_EQ(read->egress.everyone.mode, EgressMode::kEnforce);
  EXPECT_EQ(read->egress.everyone.allow.size(), 1u);
  EXPECT_EQ(read->quotas.everyone.sessions, 1000);
  EXPECT_EQ(read->quotas.everyone.creates_per_second, 0.5);
  EXPECT_FALSE(read->quotas.tenants.at("blue").sessions.has_value());
  EXPECT_EQ(read->quotas.tenants.at("blue").watches, 0);
  EXPECT_EQ(read->quotas.tenants.at("red").sessions, 1000);
  EXPECT_EQ(read->quotas.sessions_per_host, 500);
}

TEST_F(PolicyFileTest, EveryFaultIsNamedByLineAndPath) {
  const std::string fault = FaultOf(R"(egress:
  mode: maybe
  deny: [10.0.0.1/8, everything]
  allow:
  - {}
  - {host: 10.0.0.1}
  - {ports: []}
  - {ports: [0]}
quotas: {sessions: -1, creates_per_second: 0, watches: 1.5}
tenants: {Blue: {egress: {mode: off, shade: 1}}}
)");
  for (const char* line :
       {"policy.yaml:2: egress.mode", "policy.yaml:3: egress.deny[0]", "egress.deny[1]",
        "policy.yaml:5: egress.allow[0]", "policy.yaml:6: egress.allow[1].host", "egress.allow[2].ports",
        "egress.allow[3].ports[0]", "quotas.sessions", "quotas.creates_per_second", "quotas.watches", "tenants.Blue",
        "tenants.Blue.egress.shade"}) {
    EXPECT_THAT(fault, HasSubstr(line));
  }
}

TEST_F(PolicyFileTest, ANetworkInPlaceOfARuleHidesNoOtherFault) {
  const std::string fault = FaultOf("egress:\n  mode: maybe\n  allow: [10.20.0.0/16]\n");
  EXPECT_THAT(fault, HasSubstr("egress.mode"));
  EXPECT_THAT(fault, HasSubstr("policy.yaml:3: egress.allow[0]: expected a map"));
}

TEST_F(PolicyFileTest, MayBeTheAccessFileAsWell) {
  const std::string path = Write(R"(
identities:
- name: deployer
  certificates: [{cn: deployer}]
tenants:
  "*": {grants: {deployer: viewer}}
  blue: {grants: {deployer: editor}, quotas: {sessions: 3}, egress: {mode: report}}
egress: {public: deny}
quotas: {watches: 5}
hosts: {sessions: 9}
)");
  const auto policy = ReadPolicyFile(path);
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->quotas.tenants.at("blue").sessions, 3);
  EXPECT_EQ(policy->quotas.tenants.count("*"), 0u);
  const auto access = access::ReadAccessFile(path);
  ASSERT_TRUE(access.ok()) << access.status();
  EXPECT_EQ(access->policy.RoleOf("deployer", "blue"), access::Role::kEditor);
  EXPECT_THAT(FaultOf("tenants: {'*': {quotas: {sessions: 1}}}"), HasSubstr("unknown key"));
}

TEST_F(PolicyFileTest, WhatIsNoPolicyIsRefused) {
  EXPECT_THAT(FaultOf("- a list"), HasSubstr("expected a map"));
  EXPECT_THAT(FaultOf("egress: [}"), HasSubstr("policy.yaml:1"));
  EXPECT_THAT(FaultOf("hosts: {connects: 5}"), HasSubstr("unknown key"));
  EXPECT_FALSE(ReadPolicyFile(directory.path() + "/none.yaml").ok());
}

TEST_F(PolicyFileTest, AReloadHandsOnWhatTheFileSaysAndNothingOfABrokenOne) {
  transport::EgressGuard guard(false);
  registry::TenantQuotas quotas;
  TenantNumbers tenants;
  const std::string path = Write("tenants: {blue: {egress: {mode: off}, quotas: {watches: 0}}}");
  auto policy = LivePolicy::Open(path, {.guard = &guard, .quotas = &quotas, .tenants = &tenants});
  ASSERT_TRUE(policy.ok()) << policy.status();
  const auto reaches_private = [&](const char* tenant) {
    return guard
        .Check({.tenant = tenants.Of(tenant), .host = "h", .port = 1}, boost::asio::ip::make_address("10.0.0.1"))
        .ok();
  };
  EXPECT_TRUE(reaches_private("blue"));
  EXPECT_FALSE(reaches_private("red"));
  EXPECT_FALSE(quotas.TakeWatch("blue").ok());
  Write("egress: {mode: sometimes}");
  EXPECT_FALSE((*policy)->Reload().ok());
  EXPECT_TRUE(reaches_private("blue"));
  Write("tenants: {red: {egress: {mode: off}}}");
  EXPECT_TRUE((*policy)->Reload().ok());
  EXPECT_FALSE(reaches_private("blue"));
  EXPECT_TRUE(reaches_private("red"));
  EXPECT_TRUE(quotas.TakeWatch("blue").ok());
}

}  // namespace
}  // namespace holter::app
