// The heartbeats of a session and the health that follows from them.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/numbers.h"
#include "base/duration_text.h"
#include "core/session_machine.h"

namespace holter::core {
namespace {

using Kind = BeatReport::Kind;

uint64_t KeyOf(std::string_view echo) { return absl::HashOf(absl::string_view(echo.data(), echo.size())); }

uint64_t KeyOfVariable(const BeatSpec& beat, const BeatVariables& variables) {
  if (!beat.correlate) return 0;
  static thread_local std::string echo;  // keeps its capacity
  echo.clear();
  variables.Append(beat.correlate->variable, echo);
  uint64_t number = 0;
  if (beat.correlate->at_least && absl::SimpleAtoi(echo, &number)) return number;
  return KeyOf(echo);
}

// False when there is no echo in the message.
bool KeyOfEcho(const Correlation& correlate, const InboundMessage& message, uint64_t& key) {
  static thread_local Value echo;  // keeps its capacity
  if (!correlate.place.Extract(message, echo)) return false;
  if (correlate.at_least) return absl::SimpleAtoi(echo.text, &key);
  key = KeyOf(echo.text);
  return true;
}

// How well a heartbeat claims a message; the best claim gets it.
int ClaimRank(Kind kind) {
  switch (kind) {
    case Kind::kAcked:
      return 0;
    case Kind::kLate:
      return 1;
    case Kind::kDuplicate:
      return 2;
    case Kind::kForeign:
      return 3;
    default:
      return 4;
  }
}

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
  for (size_t i = 0; i < HeartbeatCount(); ++i) {
    if (heartbeats_[i].Due(tick.now)) SendHeartbeat(tick, i, out);
  }
}

void SessionMachine::SendHeartbeat(const Tick& tick, size_t i, ActionList& out, std::optional<Duration> again) {
  HeartbeatMachine& heartbeat = heartbeats_[i];
  const BeatSpec* beat = IsApp(i) ? &spec_->beats[BeatIndex(i)] : nullptr;
  const int most = spec_->dialect.sends_per_minute;
  const bool may_send = beat == nullptr || most == 0 || dialect_->TakeFromBudget(tick.now, most);
  if (!may_send || (!again && !heartbeat.HasRoom(CadenceOf(i)))) {
    if (heartbeat.Due(tick.now)) heartbeat.SkipTurn(tick.now, CadenceOf(i));
    return;
  }
  const MessageTemplate& message = beat == nullptr ? spec_->protocol.payload : beat->send;
  const BeatVariables variables = DrawVariables(heartbeat.next_seq(), tick.wall, message.NeedsRandom(), *random_);
  const TemplateInput input{.variables = &variables, .values = dialect_ ? &dialect_->values() : nullptr};
  std::string payload;
  message.Expand(input, payload);
  const uint64_t key = beat == nullptr ? KeyOf(payload) : KeyOfVariable(*beat, variables);
  if (again) {
    heartbeat.OnSentAgain(tick, *again, key);
  } else {
    heartbeat.OnSent(tick, CadenceOf(i), key, *random_);
  }
  if (beat == nullptr) {
    out.emplace_back(PingAction{std::move(payload)});
  } else {
    ++traffic_.messages_out;
    out.emplace_back(
        SendAction{.kind = message.KindFor(input), .payload = std::move(payload), .secret = HoldsSecret(message)});
    PutOffIdle(tick.now, true);
  }
  Report(i, Kind::kSent, std::nullopt, out);
}

bool SessionMachine::Judge(const Tick& tick, size_t i, const LinkState& link, ActionList& out) {
  HeartbeatMachine& heartbeat = heartbeats_[i];
  bool excused = false;
  while (const auto judgement = heartbeat.JudgeNext(tick, CadenceOf(i))) {
    if (judgement->retry) {
      SendHeartbeat(tick, i, out, judgement->retry);
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
  return true;
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

void SessionMachine::TakeAnswer(const Tick& tick, size_t i, const HeartbeatMachine::Answer& answer, ActionList& out) {
  for (int other = 0; other < answer.others; ++other) Report(i, Kind::kAcked, std::nullopt, out);
  Report(i, answer.kind, answer.rtt, out);
  if (answer.kind != Kind::kAcked) return;
  heartbeats_[i].CountFromAnswer(tick.now, CadenceOf(i));
  last_alive_ = tick.now;
  JudgeHealth(tick, out);
}

void SessionMachine::OnInbound(const Tick& tick, size_t bytes, ActionList& out) {
  if (!IsOpen()) return;
  traffic_.bytes_in += bytes;
  if (!spec_->protocol.active || spec_->protocol.answer != PongRule::kAnyInbound) return;
  const int proven = heartbeats_[0].OnProofOfLife(tick);
  for (int beat = 0; beat < proven; ++beat) Report(0, Kind::kAcked, std::nullopt, out);
  if (proven == 0) return;
  last_alive_ = tick.now;
  JudgeHealth(tick, out);
}

void SessionMachine::OnPing(const Tick& tick, std::string_view payload, ActionList& out) {
  if (IsOpen() && dialect_) OnControl(tick, InboundMessage(InboundKind::kPing, payload), out);
}

void SessionMachine::OnPong(const Tick& tick, std::string_view payload, ActionList& out) {
  if (!IsOpen()) return;
  if (dialect_) OnControl(tick, InboundMessage(InboundKind::kPong, payload), out);
  if (!IsOpen() || !spec_->protocol.active) return;
  const uint64_t key = KeyOf(payload);
  TakeAnswer(tick, 0,
             spec_->protocol.answer == PongRule::kAnyPong ? heartbeats_[0].OnAnyPong(tick, key)
                                                          : heartbeats_[0].OnExactEcho(tick, key),
             out);
}

std::optional<Kind> SessionMachine::Peek(size_t i, const InboundMessage& message, uint64_t& key) const {
  if (!IsApp(i)) return std::nullopt;
  const BeatSpec& beat = spec_->beats[BeatIndex(i)];
  if (!beat.expect || heartbeats_[i].off() || !beat.expect->Matches(message)) return std::nullopt;
  if (!beat.correlate) return heartbeats_[i].PeekUncorrelated();
  if (!KeyOfEcho(*beat.correlate, message, key)) return std::nullopt;
  return beat.correlate->at_least ? heartbeats_[i].PeekAtLeast(key) : heartbeats_[i].PeekCorrelated(key);
}

bool SessionMachine::AnswerBeats(const Tick& tick, const InboundMessage& message, ActionList& out) {
  // One message answers one beat: that which claims it best.
  size_t best = HeartbeatCount();
  uint64_t best_key = 0;
  int best_rank = 0;
  bool claimed = false;
  for (size_t i = 0; i < HeartbeatCount(); ++i) {
    uint64_t key = 0;
    const std::optional<Kind> kind = Peek(i, message, key);
    if (!kind) continue;
    // Where any message is an answer, only the words of the others say whether it is also a question.
    const bool names_it = *spec_->beats[BeatIndex(i)].expect != Matcher::Anything();
    claimed = claimed || names_it;
    if (!names_it && !heartbeats_[i].outstanding()) continue;
    if (best != HeartbeatCount() && ClaimRank(*kind) >= best_rank) continue;
    best = i;
    best_key = key;
    best_rank = ClaimRank(*kind);
    if (best_rank == 0) break;
  }
  if (best == HeartbeatCount()) return claimed;
  HeartbeatMachine& heartbeat = heartbeats_[best];
  const std::optional<Correlation>& correlate = spec_->beats[BeatIndex(best)].correlate;
  if (!correlate) {
    TakeAnswer(tick, best, heartbeat.OnUncorrelated(tick), out);
  } else if (correlate->at_least) {
    TakeAnswer(tick, best, heartbeat.OnAtLeast(tick, best_key), out);
  } else {
    TakeAnswer(tick, best, heartbeat.OnCorrelated(tick, best_key), out);
  }
  return claimed;
}

bool SessionMachine::Refused(const Tick& tick, const InboundMessage& message, ActionList& out) {
  for (size_t i = 0; i < HeartbeatCount(); ++i) {
    if (!IsApp(i) || !heartbeats_[i].outstanding()) continue;
    const BeatSpec& beat = spec_->beats[BeatIndex(i)];
    if (!beat.refused || !beat.refused->Matches(message)) continue;
    uint64_t key = 0;
    if (beat.correlate &&
        (!KeyOfEcho(*beat.correlate, message, key) || heartbeats_[i].PeekCorrelated(key) != Kind::kAcked)) {
      continue;
    }
    GiveUp(tick,
           {.then = RetryClass::kBackOff,
            .reason = Reason::kAppHeartbeat,
            .path = Path::kPeer,
            .detail = fmt::format("the peer refuses beat \"{}\"", beat.name),
            .retry_after = std::nullopt},
           "heartbeat refused", out);
    return true;
  }
  return false;
}

void SessionMachine::PutOffIdle(TimePoint now, bool sent) {
  if (!spec_->dialect.idles) return;
  const CadenceMode one_side = sent ? CadenceMode::kIdleSent : CadenceMode::kIdleReceived;
  for (size_t i = 0; i < HeartbeatCount(); ++i) {
    const Cadence& cadence = CadenceOf(i);
    if (cadence.mode == one_side || cadence.mode == CadenceMode::kIdle) heartbeats_[i].PutOff(now, cadence);
  }
}

void SessionMachine::OnMessage(const Tick& tick, FrameKind kind, std::string_view payload, ActionList& out) {
  if (!IsOpen()) return;
  ++traffic_.messages_in;
  const InboundKind inbound = kind == FrameKind::kBinary ? InboundKind::kBinary : InboundKind::kText;
  if (spec_->dialect.decoder.empty()) return OnDecoded(tick, InboundMessage(inbound, payload), out);
  const absl::Status decoded =
      dialect_->decoder().Decode(spec_->dialect.decoder, inbound, payload, spec_->connect.max_message_bytes,
                                 [&](InboundKind decoded_kind, std::string_view message) {
                                   OnDecoded(tick, InboundMessage(decoded_kind, message), out);
                                   return IsOpen();
                                 });
  if (decoded.ok() || !IsOpen()) return;
  GiveUp(tick,
         {.then = RetryClass::kBackOff,
          .reason = Reason::kDecode,
          .path = Path::kUnknown,
          .detail = std::string(decoded.message()),
          .retry_after = std::nullopt},
         "message could not be decoded", out);
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
