// Whatever the API can, `holter` can: for each method of the proto a command line that is seen to call it.
#include <gmock/gmock.h>
#include <grpcpp/generic/async_generic_service.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "tests/support/method_call.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/cli/cli_fixture.h"

namespace holter::cli {
namespace {

constexpr char kFile[] = "sessions:\n- {name: a, spec: {url: \"ws://h/\"}}\n- {name: b, spec: {url: \"ws://h/\"}}\n";

// By method; standard input is kFile.
const std::map<std::string, std::vector<std::string>>& CommandOfMethod() {
  static const std::map<std::string, std::vector<std::string>> kCommands = {
      {"CreateSession", {"create", "a", "ws://h/"}},
      {"GetSession", {"get", "a"}},
      {"BatchGetSessions", {"get", "a", "b"}},
      {"ListSessions", {"list"}},
      {"UpdateSession", {"update", "a", "--set", "group=x"}},
      {"DeleteSession", {"delete", "a"}},
      {"GetFleetSummary", {"summary"}},
      {"BatchCreateSessions", {"create", "-f", "-"}},
      {"BatchDeleteSessions", {"delete", "a", "b", "--all-or-none"}},
      {"PauseSession", {"pause", "a"}},
      {"ResumeSession", {"resume", "a"}},
      {"ReconnectSession", {"reconnect", "a"}},
      {"ReconnectSessions", {"reconnect", "--all"}},
      {"ListSessionEvents", {"events", "a"}},
      {"ApplySessions", {"apply", "-f", "-", "--owner", "o"}},
      {"RenewLease", {"renew-lease", "o", "--ttl", "30s"}},
      {"WatchSessions", {"watch"}},
      {"ProbeSession", {"probe", "ws://h/"}},
      {"TapSession", {"tap", "a"}},
      {"ListPresets", {"presets"}},
      {"GetPreset", {"presets", "show", "discord"}},
  };
  return kCommands;
}

// Refuses one method and answers all others with an empty message.
class RefusingService final : public grpc::CallbackGenericService {
 public:
  explicit RefusingService(std::string refused) : refused_(std::move(refused)) {}

  bool was_called() const { return called_; }

 private:
  class Reactor final : public grpc::ServerGenericBidiReactor {
   public:
    explicit Reactor(bool refuses) {
      if (refuses) {
        Finish({grpc::StatusCode::PERMISSION_DENIED, "refused by the test"});
      } else {
        StartWriteAndFinish(&empty_, {}, grpc::Status::OK);
      }
    }
    void OnDone() override { delete this; }

   private:
    const grpc::ByteBuffer empty_ = testing::BytesOf("");
  };

  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
    const bool refuses = context->method() == refused_;
    called_ = called_ || refuses;
    return new Reactor(refuses);
  }

  const std::string refused_;
  std::atomic<bool> called_ = false;
};

TEST(CoverageTest, EveryMethodHasACommandThatCallsIt) {
  for (const auto* const method : testing::MethodsOfTheApi()) {
    const auto command = CommandOfMethod().find(method->name());
    ASSERT_NE(command, CommandOfMethod().end()) << method->name() << " has no command";
    RefusingService service("/" + method->service()->full_name() + "/" + method->name());
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterCallbackGenericService(&service);
    const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
    std::vector<std::string> arguments = command->second;
    arguments.push_back("--server=127.0.0.1:" + std::to_string(port));
    const CliResult result = RunCli(arguments, kFile);
    EXPECT_TRUE(service.was_called()) << method->name() << " is not called by " << ::testing::PrintToString(arguments);
    EXPECT_EQ(result.code, ExitCode::kRefused) << method->name();
    EXPECT_THAT(result.err, ::testing::HasSubstr("refused by the test")) << method->name();
    server->Shutdown(std::chrono::system_clock::now());
  }
  EXPECT_EQ(CommandOfMethod().size(), testing::MethodsOfTheApi().size());
}

// Commands, as `holter completion` knows them, have a place in docs/cli.md, and so has every exit code.
TEST(CoverageTest, EveryCommandIsDocumented) {
  std::ifstream file(HOLTER_SOURCE_DIR "/docs/cli.md");
  const std::string page(std::istreambuf_iterator<char>(file), {});
  ASSERT_NE(page, "");
  const std::string script = RunCli({"completion", "bash"}).out;
  const std::string head = "'') words='";
  const size_t begin = script.find(head) + head.size();
  std::istringstream commands(script.substr(begin, script.find('\'', begin) - begin));
  int seen = 0;
  for (std::string command; commands >> command && !command.starts_with("--"); ++seen) {
    EXPECT_THAT(page, ::testing::HasSubstr("`" + command + "`"));
  }
  EXPECT_GT(seen, 10);
  for (int code = 0; code <= static_cast<int>(ExitCode::kDiffers); ++code) {
    EXPECT_THAT(page, ::testing::HasSubstr("\n| " + std::to_string(code) + " |"));
    EXPECT_THAT(std::string(kExitCodeFooter), ::testing::HasSubstr("\n  " + std::to_string(code) + "  "));
  }
}

// The page is what `holter presets --markdown` prints.
TEST(CoverageTest, TheTableOfPresetsIsFresh) {
  std::ifstream file(HOLTER_SOURCE_DIR "/docs/presets.md");
  const std::string page(std::istreambuf_iterator<char>(file), {});
  EXPECT_EQ(page, RunCli({"presets", "--markdown"}).out) << "holter presets --markdown > docs/presets.md";
}

}  // namespace
}  // namespace holter::cli
