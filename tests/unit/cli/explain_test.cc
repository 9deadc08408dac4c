// holter explain: asks no daemon.
#include <gmock/gmock.h>

#include "tests/unit/cli/cli_fixture.h"

namespace holter::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kGood[] =
    "sessions:\n"
    "- {name: a, spec: {url: \"ws://h/\"}}\n"
    "- {name: b, spec: {url: \"ws://i/\", protocol_heartbeat: {interval: 2m}}}\n";

TEST(Explain, TellsTheStoryOfEachSession) {
  const CliResult result = RunCli({"explain", "-"}, kGood);
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.out, R"(tenants/default/sessions/a
  Connects to ws://h/.
  Pings: every 20s, the first at once after the upgrade; a pong with the same text has to come within 20s.
    The first miss: dead.
    Silence is found out within 40s.
  Dead: closes with 4000 and says what was missed.
  Comes back: after 1s, then 2 times as long each time, up to 1m, ± 50 %. A connection of 30s starts that anew.
  Idle limits: fits; the peer is heard every 20s at least. AWS load balancers (idle timeout) and nginx (proxy_read_timeout) hang up after 60s by default.

tenants/default/sessions/b
  Connects to ws://i/.
  Pings: every 2m, the first at once after the upgrade; a pong with the same text has to come within 20s.
    The first miss: dead.
    Silence is found out within 2m20s.
  Dead: closes with 4000 and says what was missed.
  Comes back: after 1s, then 2 times as long each time, up to 1m, ± 50 %. A connection of 30s starts that anew.
  Warning: idle limits: something is sent every 2m only, which is more than 55s. AWS load balancers (idle timeout) and nginx (proxy_read_timeout) hang up after 60s by default.
)");
}

TEST(Explain, NamesEveryBadFieldAndTellsTheRest) {
  const CliResult result = RunCli({"explain", "-"},
                                  "sessions:\n"
                                  "- {name: a, spec: {url: \"http://h/\", decode: [{strip: \"\"}]}}\n"
                                  "- {name: b, spec: {url: \"ws://h/\"}}\n"
                                  "- {name: c, spec: {url: \"ws://h/\", preset: no-such}}\n");
  EXPECT_EQ(result.code, ExitCode::kUsage);
  EXPECT_THAT(result.out, StartsWith("tenants/default/sessions/b\n"));
  EXPECT_THAT(result.err, HasSubstr("holter: tenants/default/sessions/a: not valid\n"));
  EXPECT_THAT(result.err, HasSubstr("\n  standard input: sessions[0].spec.url: "));
  EXPECT_THAT(result.err, HasSubstr("\n  standard input: sessions[0].spec.decode[0].strip: expected 1 to 64 bytes"));
  EXPECT_THAT(result.err, HasSubstr("\n  standard input: sessions[2].spec.preset: "));
}

TEST(Explain, AFileThatDoesNotParseIsNoFile) {
  const CliResult result = RunCli({"explain", "-"}, "sessions:\n- {name: a, spek: {}}\n");
  EXPECT_EQ(result.code, ExitCode::kUsage);
  EXPECT_THAT(result.err, HasSubstr("standard input:2: sessions[0].spek"));
  EXPECT_EQ(RunCli({"explain", "/no/such/file"}).code, ExitCode::kUsage);
}

TEST(Explain, TellsWhatAPresetDoes) {
  const CliResult result = RunCli({"explain", "--preset", "kucoin"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.out, StartsWith("kucoin: KuCoin classic\n  Connects to wss://"));
  EXPECT_THAT(result.out, HasSubstr("\n  Beat ping: every 18s (${ping_interval}) sends "));
  EXPECT_THAT(result.out, HasSubstr("Idle limits: fits"));
  const CliResult slow = RunCli({"explain", "--preset", "kucoin", "--param", "ping_interval=1m"});
  EXPECT_THAT(slow.out, HasSubstr("\n  Beat ping: every 1m (${ping_interval}) sends "));
  EXPECT_THAT(slow.out, HasSubstr("Warning: idle limits: something is sent every 1m only"));
  const CliResult less = RunCli({"explain", "--preset", "kraken", "--without", "beats"});
  EXPECT_THAT(less.out, Not(HasSubstr("Beat ping")));
}

// A preset that nobody can be told about is a broken one.
TEST(Explain, EveryPresetHasAStory) {
  const CliResult presets = RunCli({"presets"});
  std::istringstream lines(presets.out);
  std::string line;
  std::getline(lines, line);  // the head
  int seen = 0;
  for (; std::getline(lines, line); ++seen) {
    const std::string name = line.substr(0, line.find(' '));
    const CliResult result = RunCli({"explain", "--preset", name});
    EXPECT_EQ(result.code, ExitCode::kOk) << name << ": " << result.err;
    EXPECT_THAT(result.out, StartsWith(name + ": ")) << name;
  }
  EXPECT_GT(seen, 10);
}

TEST(Explain, RefusesWhatItCannotExplain) {
  EXPECT_EQ(RunCli({"explain"}).code, ExitCode::kUsage);
  const CliResult unknown = RunCli({"explain", "--preset", "discor"});
  EXPECT_EQ(unknown.code, ExitCode::kUsage);
  EXPECT_THAT(unknown.err, HasSubstr("discord"));
  EXPECT_EQ(RunCli({"explain", "-", "--preset", "discord"}).code, ExitCode::kUsage);
  EXPECT_EQ(RunCli({"explain", "--preset", "discord", "--param", "no=1"}).code, ExitCode::kUsage);
}

}  // namespace
}  // namespace holter::cli
