#include "spec/connect.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/spec/spec_text.h"

namespace holter::spec {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

v1::SessionSpec WithHeader(const std::string& name, const std::string& value) {
  v1::SessionSpec spec = SpecOf("");
  v1::Header& header = *spec.add_headers();
  header.set_name(name);
  header.set_value(value);
  return spec;
}

TEST(HeaderTest, GoodOnesReachTheirPlaceInOrder) {
  const auto shared = Compiled(R"(
    headers { name: "Origin" value: "https://example" }
    headers { name: "X-A" value: "" }
    headers { name: "X-A" value: "a\tb c~" }
    headers { name: "authorization" value: "Bearer ${secret:feed/token}" }
    headers { name: "Proxy-Authorization" value: "${secret:feed/proxy}" })");
  ASSERT_EQ(shared->connect.headers.size(), 5u);
  EXPECT_EQ(shared->connect.headers[0].name, "Origin");
  EXPECT_EQ(shared->connect.headers[2].value, "a\tb c~");
  EXPECT_EQ(shared->connect.headers[3].value, "Bearer ${secret:feed/token}");
}

TEST(HeaderTest, AtMost32) {
  std::string text;
  for (int i = 0; i < 32; ++i) {
    text += "headers { name: 'X-A' value: 'a' } ";
  }
  EXPECT_THAT(ComplaintsAbout(text), IsEmpty());
  EXPECT_THAT(ComplaintsAbout(text + "headers { name: 'X-A' }"),
              ElementsAre(Pair("session.spec.headers", AllOf(HasSubstr("32"), HasSubstr("33")))));
}

TEST(HeaderTest, NameIsAToken) {
  for (const std::string name : {"", "X A", "X:A", "X\r\nEvil", "X\x7f", "Über", "X\"", "X(", "X{"}) {
    EXPECT_THAT(ComplaintsAbout(WithHeader(name, "v")),
                ElementsAre(Pair("session.spec.headers[0].name", HasSubstr("token"))))
        << name;
  }
  EXPECT_THAT(ComplaintsAbout(WithHeader(std::string(128, 'x'), "v")), IsEmpty());
  EXPECT_THAT(ComplaintsAbout(WithHeader(std::string(129, 'x'), "v")),
              ElementsAre(Key("session.spec.headers[0].name")));
}

TEST(HeaderTest, HoltersOwnAreRefusedInAnyCase) {
  for (const std::string name :
       {"Host", "host", "CONNECTION", "Upgrade", "Sec-WebSocket-Key", "sec-websocket-protocol", "Sec-WebSocket-", "TE",
        "Content-Length", "Transfer-Encoding", "Trailer", "Keep-Alive", "Expect", "Proxy-Connection", "proxy-x"}) {
    EXPECT_THAT(ComplaintsAbout(WithHeader(name, "v")),
                ElementsAre(Pair("session.spec.headers[0].name", HasSubstr("Holter writes itself"))))
        << name;
  }
}

TEST(HeaderTest, ThoseThatOpenCloudMetadataAreRefusedInAnyCase) {
  for (const std::string name :
       {"Metadata", "metadata-flavor", "METADATA-FLAVOR", "X-Google-Metadata-Request", "X-aws-ec2-metadata-token",
        "X-aws-ec2-metadata-token-ttl-seconds", "X-Aliyun-Ecs-Metadata-Token"}) {
    EXPECT_THAT(ComplaintsAbout(WithHeader(name, "v")),
                ElementsAre(Pair("session.spec.headers[0].name", HasSubstr("metadata services"))))
        << name;
    EXPECT_THAT(ComplaintsAbout(WithHeader(name, "${secret:feed/token}")), Not(IsEmpty())) << name;
  }
  EXPECT_THAT(ComplaintsAbout(WithHeader("X-Metadata", "v")), IsEmpty());
}

TEST(HeaderTest, ValueHasNoControlCharactersAndIsNotRepeated) {
  for (const std::string& bad : {std::string("\r"), std::string("\n"), std::string(1, '\0'), std::string("\x1f"),
                                 std::string("\x7f"), std::string("\xc3\xa9")}) {
    EXPECT_THAT(
        ComplaintsAbout(WithHeader("X-A", "tok3n" + bad + "x")),
        ElementsAre(Pair("session.spec.headers[0].value", AllOf(HasSubstr("offset 5"), Not(HasSubstr("tok3n"))))));
  }
  EXPECT_THAT(ComplaintsAbout(WithHeader("X-A", std::string(4096, 'v'))), IsEmpty());
  EXPECT_THAT(ComplaintsAbout(WithHeader("X-A", std::string(4097, 'v'))),
              ElementsAre(Pair("session.spec.headers[0].value",
                               AllOf(HasSubstr("4096"), HasSubstr("4097"), Not(HasSubstr("vv"))))));
}

TEST(HeaderTest, NamesStandForParametersOrWhatIsDrawnAtDial) {
  EXPECT_THAT(ComplaintsAbout(WithHeader("X-A", "${uuid} ${unix_ms} ${secret:feed/token} ${no:name}")), IsEmpty());
  EXPECT_THAT(ComplaintsAbout(WithHeader("X-A", "${unix_mss}")),
              ElementsAre(Pair("session.spec.headers[0].value", HasSubstr("got \"unix_mss\""))));
}

TEST(HeaderTest, LiteralCredentialsAreRefusedAndNotRepeated) {
  for (const std::string name : {"Authorization", "COOKIE", "proxy-authorization"}) {
    EXPECT_THAT(
        ComplaintsAbout(WithHeader(name, "Bearer tok3n")),
        ElementsAre(Pair("session.spec.headers[0].value", AllOf(HasSubstr("${secret:"), Not(HasSubstr("tok3n"))))))
        << name;
  }
}

TEST(HeaderTest, MalformedReferencesAreRefused) {
  for (const std::string value : {"${secret:", "${secret:a}", "${secret:a/b", "${secret:../b}", "${secret:a/..}",
                                  "${secret:/b}", "${secret:a/b/c}", "${secret:}"}) {
    EXPECT_THAT(ComplaintsAbout(WithHeader("X-A", value)),
                ElementsAre(Pair("session.spec.headers[0].value", HasSubstr("${secret:name/key}"))))
        << value;
  }
}

TEST(HeaderTest, SecretsHaveToBeReadableNow) {
  const OneSecretSource secrets("feed/token", "s3cr3t");
  EXPECT_THAT(ComplaintsAbout(WithHeader("Cookie", "a=${secret:feed/token}"), &secrets), IsEmpty());
  EXPECT_THAT(
      ComplaintsAbout(WithHeader("Cookie", "a=${secret:feed/token} ${secret:feed/other}"), &secrets),
      ElementsAre(Pair("session.spec.headers[0].value", AllOf(HasSubstr("feed/other"), Not(HasSubstr("s3cr3t"))))));
  EXPECT_THAT(ComplaintsAbout(WithHeader("Cookie", "${secret:feed/other}")), IsEmpty()) << "null skips the check";
}

TEST(HeaderTest, ASecretThatWouldBreakTheRequestIsRefusedAndNotRepeated) {
  const OneSecretSource secrets("feed/token", "s3cr3t\r\nX-Evil: 1");
  EXPECT_THAT(
      ComplaintsAbout(WithHeader("Authorization", "${secret:feed/token}"), &secrets),
      ElementsAre(Pair("session.spec.headers[0].value", AllOf(HasSubstr("feed/token"), Not(HasSubstr("s3cr3t"))))));
}

TEST(SubprotocolTest, TokensAllDifferentAtMost16) {
  EXPECT_THAT(Compiled("subprotocols: 'graphql-ws' subprotocols: 'v1.x'")->connect.subprotocols,
              ElementsAre("graphql-ws", "v1.x"));
  EXPECT_THAT(ComplaintsAbout("subprotocols: 'a' subprotocols: 'a,b' subprotocols: ''"),
              ElementsAre(Pair("session.spec.subprotocols[1]", HasSubstr("a,b")), Key("session.spec.subprotocols[2]")));
  EXPECT_THAT(ComplaintsAbout("subprotocols: 'a' subprotocols: 'b' subprotocols: 'a'"),
              ElementsAre(Pair("session.spec.subprotocols[2]", HasSubstr("twice"))));
  EXPECT_THAT(ComplaintsAbout("subprotocols: '" + std::string(128, 'a') + "'"), IsEmpty());
  EXPECT_THAT(ComplaintsAbout("subprotocols: '" + std::string(129, 'a') + "'"),
              ElementsAre(Key("session.spec.subprotocols[0]")));
  std::string text;
  for (int i = 0; i < 16; ++i) {
    text += fmt::format("subprotocols: 'p{}' ", i);
  }
  EXPECT_THAT(ComplaintsAbout(text), IsEmpty());
  EXPECT_THAT(ComplaintsAbout(text + "subprotocols: 'q'"), ElementsAre(Key("session.spec.subprotocols")));
}

const std::string kWss = "url: 'wss://example/' ";

TEST(TlsTest, ReachesItsPlace) {
  const core::TlsSpec tls = Compiled(kWss + R"(tls {
    ca_secret: "pki/ca.pem" client_cert_secret: "pki/tls.crt" client_key_secret: "pki/tls.key" server_name: "db.local"
    insecure_skip_verify: true min_version: TLS_VERSION_1_3 })")
                                ->connect.tls;
  EXPECT_EQ(tls, (core::TlsSpec{.ca_secret = "pki/ca.pem",
                                .client_cert_secret = "pki/tls.crt",
                                .client_key_secret = "pki/tls.key",
                                .server_name = "db.local",
                                .insecure_skip_verify = true,
                                .min_version = core::TlsVersion::kTls13}));
  for (const std::string version : {"TLS_VERSION_UNSPECIFIED", "TLS_VERSION_1_2"}) {
    EXPECT_EQ(Compiled(kWss + "tls { min_version: " + version + " }")->connect.tls.min_version,
              core::TlsVersion::kTls12);
  }
}

