// An engine without loops and sockets: sessions are machines that the test steps.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cassert>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/error.h"
#include "engine/engine.h"
#include "tests/support/manual_clock.h"

namespace holter::testing {

// Thread-safe; a session is stepped by one thread at a time.
class FakeEngine final : public engine::Engine {
 public:
  struct Session {
    std::shared_ptr<Random> random;
    engine::SessionHandle cell;
    core::SessionSpec spec;
    core::SessionObserver* metrics = nullptr;
    core::SessionObserver* registry = nullptr;
    int updates = 0;
    bool started = false;
    std::vector<Duration> reconnects = {};  // what was asked for
  };

  explicit FakeEngine(size_t limit = 100000) : limit_(limit) {}

  absl::Status Admit(size_t count) override {
    absl::MutexLock lock(&mutex_);
    if (admitted_ + count > limit_) {
      return MakeError(absl::StatusCode::kResourceExhausted, "OPEN_FILES_EXHAUSTED", "no open files are left",
                       {{"limit", std::to_string(limit_)},
                        {"used", std::to_string(admitted_)},
                        {"free", std::to_string(limit_ - admitted_)}});
    }
    admitted_ += count;
    return absl::OkStatus();
  }
  void Unadmit(size_t count) override {
    absl::MutexLock lock(&mutex_);
    assert(count <= admitted_);
    admitted_ -= count;
  }

  engine::SessionHandle Begin(core::SessionId id, core::SessionSpec spec, core::SessionObserver* metrics,
                              core::SessionObserver* registry) override {
    auto random = std::make_shared<Random>(id);
    auto cell = std::make_shared<engine::SessionCell>(id, nullptr, spec, clock_.Now(), random.get());
    {
      absl::MutexLock lock(&mutex_);
      assert(!sessions_.contains(id));
      running_ += spec.paused ? 0 : 1;
      EXPECT_LE(running_, admitted_) << "a session without room";
      sessions_[id] = {
          .random = std::move(random), .cell = cell, .spec = std::move(spec), .metrics = metrics, .registry = registry};
    }
    // A loop may be quicker than the caller of Begin.
    if (step_at_begin) Step(id);
    return cell;
  }
  void Update(const engine::SessionHandle& session, core::SessionSpec spec, core::SessionObserver* metrics) override {
    Session known;
    bool was_paused = false;
    {
      absl::MutexLock lock(&mutex_);
      Session& entry = sessions_.at(session->id);
      was_paused = entry.spec.paused;
      if (was_paused != spec.paused) {
        running_ += spec.paused ? -1 : 1;
        if (spec.paused) --admitted_;
        EXPECT_LE(running_, admitted_) << "a session without room";
      }
      entry.spec = std::move(spec);
      entry.metrics = metrics;
      ++entry.updates;
      known = entry;
    }
    if (known.spec.paused == was_paused) return;
    if (!known.started) Step(session->id);
    Feed(known, [&](core::SessionMachine& machine, const core::Tick& tick, core::ActionList& actions) {
      known.spec.paused ? machine.Pause(tick, actions) : machine.Resume(tick, actions);
    });
  }
  void Reconnect(const engine::SessionHandle& session, Duration after) override {
    absl::MutexLock lock(&mutex_);
    const auto found = sessions_.find(session->id);
    if (found != sessions_.end()) found->second.reconnects.push_back(after);
  }
  void Watch(const engine::SessionHandle& session, size_t most_recent,
             const std::weak_ptr<engine::FrameObserver>& observer) override {
    absl::MutexLock lock(&mutex_);
    if (sessions_.contains(session->id)) {
      frames_.Watch(session->id, most_recent, observer);
    } else if (const std::shared_ptr<engine::FrameObserver> watching = observer.lock()) {
      watching->OnSessionGone();
    }
  }
  // As if it crossed the session's connection.
  void AddFrame(core::SessionId session, const core::Frame& frame) {
    absl::MutexLock lock(&mutex_);
    frames_.Add(session, frame);
  }
  void End(const engine::SessionHandle& session, std::function<void()> done) override {
    {
      absl::MutexLock lock(&mutex_);
      const auto found = sessions_.find(session->id);
      assert(found != sessions_.end());
      if (!found->second.spec.paused) {
        --admitted_;
        --running_;
      }
      frames_.Forget(session->id);
      sessions_.erase(found);
    }
    if (done) done();
  }
  engine::Capacity capacity() const override {
    absl::MutexLock lock(&mutex_);
    return {.sessions = admitted_, .session_limit = limit_, .connect_rate = connect_rate};
  }
  const Clock& clock() const override { return clock_; }
  void Shutdown(Duration /*deadline*/) override {}

