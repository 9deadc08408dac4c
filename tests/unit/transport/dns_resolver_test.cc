#include "transport/dns_resolver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <optional>

#include "tests/support/temporary_directory.h"
#include "tests/unit/transport/fake_dns_server.h"

namespace holter::transport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class DnsResolverTest : public ::testing::Test {
 protected:
  DnsResolverTest() {
    auto made = DnsResolver::Create(io, server.address());
    EXPECT_TRUE(made.ok()) << made.status();
    resolver = *std::move(made);
  }

  // An open question and what came of it.
  struct Asked {
    std::unique_ptr<DnsResolver::Query> query;
    std::optional<DnsResolver::Answer> answer;
  };

  std::unique_ptr<Asked> Ask(const std::string& host) {
    auto asked = std::make_unique<Asked>();
    bool asking = true;
    asked->query = resolver->Resolve(host, [&asking, raw = asked.get()](DnsResolver::Answer answer) {
      EXPECT_FALSE(raw->answer.has_value()) << "answered twice";
      raw->answer = std::move(answer);
    });
    EXPECT_FALSE(asked->answer.has_value()) << "answered from within the question";
    asking = false;
    return asked;
  }

  template <typename Done>
  bool RunUntil(const Done& done) {
    const auto end = std::chrono::steady_clock::now() + seconds(10);
    while (!done() && std::chrono::steady_clock::now() < end) {
      io.restart();
      io.run_one_for(milliseconds(100));
    }
    return done();
  }

  // The addresses of a name, sorted.
  std::vector<std::string> Resolve(const std::string& host) {
    const auto asked = Ask(host);
    EXPECT_TRUE(RunUntil([&] { return asked->answer.has_value(); }));
    std::vector<std::string> texts;
    if (asked->answer && asked->answer->ok()) {
      for (const auto& address : **asked->answer) {
        texts.push_back(address.to_string());
      }
    }
    std::sort(texts.begin(), texts.end());
    return texts;
  }

  void Serve(const std::string& name, FakeDnsServer::Reply v4, FakeDnsServer::Reply v6) {
    server.replies[{name, FakeDnsServer::kTypeA}] = std::move(v4);
    server.replies[{name, FakeDnsServer::kTypeAaaa}] = std::move(v6);
  }

  boost::asio::io_context io{1};
  FakeDnsServer server{io};
  std::unique_ptr<DnsResolver> resolver;
};

TEST_F(DnsResolverTest, BothFamilies) {
  Serve("both.test", {.addresses = {"192.0.2.1", "192.0.2.2"}}, {.addresses = {"2001:db8::1"}});
  EXPECT_EQ(Resolve("both.test"), (std::vector<std::string>{"192.0.2.1", "192.0.2.2", "2001:db8::1"}));
  EXPECT_EQ(server.queries, 2);
}

TEST_F(DnsResolverTest, OneFamilyOnly) {
  Serve("four.test", {.addresses = {"192.0.2.1"}}, {});
  EXPECT_EQ(Resolve("four.test"), std::vector<std::string>{"192.0.2.1"});
  Serve("six.test", {}, {.addresses = {"2001:db8::1"}});
  EXPECT_EQ(Resolve("six.test"), std::vector<std::string>{"2001:db8::1"});
}

// Some servers drop AAAA questions: what is known is used.
TEST_F(DnsResolverTest, AFamilyThatNeverAnswersDoesNotHoldUpTheOther) {
  server.replies[{"drops.test", FakeDnsServer::kTypeA}] = {.addresses = {"192.0.2.1"}};
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(Resolve("drops.test"), std::vector<std::string>{"192.0.2.1"});
  EXPECT_LT(std::chrono::steady_clock::now() - began, milliseconds(900)) << "c-ares' own timeout was waited for";
}

TEST_F(DnsResolverTest, ALateFamilyIsWaitedForShortly) {
  Serve("late.test", {.addresses = {"192.0.2.1"}}, {.addresses = {"2001:db8::1"}, .delay = milliseconds(5)});
  EXPECT_EQ(Resolve("late.test"), (std::vector<std::string>{"192.0.2.1", "2001:db8::1"}));
}

TEST_F(DnsResolverTest, NoSuchNameAndNoAddressesAndServerFailure) {
  Serve("gone.test", {.code = FakeDnsServer::kNoSuchName}, {.code = FakeDnsServer::kNoSuchName});
  Serve("empty.test", {}, {});
  Serve("broken.test", {.code = FakeDnsServer::kServerFailure}, {.code = FakeDnsServer::kServerFailure});
  std::vector<std::string> messages;
  for (const char* host : {"gone.test", "empty.test", "broken.test"}) {
    const auto asked = Ask(host);
    ASSERT_TRUE(RunUntil([&] { return asked->answer.has_value(); })) << host;
    ASSERT_FALSE(asked->answer->ok()) << host;
    messages.emplace_back(asked->answer->status().message());
    EXPECT_TRUE(messages.back().starts_with(std::string(host) + ": ")) << messages.back();
  }
  EXPECT_NE(messages[0].substr(messages[0].find(':')), messages[2].substr(messages[2].find(':')));
}

