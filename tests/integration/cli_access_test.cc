// The command line against a daemon that serves TLS and asks for tokens, with all that it knows in a file of contexts:
// what docs/cli.md promises of exit codes and messages, and no token anywhere.
#include <fmt/format.h>

#include "tests/integration/fixture.h"
#include "tests/support/test_certificates.h"

namespace holter::integration {
namespace {

using holter::testing::TestAuthority;
using holter::testing::TestIdentity;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kViewerToken[] = "CANARY-viewer-token";
constexpr char kEditorToken[] = "CANARY-editor-token";
constexpr char kStrangeToken[] = "CANARY-token-of-nobody";
constexpr char kSet[] = "sessions:\n- {name: feed, spec: {url: \"ws://127.0.0.1:1/\"}}\n";

class CliAccessTest : public EndToEndTest {
 protected:
  void SetUp() override {
    const TestAuthority authority;
    const TestIdentity server = authority.Issue();
    scratch.Write("cert.pem", server.certificate);
    scratch.Write("key.pem", server.key);
    scratch.Write("ca.pem", authority.certificate());
    scratch.Write("other-ca.pem", TestAuthority().certificate());
    scratch.Write("viewer.token", kViewerToken);
    scratch.Write("editor.token", kEditorToken);
    scratch.Write("strange.token", kStrangeToken);
    scratch.Write("broken.token", std::string(kEditorToken) + " " + kEditorToken);
    scratch.Write("access.yaml", R"(
identities:
- {name: viewer, tokens: [{file: viewer.token}]}
- {name: editor, tokens: [{file: editor.token}]}
tenants: {own: {grants: {viewer: viewer, editor: editor}}}
)");
    const auto flag = [&](const char* name, const char* file) {
      return fmt::format("--{}={}/{}", name, scratch.path(), file);
    };
    daemon = std::make_unique<Daemon>(
        scratch, std::vector<std::string>{flag("grpc-tls-cert", "cert.pem"), flag("grpc-tls-key", "key.pem"),
                                          flag("access-file", "access.yaml"), "--log-level=debug"});
    daemon->Start();
    WriteContexts();
  }

  void TearDown() override {
    heard_ += daemon->process().Out() + daemon->process().Err();
    EXPECT_THAT(heard_, Not(HasSubstr("CANARY")));
  }

  void WriteContexts() const {
    scratch.Write("config.yaml", fmt::format(R"(
current: editor
contexts:
  editor: {{server: "{0}", tenant: own, tls: {{ca: ca.pem}}, token_file: editor.token}}
  viewer: {{server: "{0}", tenant: own, tls: {{ca: ca.pem}}, token_file: viewer.token}}
  stranger: {{server: "{0}", tenant: own, tls: {{ca: ca.pem}}, token_file: strange.token}}
  nobody: {{server: "{0}", tenant: own, tls: {{ca: ca.pem}}}}
  other-tenant: {{server: "{0}", tenant: other, tls: {{ca: ca.pem}}, token_file: editor.token}}
  other-ca: {{server: "{0}", tenant: own, tls: {{ca: other-ca.pem}}, token_file: editor.token}}
  other-name: {{server: "{0}", tenant: own, tls: {{ca: ca.pem, server_name: else.example.org}}, token_file: editor.token}}
  plaintext: {{server: "{0}", tenant: own, token_file: editor.token}}
  no-ca: {{server: "{0}", tenant: own, tls: {{ca: none.pem}}, token_file: editor.token}}
  no-token: {{server: "{0}", tenant: own, tls: {{ca: ca.pem}}, token_file: none.token}}
  broken-token: {{server: "{0}", tenant: own, tls: {{ca: ca.pem}}, token_file: broken.token}}
  far-away: {{server: "192.0.2.1:7600", tenant: own, token_file: editor.token}}
)",
                                             daemon->grpc()));
  }

  // Knows nothing but the file of contexts.
  CliReport In(const std::string& context, std::vector<std::string> arguments, const std::string& input = "") {
    arguments.insert(arguments.begin(), HOLTER_BINARY);
    arguments.push_back("--context=" + context);
    ChildProcess process(arguments, scratch.path(), input, {"HOLTER_CONTEXTS=" + scratch.path() + "/config.yaml"});
    const auto report = process.Wait(kPatience);
    EXPECT_TRUE(report.has_value()) << ::testing::PrintToString(arguments) << process.Out() << process.Err();
    heard_ += process.Out() + process.Err();
    return {report ? report->code : -1, process.Out(), process.Err()};
  }

