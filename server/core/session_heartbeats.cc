// The heartbeats of a session: what is sent, what is missed, and the health that follows from them.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/duration_text.h"
#include "core/beat_key.h"
#include "core/session_machine.h"

namespace holter::core {
namespace {

using Kind = BeatReport::Kind;

}  // namespace

const Cadence& SessionMachine::CadenceOf(size_t i) const {
  if (spec_->dialect.computes) return dialect_->cadence(i);
  return IsApp(i) ? spec_->beats[BeatIndex(i)].cadence : spec_->protocol.cadence;
}

bool SessionMachine::AnyJudged() const {
  for (size_t i = 0; i < HeartbeatCount(); ++i) {
    if (heartbeats_[i].judged()) return true;
  }
  if (!dialect_) return false;
  const std::vector<WatchdogMachine>& watchdogs = dialect_->watchdogs();
  return std::any_of(watchdogs.begin(), watchdogs.end(), [](const WatchdogMachine& dog) { return dog.judged(); });
}

bool SessionMachine::MayJudge() const {
  if (spec_->protocol.active || !spec_->dialect.watchdogs.empty()) return true;
  return std::any_of(spec_->beats.begin(), spec_->beats.end(),
                     [](const BeatSpec& beat) { return beat.expect.has_value(); });
}

void SessionMachine::AdoptSpec(const Tick& tick, std::shared_ptr<const SharedSpec> spec,
                               std::shared_ptr<const ParameterList> parameters, bool connected) {
  if (spec == spec_ && connected) return;
  const std::shared_ptr<const SharedSpec> old_spec = std::exchange(spec_, std::move(spec));
  const std::unique_ptr<DialectMachine> old_dialect = std::move(dialect_);
  if (!spec_->dialect.empty()) {
    dialect_ = std::make_unique<DialectMachine>(*spec_, std::move(parameters));
    if (connected && old_dialect) dialect_->Adopt(tick, *spec_, *old_spec, *old_dialect, *random_);
    if (connected && !old_dialect) {
      dialect_->OnOpened(tick, *spec_, {}, *random_);
      dialect_->BeginWatching(tick, *spec_, *random_);
    }
  }
  AdoptHeartbeats(tick, old_spec.get());
}

void SessionMachine::AdoptHeartbeats(const Tick& tick, const SharedSpec* old_spec) {
  const std::unique_ptr<HeartbeatMachine[]> olds = std::move(heartbeats_);
  heartbeat_count_ = static_cast<uint8_t>(spec_->beats.size() + (spec_->protocol.active ? 1 : 0));
  heartbeats_ = std::make_unique<HeartbeatMachine[]>(heartbeat_count_);
  const bool had_protocol = old_spec != nullptr && old_spec->protocol.active;
  for (size_t i = 0; i < HeartbeatCount(); ++i) {
    const BeatSpec* beat = IsApp(i) ? &spec_->beats[BeatIndex(i)] : nullptr;
    heartbeats_[i] = HeartbeatMachine(beat == nullptr || beat->expect.has_value());
    HeartbeatMachine* old = nullptr;
    bool same = false;
    if (beat == nullptr && had_protocol) {
      old = &olds[0];
      same = old_spec->protocol == spec_->protocol;
    } else if (beat != nullptr && old_spec != nullptr) {
      const auto found = std::find_if(old_spec->beats.begin(), old_spec->beats.end(),
                                      [beat](const BeatSpec& other) { return other.name == beat->name; });
      if (found != old_spec->beats.end()) {
        old = &olds[static_cast<size_t>(found - old_spec->beats.begin()) + (had_protocol ? 1 : 0)];
        same = *found == *beat;
      }
    }
    if (same) {
      heartbeats_[i] = std::move(*old);
      continue;
    }
    if (old != nullptr) heartbeats_[i].AdoptCounters(old->counters());
    if (IsOpen() && (!opening() || beat == nullptr)) StartHeartbeat(tick, i);
  }
}

void SessionMachine::StartHeartbeat(const Tick& tick, size_t i) {
  heartbeats_[i].OnOpened(tick.now, CadenceOf(i));
  if (spec_->dialect.computes && !dialect_->is_on(i)) heartbeats_[i].TurnOff();
}

void SessionMachine::SendDue(const Tick& tick, ActionList& out) {
  for (size_t i = 0; IsOpen() && i < HeartbeatCount(); ++i) {
    if (heartbeats_[i].Due(tick.now)) SendHeartbeat(tick, i, out);
  }
}

bool SessionMachine::MaySend(const Tick& tick, size_t i) {
  const int most = spec_->dialect.sends_per_minute;
  return !IsApp(i) || most == 0 || dialect_->TakeFromBudget(tick.now, most);
}

void SessionMachine::SendHeartbeat(const Tick& tick, size_t i, ActionList& out) {
  // The budget comes last: what has no room is not sent, so it does not count.
  HeartbeatMachine& heartbeat = heartbeats_[i];
  if (heartbeat.HasRoom(CadenceOf(i)) && MaySend(tick, i)) return WriteHeartbeat(tick, i, std::nullopt, out);
  if (heartbeat.Due(tick.now)) heartbeat.SkipTurn(tick.now, CadenceOf(i));
}

void SessionMachine::SendAgain(const Tick& tick, size_t i, Duration timeout, ActionList& out) {
  if (MaySend(tick, i)) return WriteHeartbeat(tick, i, timeout, out);
  heartbeats_[i].OnNotSentAgain(tick, timeout);
}

void SessionMachine::WriteHeartbeat(const Tick& tick, size_t i, std::optional<Duration> again, ActionList& out) {
  HeartbeatMachine& heartbeat = heartbeats_[i];
  const BeatSpec* beat = IsApp(i) ? &spec_->beats[BeatIndex(i)] : nullptr;
  const MessageTemplate& message = beat == nullptr ? spec_->protocol.payload : beat->send;
  std::optional<Outgoing> sent = Write(tick, message, heartbeat.next_seq(), nullptr);
  if (!sent) return FailToWrite(tick, fmt::format("beat \"{}\"", beat == nullptr ? "protocol" : beat->name), out);
  const uint64_t key = beat == nullptr ? KeyOf(sent->payload) : KeyOfVariable(*beat, sent->variables);
  if (again) {
    heartbeat.OnSentAgain(tick, *again, key);
  } else {
    heartbeat.OnSent(tick, CadenceOf(i), key, *random_);
  }
  if (beat == nullptr) {
    out.emplace_back(PingAction{std::move(sent->payload)});
  } else {
    ++traffic_.messages_out;
    out.emplace_back(
        SendAction{.kind = sent->kind, .payload = std::move(sent->payload), .secret = HoldsSecret(message)});
    PutOffIdle(tick.now, true);
  }
  Report(i, Kind::kSent, std::nullopt, out);
}

bool SessionMachine::Judge(const Tick& tick, size_t i, const LinkState& link, ActionList& out) {
  HeartbeatMachine& heartbeat = heartbeats_[i];
  bool excused = false;
  while (const auto judgement = heartbeat.JudgeNext(tick, CadenceOf(i))) {
    if (judgement->retry) {
      SendAgain(tick, i, *judgement->retry, out);
      if (!IsOpen()) return false;
      continue;
    }
    excused = excused || judgement->excused;
    Report(i, judgement->excused ? Kind::kExcused : Kind::kMissed, std::nullopt, out);
    if (heartbeat.verdict() == Verdict::kDead) {
      Die(tick, i, judgement->starved, link, out);
      return false;
    }
  }
  if (excused && heartbeat.WantsFreshBeat(tick)) SendHeartbeat(tick, i, out);
  return IsOpen();
}

void SessionMachine::Die(const Tick& tick, size_t i, bool starved, const LinkState& link, ActionList& out) {
  Loss loss;
  loss.then = RetryClass::kBackOff;
  loss.reason = IsApp(i) ? Reason::kAppHeartbeat : Reason::kProtocolHeartbeat;
  loss.path = link.unacked_bytes ? Path::kNetwork : Path::kPeer;
  if (starved) loss.path = Path::kLocal;
  loss.detail = MissDetail(i);
  if (link.write_blocked) {
    loss.reason = Reason::kWriteStalled;
    loss.detail += "; the peer has stopped reading";
  }
  GiveUp(tick, std::move(loss), IsApp(i) ? "heartbeat unanswered" : "ping unanswered", out);
}

void SessionMachine::GiveUp(const Tick& tick, Loss loss, std::string_view farewell, ActionList& out) {
  const ClosePolicySpec& close = spec_->close;
  const bool abort = close.on_dead_abort;
  out.emplace_back(DropAction{.manner = abort ? DropAction::Manner::kAbort : DropAction::Manner::kFarewell,
                              .code = close.on_dead_code,
                              .reason = close.on_dead_reason.empty() ? std::string(farewell) : close.on_dead_reason});
  Lose(tick, std::move(loss), out);
}

std::string SessionMachine::MissDetail(size_t i) const {
  const Cadence& cadence = CadenceOf(i);
  const int misses = heartbeats_[i].misses();
  const std::string timeout = FormatDuration(cadence.timeout);
  if (!IsApp(i)) return fmt::format("no pong within {} ({} missed in a row)", timeout, misses);
  return fmt::format("no answer to beat \"{}\" within {} ({} missed in a row)", spec_->beats[BeatIndex(i)].name,
                     timeout, misses);
}

void SessionMachine::Report(size_t i, Kind kind, std::optional<Duration> rtt, ActionList& out) const {
  const bool app = IsApp(i);
  out.emplace_back(
      BeatReport{.kind = kind, .app = app, .beat = static_cast<uint8_t>(app ? BeatIndex(i) : 0), .rtt = rtt});
}

void SessionMachine::PutOffIdle(TimePoint now, bool sent) {
  if (!spec_->dialect.idles) return;
  const CadenceMode one_side = sent ? CadenceMode::kIdleSent : CadenceMode::kIdleReceived;
  for (size_t i = 0; i < HeartbeatCount(); ++i) {
    const Cadence& cadence = CadenceOf(i);
    if (cadence.mode == one_side || cadence.mode == CadenceMode::kIdle) heartbeats_[i].PutOff(now, cadence);
  }
}

void SessionMachine::JudgeHealth(const Tick& tick, ActionList& out, bool declared) {
  bool all_answered = true;
  size_t late = HeartbeatCount();
  for (size_t i = 0; i < HeartbeatCount(); ++i) {
    if (!heartbeats_[i].judged()) continue;
    all_answered = all_answered && heartbeats_[i].answered();
    if (heartbeats_[i].verdict() == Verdict::kLate && late == HeartbeatCount()) late = i;
  }
  const WatchdogMachine* late_dog = nullptr;
  if (dialect_) {
    all_answered = all_answered && !dialect_->opening();
    for (const WatchdogMachine& watchdog : dialect_->watchdogs()) {
      if (!watchdog.judged()) continue;
      all_answered = all_answered && watchdog.answered();
      if (watchdog.verdict() == Verdict::kLate && late_dog == nullptr) late_dog = &watchdog;
    }
  }
  Move move{.state = state_, .health = Health::kHealthy, .reason = Reason::kNone, .path = Path::kUnknown, .detail = {}};
  if (!AnyJudged() && !opening()) {
    move.health = Health::kUnknown;
  } else if (!all_answered) {
    // Stays what it was, unless that was said of other heartbeats than are declared now.
    if (health_ == Health::kDown || health_ == Health::kUnknown) return;
    move.health = Health::kUnknown;
    move.reason = declared ? Reason::kOperator : Reason::kNone;
    move.detail = declared ? "the declaration was changed" : "what the peer has turned on is not answered yet";
  } else if (late != HeartbeatCount()) {
    move.health = Health::kDegraded;
    move.reason = IsApp(late) ? Reason::kAppHeartbeat : Reason::kProtocolHeartbeat;
    move.detail = MissDetail(late);
  } else if (late_dog != nullptr) {
    move.health = Health::kDegraded;
    move.reason = Reason::kWatchdog;
    move.detail = late_dog->detail();
  }
  if (move.health == health_ && move.reason == reason_) return;
  if (dialect_ && !dialect_->TakeHealthChange(tick.now)) return;
  Enter(tick, std::move(move), out);
}

void SessionMachine::LoseHeartbeats() {
  if (dialect_) dialect_->OnLost(*spec_);
  for (size_t i = 0; i < HeartbeatCount(); ++i) heartbeats_[i].OnLost();
}

}  // namespace holter::core
