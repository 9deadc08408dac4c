#include "core/dialect_machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "base/utf8.h"
#include "core/json_tape.h"

namespace holter::core {
namespace {

// A parameter that reads as a JSON number or truth value is one where it stands alone.
Value::Kind KindOf(std::string_view text) {
  const InboundMessage message(InboundKind::kText, text);
  const JsonTape* const json = message.Json();
  if (json == nullptr) return Value::Kind::kText;
  const JsonType type = json->type(JsonTape::kRoot);
  return type == JsonType::kNumber || type == JsonType::kBoolean ? Value::Kind::kToken : Value::Kind::kText;
}

// The heartbeats as SessionMachine counts them: the protocol's first if it is active.
template <typename Each>
void ForEachHeartbeat(const SharedSpec& spec, Each each) {
  size_t i = 0;
  if (spec.protocol.active) each(i++, spec.protocol.cadence, spec.protocol.computed);
  for (const BeatSpec& beat : spec.beats) each(i++, beat.cadence, beat.computed);
}

}  // namespace

DialectMachine::DialectMachine(const SharedSpec& spec, std::shared_ptr<const ParameterList> parameters)
    : parameters_(std::move(parameters)),
      values_(spec.dialect.scope.size()),
      watchdogs_(spec.dialect.watchdogs.size()) {
  if (parameters_ != nullptr) {
    for (const ParameterValue& parameter : *parameters_) {
      if (!parameter.secret) values_.Set(parameter.slot, KindOf(parameter.text), parameter.text);
    }
  }
  for (const SignatureSpec& signature : spec.dialect.signatures) signature_slots_ |= uint64_t{1} << signature.slot;
  if (!spec.dialect.computes) return;
  ForEachHeartbeat(spec, [this](size_t, const Cadence& cadence, const auto&) {
    cadences_.push_back({.cadence = cadence, .on = true});
  });
}

void DialectMachine::OnOpened(const Tick& tick, const SharedSpec& spec, const OpenInfo& info, Random& random) {
  ForgetCaptured(spec.dialect);
  secret_slots_ = signature_slots_;
  for (const auto& [slot, secret] : info.secrets) {
    values_.Set(slot, Value::Kind::kText, secret.Reveal());
    secret_slots_ |= uint64_t{1} << slot;
  }
  decoder_.Reset();
  said_ = 0;
  step_ = 0;
  step_since_ = tick.now;
  step_excuses_ = 0;
  step_begun_ = false;
  opening_ = !spec.dialect.open.empty();
  Compute(tick.now, spec, random);
}

void DialectMachine::OnLost(const SharedSpec& spec) {
  ForgetCaptured(spec.dialect);
  decoder_.Reset();
  for (WatchdogMachine& watchdog : watchdogs_) watchdog.OnLost();
  opening_ = false;
  health_waits_ = false;
}

void DialectMachine::ForgetCaptured(const DialectSpec& spec) {
  for (size_t slot = 0; slot < spec.scope.size(); ++slot) {
    if (spec.scope[slot].origin != Origin::kParameter) values_.Clear(slot);
  }
  if (parameters_ == nullptr) return;
  for (const ParameterValue& parameter : *parameters_) {
    if (parameter.secret) values_.Clear(parameter.slot);
  }
}

void DialectMachine::Adopt(const Tick& tick, const SharedSpec& spec, const SharedSpec& old_spec, DialectMachine& old,
                           Random& random) {
  values_ = std::move(old.values_);
  decoder_ = std::move(old.decoder_);
  budget_ = old.budget_;
  said_ = old.said_;
  secret_slots_ = old.secret_slots_;
  step_ = old.step_;
  step_since_ = old.step_since_;
  step_excuses_ = old.step_excuses_;
  step_begun_ = old.step_begun_;
  opening_ = old.opening_;
  Compute(tick.now, spec, random);
  const std::vector<WatchdogSpec>& before = old_spec.dialect.watchdogs;
  for (size_t i = 0; i < watchdogs_.size(); ++i) {
    const WatchdogSpec& now = spec.dialect.watchdogs[i];
    const auto found = std::find(before.begin(), before.end(), now);
    if (found != before.end()) {
      watchdogs_[i] = std::move(old.watchdogs_[static_cast<size_t>(found - before.begin())]);
    } else if (!opening_) {
      watchdogs_[i].OnOpened(tick, now, LimitsOf(now, random));
    }
  }
}

const OpenStepSpec* DialectMachine::step(const DialectSpec& spec) const {
  return opening_ ? &spec.open[step_] : nullptr;
}

void DialectMachine::BeginStep(TimePoint now) {
  step_begun_ = true;
  step_since_ = now;
  step_excuses_ = 0;
}

bool DialectMachine::EndStep(const DialectSpec& spec) {
  ++step_;
  step_begun_ = false;
  opening_ = step_ < spec.open.size();
  return !opening_;
}

TimePoint DialectMachine::StepDeadline(const DialectSpec& spec) const {
  return opening_ ? step_since_ + spec.open[step_].within : kNever;
}

bool DialectMachine::StepExpired(const Tick& tick, const DialectSpec& spec) {
  if (!opening_) return false;
  if (tick.stalled_until > step_since_ && step_excuses_ < WatchdogMachine::kMostExcuses) {
    step_since_ = tick.stalled_until;
    ++step_excuses_;
  }
  return tick.now >= StepDeadline(spec);
}

std::string DialectMachine::StepName() const { return fmt::format("open[{}]", step_); }

void DialectMachine::BeginWatching(const Tick& tick, const SharedSpec& spec, Random& random) {
  for (size_t i = 0; i < watchdogs_.size(); ++i) {
    const WatchdogSpec& watchdog = spec.dialect.watchdogs[i];
    watchdogs_[i].OnOpened(tick, watchdog, LimitsOf(watchdog, random));
  }
}

bool DialectMachine::TakeAll(const std::vector<CaptureSpec>& captures, const InboundMessage& message,
                             bool& timing_changed) {
  static thread_local Value value;  // keeps its capacity
  bool all = true;
  for (const CaptureSpec& capture : captures) {
    if (!capture.from.Extract(message, value)) {
      all = all && capture.optional;
    } else if (values_.Set(capture.slot, value.kind, value.text, capture.keep)) {
      timing_changed = timing_changed || capture.times;
    }
  }
  return all;
}

bool DialectMachine::Capture(const DialectSpec& spec, const InboundMessage& message) {
  bool timing_changed = false;
  const bool control = message.kind() == InboundKind::kPing || message.kind() == InboundKind::kPong;
  for (const CaptureRuleSpec& rule : spec.captures) {
    if (rule.when ? rule.when->Matches(message) : !control) TakeAll(rule.values, message, timing_changed);
  }
  return timing_changed;
}

bool DialectMachine::Holds(const std::optional<size_t>& slot) const {
  if (!slot) return true;
  const Value& value = values_[*slot];
  return value.known() && !value.text.empty() && value.text != "0" && value.text != "false";
}

std::optional<std::string> DialectMachine::Shown(size_t slot) const {
  const Value& value = values_[slot];
  if (!value.known() || value.text.size() > kLongestShown) return std::nullopt;
  for (size_t i = 0; i < values_.size(); ++i) {
    const bool is_secret = (secret_slots_ >> i & 1) != 0 && !values_[i].text.empty();
    if (is_secret && value.text.find(values_[i].text) != std::string::npos) return std::nullopt;
  }
  return FindInvalidUtf8(value.text) == std::string_view::npos ? value.text : absl::BytesToHexString(value.text);
}

void DialectMachine::Sign(const DialectSpec& spec, const MessageTemplate& message, const BeatVariables& variables) {
  const TemplateInput input{.variables = &variables, .values = &values_};
  std::string text;
  for (const SignatureSpec& signature : spec.signatures) {
    if ((message.slots() >> signature.slot & 1) == 0) continue;
    text.clear();
    signature.text.Expand(input, text);
    const std::string code = Hmac(signature.hash, values_[signature.key].text, text);
    values_.Set(signature.slot, Value::Kind::kText,
                signature.base64 ? absl::Base64Escape(code) : absl::BytesToHexString(code));
  }
}

bool DialectMachine::Compute(TimePoint now, const SharedSpec& spec, Random& random) {
  bool changed = false;
  if (!cadences_.empty()) {
    ForEachHeartbeat(spec, [&](size_t i, const Cadence& declared, const std::optional<ComputedCadence>& computed) {
      if (!computed) return;
      Timing timing{.cadence = declared, .on = true};
      const std::optional<Duration> interval = computed->interval.Evaluate(values_, Duration::zero(), random);
      if (interval) timing.cadence.interval = *interval;
      const std::optional<Duration> timeout = computed->timeout.Evaluate(values_, timing.cadence.interval, random);
      if (timeout) timing.cadence.timeout = *timeout;
      timing.on = interval && timeout;
      timing.cadence.first_delay =
          computed->first_delay.Evaluate(values_, timing.cadence.interval, random).value_or(Duration::zero());
      // A random first delay alone is no change.
      changed = changed || timing.on != cadences_[i].on || timing.cadence.interval != cadences_[i].cadence.interval ||
                timing.cadence.timeout != cadences_[i].cadence.timeout;
      cadences_[i] = std::move(timing);
    });
  }
  return SetLimits(now, spec.dialect, random) || changed;
}

WatchdogMachine::Limits DialectMachine::LimitsOf(const WatchdogSpec& spec, Random& random) const {
  WatchdogMachine::Limits limits;
  if (spec.within) limits.within = spec.within->Evaluate(values_, Duration::zero(), random);
  if (limits.within && spec.degraded_after) {
    limits.degraded_after = spec.degraded_after->Evaluate(values_, Duration::zero(), random);
  }
  return limits;
}

bool DialectMachine::SetLimits(TimePoint now, const DialectSpec& spec, Random& random) {
  bool changed = false;
  for (size_t i = 0; i < watchdogs_.size(); ++i) {
    changed = watchdogs_[i].SetLimits(now, LimitsOf(spec.watchdogs[i], random)) || changed;
  }
  return changed;
}

DialectMachine::Heard DialectMachine::Watch(const Tick& tick, const DialectSpec& spec, const InboundMessage& message) {
  Heard heard;
  for (size_t i = 0; i < watchdogs_.size(); ++i) {
    const WatchdogSpec& watchdog = spec.watchdogs[i];
    if (watchdog.when.Matches(message)) {
      heard.any = true;
      heard.changed = watchdogs_[i].OnMatch(tick, watchdog, message) || heard.changed;
    }
    if (watchdog.gone && watchdog.gone->when.Matches(message)) {
      heard.changed = watchdogs_[i].OnGone(watchdog, message) || heard.changed;
    }
  }
  return heard;
}

bool DialectMachine::OnTimer(const Tick& tick, const DialectSpec& spec) {
  bool changed = false;
  if (tick.now - health_window_ >= kHealthWindow) health_waits_ = false;
  for (size_t i = 0; i < watchdogs_.size(); ++i) {
    changed = watchdogs_[i].OnTimer(tick, spec.watchdogs[i]) || changed;
  }
  return changed;
}

const WatchdogMachine* DialectMachine::dead() const {
  const auto found = std::find_if(watchdogs_.begin(), watchdogs_.end(),
                                  [](const WatchdogMachine& watchdog) { return watchdog.on() && watchdog.dead(); });
  return found == watchdogs_.end() ? nullptr : &*found;
}

bool DialectMachine::TakeHealthChange(TimePoint now) {
  if (now - health_window_ >= kHealthWindow) {
    health_window_ = now;
    health_changes_ = 0;
  }
  health_waits_ = health_changes_ == kMostHealthChanges;
  if (!health_waits_) ++health_changes_;
  return !health_waits_;
}

TimePoint DialectMachine::NextDeadline(const DialectSpec& spec) const {
  TimePoint next = StepDeadline(spec);
  if (health_waits_) next = std::min(next, health_window_ + kHealthWindow);
  for (const WatchdogMachine& watchdog : watchdogs_) next = std::min(next, watchdog.NextDeadline());
  return next;
}

TimePoint DialectMachine::VerdictDeadline(const DialectSpec& spec) const {
  TimePoint next = StepDeadline(spec);
  for (const WatchdogMachine& watchdog : watchdogs_) next = std::min(next, watchdog.DeathDeadline());
  return next;
}

}  // namespace holter::core
