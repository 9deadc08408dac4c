// A loop with a factory and an observer that writes down what it hears. Waits are bounded and end with an event.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/operation_observer.h"
#include "base/secret.h"
#include "transport/transport.h"

namespace holter::transport {

// Hears of one channel.
struct RecordingObserver final : ChannelObserver {
  void OnPhase(core::Phase phase, Duration) override {
    Hear();
    phases.push_back(phase);
    if (on_phase) {
      on_phase(phase);
    }
  }
  void OnOpened(core::OpenInfo info) override {
    Hear();
    opened = std::move(info);
    if (on_opened) {
      on_opened();
    }
  }
  void OnDialFailed(core::DialFailure failure) override {
    Hear();
    ended = true;
    failed = std::move(failure);
  }
  void OnInbound(size_t size) override {
    Hear();
    bytes += size;
    ++reads;
  }
  void OnPing(std::string_view payload) override {
    Hear();
    pings.emplace_back(payload);
    if (on_ping) {
      on_ping();
    }
  }
  void OnPong(std::string_view payload) override {
    Hear();
    pongs.emplace_back(payload);
    if (on_pong) {
      on_pong();
    }
  }
  void OnMessage(core::FrameKind kind, std::string_view payload) override {
    Hear();
    messages.emplace_back(kind, payload);
    if (on_message) {
      on_message();
    }
  }
  void OnClosed(core::CloseInfo info) override {
    Hear();
    ended = true;
    closed = std::move(info);
  }

  // Nothing may be heard after the end or from within a call to the channel.
  void Hear() {
    EXPECT_FALSE(ended) << "heard after the end";
    EXPECT_FALSE(deaf) << "heard where nothing may be heard";
  }

  std::vector<core::Phase> phases;
  std::optional<core::OpenInfo> opened;
  std::optional<core::DialFailure> failed;
  std::optional<core::CloseInfo> closed;
  std::vector<std::string> pings;
  std::vector<std::string> pongs;
  std::vector<std::pair<core::FrameKind, std::string>> messages;
  size_t bytes = 0;
  int reads = 0;
  bool ended = false;
  bool deaf = false;
  std::function<void(core::Phase)> on_phase;
  std::function<void()> on_opened;
  std::function<void()> on_ping;
  std::function<void()> on_pong;
  std::function<void()> on_message;
};

class MapSecretSource final : public SecretSource {
 public:
  absl::StatusOr<Secret> Read(std::string_view reference) const override {
    const auto found = values.find(std::string(reference));
    return found == values.end() ? absl::StatusOr<Secret>(absl::NotFoundError("secret " + std::string(reference)))
                                 : Secret(found->second);
  }
  std::map<std::string, std::string> values;
};

class CountingOperationObserver final : public OperationObserver {
 public:
  void OnStoreCommit(Duration, size_t, bool) override {}
  void OnRpc(std::string_view, std::string_view, Duration) override {}
  void OnLoopLag(int, Duration) override {}
  void OnException(std::string_view room) override { rooms.emplace_back(room); }
  std::vector<std::string> rooms;
};

class ChannelTest : public ::testing::Test {
 protected:
  static constexpr Duration kPatience = std::chrono::seconds(10);

  ChannelTest() { MakeFactory(""); }

  // A descriptor that is still counted at the end, or a handler that never ends, is a leak.
  ~ChannelTest() override {
    channel.reset();
    factory->Shutdown();
    EXPECT_TRUE(RunUntil([&] { return factory->open_files() == 0; }));
    factory.reset();
    io.restart();
    io.run_for(kPatience);
    EXPECT_TRUE(io.stopped()) << "work is left on the loop";
  }

  void MakeFactory(const std::string& dns_server, bool allow_loopback = true) {
    factory.reset();
    guard = std::make_unique<EgressGuard>(allow_loopback);
    auto made = MakeBeastChannelFactory(io, {.clock = &SystemClock(),
                                             .secrets = &secrets,
                                             .guard = guard.get(),
                                             .operations = &operations,
                                             .dns_server = dns_server,
                                             .user_agent = "holter/test"});
    ASSERT_TRUE(made.ok()) << made.status();
    factory = *std::move(made);
  }

  void Dial(const std::string& url) {
    observer.deaf = true;
    channel = factory->Dial({.url = url, .shared = std::make_shared<core::SharedSpec>(spec)}, &observer);
    observer.deaf = false;
  }

  // Runs the loop until `done`, at most for kPatience.
  template <typename Done>
  bool RunUntil(const Done& done) {
    const TimePoint end = SystemClock().Now() + kPatience;
    while (!done()) {
      const TimePoint now = SystemClock().Now();
      if (now >= end) {
        return false;
      }
      io.restart();
      // Wakes now and then, for what happens on other threads.
      io.run_one_for(std::chrono::milliseconds(20));
    }
    return true;
  }

  // Runs the loop for that long: for what must not happen.
  void RunFor(Duration time) {
    io.restart();
    boost::asio::steady_timer timer(io, time);
    bool over = false;
    timer.async_wait([&](boost::system::error_code) { over = true; });
    while (!over) {
      io.run_one();
    }
  }

  bool DialUntilOpen(const std::string& url) {
    Dial(url);
    RunUntil([&] { return observer.opened.has_value() || observer.ended; });
    if (observer.failed) {
      ADD_FAILURE() << "dial failed: " << core::Word(observer.failed->reason) << ": " << observer.failed->detail;
    }
    return observer.opened.has_value();
  }

  core::DialFailure DialUntilFailed(const std::string& url) {
    Dial(url);
    RunUntil([&] { return observer.opened.has_value() || observer.ended; });
    EXPECT_TRUE(observer.failed.has_value());
    return observer.failed.value_or(core::DialFailure());
  }

  boost::asio::io_context io{1};
  MapSecretSource secrets;
  CountingOperationObserver operations;
  std::unique_ptr<EgressGuard> guard;
  core::SharedSpec spec;
  RecordingObserver observer;
  std::unique_ptr<ChannelFactory> factory;
  std::unique_ptr<Channel> channel;
};

}  // namespace holter::transport
