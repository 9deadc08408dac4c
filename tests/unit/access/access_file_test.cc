#include "access/access_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "tests/support/temporary_directory.h"

namespace holter::access {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kToken[] = "a-token-of-the-tests-0123456789";
// printf %s "another token" | sha256sum
constexpr char kOtherDigest[] = "c3cdd9f9957cc5e81b05195b47e6d7ae4f0a71cbe8e65d8dcee74b9b3a23b54b";

Credentials WithToken(std::string_view token) { return {.token = DigestToken(token)}; }

class AccessFileTest : public ::testing::Test {
 protected:
  absl::StatusOr<AccessFile> Read(std::string_view text) {
    files_.Write("access.yaml", text);
    return ReadAccessFile(files_ / "access.yaml");
  }
  std::string ComplaintsAbout(std::string_view text) {
    const absl::StatusOr<AccessFile> read = Read(text);
    EXPECT_TRUE(HasReason(read.status(), "ACCESS_FILE_INVALID")) << read.status();
    return std::string(read.status().message());
  }

  holter::testing::TemporaryDirectory files_;
};

TEST_F(AccessFileTest, IdentitiesAreKnownByWhatTheyShow) {
  files_.Write("grafana.token", std::string(kToken) + "\n");
  const auto read = Read(R"(
identities:
- name: grafana
  tokens:
  - file: grafana.token
  - sha256: 9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08
- name: deployer
  certificates: [{uri: "spiffe://example.org/deployer"}, {dns: deployer.example.org}, {cn: deployer}]
)");
  ASSERT_TRUE(read.ok()) << read.status();
  const AccessPolicy& policy = read->policy;
  EXPECT_EQ(policy.Identify(WithToken(kToken)), "grafana");
  EXPECT_EQ(policy.Identify(WithToken("test")), "grafana");  // of which the digest is well known
  EXPECT_EQ(policy.Identify(WithToken(std::string(kToken) + "\n")), "");
  EXPECT_EQ(policy.Identify({.uris = {"spiffe://example.org/other", "spiffe://example.org/deployer"}}), "deployer");
  EXPECT_EQ(policy.Identify({.dns_names = {"deployer.example.org"}}), "deployer");
  EXPECT_EQ(policy.Identify({.common_name = "deployer"}), "deployer");
  EXPECT_EQ(policy.Identify({.uris = {"deployer"}, .dns_names = {"deployer"}}), "") << "names of another kind";
  EXPECT_EQ(policy.Identify({}), "");
  EXPECT_THAT(read->files, ElementsAre(files_ / "access.yaml", files_ / "grafana.token"));
}

TEST_F(AccessFileTest, AWrongTokenIsNotMendedByACertificate) {
  const auto read = Read("identities: [{name: a, certificates: [{cn: a}]}]");
  ASSERT_TRUE(read.ok()) << read.status();
  Credentials both = WithToken(kToken);
  both.common_name = "a";
  EXPECT_EQ(read->policy.Identify(both), "");
}

TEST_F(AccessFileTest, RolesAreThoseOfTheTenantAndOfEveryTenant) {
  const auto read = Read(R"(
tenants:
  "*": {grants: {grafana: viewer}}
  default: {grants: {deployer: editor, grafana: editor}}
  other: {grants: {deployer: admin}}
identities: [{name: grafana}, {name: deployer}, {name: nobody}]
)");
  ASSERT_TRUE(read.ok()) << read.status();
  const AccessPolicy& policy = read->policy;
  EXPECT_EQ(policy.RoleOf("grafana", "default"), Role::kEditor);
  EXPECT_EQ(policy.RoleOf("grafana", "other"), Role::kViewer);
  EXPECT_EQ(policy.RoleOf("grafana", ""), Role::kViewer);
  EXPECT_EQ(policy.RoleOf("deployer", "default"), Role::kEditor);
  EXPECT_EQ(policy.RoleOf("deployer", "other"), Role::kAdmin);
  EXPECT_EQ(policy.RoleOf("deployer", "third"), Role::kNone);
  EXPECT_EQ(policy.RoleOf("deployer", ""), Role::kNone);
  EXPECT_EQ(policy.RoleOf("nobody", "default"), Role::kNone);
  EXPECT_EQ(policy.RoleOf("unheard-of", "default"), Role::kNone);
  EXPECT_EQ(policy.HighestRole("deployer"), Role::kAdmin);
  EXPECT_EQ(policy.HighestRole("nobody"), Role::kNone);
}

TEST_F(AccessFileTest, ComplaintsNameLineAndPath) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "access.yaml:1: expected a map"},
      {"[1]", "access.yaml:1: expected a map"},
      {"identity: []", "access.yaml:1: identity: unknown key; there are: identities, tenants"},
      {"identities: {a: b}", "access.yaml:1: identities: expected a list"},
      {"identities:\n- tokens: []", "access.yaml:2: identities[0]: an identity needs a name"},
      {"identities:\n- name: [a]", "access.yaml:2: identities[0].name: expected a text"},
      {"identities:\n- name: a\n  role: admin", "access.yaml:3: identities[0].role: unknown key"},
      {"identities:\n- name: a\n- name: a", "access.yaml:3: identities[1].name: another identity has this name"},
      {"identities:\n- name: a\n  name: b", "identities[0].name: the key is there twice"},
      {"identities: [{name: a, tokens: [{}]}]", "identities[0].tokens[0]: expected one of sha256, file"},
      {"identities: [{name: a, tokens: [x]}]", "identities[0].tokens[0]: expected a map"},
      {"identities: [{name: a, tokens: [{sha256: 12}]}]", "identities[0].tokens[0].sha256: expected 64 hex digits"},
      {"identities: [{name: a, tokens: [{file: no-such}]}]", "identities[0].tokens[0].file: "},
      {"identities: [{name: a, certificates: [{cn: a, dns: b}]}]", "certificates[0]: expected one of uri, dns, cn"},
      {"identities: [{name: a, certificates: [{cn: x}]}, {name: b, certificates: [{cn: x}]}]",
       "identities[1].certificates[0].cn: this name is there twice"},
      {"tenants: {default: {grants: {a: viewer}}}", "tenants.default.grants.a: no identity has this name"},
      {"tenants: {default: {grants: {a: owner}}}", "tenants.default.grants.a: expected viewer, editor or admin"},
      {"tenants: {Default: {grants: {}}}", "tenants.Default: expected \"*\" or the id of a tenant"},
      {"tenants: {a: {grant: {}}}", "tenants.a.grant: unknown key"},
      {"tenants: {'-': {grants: {}}}", "tenants.-: expected"},
      {"identities: [", "access.yaml:"},
  };
  for (const auto& [text, complaint] : cases) {
    EXPECT_THAT(ComplaintsAbout(text), HasSubstr(complaint)) << text;
  }
}

