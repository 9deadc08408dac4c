// What holds of a session whatever its dialect is and whatever the peer says: bounds that a rule engine must not leave.
#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include "base/clock.h"
#include "core/session_machine.h"

namespace holter::fuzz {

class DialectLaws {
 public:
  explicit DialectLaws(const core::SessionMachine& machine) : machine_(machine) {}

  // Before the machine is told.
  void OnOpened(const core::Tick& tick) { opened_.Add(tick.now); }
  void OnStalled(const core::Tick& tick) { stalled_.Add(tick.now); }
  void OnHeard(const core::Tick& tick) { heard_.Add(tick.now); }
  // The attempt or the connection has ended by itself.
  void OnEnded() { attempt_alive_ = false; }
  // Another declaration: what was counted says nothing of it.
  void OnUpdated();

  // What the machine did. `frames`: as much as was heard, at most. Empty, or the broken law.
  std::string Check(const core::Tick& tick, const core::ActionList& actions, size_t messages);

 private:
  // How often something was within the last `length`.
  class Window {
   public:
    explicit Window(Duration length) : length_(length) {}
    void Add(TimePoint now) { times_.push_back(now); }
    size_t Count(TimePoint now) {
      while (!times_.empty() && now - times_.front() > length_) times_.pop_front();
      return times_.size();
    }
    void Clear() { times_.clear(); }

   private:
    Duration length_;
    std::deque<TimePoint> times_;
  };

  std::string CheckAction(const core::Tick& tick, const core::Action& action);
  std::string CheckTransition(const core::Tick& tick, const core::Transition& transition);
  // Whoever is to be judged, or kept busy, has something that he waits for.
  std::string CheckDeadline() const;
  std::string CheckRates(const core::Tick& tick);
  size_t MostBeats(TimePoint now);

  const core::SessionMachine& machine_;
  core::State state_ = core::State::kConnecting;
  core::Health health_ = core::Health::kUnknown;
  bool attempt_alive_ = false;
  bool finished_ = false;
  Window opened_{std::chrono::minutes(2)};
  Window stalled_{std::chrono::seconds(1)};
  Window heard_{std::chrono::seconds(1)};
  Window beats_{std::chrono::seconds(1)};
  Window health_changes_{std::chrono::seconds(1)};
  Window sends_{std::chrono::minutes(1)};    // of messages
  Window answers_{std::chrono::minutes(1)};  // those that are no beats
};

}  // namespace holter::fuzz
