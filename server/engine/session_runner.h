// Runs one session: hands what happens to its machine, and turns each action of the machine into exactly one operation.
//
//   channel, timer, governor, engine ──event──▶ machine ──actions──▶ governor, channel, observers
//
// Threads: the loop's, all but the constructor. The machine is changed under the cell's mutex, which is held for that
// alone: actions are collected under it and performed after it. Nothing that happens is told from within an operation
// (a channel calls later, a grant is posted), so that no event is handled while another is. Stop: Stop ends the session
// before it returns. What is still in the mail for it (a grant, a turn of the loop) finds it finished; what is left of
// its connection belongs to the loop's factory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "core/frame.h"
#include "core/session_action.h"
#include "core/session_event.h"
#include "core/session_observer.h"
#include "core/session_spec.h"
#include "engine/connect_governor.h"
#include "engine/event_loop.h"
#include "engine/session_cell.h"
#include "engine/timer_heap.h"
#include "transport/channel.h"

namespace holter::engine {

// Owned by its loop from Begin until Stop, and by whoever holds its handle. There are tens of thousands: every byte
// counts.
class SessionRunner final : public SessionCell, private TimerEntry, private transport::ChannelObserver {
 public:
  // From any thread. Either observer may be null; `metrics` hears everything, `registry` transitions, attempts, begin
  // and end.
  SessionRunner(core::SessionId session_id, EventLoop* owner, core::SessionSpec spec, TimePoint now,
                core::SessionObserver* metrics, core::SessionObserver* registry);
  ~SessionRunner() override;

  // Once, with the handle of this very session.
  void Begin(std::shared_ptr<SessionRunner> self);
  // These do nothing to a session that has not begun or is finished.
  void Update(core::SessionSpec spec, core::SessionObserver* metrics);
  void Reconnect(Duration after);
  void Stop(core::StopCause cause);
  // See FrameLog::Watch; a session that is finished is gone.
  void Watch(size_t most_recent, const std::weak_ptr<FrameObserver>& observer);
  // The governor's answer.
  void OnTurn(ConnectGovernor::Ticket ticket);

  // As was declared last, whether it has begun or not. A session that is not paused holds room.
  bool paused() const { return paused_; }

  // Where the loop keeps it.
  size_t place() const { return place_; }
  void set_place(size_t place) { place_ = static_cast<uint32_t>(place); }

 private:
  // TimerEntry
  void OnTimer() override;

  // transport::ChannelObserver
  void OnPhase(core::Phase phase, Duration took) override;
  void OnOpened(core::OpenInfo info) override;
  void OnDialFailed(core::DialFailure failure) override;
  void OnInbound(size_t bytes) override;
  void OnPing(std::string_view payload) override;
  void OnPong(std::string_view payload) override;
  void OnMessage(core::FrameKind kind, std::string_view payload) override;
  void OnClosed(core::CloseInfo info) override;

  // `event` is called with the machine and the list, under the mutex.
  bool running() const { return place_ != kNowhere && !finished_; }
  template <typename Event>
  void Feed(const core::Tick& tick, Event event);
  void AfterFeed(const core::Tick& tick, TimePoint deadline);
  void OnFault(const core::Tick& tick, const char* what);

  // One operation each; session_actions.cc.
  void Perform(core::Action& action, const core::Tick& tick);
  void Do(core::DialAction& action, const core::Tick& tick);
  void Do(core::PingAction& action, const core::Tick& tick);
  void Do(core::SendAction& action, const core::Tick& tick);
  void Do(core::DropAction& action, const core::Tick& tick);
  void Do(core::Transition& transition, const core::Tick& tick);
  void Do(core::BeatReport& report, const core::Tick& tick);
  void Do(core::AttemptReport& report, const core::Tick& tick);
  void Do(core::FinishedAction& action, const core::Tick& tick);

  void Dial(const core::Tick& tick);
  // The attempt has got as far as to need a socket.
  void LeaveSocketless();
  // The attempt has opened, failed or been dropped: its turn is over.
  void EndAttempt(TimePoint now);
  // Gives up whatever there is of a turn, an attempt or a connection.
  void Drop(const core::DropAction& how, TimePoint now);
  // The connection is over by itself. Returns what it had written since it was last asked.
  size_t LoseChannel(TimePoint now);
  void Finish(TimePoint now);

  void LogFrame(const core::Tick& tick, core::FrameDirection direction, core::FrameType type, std::string_view payload);
  void LogClose(const core::Tick& tick, core::FrameDirection direction, uint16_t code, std::string_view reason);
  void SampleTcpRtt(TimePoint now);
  void ReportTcpRtt(const core::TcpRtt& rtt);
  void FlushTraffic(TimePoint now);
  void MoveTo(core::SessionObserver* metrics, TimePoint now);
  // True when OnTimer has been put off, for input to be read before a verdict.
  bool InputComesFirst();

  static constexpr uint32_t kNowhere = UINT32_MAX;  // has not begun

  std::string url_;
  std::shared_ptr<const core::SharedSpec> spec_;
  std::shared_ptr<const core::ParameterList> parameters_;
  std::unique_ptr<std::string> migrate_url_;  // of the attempt that waits for its turn; null: url_
  core::SessionObserver* metrics_;
  core::SessionObserver* const registry_;
  std::unique_ptr<transport::Channel> channel_;
  ConnectGovernor::Ticket ticket_ = 0;  // 0: waits for no turn
  core::Traffic unreported_;
  TimePoint next_traffic_report_{};
  TimePoint next_rtt_sample_{};
  uint32_t place_ = kNowhere;
  const uint32_t tenant_;
  uint8_t verdict_turns_ = 0;  // times the present verdict has been put off
  bool turn_posted_ = false;
  bool faulting_ = false;
  bool dialing_ = false;     // an attempt of ours is under way
  bool socketless_ = false;  // and has no socket yet
  bool finished_ = false;
  bool paused_ = false;
};

}  // namespace holter::engine
