// The half of SessionRunner that acts: one operation for each action.
#include <cassert>
#include <exception>
#include <string_view>
#include <utility>
#include <variant>

#include "core/url.h"
#include "engine/session_runner.h"

namespace holter::engine {

namespace {

// tcp_info is a system call; heartbeats are many.
constexpr Duration kTcpRttPeriod = std::chrono::seconds(10);
constexpr Duration kTrafficPeriod = std::chrono::seconds(1);
// What is logged of a message that holds a secret.
constexpr std::string_view kSecretPayload = "<holds a secret>";

bool Empty(const core::Traffic& traffic) {
  return (traffic.messages_in | traffic.messages_out | traffic.bytes_in | traffic.bytes_out) == 0;
}

}  // namespace

void SessionRunner::Perform(core::Action& action, const core::Tick& tick) {
  std::visit([&](auto& what) { Do(what, tick); }, action);
}

void SessionRunner::Do(core::DialAction& action, const core::Tick& tick) {
  assert(!channel_ && ticket_ == 0);
  const bool goes_away = !action.url.empty() && core::MayMigrate(url_, action.url);
  migrate_url_ = goes_away ? std::make_unique<std::string>(std::move(action.url)) : nullptr;
  ticket_ = loop->governor().Request(loop->session(place_), tick.now);
}

void SessionRunner::Do(core::PingAction& action, const core::Tick& tick) {
  if (!channel_) return;
  LogFrame(tick, core::FrameDirection::kOut, core::FrameType::kPing, action.payload);
  channel_->Ping(std::move(action.payload));
}

void SessionRunner::Do(core::SendAction& action, const core::Tick& tick) {
  if (!channel_) return;
  if (action.kind != core::FrameKind::kPong) ++unreported_.messages_out;
  LogFrame(tick, core::FrameDirection::kOut, core::TypeOf(action.kind),
           action.secret ? kSecretPayload : std::string_view(action.payload));
  channel_->Send(action.kind, std::move(action.payload));
}

void SessionRunner::Do(core::DropAction& action, const core::Tick& tick) {
  const bool is_told = channel_ && !dialing_ && action.manner != core::DropAction::Manner::kAbort;
  if (is_told) LogClose(tick, core::FrameDirection::kOut, action.code, action.reason);
  Drop(action, tick.now);
}

void SessionRunner::Do(core::Transition& transition, const core::Tick&) {
  if (metrics_) metrics_->OnTransition(id, transition);
  if (registry_) registry_->OnTransition(id, transition);
}

void SessionRunner::Do(core::BeatReport& report, const core::Tick&) {
  if (metrics_) metrics_->OnBeat(id, report);
}

void SessionRunner::Do(core::AttemptReport& report, const core::Tick&) {
  if (metrics_) metrics_->OnAttempt(id, report);
  if (registry_) registry_->OnAttempt(id, report);
}

void SessionRunner::Do(core::FinishedAction&, const core::Tick& tick) { Finish(tick.now); }

void SessionRunner::Dial(const core::Tick& tick) {
  dialing_ = true;
  socketless_ = true;
  loop->AddSocketless(1);
  loop->governor().BeginAttempt(loop->index(), loop->FilesInUse(), tick.now);
  try {
    const std::unique_ptr<std::string> migrate_url = std::move(migrate_url_);
    channel_ = loop->factory().Dial({.url = migrate_url ? *migrate_url : url_,
                                     .shared = spec_,
                                     .parameters = parameters_,
                                     .tenant = tenant_,
                                     .drawn = core::DrawVariables(0, tick.wall, true, loop->random())},
                                    this);
  } catch (const std::exception& error) {
    OnFault(tick, error.what());
  }
}

void SessionRunner::LeaveSocketless() {
  if (!socketless_) return;
  socketless_ = false;
  loop->AddSocketless(-1);
}

void SessionRunner::EndAttempt(TimePoint now) {
  if (!dialing_) return;
  dialing_ = false;
  LeaveSocketless();
  loop->governor().EndAttempt(loop->index(), loop->FilesInUse(), now);
}

void SessionRunner::Drop(const core::DropAction& how, TimePoint now) {
  if (ticket_ != 0) loop->governor().Cancel(std::exchange(ticket_, 0));
  if (channel_) {
    channel_->Release(how.manner, how.code, how.reason);
    loop->Discard(std::move(channel_));
  }
  EndAttempt(now);
}

size_t SessionRunner::LoseChannel(TimePoint now) {
  assert(channel_);
  const size_t written = channel_->TakeBytesWritten();
  unreported_.bytes_out += written;
  loop->Discard(std::move(channel_));
  EndAttempt(now);
  return written;
}

void SessionRunner::Finish(TimePoint now) {
  finished_ = true;
  Drop(core::DropAction{}, now);
  loop->Disarm(*this);
  loop->frames().Forget(id);
  FlushTraffic(now);
  core::State state{};
  core::Health health{};
  {
    absl::MutexLock lock(&mutex);
    state = machine.state();
    health = machine.health();
  }
  if (metrics_) metrics_->OnEnd(id, state, health);
  if (registry_) registry_->OnEnd(id, state, health);
}

void SessionRunner::MoveTo(core::SessionObserver* metrics, TimePoint now) {
  FlushTraffic(now);
  core::State state{};
  core::Health health{};
  {
    absl::MutexLock lock(&mutex);
    state = machine.state();
    health = machine.health();
  }
  if (metrics_) metrics_->OnEnd(id, state, health);
  metrics_ = metrics;
  if (metrics_) metrics_->OnBegin(id, state, health);
}

void SessionRunner::LogFrame(const core::Tick& tick, core::FrameDirection direction, core::FrameType type,
                             std::string_view payload) {
  loop->frames().Add(
      id, {.at = tick.wall, .direction = direction, .type = type, .size = payload.size(), .payload = payload});
}

void SessionRunner::LogClose(const core::Tick& tick, core::FrameDirection direction, uint16_t code,
                             std::string_view reason) {
  const std::string payload =
      std::string({static_cast<char>(code >> 8), static_cast<char>(code & 0xff)}).append(reason);
  LogFrame(tick, direction, core::FrameType::kClose, payload);
}

void SessionRunner::SampleTcpRtt(TimePoint now) {
  if (!channel_) return;
  next_rtt_sample_ = now + kTcpRttPeriod;
  if (const core::LinkState link = channel_->Link(); link.tcp_rtt) ReportTcpRtt(*link.tcp_rtt);
}

void SessionRunner::ReportTcpRtt(const core::TcpRtt& rtt) {
  {
    absl::MutexLock lock(&mutex);
    machine.SetTcpRtt(rtt);
  }
  if (metrics_) metrics_->OnTcpRtt(id, rtt);
}

void SessionRunner::FlushTraffic(TimePoint now) {
  if (Empty(unreported_)) return;
  next_traffic_report_ = now + kTrafficPeriod;
  if (metrics_) metrics_->OnTraffic(id, unreported_);
  unreported_ = {};
}

}  // namespace holter::engine
