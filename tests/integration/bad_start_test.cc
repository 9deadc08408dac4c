// What an operator gets wrong is one line that says what and where, an exit status that is not 0, and nothing else: no
// file is left, nobody was dialled.
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "tests/integration/fixture.h"

namespace holter::integration {
namespace {

using ::testing::HasSubstr;

// What root may read, this user may not.
const std::vector<std::string> kNobody = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};

// Listens on a port of 127.0.0.1 that the kernel chose, and takes no connection.
class Listener {
 public:
  Listener() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_TRUE(bind(socket_, any, size) == 0 && listen(socket_, 8) == 0 && getsockname(socket_, any, &size) == 0);
    address_ = fmt::format("127.0.0.1:{}", ntohs(address.sin_port));
  }
  ~Listener() { close(socket_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  const std::string& address() const { return address_; }
  bool was_dialled() const {
    pollfd arrived{.fd = socket_, .events = POLLIN, .revents = 0};
    return poll(&arrived, 1, 0) != 0;
  }

 private:
  const int socket_;
  std::string address_;
};

class BadStartTest : public EndToEndTest {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(scratch.path() + "/sessions");
    scratch.Write("sessions/feed.yaml",
                  fmt::format("sessions: [{{name: tenants/default/sessions/feed, spec: {{url: \"ws://{}/\"}}}}]",
                              peer_.address()));
    std::filesystem::permissions(scratch.path(), std::filesystem::perms::all);
  }

  // How holterd ends with `flags`, beside those of a good start; what it said, in one line.
  std::string Refused(int code, const std::vector<std::string>& flags) {
    std::vector<std::string> command = geteuid() == 0 ? kNobody : std::vector<std::string>();
    command.emplace_back(HOLTERD_BINARY);
    command.insert(command.end(), flags.begin(), flags.end());
    for (const auto& [flag, value] :
         std::vector<std::pair<std::string, std::string>>{{"--grpc-listen=", "127.0.0.1:0"},
                                                          {"--http-listen=", "127.0.0.1:0"},
                                                          {"--data-dir=", scratch.path() + "/data"},
                                                          {"--sessions-dir=", scratch.path() + "/sessions"},
                                                          {"--ports-file=", scratch.path() + "/ports.json"}}) {
      const auto is_given = [&flag](const std::string& each) { return each.starts_with(flag); };
      if (std::none_of(flags.begin(), flags.end(), is_given)) command.push_back(flag + value);
    }
    ChildProcess process(command, scratch.path());
    const auto report = process.Wait(kPatience);
    EXPECT_EQ(report.has_value() ? report->code : -1, code);
    const std::string said = process.Out() + process.Err();
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
    EXPECT_FALSE(std::filesystem::exists(scratch.path() + "/data")) << "a store was made";
    EXPECT_FALSE(std::filesystem::exists(scratch.path() + "/ports.json"));
    EXPECT_FALSE(peer_.was_dialled());
    return said;
  }

  std::string RefusedConfig(const std::string& text) {
    return Refused(2, {"--config=" + scratch.Write("holter.yaml", text)});
  }

  // That of a file which only its owner may read, and he is another.
  std::string Unreadable(const std::string& name) {
    const std::string path = scratch.Write(name, "x");
    EXPECT_EQ(chmod(path.c_str(), 0), 0);
    return path;
  }

  const Listener peer_;  // of the session that is declared
};

TEST_F(BadStartTest, AWrongKeyIsNamedWithItsLine) {
  EXPECT_EQ(RefusedConfig("store: sqlite\n\nlog-levell: info\n"),
            fmt::format("holterd: {}/holter.yaml:3: there is no key log-levell\n", scratch.path()));
  // Only on the command line.
  EXPECT_THAT(RefusedConfig("check-store: true\n"), HasSubstr("holter.yaml:1: there is no key check-store"));
}

TEST_F(BadStartTest, AWrongValueIsNamedWithItsLine) {
  EXPECT_EQ(
      RefusedConfig("store: sqlite\nlog-level: loud\n"),
      fmt::format("holterd: {}/holter.yaml:2: --log-level: expected one of debug, info, warning, error; got loud\n",
                  scratch.path()));
  EXPECT_THAT(RefusedConfig("stop-timeout: 3\n"), HasSubstr("holter.yaml:1: --stop-timeout: "));
  EXPECT_THAT(RefusedConfig("loops: many\n"), HasSubstr("holter.yaml:1: "));
  EXPECT_THAT(RefusedConfig("store: [sqlite\n"), HasSubstr("holter.yaml:2: "));
  EXPECT_THAT(RefusedConfig("grpc-tls-cert: c.pem\n"), HasSubstr("--grpc-tls-cert and --grpc-tls-key need each other"));
}

TEST_F(BadStartTest, AConfigurationThatCannotBeReadIsNamedWithTheReason) {
  EXPECT_EQ(Refused(2, {"--config=no-such.yaml"}),
            "holterd: --config: no-such.yaml cannot be read: No such file or directory\n");
  EXPECT_THAT(Refused(2, {"--config=" + Unreadable("mine.yaml")}),
              HasSubstr("mine.yaml cannot be read: Permission denied"));
  EXPECT_THAT(Refused(2, {"--config=" + scratch.path()}), HasSubstr(scratch.path() + " cannot be read: "));
}

TEST_F(BadStartTest, ACertificateOrKeyThatCannotBeReadIsNamedWithTheReason) {
  const Certificates certificates(scratch);
  ASSERT_EQ(chmod(certificates.cert.c_str(), 0644), 0);
  const auto refused = [&](const std::string& cert, const std::string& key) {
    return Refused(1, {"--grpc-tls-cert=" + cert, "--grpc-tls-key=" + key});
  };
  EXPECT_THAT(refused(certificates.cert, Unreadable("tls.key")),
              HasSubstr("/tls.key cannot be read: Permission denied"));
  EXPECT_THAT(refused(Unreadable("tls.crt"), certificates.key),
              HasSubstr("/tls.crt cannot be read: Permission denied"));
  EXPECT_THAT(refused("no-such.crt", certificates.key),
              HasSubstr("no-such.crt cannot be read: No such file or directory"));
}

TEST_F(BadStartTest, APortThatIsTakenIsNamedWithItsFlag) {
  const Listener other;
  for (const char* flag : {"--grpc-listen", "--http-listen"}) {
    EXPECT_THAT(Refused(1, {fmt::format("{}={}", flag, other.address())}),
                HasSubstr(fmt::format("{}: cannot listen on {}: Address already in use", flag, other.address())));
  }
  const HeldPort free;
  const std::string both = fmt::format("127.0.0.1:{}", free.number());
  EXPECT_THAT(Refused(1, {"--grpc-listen=" + both, "--http-listen=" + both}),
              HasSubstr("--http-listen: cannot listen"));
}

TEST_F(BadStartTest, AnAddressThatIsNoneIsNamedWithItsFlag) {
  EXPECT_THAT(Refused(1, {"--grpc-listen=203.0.113.7:0", "--insecure"}), HasSubstr("Cannot assign requested address"));
  for (const char* listen : {"127.0.0.1:65536", "127.0.0.1:x", "127.0.0.1:", "localhost"}) {
    EXPECT_THAT(Refused(1, {fmt::format("--grpc-listen={}", listen)}),
                HasSubstr(fmt::format("--grpc-listen: cannot listen on {}: expected ", listen)));
  }
}

TEST_F(BadStartTest, AFolderThatMayNotBeWrittenIsNamed) {
  std::filesystem::create_directory(scratch.path() + "/read-only");
  ASSERT_EQ(chmod((scratch.path() + "/read-only").c_str(), 0555), 0);
  EXPECT_THAT(Refused(1, {"--data-dir=" + scratch.path() + "/read-only"}), HasSubstr("/read-only"));
  EXPECT_THAT(Refused(1, {"--data-dir=" + scratch.path() + "/read-only/data"}),
              HasSubstr("/read-only/data: Permission denied"));
  EXPECT_THAT(Refused(1, {"--ports-file=" + scratch.path() + "/read-only/ports"}),
              HasSubstr("--ports-file: " + scratch.path() + "/read-only/ports cannot be written: Permission denied"));
}

}  // namespace
}  // namespace holter::integration
