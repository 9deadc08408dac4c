#include "transport/happy_eyeballs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <map>
#include <optional>

namespace holter::transport {
namespace {

using boost::asio::ip::make_address;
using boost::system::error_code;
using core::Reason;
using std::chrono::milliseconds;
using std::chrono::seconds;
namespace error = boost::asio::error;

Tcp::endpoint At(const std::string& address) { return {make_address(address), 443}; }

std::vector<Tcp::endpoint> AtAll(const std::vector<std::string>& addresses) {
  std::vector<Tcp::endpoint> endpoints;
  for (const std::string& address : addresses) {
    endpoints.push_back(At(address));
  }
  return endpoints;
}

// Starts nothing; the test ends each connect as it likes.
class SteppedDialer final : public AddressDialer {
 public:
  std::unique_ptr<PendingConnect> Start(const Tcp::endpoint& endpoint, Done done) override {
    const std::string address = endpoint.address().to_string();
    started.push_back(address);
    running[address] = std::move(done);
    return std::make_unique<Pending>(*this, address);
  }

  void Fail(const std::string& address, error_code why) { Take(address)(why, nullptr); }
  void Succeed(const std::string& address, boost::asio::io_context& io) {
    Take(address)({}, std::make_shared<CountedSocket>(CountedSocket{TcpSocket(io), {}}));
  }

  std::vector<std::string> started;
  std::map<std::string, Done> running;

 private:
  struct Pending final : PendingConnect {
    Pending(SteppedDialer& owner, std::string where) : dialer(owner), address(std::move(where)) {}
    ~Pending() override { dialer.running.erase(address); }
    SteppedDialer& dialer;
    const std::string address;
  };

  Done Take(const std::string& address) {
    EXPECT_TRUE(running.contains(address)) << address;
    return running.at(address);
  }
};

class HappyEyeballsTest : public ::testing::Test {
 protected:
  static constexpr Duration kNeverStagger = std::chrono::hours(1);

  void Race(const std::vector<std::string>& addresses, Duration stagger, bool allow_loopback = false) {
    guard = std::make_unique<EgressGuard>(allow_loopback);
    race = AddressRace::Make(
        io, *guard, dialer, {.tenant = 0, .host = "feed.example.org", .port = 443}, AtAll(addresses),
        [this](AddressRace::Outcome result) {
          EXPECT_FALSE(outcome.has_value()) << "ended twice";
          outcome = std::move(result);
          race.reset();  // as its owner does
        },
        stagger);
    race->Start();
    EXPECT_FALSE(outcome.has_value()) << "ended from within Start";
  }

  template <typename Done>
  bool RunUntil(const Done& done, Duration patience = seconds(10)) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!done() && std::chrono::steady_clock::now() < end) {
      io.restart();
      io.run_one_for(milliseconds(100));
    }
    return done();
  }

  boost::asio::io_context io{1};
  std::unique_ptr<EgressGuard> guard;
  SteppedDialer dialer;
  std::shared_ptr<AddressRace> race;
  std::optional<AddressRace::Outcome> outcome;
};

TEST(InterleaveTest, FamiliesTakeTurns) {
  EXPECT_EQ(Interleave(AtAll({"2606::1", "2606::2", "2606::3", "8.0.0.1", "8.0.0.2"})),
            AtAll({"2606::1", "8.0.0.1", "2606::2", "8.0.0.2", "2606::3"}));
  EXPECT_EQ(Interleave(AtAll({"8.0.0.1", "8.0.0.2", "2606::1"})), AtAll({"8.0.0.1", "2606::1", "8.0.0.2"}));
  EXPECT_EQ(Interleave(AtAll({"8.0.0.1"})), AtAll({"8.0.0.1"}));
  EXPECT_TRUE(Interleave({}).empty());
}

