// Describing, waiting, the worst, completion.
#include <gmock/gmock.h>

#include <cstdio>
#include <filesystem>
#include <thread>

#include "tests/support/silent_session.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/cli/cli_fixture.h"

namespace holter::cli {
namespace {

using ::testing::HasSubstr;

using DescribeTest = CliTest;

TEST_F(DescribeTest, PrintsTheSentenceAndTheEvidence) {
  server.service.get.Add([](const auto&, v1::Session* response) {
    *response = holter::testing::SilentSession();
    return grpc::Status::OK;
  });
  const CliResult result = Cli({"describe", "feed-1"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.out, ::testing::StartsWith("feed-1 is DOWN: "));
  EXPECT_THAT(result.out, HasSubstr("\n  url: wss://feed.example.org/\n"));
}

class WaitTest : public CliTest {
 protected:
  static v1::SessionChange Change(v1::SessionChange::Kind kind, const std::string& id, v1::Health health) {
    v1::SessionChange change;
    change.set_kind(kind);
    change.mutable_session()->set_name("tenants/default/sessions/" + id);
    change.mutable_session()->mutable_status()->set_health(health);
    return change;
  }

  // A stream of these changes that then says nothing more.
  void Stream(std::vector<v1::SessionChange> changes) {
    server.service.watch.Add([changes = std::move(changes)](const v1::WatchSessionsRequest& request,
                                                            grpc::ServerContext* context,
                                                            client::FakeService::Writer* writer) {
      EXPECT_THAT(request.filter(), HasSubstr("name = \"tenants/default/sessions/a\""));
      v1::WatchSessionsResponse response;
      for (const v1::SessionChange& change : changes) *response.add_changes() = change;
      response.set_resume_token("t");
      writer->Write(response);
      while (!context->IsCancelled()) std::this_thread::yield();
      return grpc::Status::CANCELLED;
    });
  }
};

TEST_F(WaitTest, EndsWhenAllHaveReachedTheGoal) {
  Stream({Change(v1::SessionChange::KIND_SNAPSHOT, "a", v1::HEALTH_DOWN),
          Change(v1::SessionChange::KIND_SNAPSHOT, "b", v1::HEALTH_HEALTHY),
          Change(v1::SessionChange::KIND_SNAPSHOT_END, "", {}),
          Change(v1::SessionChange::KIND_TRANSITION, "a", v1::HEALTH_HEALTHY)});
  const CliResult result = Cli({"wait", "a", "b", "--for=health=healthy"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
}

TEST_F(WaitTest, InVainSaysWhy) {
  Stream({Change(v1::SessionChange::KIND_SNAPSHOT, "a", v1::HEALTH_DOWN),
          Change(v1::SessionChange::KIND_SNAPSHOT_END, "", {})});
  const CliResult result = Cli({"wait", "a", "--for=health=HEALTHY", "--timeout", "50ms"});
  EXPECT_EQ(result.code, ExitCode::kFailure);
  EXPECT_THAT(result.err, HasSubstr("waited in vain: a is DOWN"));
}

TEST_F(WaitTest, ASessionThatIsNotThereIsNotWaitedFor) {
  Stream({Change(v1::SessionChange::KIND_SNAPSHOT_END, "", {})});
  EXPECT_EQ(Cli({"wait", "a", "--for=state=OPEN"}).code, ExitCode::kRefused);
  Stream({Change(v1::SessionChange::KIND_SNAPSHOT, "a", v1::HEALTH_DOWN),
          Change(v1::SessionChange::KIND_SNAPSHOT_END, "", {}), Change(v1::SessionChange::KIND_DELETED, "a", {})});
  EXPECT_EQ(Cli({"wait", "a", "--for=health=HEALTHY"}).code, ExitCode::kRefused);
}

TEST_F(WaitTest, DeletedIsReachedByThoseThatAreGone) {
  Stream({Change(v1::SessionChange::KIND_SNAPSHOT, "a", v1::HEALTH_DOWN),
          Change(v1::SessionChange::KIND_SNAPSHOT_END, "", {}), Change(v1::SessionChange::KIND_DELETED, "a", {})});
  EXPECT_EQ(Cli({"wait", "a", "b", "--for=deleted"}).code, ExitCode::kOk);
}

TEST_F(WaitTest, GoalsThatAreNoneAreUsageErrors) {
  for (const char* goal : {"", "health", "health=", "health=FINE", "state=UNSPECIFIED", "Deleted"}) {
    EXPECT_EQ(Cli({"wait", "a", std::string("--for=") + goal}).code, ExitCode::kUsage) << goal;
  }
}

TEST_F(CliTest, TopShowsTheWorstFirstAndAsksForNoMore) {
  server.service.summary.Add([](const auto&, v1::FleetSummary* response) {
    response->set_sessions(20'000);
    auto* const down = response->add_healths();
    down->set_health(v1::HEALTH_DOWN);
    down->set_sessions(17);
    return grpc::Status::OK;
  });
  server.service.list.Add([](const v1::ListSessionsRequest& request, v1::ListSessionsResponse* response) {
    EXPECT_EQ(request.order_by(), "health desc, rtt desc");
    EXPECT_EQ(request.page_size(), 3);
    for (int i = 0; i < 3; ++i) *response->add_sessions() = holter::testing::SilentSession();
    response->set_next_page_token("more");
    return grpc::Status::OK;
  });
  const CliResult result = Cli({"top", "--count", "1", "--limit", "3"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr("20000 sessions: 17 DOWN\n"));
  EXPECT_THAT(result.out, HasSubstr("feed-1  BACKOFF"));
  EXPECT_EQ(server.service.list.calls(), 1);
}

TEST(CompletionTest, TheScriptsNameEveryCommandAndItsFlags) {
  for (const char* shell : {"bash", "zsh"}) {
    const CliResult result = RunCli({"completion", shell});
    EXPECT_EQ(result.code, ExitCode::kOk);
    for (const char* word : {"reconnect)", "--order-by", "--dry-run", "--tenant", "wait", "describe"}) {
      EXPECT_THAT(result.out, HasSubstr(word)) << shell;
    }
  }
  EXPECT_EQ(RunCli({"completion", "fish"}).code, ExitCode::kUsage);
}

// The shells themselves say what they would offer.
class CompletionScriptTest : public CliTest {
 protected:
  CompletionScriptTest() {
    folder_.Write("holter", "#!/bin/sh\nprintf 'feed-1\\nfeed-2\\n'\n");
    std::filesystem::permissions(folder_ / "holter", std::filesystem::perms::owner_all);
  }

  // What the shell prints after it has read our script for it.
  std::string Ask(const std::string& shell, const std::string& question) {
    folder_.Write("completion", RunCli({"completion", shell}).out);
    folder_.Write("ask", "PATH=" + folder_.path() + ":$PATH\n" + question);
    FILE* const pipe = popen((shell + " " + (folder_ / "ask")).c_str(), "r");
    std::string out;
    char buffer[4096];
    for (size_t got = 0; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, got);
    pclose(pipe);
    return out;
  }
  std::string Bash(const std::string& words, int at) {
    return Ask("bash", ". " + (folder_ / "completion") + "\nCOMP_WORDS=(holter " + words +
                           ")\nCOMP_CWORD=" + std::to_string(at) + "\n_holter\necho \"${COMPREPLY[*]}\"\n");
  }
  // zsh itself keeps of what it is given what begins as the word does, and counts from 1.
  std::string Zsh(const std::string& words, int at) {
    return Ask("zsh", "compdef() {}\ncompadd() { shift; print -r -- ${(M)@:#${words[CURRENT]}*} }\n. " +
                          (folder_ / "completion") + "\nwords=(holter " + words +
                          ")\nCURRENT=" + std::to_string(at + 1) + "\n_holter\n");
  }

 private:
  testing::TemporaryDirectory folder_;
};

TEST_F(CompletionScriptTest, CompletesCommandsFlagsAndNames) {
  const struct {
    const char* words;
    int at;
    const char* offered;
  } cases[] = {{"rec", 1, "reconnect\n"},
               {"list --ord", 2, "--order-by\n"},
               {"pause fe", 2, "feed-1 feed-2\n"},
               {"list fe", 2, "\n"},
               {"--tenant x pause --et", 4, "--etag\n"},
               {"ping --preset discor", 3, "discord discord-voice\n"},
               {"presets sh", 2, "show\n"},
               {"presets show discord-", 3, "discord-voice\n"}};
  for (const auto& [words, at, offered] : cases) {
    EXPECT_EQ(Bash(words, at), offered) << words;
    EXPECT_EQ(Zsh(words, at), offered) << words;
  }
}

}  // namespace
}  // namespace holter::cli