TEST(TlsTest, CertificateAndKeyGoTogether) {
  EXPECT_THAT(ComplaintsAbout(kWss + "tls { client_cert_secret: 'a/b' }"),
              ElementsAre(Key("session.spec.tls.client_key_secret")));
  EXPECT_THAT(ComplaintsAbout(kWss + "tls { client_key_secret: 'a/b' }"),
              ElementsAre(Key("session.spec.tls.client_cert_secret")));
}

TEST(TlsTest, ReferencesAreNamesOfSecretsAndMaterialIsNotRepeated) {
  for (const std::string bad :
       {"a", "/etc/passwd", "../a", "a/../b", "a/b/c", "tok3n}${secret:a/b", "-----BEGIN tok3n"}) {
    v1::SessionSpec spec = SpecOf(kWss);
    spec.mutable_tls()->set_ca_secret(bad);
    EXPECT_THAT(ComplaintsAbout(spec),
                ElementsAre(Pair("session.spec.tls.ca_secret", AllOf(HasSubstr("name/key"), Not(HasSubstr("tok3n"))))))
        << bad;
  }
  const OneSecretSource secrets("a/b", "pem");
  EXPECT_THAT(ComplaintsAbout(kWss + "tls { ca_secret: 'a/b' }", &secrets), IsEmpty());
  EXPECT_THAT(
      ComplaintsAbout(kWss + "tls { ca_secret: 'a/c' client_cert_secret: 'a/d' client_key_secret: 'a/e' }", &secrets),
      ElementsAre(Pair("session.spec.tls.ca_secret", HasSubstr("a/c")), Key("session.spec.tls.client_cert_secret"),
                  Key("session.spec.tls.client_key_secret")));
}

