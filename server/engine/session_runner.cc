#include "engine/session_runner.h"

#include <algorithm>
#include <cassert>
#include <exception>
#include <utility>

#include "base/log.h"
#include "engine/connection_identity.h"

namespace holter::engine {

namespace {

// Input that arrived before a verdict is read before it; a peer that never stops sending must not put the verdict off
// for ever.
constexpr int kMaxVerdictTurns = 3;
constexpr Duration kFaultDelay = std::chrono::seconds(1);

}  // namespace

SessionRunner::SessionRunner(core::SessionId session_id, EventLoop* owner, core::SessionSpec spec, TimePoint now,
                             core::SessionObserver* metrics, core::SessionObserver* registry)
    : SessionCell(session_id, owner, spec, now, &owner->random()),
      url_(std::move(spec.url)),
      spec_(std::move(spec.shared)),
      parameters_(std::move(spec.parameters)),
      metrics_(metrics),
      registry_(registry),
      tenant_(spec.tenant),
      paused_(spec.paused) {}

SessionRunner::~SessionRunner() = default;

// The one place where the machine is changed. An exception ends the connection, not the session and not the loop.
template <typename Event>
void SessionRunner::Feed(const core::Tick& tick, Event event) {
  if (finished_) return;
  const size_t written = channel_ ? channel_->TakeBytesWritten() : 0;
  unreported_.bytes_out += written;
  try {
    EventLoop::BorrowedActions actions(*loop);
    TimePoint deadline = kNever;
    {
      absl::MutexLock lock(&mutex);
      if (written > 0) machine.OnBytesWritten(written);
      event(machine, *actions);
      deadline = machine.NextDeadline();
    }
    for (core::Action& action : *actions) Perform(action, tick);
    AfterFeed(tick, deadline);
  } catch (const std::exception& error) {
    OnFault(tick, error.what());
  }
}

void SessionRunner::AfterFeed(const core::Tick& tick, TimePoint deadline) {
  if (finished_) return;
  loop->Arm(*this, deadline);
  if (tick.now >= next_traffic_report_) FlushTraffic(tick.now);
}

void SessionRunner::Begin(std::shared_ptr<SessionRunner> self) {
  const core::Tick tick = loop->Now();
  loop->Adopt(std::move(self));
  core::State state{};
  core::Health health{};
  {
    absl::MutexLock lock(&mutex);
    state = machine.state();
    health = machine.health();
  }
  if (metrics_) metrics_->OnBegin(id, state, health);
  if (registry_) registry_->OnBegin(id, state, health);
  Feed(tick, [&](core::SessionMachine& rules, core::ActionList& out) { rules.Start(tick, out); });
}

void SessionRunner::Update(core::SessionSpec spec, core::SessionObserver* metrics) {
  const bool was_paused = std::exchange(paused_, spec.paused);
  if (!running()) return;
  const core::Tick tick = loop->Now();
  if (metrics != metrics_) MoveTo(metrics, tick.now);
  const bool reconnect = !SameConnection({url_, spec_, parameters_}, spec);
  url_ = std::move(spec.url);
  spec_ = std::move(spec.shared);
  parameters_ = std::move(spec.parameters);
  Feed(tick, [&](core::SessionMachine& rules, core::ActionList& out) {
    if (paused_) rules.Pause(tick, out);
    rules.Update(tick, spec_, reconnect, out, parameters_);
    if (was_paused && !paused_) rules.Resume(tick, out);
  });
}

void SessionRunner::Reconnect(Duration after) {
  if (!running()) return;
  const core::Tick tick = loop->Now();
  Feed(tick, [&](core::SessionMachine& rules, core::ActionList& out) { rules.Reconnect(tick, after, out); });
}

void SessionRunner::Stop(core::StopCause cause) {
  if (!running()) return;
  const core::Tick tick = loop->Now();
  Feed(tick, [&](core::SessionMachine& rules, core::ActionList& out) { rules.Stop(tick, cause, out); });
  if (!finished_) Finish(tick.now);  // the machine threw; the session goes nevertheless
  loop->Dismiss(*this);
}

void SessionRunner::Watch(size_t most_recent, const std::weak_ptr<FrameObserver>& observer) {
  if (running()) {
    loop->frames().Watch(id, most_recent, observer);
  } else if (const std::shared_ptr<FrameObserver> watching = observer.lock()) {
    watching->OnSessionGone();
  }
}

void SessionRunner::OnTurn(ConnectGovernor::Ticket ticket) {
  const core::Tick tick = loop->Now();
  if (finished_ || ticket != ticket_) {
    loop->governor().HandBack(tick.now);
    return;
  }
  ticket_ = 0;
  Dial(tick);
}

void SessionRunner::OnTimer() {
  if (finished_ || turn_posted_) return;
  const core::Tick tick = loop->Now();
  bool verdict = false;
  {
    absl::MutexLock lock(&mutex);
    verdict = machine.VerdictDue(tick.now);
  }
  if (verdict && InputComesFirst()) return;
  verdict_turns_ = 0;
  const core::LinkState link = verdict && channel_ && !dialing_ ? channel_->Link() : core::LinkState{};
  if (link.tcp_rtt) ReportTcpRtt(*link.tcp_rtt);
  Feed(tick, [&](core::SessionMachine& rules, core::ActionList& out) { rules.OnTimer(tick, link, out); });
}

bool SessionRunner::InputComesFirst() {
  if (!channel_ || dialing_ || verdict_turns_ == kMaxVerdictTurns) return false;
  // The first turn comes in any case: of bytes that are read, but whose handler still waits for its turn, neither the
  // kernel nor the channel knows.
  if (verdict_turns_ > 0 && !channel_->InputPending()) return false;
  ++verdict_turns_;
  turn_posted_ = loop->Post([self = loop->session(place_)] {
    self->turn_posted_ = false;
    self->OnTimer();
  });
  return turn_posted_;
}

void SessionRunner::OnPhase(core::Phase phase, Duration took) {
  const core::Tick tick = loop->Now();
  LeaveSocketless();
  if (metrics_) metrics_->OnPhase(id, phase, took);
  Feed(tick, [&](core::SessionMachine& rules, core::ActionList& out) { rules.OnPhase(tick, phase, out); });
}

void SessionRunner::OnOpened(core::OpenInfo info) {
  const core::Tick tick = loop->Now();
  EndAttempt(tick.now);
  Feed(tick, [&](core::SessionMachine& rules, core::ActionList& out) { rules.OnOpened(tick, std::move(info), out); });
  SampleTcpRtt(tick.now);
}

void SessionRunner::OnDialFailed(core::DialFailure failure) {
  const core::Tick tick = loop->Now();
  LoseChannel(tick.now);
  Feed(tick,
       [&](core::SessionMachine& rules, core::ActionList& out) { rules.OnDialFailed(tick, std::move(failure), out); });
}

void SessionRunner::OnInbound(size_t bytes) {
  const core::Tick tick = loop->Now();
  unreported_.bytes_in += bytes;
  Feed(tick, [&](core::SessionMachine& rules, core::ActionList& out) { rules.OnInbound(tick, bytes, out); });
}

void SessionRunner::OnPing(std::string_view payload) {
  const core::Tick tick = loop->Now();
  LogFrame(tick, core::FrameDirection::kIn, core::FrameType::kPing, payload);
  LogFrame(tick, core::FrameDirection::kOut, core::FrameType::kPong, payload);
  Feed(tick, [&](core::SessionMachine& rules, core::ActionList& out) { rules.OnPing(tick, payload, out); });
}

void SessionRunner::OnPong(std::string_view payload) {
  const core::Tick tick = loop->Now();
  LogFrame(tick, core::FrameDirection::kIn, core::FrameType::kPong, payload);
  Feed(tick, [&](core::SessionMachine& rules, core::ActionList& out) { rules.OnPong(tick, payload, out); });
  if (tick.now >= next_rtt_sample_) SampleTcpRtt(tick.now);
}

void SessionRunner::OnMessage(core::FrameKind kind, std::string_view payload) {
  const core::Tick tick = loop->Now();
  ++unreported_.messages_in;
  LogFrame(tick, core::FrameDirection::kIn, core::TypeOf(kind), payload);
  Feed(tick, [&](core::SessionMachine& rules, core::ActionList& out) { rules.OnMessage(tick, kind, payload, out); });
  if (tick.now >= next_rtt_sample_) SampleTcpRtt(tick.now);
}

void SessionRunner::OnClosed(core::CloseInfo info) {
  const core::Tick tick = loop->Now();
  if (info.code != 0) LogClose(tick, core::FrameDirection::kIn, info.code, info.detail);
  const size_t written = LoseChannel(tick.now);
  Feed(tick, [&](core::SessionMachine& rules, core::ActionList& out) {
    rules.OnBytesWritten(written);
    rules.OnClosed(tick, std::move(info), out);
  });
}

// The session itself goes on: for the machine this is a connection that was lost for a reason of ours.
void SessionRunner::OnFault(const core::Tick& tick, const char* what) {
  loop->operations().OnException("engine");
  Log(LogLevel::kError, "Exception in a session", {{"session_id", id}, {"what", what}});
  if (faulting_) {  // even that failed; once more when things may have changed
    loop->Arm(*this, tick.now + kFaultDelay);
    return;
  }
  faulting_ = true;
  Drop(core::DropAction{}, tick.now);
  Feed(tick, [&](core::SessionMachine& rules, core::ActionList& out) {
    const core::Reason reason = core::Reason::kLocalResource;
    if (rules.state() == core::State::kConnecting) {
      rules.OnDialFailed(tick, {.reason = reason, .detail = "internal error", .http_status = 0, .retry_after = {}},
                         out);
    } else if (rules.state() == core::State::kOpen) {
      rules.OnClosed(tick, {.reason = reason, .code = 0, .detail = "internal error"}, out);
    }
  });
  faulting_ = false;
}

}  // namespace holter::engine