// As a resolver gives them: all of one family, then all of the other.
TEST_F(HappyEyeballsTest, ManyAddressesOfOneFamilyDoNotHideTheOther) {
  std::vector<std::string> addresses;
  for (int i = 1; i <= 20; ++i) {
    addresses.push_back("2606::" + std::to_string(i));
  }
  addresses.emplace_back("8.0.0.1");
  Race(addresses, Duration(1));
  RunUntil([&] { return dialer.started.size() == AddressRace::kMostAddresses; });
  ASSERT_FALSE(RunUntil([&] { return dialer.started.size() > AddressRace::kMostAddresses; }, milliseconds(50)));
  EXPECT_EQ(dialer.started[1], "8.0.0.1");
}

TEST_F(HappyEyeballsTest, TheNextStartsAfterTheStagger) {
  Race({"2606::1", "8.0.0.1", "8.0.0.2"}, milliseconds(20));
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(dialer.started, std::vector<std::string>{"2606::1"});
  ASSERT_TRUE(RunUntil([&] { return dialer.started.size() == 3; }));
  EXPECT_GE(std::chrono::steady_clock::now() - began, milliseconds(40));
  EXPECT_EQ(dialer.running.size(), 3U) << "earlier ones go on";
}

TEST_F(HappyEyeballsTest, TheNextStartsAtOnceWhenOneFails) {
  Race({"2606::1", "8.0.0.1"}, kNeverStagger);
  dialer.Fail("2606::1", error::network_unreachable);
  EXPECT_EQ(dialer.started, (std::vector<std::string>{"2606::1", "8.0.0.1"}));
}

TEST_F(HappyEyeballsTest, TheFirstThatConnectsWinsAndTheOthersAreCancelled) {
  Race({"2606::1", "8.0.0.1"}, milliseconds(1));
  ASSERT_TRUE(RunUntil([&] { return dialer.started.size() == 2; }));
  dialer.Succeed("8.0.0.1", io);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_NE(outcome->socket, nullptr);
  EXPECT_EQ(outcome->endpoint, At("8.0.0.1"));
  EXPECT_TRUE(dialer.running.empty());
}

TEST_F(HappyEyeballsTest, EarlyWinnerStartsNobodyElse) {
  Race({"2606::1", "8.0.0.1"}, milliseconds(5));
  dialer.Succeed("2606::1", io);
  io.run_for(milliseconds(30));
  EXPECT_EQ(dialer.started.size(), 1U);
}

TEST_F(HappyEyeballsTest, AllFail) {
  Race({"2606::1", "8.0.0.1"}, kNeverStagger);
  dialer.Fail("2606::1", error::network_unreachable);
  EXPECT_FALSE(outcome.has_value());
  dialer.Fail("8.0.0.1", error::connection_refused);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->socket, nullptr);
  EXPECT_EQ(outcome->failure.reason, Reason::kConnectRefused);
  EXPECT_EQ(outcome->failure.detail, "[2606::1]:443: Network is unreachable; 8.0.0.1:443: Connection refused");
}

TEST_F(HappyEyeballsTest, DeniedAddressesAreSkipped) {
  Race({"fd00::1", "169.254.169.254", "8.0.0.1"}, kNeverStagger);
  EXPECT_EQ(dialer.started, std::vector<std::string>{"8.0.0.1"});
  dialer.Fail("8.0.0.1", error::connection_refused);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->failure.reason, Reason::kConnectRefused);
}

TEST_F(HappyEyeballsTest, AllDenied) {
  Race({"fd00::1", "10.0.0.1", "127.0.0.1"}, kNeverStagger);
  EXPECT_TRUE(dialer.started.empty());
  ASSERT_TRUE(RunUntil([&] { return outcome.has_value(); }));
  EXPECT_EQ(outcome->failure.reason, Reason::kEgressDenied);
  EXPECT_NE(outcome->failure.detail.find("feed.example.org leads to"), std::string::npos) << outcome->failure.detail;
  EXPECT_EQ(outcome->failure.detail.find("10.0"), std::string::npos) << "what is behind a name is not told";
}