// c-ares cannot forget one question; the others must not notice that one was cancelled.
TEST_F(DnsResolverTest, CancellingOneQuestionLeavesTheOthers) {
  Serve("slow.test", {.addresses = {"192.0.2.1"}, .delay = milliseconds(30)},
        {.addresses = {"2001:db8::1"}, .delay = milliseconds(30)});
  Serve("other.test", {.addresses = {"192.0.2.2"}, .delay = milliseconds(40)},
        {.addresses = {"2001:db8::2"}, .delay = milliseconds(40)});
  const auto slow = Ask("slow.test");
  const auto again = Ask("slow.test");
  const auto other = Ask("other.test");
  ASSERT_TRUE(RunUntil([&] { return server.queries >= 6; }));
  slow->query.reset();
  ASSERT_TRUE(RunUntil([&] { return again->answer.has_value() && other->answer.has_value(); }));
  EXPECT_TRUE(again->answer->ok());
  EXPECT_TRUE(other->answer->ok());
  EXPECT_FALSE(slow->answer.has_value());
}

// Another host's silent server must not delay a good one.
TEST_F(DnsResolverTest, SilentNamesDoNotHoldUpOthers) {
  std::vector<std::unique_ptr<Asked>> silent;
  for (int i = 0; i < 100; ++i) {
    silent.push_back(Ask("silent" + std::to_string(i) + ".test"));
  }
  Serve("good.test", {.addresses = {"192.0.2.1"}}, {});
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(Resolve("good.test"), std::vector<std::string>{"192.0.2.1"});
  EXPECT_LT(std::chrono::steady_clock::now() - began, milliseconds(900));
}

TEST_F(DnsResolverTest, LocalhostNeedsNoServer) {
  const std::vector<std::string> addresses = Resolve("localhost");
  EXPECT_NE(std::find(addresses.begin(), addresses.end(), "127.0.0.1"), addresses.end());
  EXPECT_EQ(server.queries, 0);
}

TEST_F(DnsResolverTest, MayGoWhileQuestionsAreOpen) {
  auto open = Ask("silent.test");
  auto cancelled = Ask("silent.test");
  ASSERT_TRUE(RunUntil([&] { return server.queries >= 2; }));
  cancelled->query.reset();
  resolver.reset();
  ASSERT_TRUE(RunUntil([&] { return open->answer.has_value(); }));
  EXPECT_FALSE(open->answer->ok());
  EXPECT_FALSE(cancelled->answer.has_value());
}

TEST_F(DnsResolverTest, AnswersThatComeAfterTheResolverAreIgnored) {
  Serve("slow.test", {.addresses = {"192.0.2.1"}, .delay = milliseconds(20)}, {.delay = milliseconds(20)});
  const auto asked = Ask("slow.test");
  ASSERT_TRUE(RunUntil([&] { return server.queries >= 2; }));
  asked->query.reset();
  resolver.reset();
  io.restart();
  io.run_for(milliseconds(50));
  EXPECT_FALSE(asked->answer.has_value());
}

// A network that comes up after us writes its servers late.
TEST_F(DnsResolverTest, FollowsTheFileOfTheSystem) {
  const testing::TemporaryDirectory directory;
  const std::string file = directory.path() + "/resolv.conf";
  const auto write = [&file](const std::string& address) { std::ofstream(file) << "nameserver " << address << "\n"; };
  FakeDnsServer other(io);
  other.replies[{"here.test", FakeDnsServer::kTypeA}] = {.addresses = {"192.0.2.7"}};
  other.replies[{"here.test", FakeDnsServer::kTypeAaaa}] = {};
  const std::string port = other.address().substr(other.address().rfind(':') + 1);
  write("127.0.0.12");  // where nobody is
  resolver = *DnsResolver::Create(io, "", {.file = file, .port = static_cast<uint16_t>(std::stoi(port))});
  write("127.0.0.1");
  EXPECT_EQ(Resolve("here.test"), std::vector<std::string>{"192.0.2.7"});
}

TEST(DnsServerOptionTest, IsCheckedWhenGiven) {
  boost::asio::io_context io{1};
  for (const char* good : {"", "127.0.0.1:53", "[::1]:5353", "8.8.8.8:65535"}) {
    EXPECT_TRUE(DnsResolver::Create(io, good).ok()) << good;
  }
  for (const char* bad : {"127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:5x", "::1:53",
                          "[::1]", "[127.0.0.1]:53", "dns.example:53", ":53", "127.0.0.1:53,8.8.8.8:53"}) {
    const auto made = DnsResolver::Create(io, bad);
    ASSERT_FALSE(made.ok()) << bad;
    EXPECT_EQ(made.status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
}

}  // namespace
}  // namespace holter::transport
