#include "transport/egress_policy.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "transport/egress_guard.h"

namespace holter::transport {
namespace {

using Ports = std::vector<std::pair<uint16_t, uint16_t>>;

AllowRule NetworkRule(const char* network, Ports ports = {}) {
  return {.network = ParseNetwork(network).value(), .host = "", .ports = std::move(ports)};
}

AllowRule HostRule(const char* host, Ports ports = {}) {
  return {.network = {}, .host = host, .ports = std::move(ports)};
}

EgressVerdict JudgeBy(const EgressRules& rules, const char* address, const char* host = "feed.example.org",
                      uint16_t port = 443, bool allow_loopback = false) {
  return Judge(rules, allow_loopback, {.tenant = 1, .host = host, .port = port},
               boost::asio::ip::make_address(address));
}

EgressRules Allowing(AllowRule rule) { return {.deny = {}, .allow = {std::move(rule)}}; }

TEST(EgressPolicyTest, ANetworkOpensWhatLiesInItAndNothingElse) {
  const EgressRules rules = Allowing(NetworkRule("10.20.0.0/16"));
  EXPECT_TRUE(JudgeBy(rules, "10.20.0.0").allowed);
  EXPECT_TRUE(JudgeBy(rules, "10.20.255.255").allowed);
  EXPECT_TRUE(JudgeBy(rules, "::ffff:10.20.1.1").allowed) << "in IPv6 clothes it is the same address";
  EXPECT_EQ(JudgeBy(rules, "10.20.1.1").rule, "allow_network");
  for (const char* address : {"10.19.255.255", "10.21.0.0", "192.168.0.1", "169.254.169.254", "127.0.0.1", "fd00::1"}) {
    EXPECT_FALSE(JudgeBy(rules, address).allowed) << address;
  }
}

TEST(EgressPolicyTest, ANetworkThatIsWiderThanARangeDoesNotOpenIt) {
  for (const char* wide : {"0.0.0.0/0", "128.0.0.0/1", "160.0.0.0/3"}) {
    const EgressRules rules = Allowing(NetworkRule(wide));
    for (const char* address : {"169.254.1.1", "169.254.169.254", "172.16.0.1", "168.63.129.16"}) {
      EXPECT_FALSE(JudgeBy(rules, address).allowed) << wide << " " << address;
    }
  }
  const EgressRules link_local = Allowing(NetworkRule("169.254.0.0/16"));
  EXPECT_TRUE(JudgeBy(link_local, "169.254.1.1").allowed);
  EXPECT_FALSE(JudgeBy(link_local, "169.254.169.254").allowed) << "metadata has to be named";
  EXPECT_TRUE(JudgeBy(Allowing(NetworkRule("169.254.169.254/32")), "169.254.169.254").allowed);
  const EgressRules v6 = Allowing(NetworkRule("::/0"));
  for (const char* address : {"::1", "fd00::1", "64:ff9b::808:808", "2606:4700::5efe:a00:1"}) {
    EXPECT_FALSE(JudgeBy(v6, address).allowed) << address;
  }
}

TEST(EgressPolicyTest, IsatapIsOpenedByThatVeryAddressOnly) {
  EXPECT_FALSE(JudgeBy(Allowing(NetworkRule("2606:4700::/32")), "2606:4700::5efe:a00:1").allowed);
  EXPECT_TRUE(JudgeBy(Allowing(NetworkRule("2606:4700::5efe:a00:1")), "2606:4700::5efe:a00:1").allowed);
}

TEST(EgressPolicyTest, BehindNat64TheInnerAddressIsJudged) {
  const EgressRules rules = Allowing(NetworkRule("64:ff9b::/96"));
  EXPECT_TRUE(JudgeBy(rules, "64:ff9b::8.8.8.8").allowed);
  EXPECT_EQ(JudgeBy(rules, "64:ff9b::169.254.169.254").rule, "metadata");
  EXPECT_FALSE(JudgeBy(rules, "64:ff9b::169.254.169.254").allowed);
  EXPECT_FALSE(JudgeBy(rules, "64:ff9b::10.0.0.1").allowed);
  EXPECT_FALSE(JudgeBy({}, "64:ff9b::8.8.8.8").allowed) << "unless opened, denied whole";
}

TEST(EgressPolicyTest, AHostOpensPrivateAndLoopbackAddressesForThatHost) {
  const EgressRules rules = Allowing(HostRule("feed.internal.example"));
  for (const char* address : {"10.0.0.1", "192.168.1.1", "100.64.0.1", "fd00::1", "127.0.0.1", "::1"}) {
    EXPECT_TRUE(JudgeBy(rules, address, "feed.internal.example").allowed) << address;
    EXPECT_TRUE(JudgeBy(rules, address, "feed.internal.example.").allowed) << address;
    EXPECT_FALSE(JudgeBy(rules, address, "a.feed.internal.example").allowed) << address;
    EXPECT_FALSE(JudgeBy(rules, address, "xfeed.internal.example").allowed) << address;
    EXPECT_FALSE(JudgeBy(rules, address, address).allowed) << address;
  }
  // Who may change the name's answer cannot reach these.
  for (const char* address : {"169.254.169.254", "169.254.1.1", "168.63.129.16", "fd00:ec2::254", "fe80::1", "0.0.0.0",
                              "224.0.0.1", "64:ff9b::808:808", "2002::1", "fec0::1"}) {
    EXPECT_FALSE(JudgeBy(rules, address, "feed.internal.example").allowed) << address;
  }
}

TEST(EgressPolicyTest, AStarStandsForAllThatIsBelow) {
  const EgressRules rules = Allowing(HostRule("*.internal.example"));
  EXPECT_TRUE(JudgeBy(rules, "10.0.0.1", "a.internal.example").allowed);
  EXPECT_TRUE(JudgeBy(rules, "10.0.0.1", "a.b.internal.example").allowed);
  EXPECT_FALSE(JudgeBy(rules, "10.0.0.1", "internal.example").allowed);
  EXPECT_FALSE(JudgeBy(rules, "10.0.0.1", "evilinternal.example").allowed);
  EXPECT_FALSE(JudgeBy(rules, "10.0.0.1", ".internal.example").allowed);
}

TEST(EgressPolicyTest, HostAndNetworkBothHaveToHold) {
  AllowRule rule = NetworkRule("10.20.0.0/16");
  rule.host = "feed.internal.example";
  const EgressRules rules = Allowing(rule);
  EXPECT_TRUE(JudgeBy(rules, "10.20.0.1", "feed.internal.example").allowed);
  EXPECT_FALSE(JudgeBy(rules, "10.21.0.1", "feed.internal.example").allowed);
  EXPECT_FALSE(JudgeBy(rules, "10.20.0.1", "other.internal.example").allowed);
}

TEST(EgressPolicyTest, PortsNarrowARule) {
  const EgressRules rules = Allowing(NetworkRule("10.0.0.0/8", {{443, 443}, {8000, 8999}}));
  for (const uint16_t port : {443, 8000, 8500, 8999}) {
    EXPECT_TRUE(JudgeBy(rules, "10.0.0.1", "h", port).allowed) << port;
  }
  for (const uint16_t port : {80, 442, 444, 7999, 9000}) {
    EXPECT_FALSE(JudgeBy(rules, "10.0.0.1", "h", port).allowed) << port;
  }
}

TEST(EgressPolicyTest, PublicAddressesMayNeedARule) {
  EgressRules rules{.allow_public = false, .deny = {}, .allow = {HostRule("feed.example.org")}};
  EXPECT_TRUE(JudgeBy(rules, "8.8.8.8", "feed.example.org").allowed);
  EXPECT_FALSE(JudgeBy(rules, "8.8.8.8", "other.example.org").allowed);
  EXPECT_EQ(JudgeBy(rules, "8.8.8.8", "other.example.org").rule, "public");
  rules.allow = {NetworkRule("0.0.0.0/0", {{443, 443}})};
  EXPECT_TRUE(JudgeBy(rules, "8.8.8.8", "h", 443).allowed);
  EXPECT_FALSE(JudgeBy(rules, "8.8.8.8", "h", 80).allowed);
  rules.allow = {HostRule("", {{443, 443}})};
  EXPECT_EQ(JudgeBy(rules, "8.8.8.8", "h", 443).rule, "allow_port");
  EXPECT_FALSE(JudgeBy(rules, "10.0.0.1", "h", 443).allowed) << "ports alone open no range";
}

TEST(EgressPolicyTest, DenyNetworksAreOpenedByNothing) {
  EgressRules rules = Allowing(NetworkRule("8.8.8.0/24"));
  rules.deny = {ParseNetwork("8.8.0.0/16").value(), ParseNetwork("127.0.0.0/8").value()};
  EXPECT_FALSE(JudgeBy(rules, "8.8.8.8").allowed);
  EXPECT_EQ(JudgeBy(rules, "8.8.8.8").rule, "deny_network");
  EXPECT_EQ(JudgeBy(rules, "127.0.0.1", "localhost", 80, true).rule, "deny_network");
  EXPECT_TRUE(JudgeBy(rules, "9.9.9.9").allowed);
}

TEST(EgressPolicyTest, LoopbackIsAllowedWhileListenersAreOnIt) {
  EXPECT_TRUE(JudgeBy({}, "127.0.0.1", "localhost", 80, true).allowed);
  EXPECT_EQ(JudgeBy({}, "127.0.0.1", "localhost", 80, true).rule, "loopback");
  EXPECT_FALSE(JudgeBy({}, "127.0.0.1", "localhost", 80, false).allowed);
}

TEST(EgressPolicyTest, OffJudgesNothing) {
  EXPECT_TRUE(JudgeBy({.mode = EgressMode::kOff, .deny = {}, .allow = {}}, "169.254.169.254").allowed);
}

class RefusedNetwork : public ::testing::TestWithParam<const char*> {};
TEST_P(RefusedNetwork, IsRefused) { EXPECT_FALSE(ParseNetwork(GetParam()).ok()); }
INSTANTIATE_TEST_SUITE_P(Texts, RefusedNetwork,
                         ::testing::Values("", "/", "10", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x",
                                           "10.0.0.1/8", "fd00::1/8", "fd00::/129", "fe80::1%lo/128", "fe80::1%none",
                                           "::ffff:10.0.0.0/104", "::ffff:10.0.0.1", "0x7f.1", "feed.example"));

TEST(ParseNetworkTest, TakesEveryPrefixLength) {
  EXPECT_EQ(ParseNetwork("0.0.0.0/0")->bits, 0);
  EXPECT_EQ(ParseNetwork("10.1.2.3")->bits, 32);
  EXPECT_EQ(ParseNetwork("fd00::/8")->bits, 8);
  EXPECT_EQ(ParseNetwork("::1")->bits, 128);
  EXPECT_EQ(ParseNetwork("10.128.0.0/9")->bits, 9);
}

TEST(ParsePortsTest, TakesOneOrARange) {
  EXPECT_EQ(ParsePorts("443").value(), std::pair(uint16_t{443}, uint16_t{443}));
  EXPECT_EQ(ParsePorts("1-65535").value(), std::pair(uint16_t{1}, uint16_t{65535}));
  for (const char* text : {"", "0", "0-5", "65536", "5-4", "443-", "-443", "a", "80 ", "80,443"}) {
    EXPECT_FALSE(ParsePorts(text).ok()) << text;
  }
}

TEST(ParseHostRuleTest, TakesNamesOnly) {
  EXPECT_EQ(ParseHostRule("Feed.Example.org.").value(), "feed.example.org");
  EXPECT_EQ(ParseHostRule("*.Example.org").value(), "*.example.org");
  for (const char* text : {"", "*", "*.", "a.*.b", "10.0.0.1", "*.10.0.0.1", "[::1]", "h:80", "h/x", "h?x", "0x7f.1",
                           "u@h", "ws://h/", "*.*.h"}) {
    EXPECT_FALSE(ParseHostRule(text).ok()) << text;
  }
}

// Remembers the last verdict.
struct VerdictObserver final : public OperationObserver {
  void OnStoreCommit(Duration /*took*/, size_t /*changes*/, bool /*ok*/) override {}
  void OnRpc(std::string_view /*method*/, std::string_view /*code*/, Duration /*took*/) override {}
  void OnLoopLag(int /*loop*/, Duration /*lag*/) override {}
  void OnException(std::string_view /*room*/) override {}
  void OnEgress(std::string_view verdict, std::string_view rule) override {
    last = std::string(verdict) + " " + std::string(rule);
  }
  std::string last;
};

class EgressGuardPolicyTest : public ::testing::Test {
 protected:
  absl::Status Check(const char* tenant, const char* address, const char* host = "feed.example.org") {
    return guard.Check({.tenant = tenants.Of(tenant), .host = host, .port = 443},
                       boost::asio::ip::make_address(address));
  }

