// What comes from the peer, and which heartbeats it answers.
#include <fmt/format.h>

#include <utility>

#include "core/beat_key.h"
#include "core/session_machine.h"

namespace holter::core {
namespace {

using Kind = BeatReport::Kind;

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

}  // namespace holter::core
