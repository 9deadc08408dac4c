// Virtual time, one loop, many sessions with their peers, and faults.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "core/session_machine.h"
#include "tests/sim/peer.h"
#include "tests/sim/session_checker.h"

namespace holter::sim {

// Runs until a law is broken; then `failure` says which, when and by whom, and nothing moves any more.
class World {
 public:
  explicit World(uint64_t seed) : random_(seed) {}

  // Adds and starts a session; gives its number.
  size_t Add(std::shared_ptr<const core::SharedSpec> spec, PeerKind peer);
  // From now on the peer behaves like this. What is on its way still comes.
  void SetPeer(size_t session, PeerKind peer) { sessions_[session]->peer = peer; }
  // The loop sleeps for `by` at `at`.
  void PlanStall(Duration at, Duration by);
  // Runs `what` at `at`.
  void Plan(Duration at, std::function<void()> what);
  void Update(size_t session, std::shared_ptr<const core::SharedSpec> spec, bool reconnect);
  void Pause(size_t session);
  void Resume(size_t session);
  void Reconnect(size_t session, Duration after);
  void Stop(size_t session);
  // Until `until` after the beginning.
  void RunUntil(Duration until);

  const std::string& failure() const { return failure_; }
  size_t size() const { return sessions_.size(); }
  const core::SessionMachine& machine(size_t session) const { return *sessions_[session]->machine; }
  const SessionChecker& checker(size_t session) const { return *sessions_[session]->checker; }
  Random& random() { return random_; }
  uint64_t events() const { return events_; }
  // When each dial happened, over all sessions.
  const std::vector<Duration>& dials() const { return dials_; }

 private:
  struct Session {
    std::shared_ptr<const core::SharedSpec> spec;
    PeerKind peer = PeerKind::kGood;
    std::unique_ptr<core::SessionMachine> machine;
    std::unique_ptr<SessionChecker> checker;
    uint64_t generation = 0;   // of the connection; happenings of older ones are lost
    TimePoint timer = kNever;  // earliest timer in the queue
  };

  struct Event {
    TimePoint at{};
    uint64_t order = 0;
    enum class Kind : uint8_t { kHappening, kTimer, kStall, kPlan } kind = Kind::kTimer;
    size_t session = 0;
    uint64_t generation = 0;
    Happening happening = {};
    Duration stall = {};
    std::function<void()> plan = {};
  };
  struct Later {
    bool operator()(const std::shared_ptr<Event>& a, const std::shared_ptr<Event>& b) const {
      return a->at != b->at ? a->at > b->at : a->order > b->order;
    }
  };

  void Push(Event event);
  void Handle(const Event& event);
  void Stall(Duration by);
  void OnHappening(size_t index, const Happening& happening);
  void OnTimer(size_t index);
  // Does what the machine wants, and lets the checker see it.
  void Finish(size_t index);
  void Perform(size_t index, const core::Action& action);
  void Schedule(size_t index, const std::vector<Happening>& happenings);

  Random random_;
  core::Tick tick_{.now = TimePoint(std::chrono::hours(1)), .wall = WallTime(std::chrono::hours(1))};
  const TimePoint begin_ = tick_.now;
  std::vector<std::unique_ptr<Session>> sessions_;
  std::priority_queue<std::shared_ptr<Event>, std::vector<std::shared_ptr<Event>>, Later> queue_;
  core::ActionList actions_;
  std::vector<Duration> dials_;
  uint64_t order_ = 0;
  uint64_t events_ = 0;
  std::string failure_;
};

}  // namespace holter::sim