TEST_F(HappyEyeballsTest, ATimeoutNamesWhoWasSilent) {
  Race({"2606::1", "8.0.0.1", "8.0.0.2"}, milliseconds(1));
  ASSERT_TRUE(RunUntil([&] { return dialer.started.size() == 3; }));
  dialer.Fail("8.0.0.1", error::connection_refused);
  const core::DialFailure failure = race->TimedOut();
  EXPECT_EQ(failure.reason, Reason::kConnectTimeout);
  EXPECT_EQ(failure.detail, "8.0.0.1:443: Connection refused; [2606::1]:443: no answer; 8.0.0.2:443: no answer");
}

TEST_F(HappyEyeballsTest, DestroyingItCancelsEverything) {
  Race({"2606::1", "8.0.0.1", "8.0.0.2"}, milliseconds(5));
  ASSERT_TRUE(RunUntil([&] { return dialer.started.size() == 2; }));
  race.reset();
  EXPECT_TRUE(dialer.running.empty());
  io.restart();
  io.run_for(milliseconds(30));
  EXPECT_EQ(dialer.started.size(), 2U);
  EXPECT_FALSE(outcome.has_value());
}

TEST_F(HappyEyeballsTest, ReasonsOfTheKernel) {
  const std::pair<int, Reason> cases[] = {
      {ECONNREFUSED, Reason::kConnectRefused}, {ETIMEDOUT, Reason::kConnectTimeout},
      {ENETUNREACH, Reason::kUnreachable},     {EHOSTUNREACH, Reason::kUnreachable},
      {EACCES, Reason::kUnreachable},          {EMFILE, Reason::kLocalResource},
      {ENFILE, Reason::kLocalResource},        {ENOBUFS, Reason::kLocalResource},
      {EADDRNOTAVAIL, Reason::kLocalResource},
  };
  for (const auto& [number, reason] : cases) {
    outcome.reset();
    Race({"8.0.0.1"}, kNeverStagger);
    dialer.Fail("8.0.0.1", error_code(number, boost::system::system_category()));
    ASSERT_TRUE(outcome.has_value());
    EXPECT_EQ(outcome->failure.reason, reason) << number;
  }
}

// Where IPv6 is switched off, ::1 is not for want of a port.
TEST_F(HappyEyeballsTest, MissingIpv6LoopbackIsNotALocalResource) {
  Race({"::1", "127.0.0.1"}, kNeverStagger, true);
  dialer.Fail("::1", error_code(EADDRNOTAVAIL, boost::system::system_category()));
  dialer.Fail("127.0.0.1", error::connection_refused);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->failure.reason, Reason::kConnectRefused);
}

// The real dialer counts its sockets and gives them back.
TEST(TcpDialerTest, CountsOpenSockets) {
  boost::asio::io_context io{1};
  boost::intrusive_ptr<OpenFileCounter> files(new OpenFileCounter);
  TcpDialer dialer(io, files);
  Tcp::acceptor acceptor(io, Tcp::endpoint(make_address("127.0.0.1"), 0));
  std::shared_ptr<CountedSocket> connected;
  auto pending = dialer.Start(acceptor.local_endpoint(), [&](error_code, std::shared_ptr<CountedSocket> socket) {
    connected = std::move(socket);
  });
  EXPECT_EQ(files->open, 1U);
  io.run_for(seconds(10));
  ASSERT_NE(connected, nullptr);
  Tcp::no_delay no_delay;
  connected->socket.get_option(no_delay);
  EXPECT_TRUE(no_delay.value());
  pending.reset();
  EXPECT_EQ(files->open, 1U);
  connected.reset();
  EXPECT_EQ(files->open, 0U);

  bool heard = false;
  pending =
      dialer.Start(acceptor.local_endpoint(), [&](error_code, const std::shared_ptr<CountedSocket>&) { heard = true; });
  pending.reset();
  EXPECT_EQ(files->open, 0U);
  io.restart();
  io.run_for(seconds(10));
  EXPECT_FALSE(heard);
}

}  // namespace
}  // namespace holter::transport
