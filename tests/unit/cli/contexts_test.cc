// The file of contexts, and who wins: flag, environment, context, default.
#include "client/cli/contexts.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "tests/support/temporary_directory.h"
#include "tests/unit/cli/cli_fixture.h"

namespace holter::cli {
namespace {

using ::testing::HasSubstr;

// Sets a variable of the environment, and puts it back.
class ScopedVariable {
 public:
  ScopedVariable(std::string name, const std::string& value) : name_(std::move(name)) {
    if (const char* const before = std::getenv(name_.c_str()); before != nullptr) before_ = before;
    setenv(name_.c_str(), value.c_str(), 1);
  }
  ~ScopedVariable() {
    if (before_) {
      setenv(name_.c_str(), before_->c_str(), 1);
    } else {
      unsetenv(name_.c_str());
    }
  }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  const std::string name_;
  std::optional<std::string> before_;
};

class ContextsTest : public ::testing::Test {
 protected:
  void WriteConfig(const std::string& text) { folder.Write("config.yaml", text); }

  const testing::TemporaryDirectory folder;
  const ScopedVariable config{"HOLTER_CONTEXTS", folder / "config.yaml"};
  client::FakeServer server;
};

TEST_F(ContextsTest, ReadsEveryFieldAndPathsAreRelativeToTheFile) {
  WriteConfig(R"(
current: prod
contexts:
  prod:
    server: holter.example.org:7600
    tenant: feeds
    tls: {ca: ca.pem, cert: /etc/me.pem, key: me-key.pem, server_name: holter}
    token_file: token
  local: {}
)");
  const auto contexts = ReadContexts(ContextsPath());
  ASSERT_TRUE(contexts.ok()) << contexts.status();
  EXPECT_EQ(contexts->current, "prod");
  const Context& prod = contexts->contexts.at("prod");
  EXPECT_EQ(prod.server, "holter.example.org:7600");
  EXPECT_EQ(prod.tenant, "feeds");
  EXPECT_TRUE(prod.tls);
  EXPECT_EQ(prod.ca, folder / "ca.pem");
  EXPECT_EQ(prod.cert, "/etc/me.pem");
  EXPECT_EQ(prod.key, folder / "me-key.pem");
  EXPECT_EQ(prod.server_name, "holter");
  EXPECT_EQ(prod.token_file, folder / "token");
  EXPECT_FALSE(contexts->contexts.at("local").tls);
}

TEST_F(ContextsTest, AMistakeNamesItsLine) {
  for (const auto& [text, message] : std::vector<std::pair<std::string, std::string>>{
           {"contexts:\n  a:\n    token_fiel: x\n", "config.yaml:3: token_fiel: unknown field"},
           {"contexts:\n  a: {server: [x]}\n", "config.yaml:2: expected text"},
           {"contexts: [a]\n", "config.yaml:1: expected a map"},
           {"contexts:\n  a: {tls: yes}\n", "config.yaml:2: expected a map"},
           {"current: b\ncontexts: {a: {}}\n", "there is no context b"},
           {"a: [", "config.yaml:"},
       }) {
    WriteConfig(text);
    const CliResult result = RunCli({"list"});
    EXPECT_EQ(result.code, ExitCode::kUsage) << text;
    EXPECT_THAT(result.err, HasSubstr(message)) << text;
  }
}

TEST_F(ContextsTest, AFileThatIsNamedHasToBeThere) {
  EXPECT_EQ(RunCli({"list"}).code, ExitCode::kUsage);
  const testing::TemporaryDirectory home;
  const ScopedVariable none("HOLTER_CONTEXTS", "");
  const ScopedVariable xdg("XDG_CONFIG_HOME", home.path());
  EXPECT_TRUE(ReadContexts(ContextsPath()).ok());
}

TEST_F(ContextsTest, TheCurrentContextIsUsedAndAnotherMayBeNamed) {
  WriteConfig("current: a\ncontexts:\n  a: {server: \"" + server.address +
              "\", tenant: t, token_file: token}\n  b: {server: \"" + server.address + "\", tenant: u}\n");
  folder.Write("token", "of-a");
  std::string name;
  server.service.get.Add(
      [&](const v1::GetSessionRequest& request, auto*) {
        name = request.name();
        return grpc::Status::OK;
      },
      3);
  EXPECT_EQ(RunCli({"get", "s"}).code, ExitCode::kOk);
  EXPECT_EQ(name, "tenants/t/sessions/s");
  EXPECT_EQ(server.service.authorization(), "Bearer of-a");
  EXPECT_EQ(RunCli({"get", "s", "--context", "b"}).code, ExitCode::kOk);
  EXPECT_EQ(name, "tenants/u/sessions/s");
  EXPECT_EQ(server.service.authorization(), "");
  EXPECT_EQ(RunCli({"get", "s", "--tenant", "v"}).code, ExitCode::kOk);
  EXPECT_EQ(name, "tenants/v/sessions/s");
}

TEST_F(ContextsTest, AServerThatIsNamedByItselfGetsNoTokenOfAContext) {
  WriteConfig("current: a\ncontexts:\n  a: {token_file: token}\n");
  folder.Write("token", "of-a");
  server.service.get.Add([](const auto&, auto*) { return grpc::Status::OK; }, 2);
  EXPECT_EQ(RunCli({"get", "s", "--server", server.address}).code, ExitCode::kOk);
  EXPECT_EQ(server.service.authorization(), "");
  EXPECT_EQ(RunCli({"get", "s", "--server", server.address, "--context", "a"}).code, ExitCode::kOk);
  EXPECT_EQ(server.service.authorization(), "Bearer of-a");
}

TEST_F(ContextsTest, ATokenIsNotSentToAnotherMachineInTheClear) {
  WriteConfig("contexts: {}\n");
  folder.Write("token", "canary-token");
  const CliResult result = RunCli({"get", "s", "--server", "192.0.2.1:7600", "--token-file", folder / "token"});
  EXPECT_EQ(result.code, ExitCode::kUsage);
  EXPECT_THAT(result.err, HasSubstr("TLS is needed"));
  EXPECT_THAT(result.err, ::testing::Not(HasSubstr("canary-token")));
}

}  // namespace
}  // namespace holter::cli
