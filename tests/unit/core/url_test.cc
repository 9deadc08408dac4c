#include "core/url.h"

#include <gtest/gtest.h>

#include <string>

namespace holter::core {
namespace {

TEST(ParseUrl, TakesAPlainUrlApart) {
  const absl::StatusOr<Url> url = ParseUrl("ws://Feed.Example.com:9001/a/b?x=1&y=%20");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_FALSE(url->tls);
  EXPECT_EQ(url->host, "feed.example.com");
  EXPECT_EQ(url->port, 9001);
  EXPECT_FALSE(url->default_port);
  EXPECT_FALSE(url->host_is_ipv6);
  EXPECT_EQ(url->target, "/a/b?x=1&y=%20");
  EXPECT_EQ(url->HostHeader(), "feed.example.com:9001");
}

TEST(ParseUrl, PortIsTheSchemesOwnByDefault) {
  const absl::StatusOr<Url> plain = ParseUrl("ws://h");
  const absl::StatusOr<Url> tls = ParseUrl("WSS://h/");
  ASSERT_TRUE(plain.ok() && tls.ok());
  EXPECT_EQ(plain->port, 80);
  EXPECT_TRUE(plain->default_port);
  EXPECT_EQ(plain->target, "/");
  EXPECT_EQ(tls->port, 443);
  EXPECT_TRUE(tls->tls);
  EXPECT_EQ(tls->HostHeader(), "h");
}

TEST(ParseUrl, AGivenDefaultPortIsNotInTheHostHeader) {
  EXPECT_EQ(ParseUrl("ws://h:80/")->HostHeader(), "h");
  EXPECT_EQ(ParseUrl("wss://h:443/")->HostHeader(), "h");
  EXPECT_EQ(ParseUrl("wss://h:80/")->HostHeader(), "h:80");
  EXPECT_EQ(ParseUrl("ws://h:/")->port, 80);
}

TEST(ParseUrl, QueryWithoutPathGetsASlash) { EXPECT_EQ(ParseUrl("ws://h?x=1")->target, "/?x=1"); }

TEST(ParseUrl, Ipv6KeepsItsBracketsOnlyInTheHeader) {
  const absl::StatusOr<Url> url = ParseUrl("ws://[2001:DB8::1]:81/x");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_TRUE(url->host_is_ipv6);
  EXPECT_EQ(url->host, "2001:db8::1");
  EXPECT_EQ(url->HostHeader(), "[2001:db8::1]:81");
  EXPECT_EQ(ParseUrl("ws://[::ffff:127.0.0.1]/")->host, "::ffff:127.0.0.1");
}

TEST(ParseUrl, Ipv4AndOrdinaryNames) {
  EXPECT_EQ(ParseUrl("ws://192.0.2.1/")->host, "192.0.2.1");
  for (const char* host :
       {"localhost", "a_b.example", "xn--bcher-kva.example", "example.com.", "1.example", "3com.net"}) {
    EXPECT_TRUE(ParseUrl(std::string("ws://") + host + "/").ok()) << host;
  }
}

class BadUrl : public ::testing::TestWithParam<const char*> {};

TEST_P(BadUrl, IsRefusedWithoutRepeatingIt) {
  const std::string text = GetParam();
  const absl::StatusOr<Url> url = ParseUrl(text);
  ASSERT_FALSE(url.ok()) << text;
  EXPECT_EQ(url.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(std::string(url.status().message()).find("expected"), std::string::npos);
  EXPECT_EQ(std::string(url.status().message()).find("s3cret"), std::string::npos);
  EXPECT_EQ(RedactUrl(text), "(not a valid URL)");
}

INSTANTIATE_TEST_SUITE_P(
    Urls, BadUrl,
    ::testing::Values("", "ws", "ws:", "ws://", "ws:///path", "//h/", "h/path", "http://h/", "https://h/", "wsx://h/",
                      // secrets do not belong here
                      "ws://user:s3cret@h/", "ws://s3cret@h/", "ws://@h/", "ws://h/#s3cret", "ws://h/#",
                      // numbers that an old address parser takes for 127.0.0.1
                      "ws://2130706433/", "ws://0x7f000001/", "ws://0x7f.1/", "ws://127.1/", "ws://0177.0.0.1/",
                      "ws://127.0.0.01/", "ws://1.2.3.4.5/", "ws://256.0.0.1/", "ws://127.0.0.1./",
                      "ws://127.0.0.1.evil.example/", "ws://127.0.0.1x/", "ws://[::1]x/", "ws://h:80x",
                      "ws://0X7F.0.0.1/", "ws://example.0x1/", "ws://0x/",
                      // IPv6
                      "ws://[fe80::1%25eth0]/", "ws://[fe80::1%eth0]/", "ws://[::1/", "ws://::1/", "ws://[v1.x]/",
                      "ws://[]/", "ws://[1.2.3.4]/",
                      // ports
                      "ws://h:0/", "ws://h:65536/", "ws://h:99999999999999999999/", "ws://h:-1/", "ws://h:8o/",
                      // what smuggles lines or other hosts
                      "ws://h/\r\nX: s3cret", "ws://h\r\n/", "ws://h/a b", "ws://h\t/", "ws://h\\@s3cret/",
                      "ws://h%00/", "ws://%6c/", "ws://a..b/", "ws://.a/", "ws://./", "ws://h/%zz", "ws://h/\x7f",
                      "ws://b\xc3\xbc/", "ws://a,b/", "ws://a;b/", "ws://a!b/", " ws://h/", "ws://h/ "));

TEST(ParseUrl, LengthIsBounded) {
  const std::string start = "ws://h/";
  EXPECT_TRUE(ParseUrl(start + std::string(2048 - start.size(), 'a')).ok());
  EXPECT_FALSE(ParseUrl(start + std::string(2049 - start.size(), 'a')).ok());
}

TEST(ParseUrl, LabelsAndNamesAreBounded) {
  EXPECT_TRUE(ParseUrl("ws://" + std::string(63, 'a') + "/").ok());
  EXPECT_FALSE(ParseUrl("ws://" + std::string(64, 'a') + "/").ok());
  std::string name;
  while (name.size() < 254) name += "aaaaaaa.";
  EXPECT_FALSE(ParseUrl("ws://" + name + "a/").ok());
}

TEST(ParseUrl, NulIsRefused) { EXPECT_FALSE(ParseUrl(std::string_view("ws://h/\0x", 9)).ok()); }

TEST(RedactUrl, LeavesSchemeHostAndPort) {
  EXPECT_EQ(RedactUrl("wss://Feed.example/path?token=s3cret"), "wss://feed.example");
  EXPECT_EQ(RedactUrl("ws://[::1]:9001/s3cret"), "ws://[::1]:9001");
}

TEST(MayMigrate, WhereItIsAsWellProtected) {
  EXPECT_TRUE(MayMigrate("wss://a.example/", "wss://b.example/x?y=1"));
  EXPECT_TRUE(MayMigrate("ws://a.example/", "ws://b.example/"));
  EXPECT_TRUE(MayMigrate("ws://a.example/", "wss://b.example/"));
  EXPECT_TRUE(MayMigrate("wss://a.example/?token=${token}", "wss://b.example/"));
  EXPECT_FALSE(MayMigrate("wss://a.example/", "ws://a.example/"));
  EXPECT_FALSE(MayMigrate("wss://a.example/", "https://b.example/"));
  EXPECT_FALSE(MayMigrate("wss://a.example/", ""));
}

TEST(MayMigrate, NotWithNamesThatSecretsWouldBePutFor) {
  EXPECT_FALSE(MayMigrate("wss://a.example/?token=${token}", "wss://b.example/?t=${token}"));
}

}  // namespace
}  // namespace holter::core
