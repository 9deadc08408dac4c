// A real engine with one loop, and specs that tests bend.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "absl/synchronization/notification.h"
#include "base/clock.h"
#include "base/secret.h"
#include "core/session_spec.h"
#include "engine/engine.h"
#include "tests/behaviour/recording_observer.h"
#include "tests/support/misbehaving_peer.h"
#include "transport/egress_guard.h"

namespace holter::testing {

using std::chrono::milliseconds;
using std::chrono::seconds;

class BehaviourTest : public ::testing::Test {
 protected:
  // Bound of every wait for something that has to come; never waited for in full by a test that passes.
  static constexpr milliseconds kPatience = seconds(15);

  ~BehaviourTest() override {
    if (engine_ != nullptr) {
      engine_->Shutdown(milliseconds(500));
    }
  }

  engine::Engine& Engine() {
    if (engine_ == nullptr) {
      engine::EngineOptions options;
      options.loops = 1;
      options.connect_rate = 0;
      options.connect_in_flight = 0;
      options.seed = 1;
      options.transport = {.clock = &SystemClock(),
                           .secrets = &secrets_,
                           .guard = &guard_,
                           .operations = &NullOperationObserver(),
                           .dns_server = dns_server_};
      auto made = engine::Engine::Create(options);
      EXPECT_TRUE(made.ok()) << made.status();
      engine_ = *std::move(made);
    }
    return *engine_;
  }

  // A ping every 100 ms that has 300 ms, quick reconnects, a close grace of 300 ms.
  static core::SharedSpec QuickSpec() {
    core::SharedSpec spec;
    spec.protocol.cadence = {.interval = milliseconds(100), .timeout = milliseconds(300)};
    spec.protocol.payload = *core::MessageTemplate::FromText("${seq}");
    spec.reconnect.first_delay = milliseconds(50);
    spec.reconnect.max_delay = milliseconds(400);
    spec.connect.timeouts.close = milliseconds(300);
    return spec;
  }

  // A beat that has to be answered with the text "pong".
  static core::BeatSpec AppBeat() {
    core::BeatSpec beat;
    beat.name = "op-ping";
    beat.cadence = {.interval = milliseconds(100), .timeout = milliseconds(300)};
    beat.send = *core::MessageTemplate::FromText("ping");
    beat.expect = core::Matcher::Text("pong");
    return beat;
  }

  engine::SessionHandle Begin(const std::string& url, core::SharedSpec spec = QuickSpec()) {
    EXPECT_TRUE(Engine().Admit(1).ok());
    return Engine().Begin(++last_id_, {url, std::make_shared<const core::SharedSpec>(std::move(spec))}, &metrics_,
                          &observer_);
  }

  // Ends the session; how long it took to be gone.
  Duration End(const engine::SessionHandle& session) {
    absl::Notification gone;
    const TimePoint begin = SystemClock().Now();
    Engine().End(session, [&] { gone.Notify(); });
    EXPECT_TRUE(gone.WaitForNotificationWithTimeout(absl::FromChrono(kPatience)));
    return SystemClock().Now() - begin;
  }

  bool WaitForHealth(core::Health health) {
    return observer_.WaitFor(
        [health](const RecordingObserver::Transitions& all) { return !all.empty() && all.back().health == health; },
        kPatience);
  }

  std::string dns_server_;
  RecordingObserver observer_;

 private:
  const DirectorySecretSource secrets_{""};
  const transport::EgressGuard guard_{/*allow_loopback=*/true};
  RecordingObserver metrics_;
  std::unique_ptr<engine::Engine> engine_;
  core::SessionId last_id_ = 0;
};

}  // namespace holter::testing