TEST_F(AccessFileTest, ATokenStandsForOneIdentity) {
  const std::string twice = std::string("identities: [{name: a, tokens: [{sha256: ") + kOtherDigest +
                            "}]}, {name: b, tokens: [{sha256: " + kOtherDigest + "}]}]";
  EXPECT_THAT(ComplaintsAbout(twice), HasSubstr("identities[1].tokens[0].sha256: this token is there twice"));
}

TEST_F(AccessFileTest, TokensAreNotRepeated) {
  EXPECT_THAT(ComplaintsAbout(std::string("identities: [{name: a, tokens: [{sha256: ") + kToken + "}]}]"),
              Not(HasSubstr(kToken)));
  files_.Write("two.token", std::string(kToken) + " and " + kToken);
  files_.Write("short.token", "tooshort");
  const std::string complaints =
      ComplaintsAbout("identities: [{name: a, tokens: [{file: two.token}, {file: short.token}]}]");
  EXPECT_THAT(complaints, HasSubstr("tokens[0].file: expected a file with one token"));
  EXPECT_THAT(complaints, HasSubstr("tokens[1].file: expected a file with one token"));
  EXPECT_THAT(complaints, Not(HasSubstr(kToken)));
  EXPECT_THAT(complaints, Not(HasSubstr("tooshort")));
}

TEST_F(AccessFileTest, AFileThatIsNotThereIsNamed) {
  const auto read = ReadAccessFile(files_ / "none.yaml");
  EXPECT_TRUE(HasReason(read.status(), "ACCESS_FILE_INVALID"));
  EXPECT_THAT(std::string(read.status().message()), HasSubstr("none.yaml"));
}

}  // namespace
}  // namespace holter::access
