#include "core/watchdog_machine.h"

#include <absl/strings/numbers.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/duration_text.h"

namespace holter::core {

void WatchdogMachine::OnOpened(const Tick& tick, const WatchdogSpec& spec, const Limits& limits) {
  OnLost();
  limits_ = limits;
  verdict_ = Verdict::kUnknown;
  detail_.reset();
  on_ = true;
  if (spec.per) return;  // each begins with its first message
  instances_.emplace_back();
  instances_.back().since = tick.now;
}

void WatchdogMachine::OnLost() {
  instances_ = {};
  on_ = false;
  answered_ = false;
  if (!dead()) {
    verdict_ = Verdict::kUnknown;
    detail_.reset();
  }
}

bool WatchdogMachine::SetLimits(TimePoint now, const Limits& limits) {
  if (limits == limits_) return false;
  const bool turned_on = limits.within && !limits_.within;
  limits_ = limits;
  for (Instance& instance : instances_) {
    // Nobody had to be heard, or to grow, while it was off.
    if (turned_on) {
      instance.since = now;
      instance.excuses = 0;
      std::fill(instance.grown.begin(), instance.grown.end(), now);
    }
    instance.silent = instance.silent && limits.degraded_after;
  }
  if (on_ && !dead()) Settle();
  return true;
}

WatchdogMachine::Instance* WatchdogMachine::InstanceFor(const Tick& tick, const WatchdogSpec& spec,
                                                        const InboundMessage& message) {
  if (!spec.per) return instances_.data();
  Value key;
  if (!spec.per->Extract(message, key) || key.text.size() > kLongestKey) return nullptr;
  const auto found = std::find_if(instances_.begin(), instances_.end(),
                                  [&key](const Instance& instance) { return instance.key == key.text; });
  if (found != instances_.end()) return &*found;
  if (instances_.size() == kMostInstances) return nullptr;
  instances_.emplace_back();
  instances_.back().key = std::move(key.text);
  instances_.back().since = tick.now;
  return &instances_.back();
}

bool WatchdogMachine::OnMatch(const Tick& tick, const WatchdogSpec& spec, const InboundMessage& message) {
  if (!on_ || dead()) return false;
  const Verdict before = verdict_;
  const bool was_answered = answered_;
  ++matches_;
  last_match_ = tick.now;
  if (Instance* const instance = InstanceFor(tick, spec, message)) {
    answered_ = true;
    instance->since = tick.now;
    instance->excuses = 0;
    instance->silent = false;
    instance->violated = !Check(tick, spec, message, *instance);
  }
  if (!dead()) Settle();
  return verdict_ != before || answered_ != was_answered;
}

bool WatchdogMachine::OnGone(const WatchdogSpec& spec, const InboundMessage& message) {
  Value key;
  if (!on_ || dead() || !spec.gone->value.Extract(message, key)) return false;
  if (std::erase_if(instances_, [&key](const Instance& instance) { return instance.key == key.text; }) == 0) {
    return false;
  }
  answered_ = !instances_.empty();
  Settle();
  return true;
}

bool WatchdogMachine::Check(const Tick& tick, const WatchdogSpec& spec, const InboundMessage& message,
                            Instance& instance) {
  if (spec.checks.empty()) return true;
  instance.values.resize(spec.checks.size());
  instance.grown.resize(spec.checks.size(), tick.now);
  bool good = true;
  Value text;
  for (size_t i = 0; i < spec.checks.size(); ++i) {
    const CheckSpec& check = spec.checks[i];
    double value = 0;
    if (!check.value.Extract(message, text) || !absl::SimpleAtod(text.text, &value)) continue;
    std::optional<std::string> violation = Violation(tick, check, i, value, instance);
    if (instance.values[i] && value > *instance.values[i]) instance.grown[i] = tick.now;
    instance.values[i] = value;
    if (!violation) continue;
    ++violations_;
    good = false;
    Fail(fmt::format("watchdog \"{}\": {}", spec.name, *violation), check.deadly);
  }
  return good;
}

std::optional<std::string> WatchdogMachine::Violation(const Tick& tick, const CheckSpec& check, size_t index,
                                                      double value, Instance& instance) {
  const std::optional<double>& last = instance.values[index];
  switch (check.rule) {
    case CheckSpec::Rule::kStep:
      if (!last || value == *last + static_cast<double>(check.step)) return std::nullopt;
      return fmt::format("a counter went from {:.15g} to {:.15g}, expected {:.15g}", *last, value,
                         *last + static_cast<double>(check.step));
    case CheckSpec::Rule::kGrowing:
      if (!last || value > *last) return std::nullopt;
      if (value < *last) return fmt::format("a value fell from {:.15g} to {:.15g}", *last, value);
      if (!limits_.within || tick.now - instance.grown[index] < *limits_.within) return std::nullopt;
      return fmt::format("a value has not grown for {}", FormatDuration(*limits_.within));
    case CheckSpec::Rule::kFresh:
      break;
  }
  const double age =
      static_cast<double>(tick.wall.time_since_epoch().count()) - value * static_cast<double>(check.unit.count());
  if (age <= static_cast<double>(check.fresher_than.count())) return std::nullopt;
  return fmt::format("a time is older than {}", FormatDuration(check.fresher_than));
}

void WatchdogMachine::Fail(std::string detail, bool deadly) {
  if (dead()) return;
  verdict_ = deadly ? Verdict::kDead : Verdict::kLate;
  detail_ = std::make_unique<std::string>(std::move(detail));
}

// Late as long as any of what is watched is silent or was wrong last.
void WatchdogMachine::Settle() {
  const bool late = std::any_of(instances_.begin(), instances_.end(),
                                [](const Instance& instance) { return instance.silent || instance.violated; });
  if (late) {
    verdict_ = Verdict::kLate;
    return;
  }
  verdict_ = answered_ ? Verdict::kAlive : Verdict::kUnknown;
  detail_.reset();
}

bool WatchdogMachine::OnTimer(const Tick& tick, const WatchdogSpec& spec) {
  if (!on_ || dead() || !limits_.within) return false;
  const Verdict before = verdict_;
  for (Instance& instance : instances_) {
    if (tick.stalled_until > instance.since && instance.excuses < kMostExcuses) {
      instance.since = tick.stalled_until;
      ++instance.excuses;
    }
    if (tick.now >= instance.since + *limits_.within) {
      Fail(Silence(spec, *limits_.within), true);
      return true;
    }
    if (limits_.degraded_after && !instance.silent && tick.now >= instance.since + *limits_.degraded_after) {
      instance.silent = true;
      Fail(Silence(spec, *limits_.degraded_after), false);
    }
  }
  return verdict_ != before;
}

std::string WatchdogMachine::Silence(const WatchdogSpec& spec, Duration limit) const {
  if (!spec.per) return fmt::format("watchdog \"{}\" heard nothing for {}", spec.name, FormatDuration(limit));
  return fmt::format("watchdog \"{}\" heard nothing of one of {} for {}", spec.name, instances_.size(),
                     FormatDuration(limit));
}

TimePoint WatchdogMachine::NextDeadline() const {
  if (!on_ || dead() || !limits_.within) return kNever;
  TimePoint next = kNever;
  for (const Instance& instance : instances_) {
    next = std::min(next, instance.since + *limits_.within);
    if (limits_.degraded_after && !instance.silent) next = std::min(next, instance.since + *limits_.degraded_after);
  }
  return next;
}

TimePoint WatchdogMachine::DeathDeadline() const {
  if (!on_ || dead() || !limits_.within) return kNever;
  TimePoint next = kNever;
  for (const Instance& instance : instances_) next = std::min(next, instance.since + *limits_.within);
  return next;
}

const std::string& WatchdogMachine::detail() const {
  static const std::string* const kNothing = new std::string();
  return detail_ ? *detail_ : *kNothing;
}

std::optional<TimePoint> WatchdogMachine::last_match() const {
  if (last_match_ == TimePoint::min()) return std::nullopt;
  return last_match_;
}

}  // namespace holter::core
