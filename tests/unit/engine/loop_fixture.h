// One loop without a thread, a clock that is turned by hand, and a network that is stepped.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/connect_governor.h"
#include "engine/event_loop.h"
#include "engine/session_runner.h"
#include "tests/support/manual_clock.h"
#include "tests/support/stepped_channel.h"
#include "tests/unit/engine/recording_observer.h"

namespace holter::engine {

class LoopFixture : public ::testing::Test {
 protected:
  explicit LoopFixture(ConnectGovernor::Limits limits = {})
      : governor(limits,
                 {.grant =
                      [this](ConnectGovernor::Ticket ticket, SessionHandle session) {
                        loop->Post([ticket, session = std::move(session)] {
                          static_cast<SessionRunner&>(*session).OnTurn(ticket);
                        });
                      },
                  .wake = [](TimePoint) { FAIL() << "no rate is set"; }},
                 clock.Now()) {
    auto created =
        EventLoop::Create({.index = 0, .seed = 1, .clock = &clock, .operations = &operations, .governor = &governor},
                          [this](boost::asio::io_context&) { return network.MakeFactory(); });
    loop = *std::move(created);
  }

  // Nothing may be left: the network and the timers check their part.
  ~LoopFixture() override {
    for (const auto& session : sessions) session->Stop(core::StopCause::kDeleted);
    loop->Poll();
    EXPECT_EQ(governor.load().in_flight, 0u) << "a turn was not given back";
    EXPECT_EQ(governor.load().waiting, 0u);
    EXPECT_EQ(loop->FilesInUse(), loop->factory().open_files()) << "an attempt is still counted";
    EXPECT_EQ(loop->session_count(), 0u);
    for (const auto& session : sessions) EXPECT_EQ(session.use_count(), 1) << "somebody still holds a session";
    sessions.clear();
  }

  // A ping at open and every 20 s, missed after 5 s.
  static core::SharedSpec Pinging() {
    core::SharedSpec spec;
    spec.protocol.cadence = {.interval = std::chrono::seconds(20),
                             .timeout = std::chrono::seconds(5),
                             .first_delay = Duration::zero(),
                             .misses_allowed = 0};
    spec.protocol.payload = *core::MessageTemplate::FromText("${seq}");
    return spec;
  }

  SessionRunner& Begin(core::SharedSpec spec = Pinging(), std::string url = "ws://peer.example/") {
    const auto session = std::make_shared<SessionRunner>(
        sessions.size() + 1, loop.get(),
        core::SessionSpec{std::move(url), std::make_shared<core::SharedSpec>(std::move(spec))}, clock.Now(), &metrics,
        &registry);
    sessions.push_back(session);
    session->Begin(session);
    return *session;
  }

  // Begin, then as far as the open connection.
  SessionRunner& BeginOpen(core::SharedSpec spec = Pinging()) {
    SessionRunner& session = Begin(std::move(spec));
    loop->Poll();
    network.last().Open();
    return session;
  }

  // Turns the clock, waking the loop whenever it wants to be woken.
  void Advance(Duration duration) {
    const TimePoint until = clock.Now() + duration;
    while (loop->wake_at() <= until) {
      clock.AdvanceTo(std::max(loop->wake_at(), clock.Now()));
      loop->Poll();
    }
    clock.AdvanceTo(until);
    loop->Poll();
  }

  // As Advance, but a process that was stopped is not woken before the end.
  void Starve(Duration duration) {
    clock.Advance(duration);
    loop->Poll();
  }

  testing::ManualClock clock;
  RecordingOperations operations;
  RecordingObserver metrics;
  RecordingObserver registry;
  testing::SteppedNetwork network;
  ConnectGovernor governor;
  std::unique_ptr<EventLoop> loop;
  std::vector<std::shared_ptr<SessionRunner>> sessions;
};

}  // namespace holter::engine
