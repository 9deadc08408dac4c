// What a session says and hears besides its heartbeats: the open script, captures, answers, watchdogs and ends.
#include <fmt/format.h>

#include <utility>

#include "base/duration_text.h"
#include "base/utf8.h"
#include "core/session_machine.h"

namespace holter::core {
namespace {

constexpr uint16_t kGoodbye = 1000;

Path PathOf(const LinkState& link) { return link.unacked_bytes ? Path::kNetwork : Path::kPeer; }

}  // namespace

std::optional<SessionMachine::Outgoing> SessionMachine::Write(const Tick& tick, const MessageTemplate& message,
                                                              uint64_t seq, const InboundMessage* question) {
  const bool is_signed = dialect_ && dialect_->Signs(message);
  Outgoing sent;
  sent.variables = DrawVariables(seq, tick.wall, is_signed || message.NeedsRandom(), *random_);
  if (is_signed) dialect_->Sign(spec_->dialect, message, sent.variables);
  const TemplateInput input{
      .variables = &sent.variables, .values = dialect_ ? &dialect_->values() : nullptr, .question = question};
  message.Expand(input, sent.payload);
  sent.kind = message.KindFor(input);
  const bool is_good = sent.kind != FrameKind::kText || !message.MayBreakUtf8() ||
                       FindInvalidUtf8(sent.payload) == std::string_view::npos;
  return is_good ? std::optional(std::move(sent)) : std::nullopt;
}

void SessionMachine::FailToWrite(const Tick& tick, std::string_view what, ActionList& out) {
  GiveUp(tick,
         {.then = RetryClass::kBackOff,
          .reason = Reason::kEncode,
          .path = Path::kUnknown,
          .detail = fmt::format("{}: a value in the text to send is no UTF-8", what),
          .retry_after = std::nullopt},
         "message could not be written", out);
}

bool SessionMachine::SendMessage(const Tick& tick, const MessageTemplate& message, const InboundMessage* question,
                                 ActionList& out) {
  std::optional<Outgoing> sent = Write(tick, message, dialect_->NextSeq(), question);
  if (!sent) return false;
  if (sent->kind != FrameKind::kPong) ++traffic_.messages_out;
  out.emplace_back(SendAction{.kind = sent->kind, .payload = std::move(sent->payload), .secret = HoldsSecret(message)});
  PutOffIdle(tick.now, true);
  return true;
}

void SessionMachine::RunScript(const Tick& tick, ActionList& out) {
  while (const OpenStepSpec* step = dialect_->step(spec_->dialect)) {
    if (!dialect_->step_begun()) {
      dialect_->BeginStep(tick.now);
      if (step->send && !SendMessage(tick, *step->send, nullptr, out)) {
        return FailToWrite(tick, dialect_->StepName(), out);
      }
    }
    if (step->await) return;
    dialect_->EndStep(spec_->dialect);
  }
  BeginBeats(tick, out);
}

bool SessionMachine::ScriptTakes(const Tick& tick, const InboundMessage& message, ActionList& out) {
  const OpenStepSpec* const step = dialect_->step(spec_->dialect);
  if (step == nullptr || !step->await || !step->await->Matches(message)) return false;
  bool timing_changed = false;
  if (!dialect_->TakeAll(step->capture, message, timing_changed)) {
    FailScript(tick, "a value to capture is not in what it awaited, is no number or too long", {}, out);
    return true;
  }
  if (timing_changed) Recompute(tick, out);
  dialect_->EndStep(spec_->dialect);
  RunScript(tick, out);
  return true;
}

void SessionMachine::FailScript(const Tick& tick, std::string_view what, const LinkState& link, ActionList& out) {
  GiveUp(tick,
         {.then = RetryClass::kBackOff,
          .reason = Reason::kOpenScript,
          .path = PathOf(link),
          .detail = fmt::format("{}: {}", dialect_->StepName(), what),
          .retry_after = std::nullopt},
         "opening failed", out);
}

void SessionMachine::BeginBeats(const Tick& tick, ActionList& out) {
  dialect_->BeginWatching(tick, *spec_, *random_);
  for (size_t i = 0; i < HeartbeatCount(); ++i) {
    if (IsApp(i)) StartHeartbeat(tick, i);
  }
  JudgeHealth(tick, out);
  SendDue(tick, out);
}

void SessionMachine::OnDecoded(const Tick& tick, const InboundMessage& message, ActionList& out) {
  PutOffIdle(tick.now, false);
  if (!dialect_) {
    if (!Refused(tick, message, out)) AnswerBeats(tick, message, out);
    return;
  }
  bool asks = true;
  if (dialect_->opening()) {
    if (ScriptTakes(tick, message, out)) return;
  } else {
    if (dialect_->Capture(spec_->dialect, message)) Recompute(tick, out);
    if (Refused(tick, message, out)) return;
    asks = !AnswerBeats(tick, message, out);
    if (!IsOpen()) return;
  }
  if (asks) AnswerQuestion(tick, message, out);
  if (!IsOpen()) return;
  WatchFor(tick, message, out);
  if (IsOpen()) EndIfTold(tick, message, out);
}

void SessionMachine::OnControl(const Tick& tick, const InboundMessage& message, ActionList& out) {
  if (dialect_->opening()) return;
  if (dialect_->Capture(spec_->dialect, message)) Recompute(tick, out);
  WatchFor(tick, message, out);
}

void SessionMachine::WatchFor(const Tick& tick, const InboundMessage& message, ActionList& out) {
  const DialectMachine::Heard heard = dialect_->Watch(tick, spec_->dialect, message);
  if (heard.any) last_alive_ = tick.now;
  if (!heard.changed) return;
  if (dialect_->dead() != nullptr) return DieOfWatchdog(tick, {}, out);
  JudgeHealth(tick, out);
}

void SessionMachine::AnswerQuestion(const Tick& tick, const InboundMessage& message, ActionList& out) {
  for (const AnswerSpec& rule : spec_->dialect.answers) {
    if (!dialect_->Holds(rule.only_if) || !rule.when.Matches(message)) continue;
    bool timing_changed = false;
    dialect_->TakeAll(rule.capture, message, timing_changed);
    if (timing_changed) Recompute(tick, out);
    if (rule.send) {
      if (!MayAnswer(tick, out)) return;
      if (!SendMessage(tick, *rule.send, &message, out)) {
        return FailToWrite(tick, fmt::format("answers[{}]", &rule - spec_->dialect.answers.data()), out);
      }
    }
    if (rule.beat_now && !dialect_->opening()) HurryBeat(tick, rule, out);
    return;
  }
}

bool SessionMachine::MayAnswer(const Tick& tick, ActionList& out) {
  const int declared = spec_->dialect.sends_per_minute;
  if (dialect_->TakeFromBudget(tick.now, declared == 0 ? DialectMachine::kMostAnswers : declared)) return true;
  GiveUp(tick,
         {.then = RetryClass::kSlow,
          .reason = Reason::kSendBudget,
          .path = Path::kPeer,
          .detail = "the peer asks more often than limits.sends_per_minute lets us answer",
          .retry_after = std::nullopt},
         "too many questions", out);
  return false;
}

void SessionMachine::HurryBeat(const Tick& tick, const AnswerSpec& rule, ActionList& out) {
  const size_t beat = *rule.beat_now + (spec_->protocol.active ? 1 : 0);
  if (heartbeats_[beat].off() || !heartbeats_[beat].HasRoom(CadenceOf(beat))) return;
  // Where nothing else is said, the beat is the answer.
  if (rule.send ? MaySend(tick, beat) : MayAnswer(tick, out)) WriteHeartbeat(tick, beat, std::nullopt, out);
}

void SessionMachine::EndIfTold(const Tick& tick, const InboundMessage& message, ActionList& out) {
  using End = EndSpec::Verdict;
  for (const EndSpec& rule : spec_->dialect.ends) {
    if (!dialect_->Holds(rule.only_if) || !rule.when.Matches(message)) continue;
    bool timing_changed = false;
    dialect_->TakeAll(rule.capture, message, timing_changed);
    std::string url;
    if (rule.url) {
      const BeatVariables variables = DrawVariables(0, tick.wall, rule.url->NeedsRandom(), *random_);
      rule.url->Expand({.variables = &variables, .values = &dialect_->values(), .question = &message}, url);
    }
    Loss loss{.then = RetryClass::kBackOff,
              .reason = Reason::kTerminalMessage,
              .path = Path::kUnknown,
              .detail = fmt::format("the peer said a word that ends the session (ends[{}])",
                                    &rule - spec_->dialect.ends.data()),
              .retry_after = std::nullopt};
    const bool goes_away = rule.verdict == End::kReconnect || (rule.verdict == End::kMigrate && !migrated_);
    if (goes_away) loss.then = RetryClass::kAtOnce;
    if (rule.verdict == End::kNever) {
      loss.then = RetryClass::kNever;
      out.emplace_back(
          DropAction{.manner = DropAction::Manner::kPolite, .code = kGoodbye, .reason = "told not to come back"});
      return Lose(tick, std::move(loss), out);
    }
    SetRare(&RareTexts::migrate_url, std::move(url));
    return GiveUp(tick, std::move(loss), "told to end", out);
  }
}

void SessionMachine::Recompute(const Tick& tick, ActionList& out) {
  std::vector<Cadence> before;
  std::vector<bool> was_on;
  if (spec_->dialect.computes) {
    for (size_t i = 0; i < HeartbeatCount(); ++i) {
      before.push_back(CadenceOf(i));
      was_on.push_back(dialect_->is_on(i));
    }
  }
  if (!dialect_->Compute(tick.now, *spec_, *random_)) return;
  for (size_t i = 0; i < before.size(); ++i) {
    if (opening() && IsApp(i)) continue;  // they begin when the script is done
    if (!dialect_->is_on(i)) {
      if (was_on[i]) heartbeats_[i].TurnOff();
    } else if (!was_on[i]) {
      heartbeats_[i].TurnOn(tick.now, CadenceOf(i));
    } else {
      heartbeats_[i].Reschedule(tick.now, before[i], CadenceOf(i));
    }
  }
  if (opening()) return;
  JudgeHealth(tick, out);
  SendDue(tick, out);
}

bool SessionMachine::JudgeDialect(const Tick& tick, const LinkState& link, ActionList& out) {
  if (dialect_->StepExpired(tick, spec_->dialect)) {
    const Duration within = dialect_->step(spec_->dialect)->within;
    FailScript(tick, fmt::format("what it awaited did not come within {}", FormatDuration(within)), link, out);
    return false;
  }
  dialect_->OnTimer(tick, spec_->dialect);
  if (dialect_->dead() == nullptr) return true;
  DieOfWatchdog(tick, link, out);
  return false;
}

void SessionMachine::DieOfWatchdog(const Tick& tick, const LinkState& link, ActionList& out) {
  GiveUp(tick,
         {.then = RetryClass::kBackOff,
          .reason = Reason::kWatchdog,
          .path = PathOf(link),
          .detail = dialect_->dead()->detail(),
          .retry_after = std::nullopt},
         "nothing was heard", out);
}

}  // namespace holter::core