  // Commands that only look, one of each kind of call, and those that editors only may call.
  static std::vector<std::vector<std::string>> Looks() {
    return {{"list"},    {"get", "feed"},           {"events", "--all"},
            {"summary"}, {"watch", "--count", "1"}, {"describe", "feed"}};
  }
  static std::vector<std::vector<std::string>> Changes() {
    return {{"create", "feed-2", "ws://127.0.0.1:1/"},
            {"delete", "feed"},
            {"pause", "feed"},
            {"reconnect", "--all"},
            {"apply", "-f", "-", "--owner", "deployer"},
            {"apply", "-f", "-", "--owner", "deployer", "--dry-run"},
            {"renew-lease", "deployer", "--ttl", "30s"},
            {"probe", "ws://127.0.0.1:1/"},
            {"tap", "feed"}};
  }
  // Every command ends so, in this context, and says one line.
  void ExpectAll(const std::string& context, const std::vector<std::vector<std::string>>& commands, int code,
                 const std::vector<std::string>& words) {
    for (const auto& command : commands) {
      const CliReport report = In(context, command, kSet);
      const std::string what = context + " " + ::testing::PrintToString(command) + report.out;
      EXPECT_EQ(report.code, code) << what << report.err;
      EXPECT_THAT(report.err, MatchesRegex("holter: [^\n]+\n")) << what;
      for (const std::string& word : words) EXPECT_THAT(report.err, HasSubstr(word)) << what;
    }
  }

  std::string heard_;
};

TEST_F(CliAccessTest, WhoBelongsDoesItAll) {
  const CliReport applied = In("editor", {"apply", "-f", "-", "--owner", "deployer", "--lease-ttl", "1h"}, kSet);
  EXPECT_EQ(applied.code, 0) << applied.err;
  EXPECT_THAT(applied.out, StartsWith("+ feed\n1 created, 0 updated, 0 deleted, 0 unchanged; the lease ends "));
  for (const std::string context : {"editor", "viewer"}) {
    for (const auto& command : Looks()) {
      const CliReport report = In(context, command);
      EXPECT_EQ(report.code, 0) << context << ::testing::PrintToString(command) << report.err;
    }
  }
  EXPECT_EQ(In("editor", {"renew-lease", "deployer", "--ttl", "30s"}).code, 0);
  const CliReport pruned =
      In("editor", {"apply", "-f", "-", "--owner", "deployer", "--prune", "-o", "json"}, "sessions: []\n");
  EXPECT_EQ(pruned.code, 0) << pruned.err;
  EXPECT_THAT(pruned.out, HasSubstr("\"ACTION_DELETED\""));
}

TEST_F(CliAccessTest, ATokenOfNobodyIsRefused) {
  ExpectAll("stranger", Looks(), 3, {"CREDENTIALS_INVALID"});
  ExpectAll("stranger", Changes(), 3, {"CREDENTIALS_INVALID"});
  ExpectAll("nobody", Looks(), 3, {"CREDENTIALS_MISSING"});
  ExpectAll("nobody", Changes(), 3, {"CREDENTIALS_MISSING"});
}

TEST_F(CliAccessTest, AMissingRoleIsNamed) {
  ExpectAll("viewer", Changes(), 3, {"the role editor for tenants/own", "ROLE_MISSING"});
  ExpectAll("other-tenant", Looks(), 3, {"the role viewer for tenants/other", "ROLE_MISSING"});
  ExpectAll("other-tenant", Changes(), 3, {"the role editor for tenants/other", "ROLE_MISSING"});
}

TEST_F(CliAccessTest, AServerThatIsNotOursGetsNothing) {
  const std::vector<std::vector<std::string>> some = {
      {"list"}, {"watch", "--count", "1"}, {"apply", "-f", "-", "--owner", "deployer"}};
  ExpectAll("other-ca", some, 4, {"cannot reach holterd", "Ssl handshake failed"});
  ExpectAll("other-name", some, 4, {"cannot reach holterd", "is not in peer certificate"});
  ExpectAll("plaintext", some, 4, {"cannot reach holterd"});
}

TEST_F(CliAccessTest, WhatIsWrongWithOurFilesIsSaidBeforeAnythingIsSent) {
  const std::vector<std::vector<std::string>> some = {
      {"list"}, {"watch", "--count", "1"}, {"apply", "-f", "-", "--owner", "deployer"}};
  ExpectAll("no-ca", some, 2, {"cannot read", "none.pem"});
  ExpectAll("no-token", some, 2, {"cannot read", "none.token"});
  ExpectAll("broken-token", some, 2, {"broken.token does not hold one token"});
  ExpectAll("far-away", some, 2, {"a token is not sent to 192.0.2.1:7600 in the clear"});
  ExpectAll("unheard-of", some, 2, {"unheard-of"});
}

TEST_F(CliAccessTest, ATokenThatIsReplacedIsReadAnew) {
  EXPECT_EQ(In("viewer", {"list"}).code, 0);
  scratch.Write("viewer.token", "CANARY-the-next-token");
  EXPECT_TRUE(Await([&] { return In("viewer", {"list"}).code == 0; })) << "the daemon reads the same file";
  scratch.Write("access.yaml", "identities: []\ntenants: {}\n");
  EXPECT_TRUE(Await([&] { return In("viewer", {"list"}).code == 3; }));
}

}  // namespace
}  // namespace holter::integration
