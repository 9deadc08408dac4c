// The heartbeats of a session and the health that follows from them.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "base/duration_text.h"
#include "core/session_machine.h"

namespace holter::core {
namespace {

using Kind = BeatReport::Kind;

uint64_t KeyOf(std::string_view echo) { return absl::HashOf(absl::string_view(echo.data(), echo.size())); }

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
  return IsApp(i) ? spec_->beats[BeatIndex(i)].cadence : spec_->protocol.cadence;
}

bool SessionMachine::AnyJudged() const {
  for (size_t i = 0; i < HeartbeatCount(); ++i) {
    if (heartbeats_[i].judged()) return true;
  }
  return false;
}

void SessionMachine::AdoptSpec(const Tick& tick, std::shared_ptr<const SharedSpec> spec) {
  if (spec == spec_) return;
  const size_t count = spec->beats.size() + (spec->protocol.active ? 1 : 0);
  auto fresh = std::make_unique<HeartbeatMachine[]>(count);
  const std::shared_ptr<const SharedSpec> old_spec = std::exchange(spec_, std::move(spec));
  const bool had_protocol = old_spec && old_spec->protocol.active;
  for (size_t i = 0; i < count; ++i) {
    const BeatSpec* beat = IsApp(i) ? &spec_->beats[BeatIndex(i)] : nullptr;
    fresh[i] = HeartbeatMachine(beat == nullptr || beat->expect.has_value());
    HeartbeatMachine* old = nullptr;
    bool same = false;
    if (beat == nullptr && had_protocol) {
      old = &heartbeats_[0];
      same = old_spec->protocol == spec_->protocol;
    } else if (beat != nullptr && old_spec) {
      const auto found = std::find_if(old_spec->beats.begin(), old_spec->beats.end(),
                                      [beat](const BeatSpec& other) { return other.name == beat->name; });
      if (found != old_spec->beats.end()) {
        old = &heartbeats_[static_cast<size_t>(found - old_spec->beats.begin()) + (had_protocol ? 1 : 0)];
        same = *found == *beat;
      }
    }
    if (same) {
      fresh[i] = std::move(*old);
      continue;
    }
    if (old != nullptr) fresh[i].AdoptCounters(old->counters());
    if (IsOpen()) fresh[i].OnOpened(tick.now, CadenceOf(i));
  }
  heartbeats_ = std::move(fresh);
  heartbeat_count_ = static_cast<uint8_t>(count);
}

void SessionMachine::SendDue(const Tick& tick, ActionList& out) {
  for (size_t i = 0; i < HeartbeatCount(); ++i) {
    if (heartbeats_[i].Due(tick.now)) SendHeartbeat(tick, i, out);
  }
}

void SessionMachine::SendHeartbeat(const Tick& tick, size_t i, ActionList& out) {
  HeartbeatMachine& heartbeat = heartbeats_[i];
  if (!heartbeat.HasRoom()) {
    if (heartbeat.Due(tick.now)) heartbeat.SkipTurn(tick.now, CadenceOf(i));
    return;
  }
  const BeatSpec* beat = IsApp(i) ? &spec_->beats[BeatIndex(i)] : nullptr;
  const MessageTemplate& message = beat == nullptr ? spec_->protocol.payload : beat->send;
  const BeatVariables variables =
      DrawVariables(heartbeat.next_seq(), tick.wall, message.Uses(Variable::kUuid), *random_);
  std::string payload;
  message.Expand(variables, payload);
  uint64_t key = 0;
  if (beat == nullptr) {
    key = KeyOf(payload);
  } else if (beat->correlate) {
    std::string echo;
    variables.Append(beat->correlate->variable, echo);
    key = KeyOf(echo);
  }
  heartbeat.OnSent(tick, CadenceOf(i), key, *random_);
  if (beat == nullptr) {
    out.emplace_back(PingAction{std::move(payload)});
  } else {
    ++traffic_.messages_out;
    out.emplace_back(SendAction{.kind = message.kind(), .payload = std::move(payload)});
  }
  Report(i, Kind::kSent, std::nullopt, out);
}

bool SessionMachine::Judge(const Tick& tick, size_t i, const LinkState& link, ActionList& out) {
  HeartbeatMachine& heartbeat = heartbeats_[i];
  bool excused = false;
  while (const auto judgement = heartbeat.JudgeNext(tick, CadenceOf(i))) {
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
  out.emplace_back(DropAction{.manner = DropAction::Manner::kFarewell,
                              .code = spec_->close.on_dead_code,
                              .reason = IsApp(i) ? "heartbeat unanswered" : "ping unanswered"});
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

void SessionMachine::OnPing(const Tick& /*tick*/, std::string_view /*payload*/, ActionList& /*out*/) {}

void SessionMachine::OnPong(const Tick& tick, std::string_view payload, ActionList& out) {
  if (!IsOpen() || !spec_->protocol.active) return;
  const uint64_t key = KeyOf(payload);
  TakeAnswer(tick, 0,
             spec_->protocol.answer == PongRule::kAnyPong ? heartbeats_[0].OnAnyPong(tick, key)
                                                          : heartbeats_[0].OnExactEcho(tick, key),
             out);
}

std::optional<Kind> SessionMachine::Peek(size_t i, std::string_view message, uint64_t& key) const {
  if (!IsApp(i)) return std::nullopt;
  const BeatSpec& beat = spec_->beats[BeatIndex(i)];
  if (!beat.expect) return std::nullopt;
  if (!beat.correlate) {
    if (!beat.expect->Matches(message)) return std::nullopt;
    return heartbeats_[i].PeekUncorrelated();
  }
  std::string echo;
  if (!beat.expect->MatchesWithEcho(message, *beat.correlate, echo)) return std::nullopt;
  key = KeyOf(echo);
  return heartbeats_[i].PeekCorrelated(key);
}

void SessionMachine::OnMessage(const Tick& tick, FrameKind /*kind*/, std::string_view payload, ActionList& out) {
  if (!IsOpen()) return;
  ++traffic_.messages_in;
  // One message answers one beat: that which claims it best.
  size_t best = HeartbeatCount();
  uint64_t best_key = 0;
  int best_rank = 0;
  for (size_t i = 0; i < HeartbeatCount(); ++i) {
    uint64_t key = 0;
    const std::optional<Kind> kind = Peek(i, payload, key);
    if (!kind || (best != HeartbeatCount() && ClaimRank(*kind) >= best_rank)) continue;
    best = i;
    best_key = key;
    best_rank = ClaimRank(*kind);
    if (best_rank == 0) break;
  }
  if (best == HeartbeatCount()) return;
  const bool correlated = spec_->beats[BeatIndex(best)].correlate.has_value();
  TakeAnswer(tick, best,
             correlated ? heartbeats_[best].OnCorrelated(tick, best_key) : heartbeats_[best].OnUncorrelated(tick), out);
}

void SessionMachine::JudgeHealth(const Tick& tick, ActionList& out) {
  bool all_answered = true;
  size_t late = HeartbeatCount();
  for (size_t i = 0; i < HeartbeatCount(); ++i) {
    if (!heartbeats_[i].judged()) continue;
    all_answered = all_answered && heartbeats_[i].answered();
    if (heartbeats_[i].verdict() == Verdict::kLate && late == HeartbeatCount()) late = i;
  }
  Move move{.state = state_, .health = Health::kHealthy, .reason = Reason::kNone, .path = Path::kUnknown, .detail = {}};
  if (!AnyJudged()) {
    move.health = Health::kUnknown;
  } else if (!all_answered) {
    // Stays what it was, unless that was said of other heartbeats than are declared now.
    if (health_ == Health::kDown || health_ == Health::kUnknown) return;
    move.health = Health::kUnknown;
    move.reason = Reason::kOperator;
    move.detail = "the declaration was changed";
  } else if (late != HeartbeatCount()) {
    move.health = Health::kDegraded;
    move.reason = IsApp(late) ? Reason::kAppHeartbeat : Reason::kProtocolHeartbeat;
    move.detail = MissDetail(late);
  }
  if (move.health != health_ || move.reason != reason_) Enter(tick, std::move(move), out);
}

void SessionMachine::LoseHeartbeats() {
  for (size_t i = 0; i < HeartbeatCount(); ++i) heartbeats_[i].OnLost();
}

}  // namespace holter::core
