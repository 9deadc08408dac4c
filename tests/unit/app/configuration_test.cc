#include "app/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "tests/support/temporary_directory.h"

namespace holter::app {
namespace {

using ::testing::HasSubstr;

// What one call of holterd with these arguments makes of them.
struct Parsed {
  std::optional<Configuration> config;
  int exit_status = -1;
  std::string out;
  std::string error;
};

Parsed Parse(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "holterd");
  std::vector<char*> argv;
  for (std::string& argument : arguments) {
    argv.push_back(argument.data());
  }
  Parsed parsed;
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  parsed.config = ParseConfiguration(static_cast<int>(argv.size()), argv.data(), parsed.exit_status);
  parsed.out = ::testing::internal::GetCapturedStdout();
  parsed.error = ::testing::internal::GetCapturedStderr();
  return parsed;
}

// A file of this program's own: other tests run at the same time.
std::string WriteFile(const std::string& content) {
  static const holter::testing::TemporaryDirectory folder;
  folder.Write("holter.yaml", content);
  return folder / "holter.yaml";
}

TEST(ConfigurationTest, DefaultsListenOnLoopback) {
  const Parsed parsed = Parse({});
  ASSERT_TRUE(parsed.config.has_value()) << parsed.error;
  EXPECT_EQ(parsed.config->grpc_listen, "127.0.0.1:7600");
  EXPECT_EQ(parsed.config->http_listen, "127.0.0.1:7601");
  EXPECT_EQ(parsed.config->store, StoreKind::kSqlite);
  EXPECT_EQ(parsed.config->data_dir, "./holter-data");
}

TEST(ConfigurationTest, FlagBeatsEnvironmentBeatsFile) {
  const std::string file = WriteFile("connect-rate: 1\ndata-dir: from-file\ndns-server: 127.0.0.1:53\nstore: memory\n");
  setenv("HOLTER_CONNECT_RATE", "2", 1);
  setenv("HOLTER_DATA_DIR", "from-environment", 1);
  const Parsed parsed = Parse({"--config", file, "--connect-rate=3"});
  unsetenv("HOLTER_CONNECT_RATE");
  unsetenv("HOLTER_DATA_DIR");
  ASSERT_TRUE(parsed.config.has_value()) << parsed.error;
  EXPECT_EQ(parsed.config->connect_rate, 3);
  EXPECT_EQ(parsed.config->data_dir, "from-environment");
  EXPECT_EQ(parsed.config->dns_server, "127.0.0.1:53");
  EXPECT_EQ(parsed.config->store, StoreKind::kMemory);
}

TEST(ConfigurationTest, AnEmptyVariableSaysNothing) {
  const std::string file = WriteFile("data-dir: from-file\n");
  setenv("HOLTER_DATA_DIR", "", 1);
  const Parsed parsed = Parse({"--config", file});
  unsetenv("HOLTER_DATA_DIR");
  ASSERT_TRUE(parsed.config.has_value()) << parsed.error;
  EXPECT_EQ(parsed.config->data_dir, "from-file");
}

TEST(ConfigurationTest, HelpAndVersionEndWell) {
  EXPECT_EQ(Parse({"--help"}).exit_status, 0);
  EXPECT_THAT(Parse({"--help"}).out, HasSubstr("--grpc-listen"));
  EXPECT_EQ(Parse({"--version"}).exit_status, 0);
  EXPECT_THAT(Parse({"--version"}).out, HasSubstr("holterd 0."));
}

TEST(ConfigurationTest, CheckConfigSaysWhetherItIsRight) {
  EXPECT_EQ(Parse({"--check-config"}).exit_status, 0);
  EXPECT_EQ(Parse({"--check-config", "--stop-timeout=5"}).exit_status, 2);
}

TEST(ConfigurationTest, CheckConfigReadsTheAccessFile) {
  const std::string file = WriteFile("identities: []");
  EXPECT_EQ(Parse({"--check-config", "--access-file", file}).exit_status, 0);
  WriteFile("identities: {}");
  const Parsed wrong = Parse({"--check-config", "--access-file", file});
  EXPECT_EQ(wrong.exit_status, 2);
  EXPECT_THAT(wrong.error, HasSubstr("identities: expected a list"));
}

TEST(ConfigurationTest, CheckConfigReadsTheFilesOfSessions) {
  const holter::testing::TemporaryDirectory files;
  files.Write("a.yaml", "sessions: [{name: tenants/default/sessions/a, spec: {url: 'ws://a/'}}]");
  const std::vector<std::string> arguments = {"--check-config", "--sessions-dir", files.path()};
  EXPECT_EQ(Parse(arguments).exit_status, 0);
  files.Write("b.yaml", "sessions: [{name: tenants/default/sessions/b, spec: {url: 'http://b/'}}]");
  const Parsed wrong = Parse(arguments);
  EXPECT_EQ(wrong.exit_status, 2);
  EXPECT_THAT(wrong.error, HasSubstr("--sessions-dir: "));
  EXPECT_THAT(wrong.error, HasSubstr("b.yaml: tenants/default/sessions/b.spec.url"));
}

TEST(ConfigurationTest, WrongUsageNamesTheFlag) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--no-such-flag"}, "--no-such-flag"}, {{"--connect-rate=-1"}, "--connect-rate"},
      {{"--store=paper"}, "--store"},         {{"--stop-timeout=3"}, "--stop-timeout"},
      {{"--log-level=loud"}, "--log-level"},  {{"--watch-write-timeout=1ms"}, "--watch-write-timeout"},
  };
  for (const auto& [arguments, named] : cases) {
    const Parsed parsed = Parse(arguments);
    EXPECT_EQ(parsed.exit_status, 2) << named;
    EXPECT_THAT(parsed.error, HasSubstr(named));
  }
}

