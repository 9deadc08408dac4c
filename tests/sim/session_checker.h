// Watches what one session machine does and says which law it broke. Knows the laws only, not how the machine keeps
// them.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/session_machine.h"

namespace holter::sim {

class SessionChecker {
 public:
  SessionChecker(const core::SessionMachine& machine, const core::SharedSpec& spec);

  // What the outside told the machine, before it is told.
  void OnOpened(const core::Tick& tick);
  void OnDialEnded();
  void OnClosed();
  // The declaration was sent again, with the wish to connect anew.
  void OnReconnectWanted() { waits_ = 0; }
  // A new connection was asked for at a later time.
  void OnReconnectPlanned() { planned_ = true; }

  // What the machine answered, in order, and what it shows afterwards. Empty, or the broken law.
  std::string Check(const core::Tick& tick, const core::ActionList& actions);

  // Counted for laws that need the whole run.
  int dials() const { return dials_; }
  int times_healthy() const { return times_healthy_; }
  int times_down() const { return times_down_; }
  int acked() const { return acked_; }

 private:
  // A question that was sent and not yet settled.
  struct Question {
    TimePoint sent{};
  };
  struct Heartbeat {
    bool judged = false;
    core::Cadence cadence;
    std::deque<Question> open = {};
    // An answer without a sample came while several were out: which one it was cannot be seen, so `open` holds the
    // right number only.
    bool blurred = false;
    std::optional<TimePoint> last_ack = std::nullopt;  // on this connection
    // Since the last answer.
    int misses = 0;
    int excused_stalls = 0;
    TimePoint excused_stall = TimePoint::min();
  };

  std::string CheckAction(const core::Tick& tick, const core::Action& action);
  std::string CheckTransition(const core::Tick& tick, const core::Transition& transition);
  std::string CheckBackoff(const core::Tick& tick, const core::Transition& transition);
  std::string CheckDeath(const core::Tick& tick);
  std::string CheckBeat(const core::Tick& tick, const core::BeatReport& report);
  std::string CheckShown(const core::Tick& tick);
  std::string CheckAck(const core::Tick& tick, const core::BeatReport& report, Heartbeat& heartbeat);
  std::string CheckMiss(const core::Tick& tick, const core::BeatReport& report, Heartbeat& heartbeat);
  Heartbeat& Of(const core::BeatReport& report);
  void ForgetConnection();

  const core::SessionMachine& machine_;
  const core::SharedSpec& spec_;
  std::vector<Heartbeat> heartbeats_;  // as in SessionStatus::beats
  core::State state_ = core::State::kConnecting;
  core::Health health_ = core::Health::kUnknown;
  bool attempt_alive_ = false;  // dialled, and neither ended nor dropped
  bool finished_ = false;
  bool planned_ = false;  // a reconnect, and the state has not changed since
  TimePoint opened_ = TimePoint::min();
  TimePoint down_since_ = TimePoint::min();
  int waits_ = 0;  // back-offs since the last stable connection
  int dials_ = 0;
  int times_healthy_ = 0;
  int times_down_ = 0;
  int acked_ = 0;
};

}  // namespace holter::sim