  // Takes the session one natural step further, and reports the transitions as its loop would: it dials, opens, is
  // lost, waits.
  void Step(core::SessionId id) {
    Session session;
    {
      absl::MutexLock lock(&mutex_);
      const auto found = sessions_.find(id);
      if (found == sessions_.end()) return;
      session = found->second;
      found->second.started = true;
    }
    Feed(session, [&](core::SessionMachine& machine, const core::Tick& /*tick*/, core::ActionList& actions) {
      StepMachine(machine, session.started, actions);
    });
  }

  ManualClock& manual_clock() { return clock_; }
  size_t admitted() const {
    absl::MutexLock lock(&mutex_);
    return admitted_;
  }
  std::map<core::SessionId, Session> sessions() const {
    absl::MutexLock lock(&mutex_);
    return sessions_;
  }
  // The number of the session that dials `url`; 0: none.
  core::SessionId IdOf(const std::string& url) const {
    for (const auto& [id, session] : sessions()) {
      if (session.spec.url == url) return id;
    }
    return 0;
  }

  bool step_at_begin = false;
  double connect_rate = 0;

 private:
  // Reports what comes of it as the session's loop would.
  template <typename Event>
  void Feed(const Session& session, const Event& event) {
    const core::Tick tick{.now = clock_.Now(), .wall = clock_.WallNow()};
    core::ActionList actions;
    {
      absl::MutexLock lock(&session.cell->mutex);
      event(session.cell->machine, tick, actions);
    }
    for (const core::Action& action : actions) {
      if (const auto* transition = std::get_if<core::Transition>(&action)) {
        // Groups' observers count nothing here; a session that nobody declared has no other.
        core::SessionObserver* const observer = session.registry != nullptr ? session.registry : session.metrics;
        observer->OnTransition(session.cell->id, *transition);
      } else if (const auto* beat = std::get_if<core::BeatReport>(&action); beat != nullptr && !session.registry) {
        session.metrics->OnBeat(session.cell->id, *beat);
      }
    }
  }

  void StepMachine(core::SessionMachine& machine, bool started, core::ActionList& actions) {
    const core::Tick tick{.now = clock_.Now(), .wall = clock_.WallNow()};
    if (!started) {
      machine.Start(tick, actions);
      return;
    }
    switch (machine.state()) {
      case core::State::kConnecting:
        machine.OnOpened(tick, {.peer_address = "192.0.2.1:80"}, actions);
        break;
      case core::State::kOpen:
        machine.OnClosed(tick, {.reason = core::Reason::kPeerReset, .detail = "connection reset"}, actions);
        break;
      case core::State::kBackoff:
        clock_.Advance(std::max(machine.NextDeadline() - tick.now, Duration::zero()));
        machine.OnTimer({.now = clock_.Now(), .wall = clock_.WallNow()}, {}, actions);
        break;
      case core::State::kStopped:
      case core::State::kPaused:
        break;
    }
  }

  const size_t limit_;
  ManualClock clock_;
  mutable absl::Mutex mutex_;
  size_t admitted_ ABSL_GUARDED_BY(mutex_) = 0;
  engine::FrameLog frames_ ABSL_GUARDED_BY(mutex_);
  size_t running_ ABSL_GUARDED_BY(mutex_) = 0;  // begun and not paused
  std::map<core::SessionId, Session> sessions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace holter::testing