TEST(ConfigurationTest, DurationsHaveAUnitAndComeFromEverywhere) {
  const Parsed parsed = Parse({"--config", WriteFile("watch-write-timeout: 2s\n"), "--stop-timeout=1s500ms"});
  ASSERT_TRUE(parsed.config.has_value()) << parsed.error;
  EXPECT_EQ(parsed.config->watch_write_timeout, std::chrono::seconds(2));
  EXPECT_EQ(parsed.config->stop_timeout, std::chrono::milliseconds(1500));
}

TEST(ConfigurationTest, UnknownOrNestedKeyOfTheFileIsAnError) {
  const auto error = [](const std::string& text) { return Parse({"--config", WriteFile(text)}).error; };
  EXPECT_THAT(error("conect-rate: 1\n"), HasSubstr(".yaml:1: there is no key conect-rate\n"));
  EXPECT_THAT(error("store: memory\nhelp: true\n"), HasSubstr(".yaml:2: there is no key help\n"));
  EXPECT_THAT(error("loops: 1\nstore:\n  a: b\n"), HasSubstr(".yaml:2: store: expected one value\n"));
  EXPECT_EQ(Parse({"--config", WriteFile("- a\n")}).exit_status, 2);
  EXPECT_EQ(Parse({"--config", "/no/such/file.yaml"}).exit_status, 2);
}

TEST(ConfigurationTest, AWrongValueOfTheFileIsFoundInIt) {
  const std::string file = WriteFile("loops: 1\nlog-level: loud\n");
  EXPECT_EQ(Parse({"--config", file}).error,
            "holterd: " + file + ":2: --log-level: expected one of debug, info, warning, error; got loud\n");
  // What the file does not decide is not its fault.
  EXPECT_EQ(Parse({"--config", file, "--log-level=low"}).error,
            "holterd: --log-level: expected one of debug, info, warning, error; got low\n");
  EXPECT_TRUE(Parse({"--config", file, "--log-level=debug"}).config.has_value());
}

TEST(ConfigurationTest, ListeningBeyondLoopbackNeedsTlsAndAuthentication) {
  const std::string everywhere = "--grpc-listen=0.0.0.0:7600";
  const Parsed refused = Parse({everywhere});
  EXPECT_EQ(refused.exit_status, 2);
  EXPECT_THAT(refused.error, HasSubstr("--insecure"));
  EXPECT_TRUE(Parse({everywhere, "--insecure"}).config.has_value());
  const std::vector<std::string> tls = {everywhere, "--grpc-tls-cert=c", "--grpc-tls-key=k"};
  const auto with = [](std::vector<std::string> flags, const std::string& more) {
    flags.push_back(more);
    return Parse(flags).config.has_value();
  };
  EXPECT_FALSE(Parse(tls).config.has_value()) << "nobody knows who calls";
  EXPECT_FALSE(with({everywhere}, "--access-file=a")) << "tokens in the clear";
  EXPECT_TRUE(with(tls, "--access-file=a"));
  EXPECT_TRUE(with(tls, "--grpc-client-ca=ca"));
}

TEST(ConfigurationTest, HttpBeyondLoopbackHasToBeSaid) {
  EXPECT_EQ(Parse({"--http-listen=0.0.0.0:7601"}).exit_status, 2);
  EXPECT_TRUE(Parse({"--http-listen=0.0.0.0:7601", "--insecure"}).config.has_value());
  EXPECT_TRUE(Parse({"--http-listen=0.0.0.0:7601", "--insecure-http"}).config.has_value());
  EXPECT_EQ(Parse({"--grpc-listen=0.0.0.0:7600", "--insecure-http"}).exit_status, 2);
}

TEST(ConfigurationTest, CertificateAndKeyNeedEachOther) {
  EXPECT_EQ(Parse({"--grpc-tls-cert=c"}).exit_status, 2);
  EXPECT_EQ(Parse({"--grpc-tls-key=k"}).exit_status, 2);
  EXPECT_EQ(Parse({"--grpc-client-ca=ca"}).exit_status, 2);
}

TEST(ConfigurationTest, TheStatusPageIsOffWhereTheApiAsksWhoCalls) {
  const auto shows = [](const std::vector<std::string>& flags) {
    const Parsed parsed = Parse(flags);
    EXPECT_TRUE(parsed.config.has_value()) << parsed.error;
    return parsed.config.has_value() && ShowsStatusPage(*parsed.config);
  };
  EXPECT_TRUE(shows({}));
  EXPECT_TRUE(shows({"--http-listen=0.0.0.0:0", "--insecure-http"}));
  EXPECT_FALSE(shows({"--access-file=a"}));
  EXPECT_FALSE(shows({"--grpc-tls-cert=c", "--grpc-tls-key=k", "--grpc-client-ca=ca"}));
  EXPECT_TRUE(shows({"--access-file=a", "--status-page=on"}));
  EXPECT_FALSE(shows({"--status-page=off"}));
  EXPECT_EQ(Parse({"--status-page=maybe"}).exit_status, 2);
}

TEST(ConfigurationTest, KnowsLoopback) {
  for (const char* listen : {"127.0.0.1:0", "127.1.2.3:7600", "[::1]:7600", "localhost:1"}) {
    EXPECT_TRUE(IsLoopbackListen(listen)) << listen;
  }
  for (const char* listen : {"0.0.0.0:1", "[::]:1", "192.0.2.1:1", "example.org:1", "127.example.org:1", ":1", ""}) {
    EXPECT_FALSE(IsLoopbackListen(listen)) << listen;
  }
}

}  // namespace
}  // namespace holter::app
