// kill -9 at random moments: everything that was acknowledged is there afterwards, and nothing half.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/crash/caller.h"
#include "tests/crash/victim.h"
#include "tests/support/seed.h"

namespace holter::crash {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kCallers = 6;

int NumberFromEnvironment(const char* name, int otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

// All sessions, and when the first page came.
std::vector<v1::Session> ListAll(v1::SessionService::Stub& stub, steady_clock::time_point* first_page = nullptr) {
  std::vector<v1::Session> sessions;
  v1::ListSessionsRequest request;
  request.set_parent("tenants/-");
  request.set_page_size(1000);
  do {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    v1::ListSessionsResponse page;
    const grpc::Status status = stub.ListSessions(&context, request, &page);
    EXPECT_TRUE(status.ok()) << status.error_message();
    if (!status.ok()) break;
    if (first_page != nullptr) *std::exchange(first_page, nullptr) = steady_clock::now();
    std::move(page.mutable_sessions()->begin(), page.mutable_sessions()->end(), std::back_inserter(sessions));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return sessions;
}

class CrashTest : public ::testing::Test {
 protected:
  // Random calls of all callers until the kill.
  void WorkAndKill(milliseconds after) {
    std::vector<std::thread> threads;
    for (Caller& caller : callers_) {
      threads.emplace_back([this, &caller] { caller.CallUntilKilled(*victim_.Connect()); });
    }
    std::this_thread::sleep_for(after);
    victim_.Kill();
    for (std::thread& thread : threads) thread.join();
  }

  void CheckAll() {
    const auto stub = victim_.Connect();
    std::map<std::string, std::vector<v1::Session>> by_caller;
    for (v1::Session& session : ListAll(*stub)) {
      const std::string id = session.name().substr(session.name().rfind('/') + 1);
      by_caller[id.substr(0, id.find('-'))].push_back(std::move(session));
    }
    for (Caller& caller : callers_) {
      const std::string wrong = caller.Check(by_caller[caller.prefix()], victim_.launched());
      EXPECT_EQ(wrong, "") << victim_.Words();
      by_caller.erase(caller.prefix());
    }
    EXPECT_TRUE(by_caller.empty()) << "sessions of nobody";
  }

  integration::ScratchFolder scratch_;
  Victim victim_{scratch_.path()};
  std::vector<Caller> callers_;
};

TEST_F(CrashTest, NothingAcknowledgedIsMissingAndNothingIsHalfThere) {
  const int cycles = NumberFromEnvironment("HOLTER_CRASH_CYCLES", 12);
  Random random(holter::testing::TestSeed());
  for (int i = 0; i < kCallers; ++i) callers_.emplace_back(fmt::format("caller{}", i), random());
  milliseconds longest{0};
  for (int cycle = 0; cycle < cycles && !HasFailure(); ++cycle) {
    if (random() % 4 == 0) {  // a start is a moment like any other
      victim_.Launch();
      std::this_thread::sleep_for(milliseconds(random() % 120));
      victim_.Kill();
    }
    const auto begin = steady_clock::now();
    victim_.Launch();
    ASSERT_TRUE(victim_.AwaitServing());
    CheckAll();
    longest = std::max(longest, std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin));
    WorkAndKill(milliseconds(1 + random() % 600));
  }
  victim_.Launch();
  ASSERT_TRUE(victim_.AwaitServing());
  CheckAll();
  size_t acknowledged = 0;
  size_t declared = 0;
  size_t applied = 0;
  size_t renewed = 0;
  for (const Caller& caller : callers_) {
    acknowledged += caller.acknowledged();
    declared += caller.declared();
    applied += caller.set().applied();
    renewed += caller.set().renewed();
  }
  std::cout << fmt::format(
      "{} kills, {} changes, {} sets and {} leases acknowledged, {} sessions at the end, longest restart with check {} "
      "ms\n",
      cycles, acknowledged, applied, renewed, declared, longest.count());
  EXPECT_GT(acknowledged, static_cast<size_t>(cycles));
  EXPECT_GT(applied, static_cast<size_t>(cycles));
  EXPECT_GT(renewed, 0U);
}

// A port that refuses connections until Listen, and then takes them and says nothing.
class Listener {
 public:
  Listener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      ADD_FAILURE() << "no port is free";
    }
    port_ = ntohs(address.sin_port);
  }
  ~Listener() { ::close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int port() const { return port_; }
  void Listen() const { EXPECT_EQ(::listen(fd_, 128), 0); }
  // Waits for the first to connect.
  void AwaitConnection() const {
    pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
    const bool came = ::poll(&ready, 1, 10'000) == 1;
    const int connection = came ? ::accept(fd_, nullptr, nullptr) : -1;
    EXPECT_GE(connection, 0) << "nobody came";
    ::close(connection);
  }

 private:
  int fd_;
  int port_ = 0;
};

// "Serving" is that the API answers and dialling has begun.
TEST_F(CrashTest, ServesSoonAfterAKill) {
  const int sessions = NumberFromEnvironment("HOLTER_RESTART_SESSIONS", 500);
  victim_.Launch();
  ASSERT_TRUE(victim_.AwaitServing());
  std::atomic<int> next = 0;
  const Listener listener;
  const auto declare = [&] {
    const auto stub = victim_.Connect();
    for (int i = next++; i < sessions; i = next++) {
      grpc::ClientContext context;
      context.set_wait_for_ready(true);  // a busy machine may refuse the first attempt of one of many channels
      context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(1));
      v1::CreateSessionRequest request;
      request.set_parent("tenants/default");
      request.set_session_id(fmt::format("feed-{}", i));
      v1::Session& session = *request.mutable_session();
      (*session.mutable_labels())["venue"] = fmt::format("venue-{}", i % 50);
      session.set_paused(i % 40 == 0);  // of 20,000, 19,500 are connected
      session.set_group(fmt::format("group-{}", i % 20));
      session.mutable_spec()->set_url(fmt::format("ws://127.0.0.1:{}/feed/{}", listener.port(), i));
      session.mutable_spec()->mutable_reconnect()->set_first_delay("300s");
      session.mutable_spec()->mutable_reconnect()->set_max_delay("300s");
      v1::Session answer;
      const grpc::Status status = stub->CreateSession(&context, request, &answer);
      ASSERT_TRUE(status.ok()) << status.error_message();
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) threads.emplace_back(declare);
  for (std::thread& thread : threads) thread.join();
  victim_.Kill();
  listener.Listen();

  const auto begin = steady_clock::now();
  const auto passed = [&](steady_clock::time_point until) {
    return std::chrono::duration_cast<milliseconds>(until - begin).count();
  };
  victim_.Launch();
  steady_clock::time_point dialled;
  std::thread peer([&] {
    listener.AwaitConnection();
    dialled = steady_clock::now();
  });
  const bool is_serving = victim_.AwaitServing();
  steady_clock::time_point answered;
  const size_t found = is_serving ? ListAll(*victim_.Connect(), &answered).size() : 0;
  peer.join();
  EXPECT_EQ(found, static_cast<size_t>(sessions));
  std::cout << fmt::format("{} sessions: the API answered after {} ms, dialling had begun after {} ms\n", sessions,
                           passed(answered), passed(dialled));
  EXPECT_LT(passed(std::max(answered, dialled)), 3000);
}

}  // namespace
}  // namespace holter::crash