  VerdictObserver observer;
  TenantNumbers tenants;
  EgressGuard guard{false, observer};
};

TEST_F(EgressGuardPolicyTest, ATenantHasItsOwnRulesAndOthersThoseOfEverybody) {
  EXPECT_FALSE(Check("blue", "10.0.0.1").ok()) << "seen before the policy is set";
  EgressPolicy policy;
  policy.everyone = Allowing(NetworkRule("192.168.0.0/16"));
  policy.tenants["blue"] = Allowing(NetworkRule("10.0.0.0/8"));
  policy.tenants["never-seen"] = {.mode = EgressMode::kOff, .deny = {}, .allow = {}};
  guard.SetPolicy(policy, tenants);
  EXPECT_TRUE(Check("blue", "10.0.0.1").ok());
  EXPECT_EQ(observer.last, "allowed allow_network");
  EXPECT_FALSE(Check("blue", "192.168.0.1").ok());
  EXPECT_FALSE(Check("red", "10.0.0.1").ok());
  EXPECT_EQ(observer.last, "denied private");
  EXPECT_TRUE(Check("red", "192.168.0.1").ok());
  EXPECT_TRUE(Check("never-seen", "169.254.169.254").ok());
  guard.SetPolicy({}, tenants);
  EXPECT_FALSE(Check("blue", "10.0.0.1").ok());
}

TEST_F(EgressGuardPolicyTest, ReportModeLetsThroughAndTells) {
  EgressPolicy policy;
  policy.everyone.mode = EgressMode::kReport;
  guard.SetPolicy(policy, tenants);
  EXPECT_TRUE(Check("blue", "169.254.169.254").ok());
  EXPECT_EQ(observer.last, "reported metadata");
  EXPECT_TRUE(Check("blue", "8.8.8.8").ok());
  EXPECT_EQ(observer.last, "allowed public");
}

TEST_F(EgressGuardPolicyTest, WhatANameLeadsToIsNotTold) {
  const absl::Status behind_name = Check("blue", "10.11.12.13");
  EXPECT_TRUE(HasReason(behind_name, "EGRESS_DENIED"));
  EXPECT_EQ(behind_name.ToString().find("10."), std::string::npos) << behind_name;
  const absl::Status literal = Check("blue", "10.11.12.13", "10.11.12.13");
  EXPECT_NE(literal.ToString().find("10.0.0.0/8"), std::string::npos) << literal;
}

TEST_F(EgressGuardPolicyTest, AnOpenGuardAllowsEverything) {
  EXPECT_TRUE(EgressGuard::Open()
                  ->Check({.tenant = 0, .host = "h", .port = 1}, boost::asio::ip::make_address("169.254.169.254"))
                  .ok());
}

}  // namespace
}  // namespace holter::transport
