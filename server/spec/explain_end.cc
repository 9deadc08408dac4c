#include "spec/explain_end.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/duration_text.h"
#include "core/session_spec.h"
#include "spec/explain_words.h"
#include "spec/field_path.h"
#include "spec/json_value.h"

namespace holter::spec {
namespace {

std::string CheckWords(const v1::Check& check) {
  std::string rule;
  switch (check.rule_case()) {
    case v1::Check::kStep:
      rule = fmt::format("has to grow by {} each time", check.step());
      break;
    case v1::Check::kGrowing:
      rule = "may not shrink, and has to grow within that time";
      break;
    default:
      rule = fmt::format("has to be a time not older than {}", check.fresher_than());
      break;
  }
  const bool deadly = check.consequence() == v1::Check::CONSEQUENCE_DEAD;
  return fmt::format("  Its {} {}, else {}.", PlaceWords(check.value()), rule,
                     deadly ? "dead" : "DEGRADED until it is so again");
}

std::string OnlyIf(const std::string& name) {
  return name.empty() ? "" : fmt::format(", but only while {} has a value that is not zero", name);
}

std::string AnswerWords(const v1::AnswerRule& rule) {
  std::string words;
  if (rule.has_send()) words = TemplateWords(rule.send());
  if (!rule.beat_now().empty())
    words += (words.empty() ? "" : ", and ") + fmt::format("beat {} at once", rule.beat_now());
  return words;
}

std::string VerdictWords(const v1::EndRule& rule) {
  switch (rule.verdict()) {
    case v1::EndRule::VERDICT_RECONNECT:
      return "comes back at once, if the connection was stable";
    case v1::EndRule::VERDICT_MIGRATE:
      return fmt::format("dials {} once", rule.url());
    case v1::EndRule::VERDICT_NEVER:
      return "never comes back";
    default:
      return "dead";
  }
}

std::string RetryWords(v1::RetryClass then) {
  switch (then) {
    case v1::RETRY_CLASS_AT_ONCE:
      return "comes back after the first delay, if the connection was stable";
    case v1::RETRY_CLASS_SLOW:
      return "comes back after the longest delay";
    case v1::RETRY_CLASS_NEVER:
      return "never comes back";
    default:
      return "comes back as after any loss";
  }
}

// What the declaration says, or the default.
std::string Or(const std::string& declared, Duration otherwise) {
  return declared.empty() ? FormatDuration(otherwise) : declared;
}

std::string ReconnectWords(const v1::ReconnectPolicy& policy) {
  const core::ReconnectSpec defaults;
  const Duration first = ParseDuration(policy.first_delay()).value_or(defaults.first_delay);
  const double factor = policy.has_factor() ? policy.factor() : defaults.factor;
  const double jitter = policy.has_jitter() ? policy.jitter() : defaults.jitter;
  return fmt::format(
      "Comes back: after {}, then {} times as long each time, up to {}, ± {:.0f} %. A connection of {} starts that "
      "anew.",
      FormatDuration(first), NumberText(factor), Or(policy.max_delay(), std::max(first, defaults.max_delay)),
      jitter * 100, Or(policy.stable_after(), defaults.stable_after));
}

std::string DeathWords(const v1::ClosePolicy& policy) {
  if (policy.on_dead_abort()) return "Dead: drops the connection without a close frame.";
  const int code = policy.on_dead_code() == 0 ? core::ClosePolicySpec().on_dead_code : policy.on_dead_code();
  return fmt::format("Dead: closes with {} and {}.", code,
                     policy.on_dead_reason().empty() ? "says what was missed" : Quoted(policy.on_dead_reason()));
}

// Something can prove that the peer lives.
bool IsJudged(const v1::SessionSpec& spec) {
  return spec.protocol_heartbeat().mode() != v1::ProtocolHeartbeat::MODE_OFF || spec.watchdogs_size() > 0 ||
         std::any_of(spec.beats().begin(), spec.beats().end(), [](const v1::Beat& beat) { return beat.has_expect(); });
}

}  // namespace

void ExplainWatchdogs(const v1::SessionSpec& spec, const SpecTimes& times, std::vector<std::string>& lines) {
  for (const v1::Watchdog& watchdog : spec.watchdogs()) {
    std::string line = fmt::format("Watchdog {}: ", watchdog.name());
    const std::string per =
        watchdog.has_per() ? fmt::format(", for each {} that was seen", PlaceWords(watchdog.per())) : "";
    if (watchdog.within().empty()) {
      line += fmt::format("looks at {}{}.", MatcherWords(watchdog.when()), per);
    } else if (const SaidTime within = times.OfWatchdog(watchdog.within()); within.off) {
      line += fmt::format("off ({}).", within.words);
    } else {
      line += fmt::format("{} has to come within {}{}, else dead.", MatcherWords(watchdog.when()), within.words, per);
    }
    lines.push_back(std::move(line));
    if (!watchdog.degraded_after().empty()) {
      lines.push_back(fmt::format("  {} without: DEGRADED.", times.OfWatchdog(watchdog.degraded_after()).words));
    }
    if (watchdog.has_gone()) {
      const v1::Capture& value = watchdog.gone().has_value() ? watchdog.gone().value() : watchdog.per();
      lines.push_back(
          fmt::format("  At {} the one of {} is forgotten.", MatcherWords(watchdog.gone().when()), PlaceWords(value)));
    }
    for (const v1::Check& check : watchdog.check()) lines.push_back(CheckWords(check));
  }
}

void ExplainAnswers(const v1::SessionSpec& spec, std::vector<std::string>& lines) {
  for (const v1::AnswerRule& rule : spec.answers()) {
    lines.push_back(fmt::format("Answers: to {}: sends {}{}.", MatcherWords(rule.when()), AnswerWords(rule),
                                OnlyIf(rule.only_if())));
  }
}

void ExplainEnds(const v1::SessionSpec& spec, std::vector<std::string>& lines) {
  for (const v1::EndRule& rule : spec.ends()) {
    lines.push_back(
        fmt::format("Ends: at {}: {}{}.", MatcherWords(rule.when()), VerdictWords(rule), OnlyIf(rule.only_if())));
  }
}

void ExplainAfterwards(const v1::SessionSpec& spec, std::vector<std::string>& lines) {
  lines.push_back(DeathWords(spec.close_policy()));
  lines.push_back(ReconnectWords(spec.reconnect()));
  for (const v1::CloseRule& rule : spec.close_policy().rules()) {
    lines.push_back(rule.has_close_codes()
                        ? fmt::format("  Close code {}: {}.", rule.close_codes(), RetryWords(rule.then()))
                        : fmt::format("  HTTP status {}: {}.", rule.http_statuses(), RetryWords(rule.then())));
  }
  if (spec.limits().never_send()) lines.push_back("Limits: no message is ever sent.");
  if (spec.limits().sends_per_minute() != 0) {
    lines.push_back(fmt::format("Limits: at most {} messages are sent a minute.", spec.limits().sends_per_minute()));
  }
  if (!IsJudged(spec)) lines.push_back("Warning: nothing here can prove that the peer lives: health stays UNKNOWN.");
}

}  // namespace holter::spec
