#include "transport/egress_guard.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "base/error.h"

namespace holter::transport {
namespace {

struct GuardCase {
  const char* address;
  const char* range;  // null: allowed
};

std::ostream& operator<<(std::ostream& out, const GuardCase& guard_case) { return out << guard_case.address; }

absl::Status Check(bool allow_loopback, const char* address) {
  return EgressGuard(allow_loopback)
      .Check({.tenant = 1, .host = address, .port = 443}, boost::asio::ip::make_address(address));
}

class EgressGuardTest : public ::testing::TestWithParam<GuardCase> {};

TEST_P(EgressGuardTest, JudgesTheAddress) {
  const absl::Status status = Check(false, GetParam().address);
  if (GetParam().range == nullptr) {
    EXPECT_TRUE(status.ok()) << status;
    return;
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_TRUE(HasReason(status, "EGRESS_DENIED"));
  EXPECT_NE(std::string(status.message()).find(GetParam().range), std::string::npos) << status;
}

// Both ends of every range, one amid, and the addresses just outside.
constexpr GuardCase kV4[] = {
    {"0.0.0.0", "0.0.0.0/8"},
    {"0.128.1.2", "0.0.0.0/8"},
    {"0.255.255.255", "0.0.0.0/8"},
    {"1.0.0.0", nullptr},
    {"9.255.255.255", nullptr},
    {"10.0.0.0", "10.0.0.0/8"},
    {"10.20.30.40", "10.0.0.0/8"},
    {"10.255.255.255", "10.0.0.0/8"},
    {"11.0.0.0", nullptr},
    {"100.63.255.255", nullptr},
    {"100.64.0.0", "100.64.0.0/10"},
    {"100.96.7.8", "100.64.0.0/10"},
    {"100.127.255.255", "100.64.0.0/10"},
    {"100.128.0.0", nullptr},
    {"126.255.255.255", nullptr},
    {"127.0.0.0", "127.0.0.0/8"},
    {"127.0.0.1", "127.0.0.0/8"},
    {"127.53.0.1", "127.0.0.0/8"},
    {"127.255.255.255", "127.0.0.0/8"},
    {"128.0.0.0", nullptr},
    {"169.253.255.255", nullptr},
    {"169.254.0.0", "169.254.0.0/16"},
    {"169.254.77.1", "169.254.0.0/16"},
    {"169.254.255.255", "169.254.0.0/16"},
    {"169.255.0.0", nullptr},
    {"172.15.255.255", nullptr},
    {"172.16.0.0", "172.16.0.0/12"},
    {"172.20.0.10", "172.16.0.0/12"},
    {"172.31.255.255", "172.16.0.0/12"},
    {"172.32.0.0", nullptr},
    {"191.255.255.255", nullptr},
    {"192.0.0.0", "192.0.0.0/24"},
    {"192.0.0.8", "192.0.0.0/24"},
    {"192.0.0.255", "192.0.0.0/24"},
    {"192.0.1.0", nullptr},
    {"192.0.1.255", nullptr},
    {"192.0.2.0", "192.0.2.0/24"},
    {"192.0.2.77", "192.0.2.0/24"},
    {"192.0.2.255", "192.0.2.0/24"},
    {"192.0.3.0", nullptr},
    {"192.88.98.255", nullptr},
    {"192.88.99.0", "192.88.99.0/24"},
    {"192.88.99.1", "192.88.99.0/24"},
    {"192.88.99.255", "192.88.99.0/24"},
    {"192.88.100.0", nullptr},
    {"192.167.255.255", nullptr},
    {"192.168.0.0", "192.168.0.0/16"},
    {"192.168.1.1", "192.168.0.0/16"},
    {"192.168.255.255", "192.168.0.0/16"},
    {"192.169.0.0", nullptr},
    {"198.17.255.255", nullptr},
    {"198.18.0.0", "198.18.0.0/15"},
    {"198.19.0.0", "198.18.0.0/15"},
    {"198.19.255.255", "198.18.0.0/15"},
    {"198.20.0.0", nullptr},
    {"198.51.99.255", nullptr},
    {"198.51.100.0", "198.51.100.0/24"},
    {"198.51.100.7", "198.51.100.0/24"},
    {"198.51.100.255", "198.51.100.0/24"},
    {"198.51.101.0", nullptr},
    {"203.0.112.255", nullptr},
    {"203.0.113.0", "203.0.113.0/24"},
    {"203.0.113.50", "203.0.113.0/24"},
    {"203.0.113.255", "203.0.113.0/24"},
    {"203.0.114.0", nullptr},
    {"223.255.255.255", nullptr},
    {"224.0.0.0", "224.0.0.0/4"},
    {"230.1.2.3", "224.0.0.0/4"},
    {"239.255.255.255", "224.0.0.0/4"},
    {"240.0.0.0", "240.0.0.0/4"},
    {"248.0.0.1", "240.0.0.0/4"},
    {"255.255.255.255", "240.0.0.0/4"},
    {"8.8.8.8", nullptr},
};
INSTANTIATE_TEST_SUITE_P(V4, EgressGuardTest, ::testing::ValuesIn(kV4));

constexpr GuardCase kMetadata[] = {
    {"169.254.169.254", "cloud metadata"},
    {"100.100.100.200", "cloud metadata"},
    {"192.0.0.192", "cloud metadata"},
    {"168.63.129.16", "cloud metadata"},
    {"168.63.129.15", nullptr},
    {"168.63.129.17", nullptr},
    {"fd00:ec2::254", "cloud metadata"},
    {"fd00:ec2::253", "fc00::/7"},
    {"::ffff:168.63.129.16", "cloud metadata"},
};
INSTANTIATE_TEST_SUITE_P(Metadata, EgressGuardTest, ::testing::ValuesIn(kMetadata));

constexpr GuardCase kV6[] = {
    {"::", "::/128"},
    {"::1", "::1/128"},
    {"64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff", nullptr},
    {"64:ff9b::", "64:ff9b::/96"},
    {"64:ff9b::8.8.8.8", "64:ff9b::/96"},
    {"64:ff9b::ffff:ffff", "64:ff9b::/96"},
    {"64:ff9b::1:0:0", nullptr},
    {"64:ff9b:0:ffff:ffff:ffff:ffff:ffff", nullptr},
    {"64:ff9b:1::", "64:ff9b:1::/48"},
    {"64:ff9b:1:a9fe::1", "64:ff9b:1::/48"},
    {"64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "64:ff9b:1::/48"},
    {"64:ff9b:2::", nullptr},
    {"ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr},
    {"100::", "100::/64"},
    {"100::7", "100::/64"},
    {"100::ffff:ffff:ffff:ffff", "100::/64"},
    {"100:0:0:1::", nullptr},
    {"2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr},
    {"2001::", "2001::/32"},
    {"2001:0:4136::1", "2001::/32"},
    {"2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "2001::/32"},
    {"2001:1::", nullptr},
    {"2001:f:ffff:ffff:ffff:ffff:ffff:ffff", nullptr},
    {"2001:10::", "2001:10::/28"},
    {"2001:17::1", "2001:10::/28"},
    {"2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", "2001:10::/28"},
    {"2001:20::", "2001:20::/28"},
    {"2001:27::1", "2001:20::/28"},
    {"2001:2f:ffff:ffff:ffff:ffff:ffff:ffff", "2001:20::/28"},
    {"2001:30::", nullptr},
    {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", nullptr},
    {"2001:db8::", "2001:db8::/32"},
    {"2001:db8:7::1", "2001:db8::/32"},
    {"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::/32"},
    {"2001:db9::", nullptr},
    {"2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr},
    {"2002::", "2002::/16"},
    {"2002:7f00:1::", "2002::/16"},
    {"2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2002::/16"},
    {"2003::", nullptr},
    {"3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr},
    {"3fff::", "3fff::/20"},
    {"3fff:800::1", "3fff::/20"},
    {"3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff::/20"},
    {"3fff:1000::", nullptr},
    {"5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr},
    {"5f00::", "5f00::/16"},
    {"5f00:7::1", "5f00::/16"},
    {"5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "5f00::/16"},
    {"5f01::", nullptr},
    {"fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr},
    {"fc00::", "fc00::/7"},
    {"fd12:3456:789a::1", "fc00::/7"},
    {"fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fc00::/7"},
    {"fe00::", nullptr},
    {"fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr},
    {"fe80::", "fe80::/10"},
    {"fe90::1", "fe80::/10"},
    {"febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe80::/10"},
    {"fec0::", "fec0::/10"},
    {"fed0::1", "fec0::/10"},
    {"feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fec0::/10"},
    {"ff00::", "ff00::/8"},
    {"ff7e::1", "ff00::/8"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ff00::/8"},
    {"2606:4700:4700::1111", nullptr},
};
INSTANTIATE_TEST_SUITE_P(V6, EgressGuardTest, ::testing::ValuesIn(kV6));

// An IPv4 address in IPv6 clothes is judged as itself, or not let through at all.
constexpr GuardCase kWrapped[] = {
    {"::ffff:127.0.0.1", "127.0.0.0/8"},
    {"::ffff:10.1.2.3", "10.0.0.0/8"},
    {"::ffff:169.254.169.254", "cloud metadata"},
    {"::ffff:8.8.8.8", nullptr},
    {"::127.0.0.1", "127.0.0.0/8"},
    {"::10.1.2.3", "10.0.0.0/8"},
    {"::8.8.8.8", nullptr},
    {"::0.0.0.2", "0.0.0.0/8"},
    {"64:ff9b::169.254.169.254", "64:ff9b::/96"},
    {"2002:a9fe:a9fe::", "2002::/16"},
    {"2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001::/32"},
    {"2606:4700::5efe:10.0.0.1", "ISATAP"},
    {"2606:4700::200:5efe:8.8.8.8", "ISATAP"},
    {"2606:4700::300:5efe:8.8.8.8", nullptr},
    {"2606:4700::5eff:8.8.8.8", nullptr},
};
INSTANTIATE_TEST_SUITE_P(Wrapped, EgressGuardTest, ::testing::ValuesIn(kWrapped));

TEST(EgressGuardLoopbackTest, IsAllowedOnlyWhenAsked) {
  for (const char* address : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(Check(true, address).ok()) << address;
    EXPECT_FALSE(Check(false, address).ok()) << address;
  }
}

TEST(EgressGuardLoopbackTest, OpensNothingElse) {
  for (const char* address : {"0.0.0.0", "::", "10.0.0.1", "169.254.169.254", "fe80::1", "128.0.0.0"}) {
    EXPECT_EQ(Check(true, address).ok(), std::string(address) == "128.0.0.0") << address;
  }
}

// Counts what it is told of verdicts.
class VerdictCount final : public OperationObserver {
 public:
  void OnStoreCommit(Duration /*took*/, size_t /*changes*/, bool /*ok*/) override {}
  void OnRpc(std::string_view /*method*/, std::string_view /*code*/, Duration /*took*/) override {}
  void OnLoopLag(int /*loop*/, Duration /*lag*/) override {}
  void OnException(std::string_view /*room*/) override {}
  void OnEgress(std::string_view /*verdict*/, std::string_view /*rule*/) override { ++verdicts; }

  int verdicts = 0;
};

TEST(DeclaredUrlTest, IsJudgedWhenItsHostIsAnAddress) {
  VerdictCount count;
  EgressGuard guard(/*allow_loopback=*/true, count);
  EXPECT_TRUE(HasReason(guard.CheckDeclared(1, "ws://10.0.0.1/"), "EGRESS_DENIED"));
  EXPECT_TRUE(HasReason(guard.CheckDeclared(1, "wss://[::ffff:169.254.169.254]:8443/x"), "EGRESS_DENIED"));
  EXPECT_TRUE(guard.CheckDeclared(1, "ws://127.0.0.1:1/").ok());
  EXPECT_TRUE(guard.CheckDeclared(1, "ws://8.8.8.8/").ok());
  EXPECT_TRUE(guard.CheckDeclared(1, "ws://metadata.google.internal/").ok()) << "judged when it is resolved";
  EXPECT_TRUE(guard.CheckDeclared(1, "no url").ok()) << "somebody else finds fault with it";
  EXPECT_EQ(count.verdicts, 0) << "no dial was judged";
}

TEST(DeclaredUrlTest, IsJudgedByTheRulesOfItsTenant) {
  TenantNumbers tenants;
  EgressGuard guard(/*allow_loopback=*/false);
  EgressPolicy policy;
  policy.tenants["watching"].mode = EgressMode::kReport;
  guard.SetPolicy(std::move(policy), tenants);
  EXPECT_TRUE(guard.CheckDeclared(tenants.Of("watching"), "ws://10.0.0.1/").ok());
  EXPECT_FALSE(guard.CheckDeclared(tenants.Of("other"), "ws://10.0.0.1/").ok());
}

}  // namespace
}  // namespace holter::transport