TEST(TlsTest, ServerNameAndVersionAreChecked) {
  for (const std::string bad : {"a b", "a/b", "[::1]", "a\\nb"}) {
    EXPECT_THAT(ComplaintsAbout(kWss + "tls { server_name: '" + bad + "' }"),
                ElementsAre(Key("session.spec.tls.server_name")));
  }
  EXPECT_THAT(ComplaintsAbout(kWss + "tls { server_name: '::1' }"), IsEmpty());
  EXPECT_THAT(ComplaintsAbout(kWss + "tls { server_name: '" + std::string(253, 'a') + "' }"), IsEmpty());
  EXPECT_THAT(ComplaintsAbout(kWss + "tls { server_name: '" + std::string(254, 'a') + "' }"),
              ElementsAre(Key("session.spec.tls.server_name")));
  v1::SessionSpec spec = SpecOf(kWss);
  spec.mutable_tls()->set_min_version(static_cast<v1::TlsVersion>(9));
  EXPECT_THAT(ComplaintsAbout(spec),
              ElementsAre(Pair("session.spec.tls.min_version", AllOf(HasSubstr("1_2, 1_3"), HasSubstr("9")))));
}

TEST(LimitsTest, MessageBytes) {
  EXPECT_EQ(Compiled("limits { message_bytes: 1024 }")->connect.max_message_bytes, 1024u);
  EXPECT_EQ(Compiled("limits { message_bytes: 67108864 }")->connect.max_message_bytes, 67108864u);
  for (const std::string bad : {"1023", "67108865", "-1"}) {
    EXPECT_THAT(ComplaintsAbout("limits { message_bytes: " + bad + " }"),
                ElementsAre(Pair("session.spec.limits.message_bytes", AllOf(HasSubstr("1024"), HasSubstr(bad)))));
  }
}

}  // namespace
}  // namespace holter::spec
