#include "engine/connect_governor.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <set>
#include <vector>

#include "tests/support/manual_clock.h"
#include "tests/support/seed.h"

namespace holter::engine {
namespace {

using Ticket = ConnectGovernor::Ticket;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A governor whose grants are collected and whose wake-ups come when the clock is turned.
class Governed {
 public:
  explicit Governed(const ConnectGovernor::Limits& limits)
      : governor(limits,
                 {.grant = [this](Ticket ticket, const SessionHandle&) { granted.push_back(ticket); },
                  .wake =
                      [this](TimePoint at) {
                        wake_at = std::min(wake_at, at);
                        ++wakes;
                      }},
                 clock.Now()) {}

  Ticket Request() { return governor.Request(nullptr, clock.Now()); }
  // Begins attempts for all grants that came since the last call; returns how many.
  size_t Begin(int loop = 0, size_t files = 0) {
    const size_t count = granted.size() - begun;
    for (; begun < granted.size(); ++begun) governor.BeginAttempt(loop, files, clock.Now());
    return count;
  }
  void Advance(Duration duration) {
    const TimePoint until = clock.Now() + duration;
    while (wake_at <= until) {
      clock.AdvanceTo(std::max(wake_at, clock.Now()));
      wake_at = kNever;
      governor.Poll(clock.Now());
    }
    clock.AdvanceTo(until);
  }

  testing::ManualClock clock;
  std::vector<Ticket> granted;
  size_t begun = 0;
  TimePoint wake_at = kNever;
  int wakes = 0;
  ConnectGovernor governor;
};

TEST(ConnectGovernor, GrantsAtOnceWhenNothingIsLimited) {
  Governed governed({});
  for (int i = 0; i < 1000; ++i) governed.Request();
  EXPECT_EQ(governed.granted.size(), 1000u);
  EXPECT_EQ(governed.wakes, 0);
  EXPECT_EQ(governed.governor.load().waiting, 0u);
  EXPECT_EQ(governed.governor.load().in_flight, 1000u);
}

TEST(ConnectGovernor, ServesInTheOrderOfTickets) {
  Governed governed({.in_flight = 2});
  std::vector<Ticket> tickets;
  for (int i = 0; i < 10; ++i) tickets.push_back(governed.Request());
  while (governed.Begin() > 0) governed.governor.EndAttempt(0, 0, governed.clock.Now());
  while (governed.governor.load().in_flight > 0) {
    governed.governor.EndAttempt(0, 0, governed.clock.Now());
    governed.Begin();
  }
  EXPECT_EQ(governed.granted, tickets);
}

TEST(ConnectGovernor, KeepsTheRate) {
  Governed governed({.rate = 200});
  for (int i = 0; i < 3000; ++i) governed.Request();
  const size_t burst = governed.granted.size();
  EXPECT_EQ(burst, 10u) << "turns of 50 ms add up";
  governed.Advance(seconds(10));
  EXPECT_NEAR(static_cast<double>(governed.granted.size() - burst), 2000, 2);
  // No hundred milliseconds hold more than their share and one burst.
  const size_t before = governed.granted.size();
  governed.Advance(milliseconds(100));
  EXPECT_LE(governed.granted.size() - before, 20u + 10u);
}

TEST(ConnectGovernor, KeepsARateBelowOneASecond) {
  Governed governed({.rate = 0.5});
  for (int i = 0; i < 10; ++i) governed.Request();
  EXPECT_EQ(governed.granted.size(), 1u);
  governed.Advance(seconds(10));
  EXPECT_EQ(governed.granted.size(), 6u);
  EXPECT_LE(governed.wakes, 10);
}

TEST(ConnectGovernor, KeepsAHighRateWithFewWakeUps) {
  Governed governed({.rate = 10'000});
  for (int i = 0; i < 30'000; ++i) governed.Request();
  governed.Advance(seconds(1));
  EXPECT_NEAR(static_cast<double>(governed.granted.size()), 10'500, 100);
  EXPECT_LE(governed.wakes, 201);
}

TEST(ConnectGovernor, IdleTimeDoesNotSaveUpABurst) {
  Governed governed({.rate = 100});
  governed.Advance(seconds(3600));
  for (int i = 0; i < 100; ++i) governed.Request();
  EXPECT_EQ(governed.granted.size(), 5u);
}

TEST(ConnectGovernor, AsksForOneWakeUpHoweverManyWait) {
  Governed governed({.rate = 1});
  for (int i = 0; i < 1000; ++i) governed.Request();
  EXPECT_EQ(governed.wakes, 1);
}

TEST(ConnectGovernor, LimitsWhatIsInFlight) {
  Governed governed({.in_flight = 3});
  for (int i = 0; i < 5; ++i) governed.Request();
  EXPECT_EQ(governed.granted.size(), 3u);
  EXPECT_EQ(governed.Begin(), 3u);
  EXPECT_EQ(governed.governor.load().in_flight, 3u);
  EXPECT_EQ(governed.governor.load().waiting, 2u);
  governed.governor.EndAttempt(0, 0, governed.clock.Now());
  EXPECT_EQ(governed.granted.size(), 4u);
}

TEST(ConnectGovernor, ATurnInTheMailCountsAsInFlightAndComesBack) {
  Governed governed({.in_flight = 1});
  const Ticket first = governed.Request();
  const Ticket second = governed.Request();
  governed.governor.Cancel(first);  // too late: it has been granted
  EXPECT_EQ(governed.granted, std::vector<Ticket>{first});
  governed.governor.HandBack(governed.clock.Now());
  EXPECT_EQ(governed.granted, (std::vector<Ticket>{first, second}));
}

TEST(ConnectGovernor, ACancelledTicketIsPassedOver) {
  Governed governed({.in_flight = 1});
  const Ticket first = governed.Request();
  const Ticket second = governed.Request();
  const Ticket third = governed.Request();
  governed.governor.Cancel(second);
  EXPECT_EQ(governed.governor.load().waiting, 1u);
  governed.Begin();
  governed.governor.EndAttempt(0, 0, governed.clock.Now());
  EXPECT_EQ(governed.granted, (std::vector<Ticket>{first, third}));
}

TEST(ConnectGovernor, NeverGoesOverTheFiles) {
  Governed governed({.files = 10, .loops = 2});
  governed.governor.ReportFiles(0, 3, governed.clock.Now());
  governed.governor.ReportFiles(1, 4, governed.clock.Now());
  for (int i = 0; i < 5; ++i) governed.Request();
  EXPECT_EQ(governed.granted.size(), 3u) << "turns in the mail count as sockets to come";
  // The three sockets are there now.
  for (size_t files = 4; files <= 6; ++files) governed.governor.BeginAttempt(0, files, governed.clock.Now());
  EXPECT_EQ(governed.governor.load().files, 10u);
  EXPECT_EQ(governed.granted.size(), 3u);
  // One attempt fails, but its socket lingers.
  governed.governor.EndAttempt(0, 6, governed.clock.Now());
  EXPECT_EQ(governed.granted.size(), 3u);
  governed.governor.ReportFiles(0, 5, governed.clock.Now());
  EXPECT_EQ(governed.granted.size(), 4u);
  governed.governor.ReportFiles(1, 0, governed.clock.Now());
  EXPECT_EQ(governed.granted.size(), 5u);
}

TEST(ConnectGovernor, CloseForgetsWhoWaits) {
  Governed governed({.in_flight = 1});
  governed.Request();
  const Ticket second = governed.Request();
  governed.governor.Close();
  EXPECT_EQ(governed.governor.load().waiting, 0u);
  governed.governor.Cancel(second);
  governed.governor.HandBack(governed.clock.Now());
  const Ticket third = governed.Request();
  EXPECT_GT(third, second);
  governed.governor.Cancel(third);
  EXPECT_EQ(governed.granted.size(), 1u);
}

TEST(ConnectGovernor, LetsGoOfASessionThatCancels) {
  // The governor treats handles as tokens; this one points at nothing that it could call.
  const auto token = std::make_shared<int>(0);
  Governed governed({.in_flight = 1});
  governed.Request();
  const Ticket ticket = governed.governor.Request(SessionHandle(token, nullptr), governed.clock.Now());
  EXPECT_EQ(token.use_count(), 2);
  governed.governor.Cancel(ticket);
  EXPECT_EQ(token.use_count(), 1);
}

constexpr size_t kFiles = 20;

// Random calls against a slow model: the limits hold, and nobody is forgotten or served out of turn.
TEST(ConnectGovernor, HoldsItsLimitsWhateverHappens) {
  std::mt19937_64 random(testing::TestSeed());
  Governed governed({.rate = 500, .in_flight = 8, .files = kFiles});
  std::set<Ticket> waiting;
  size_t mailed = 0;
  size_t attempts = 0;
  size_t open = 0;
  size_t seen = 0;
  size_t served = 0;
  const auto files = [&] { return open + attempts; };
  for (int step = 0; step < 100'000; ++step) {
    switch (random() % 7) {
      case 0:
        waiting.insert(governed.Request());
        break;
      case 1:
        if (!waiting.empty()) {
          auto it = waiting.begin();
          std::advance(it, static_cast<long>(random() % waiting.size()));
          governed.governor.Cancel(*it);
          waiting.erase(it);
        }
        break;
      case 2:
        if (mailed > 0) {
          --mailed;
          ++attempts;
          governed.governor.BeginAttempt(0, files(), governed.clock.Now());
        }
        break;
      case 3:
        if (mailed > 0 && random() % 4 == 0) {
          --mailed;
          governed.governor.HandBack(governed.clock.Now());
        }
        break;
      case 4:
        if (attempts > 0) {
          --attempts;
          if (random() % 2 == 0) ++open;
          governed.governor.EndAttempt(0, files(), governed.clock.Now());
        }
        break;
      case 5:
        if (open > 0) {
          --open;
          governed.governor.ReportFiles(0, files(), governed.clock.Now());
        }
        break;
      default:
        governed.Advance(milliseconds(random() % 10));
    }
    for (; seen < governed.granted.size(); ++seen) {
      ASSERT_FALSE(waiting.empty());
      ASSERT_EQ(governed.granted[seen], *waiting.begin()) << "out of turn, or granted to nobody";
      waiting.erase(waiting.begin());
      ++mailed;
      ++served;
    }
    ASSERT_EQ(governed.governor.load().waiting, waiting.size());
    ASSERT_LE(mailed + attempts, 8u);
    ASSERT_LE(files() + mailed, kFiles);
  }
  EXPECT_GT(served, 1000u);
}

}  // namespace
}  // namespace holter::engine
