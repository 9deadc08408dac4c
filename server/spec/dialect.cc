#include "spec/dialect.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "spec/capture.h"
#include "spec/decode.h"
#include "spec/enum_words.h"
#include "spec/matcher.h"
#include "spec/signature.h"
#include "spec/template.h"
#include "spec/watchdog.h"

namespace holter::spec {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr int kMostSteps = 16;
constexpr int kMostDialectRules = 16;
constexpr int kMostCaptures = 16;
constexpr size_t kLongestUrl = 4096;  // as a template
constexpr int kMostSends = 60000;
constexpr int kMostShown = 8;

using CaptureMap = google::protobuf::Map<std::string, v1::Capture>;

class DialectCompiler {
 public:
  explicit DialectCompiler(core::SharedSpec& out) : out_(out), scope_(out.dialect.scope) {}

  void Open(const v1::SessionSpec& spec, const FieldPath& at) {
    if (!CheckCount(at, spec.open_size(), kMostSteps)) {
      return;
    }
    for (int i = 0; i < spec.open_size(); ++i) {
      const v1::OpenStep& step = spec.open(i);
      core::OpenStepSpec compiled;
      if (step.has_send()) {
        compiled.send = CompileTemplate(step.send(), {.scope = &scope_, .signs = true}, at.At(i).Field("send"));
      }
      if (step.has_await()) {
        compiled.await = CompileMatcher(step.await(), at.At(i).Field("await"));
      }
      if (!step.has_send() && !step.has_await()) {
        at.At(i).Refuse("expected send, await or both");
      }
      if (!step.capture().empty() && !step.has_await()) {
        at.At(i).Field("capture").Refuse("needs await");
      }
      compiled.capture = Captures(step.capture(), at.At(i).Field("capture"), /*of_step=*/true);
      ReadDuration(at.At(i).Field("within"), step.within(), milliseconds(10), minutes(5), compiled.within);
      out_.dialect.open.push_back(std::move(compiled));
    }
  }

  void Rules(const v1::SessionSpec& spec, const FieldPath& at) {
    if (!CheckCount(at, spec.capture_size(), kMostDialectRules)) {
      return;
    }
    for (int i = 0; i < spec.capture_size(); ++i) {
      core::CaptureRuleSpec rule;
      if (spec.capture(i).has_when()) {
        rule.when = CompileMatcher(spec.capture(i).when(), at.At(i).Field("when"), /*allow_control=*/true);
      }
      if (spec.capture(i).values().empty()) {
        at.At(i).Field("values").Refuse("required");
      }
      rule.values = Captures(spec.capture(i).values(), at.At(i).Field("values"));
      out_.dialect.captures.push_back(std::move(rule));
    }
  }

  void Answers(const v1::SessionSpec& spec, const FieldPath& at) {
    if (!CheckCount(at, spec.answers_size(), kMostDialectRules)) {
      return;
    }
    for (int i = 0; i < spec.answers_size(); ++i) {
      Answer(spec.answers(i), at.At(i));
    }
  }

  void Ends(const v1::SessionSpec& spec, const FieldPath& at) {
    if (!CheckCount(at, spec.ends_size(), kMostDialectRules)) {
      return;
    }
    for (int i = 0; i < spec.ends_size(); ++i) {
      End(spec.ends(i), at.At(i));
    }
  }

  void Show(const v1::SessionSpec& spec, const FieldPath& at) {
    if (!CheckCount(at, spec.show_size(), kMostShown)) {
      return;
    }
    for (int i = 0; i < spec.show_size(); ++i) {
      const std::optional<size_t> slot = scope_.Find(spec.show(i));
      if (slot && scope_[*slot].origin == core::Origin::kCapture) {
        out_.dialect.shown.push_back(*slot);
      } else {
        at.At(i).Refuse(fmt::format("expected the name of a captured value, got {}", Quoted(spec.show(i))));
      }
    }
  }

 private:
  std::vector<core::CaptureSpec> Captures(const CaptureMap& captures, const FieldPath& at, bool of_step = false) {
    std::vector<core::CaptureSpec> out;
    if (!CheckCount(at, static_cast<int>(captures.size()), kMostCaptures)) {
      return out;
    }
    const std::map<std::string_view, v1::Capture> sorted(captures.begin(), captures.end());
    for (const auto& [name, capture] : sorted) {
      const std::optional<CompiledCapture> compiled = CompileCapture(capture, at.Key(name), of_step);
      const std::optional<size_t> slot = scope_.Find(name);
      if (compiled && slot) {
        out.push_back({.slot = *slot, .from = compiled->from, .keep = compiled->keep, .optional = capture.optional()});
      }
    }
    return out;
  }

  std::optional<size_t> Condition(const std::string& name, const FieldPath& at) {
    if (name.empty()) {
      return std::nullopt;
    }
    const std::optional<size_t> slot = scope_.Find(name);
    if (!slot || scope_[*slot].origin == core::Origin::kSignature) {
      at.Refuse(fmt::format("expected the name of a parameter or a captured value, got {}", Quoted(name)));
    }
    return slot;
  }

  // Required.
  std::optional<core::Matcher> When(bool is_set, const v1::Matcher& when, const FieldPath& at) {
    if (is_set) {
      return CompileMatcher(when, at);
    }
    at.Refuse("required");
    return std::nullopt;
  }

  void Answer(const v1::AnswerRule& rule, const FieldPath& at) {
    const std::optional<core::Matcher> when = When(rule.has_when(), rule.when(), at.Field("when"));
    std::optional<core::MessageTemplate> send;
    if (rule.has_send()) {
      send = CompileTemplate(rule.send(), {.scope = &scope_, .answers = true, .signs = true}, at.Field("send"));
    } else if (rule.beat_now().empty()) {
      at.Refuse("expected send, beat_now or both");
    }
    std::optional<size_t> beat;
    if (!rule.beat_now().empty()) {
      const auto found = std::find_if(out_.beats.begin(), out_.beats.end(),
                                      [&](const core::BeatSpec& known) { return known.name == rule.beat_now(); });
      if (found == out_.beats.end()) {
        at.Field("beat_now").Refuse(fmt::format("expected the name of a beat, got {}", Quoted(rule.beat_now())));
      } else {
        beat = static_cast<size_t>(found - out_.beats.begin());
      }
    }
    std::vector<core::CaptureSpec> captures = Captures(rule.capture(), at.Field("capture"));
    const std::optional<size_t> only_if = Condition(rule.only_if(), at.Field("only_if"));
    if (when) {
      out_.dialect.answers.push_back({.when = *when,
                                      .capture = std::move(captures),
                                      .send = std::move(send),
                                      .beat_now = beat,
                                      .only_if = only_if});
    }
  }

  std::optional<core::MessageTemplate> Url(const std::string& text, const FieldPath& at) {
    if (!CheckSize(at, text.size(), kLongestUrl)) {
      return std::nullopt;
    }
    absl::StatusOr<core::MessageTemplate> url =
        core::MessageTemplate::FromText(text, {.scope = &scope_, .answers = true});
    if (!url.ok()) {
      at.Refuse(std::string(url.status().message()));
      return std::nullopt;
    }
    return *std::move(url);
  }

  void End(const v1::EndRule& rule, const FieldPath& at) {
    CheckEnum(at.Field("verdict"), *v1::EndRule::Verdict_descriptor(), rule.verdict());
    const std::optional<core::Matcher> when = When(rule.has_when(), rule.when(), at.Field("when"));
    std::optional<core::MessageTemplate> url;
    const bool migrates = rule.verdict() == v1::EndRule::VERDICT_MIGRATE;
    if (rule.verdict() == v1::EndRule::VERDICT_UNSPECIFIED) {
      at.Field("verdict").Refuse("required: RECONNECT, DEAD, MIGRATE or NEVER");
    } else if (migrates && rule.url().empty()) {
      at.Field("url").Refuse("required with MIGRATE");
    } else if (!migrates && !rule.url().empty()) {
      at.Field("url").Refuse("only with MIGRATE");
    } else if (migrates) {
      url = Url(rule.url(), at.Field("url"));
    }
    std::vector<core::CaptureSpec> captures = Captures(rule.capture(), at.Field("capture"));
    const std::optional<size_t> only_if = Condition(rule.only_if(), at.Field("only_if"));
    if (when) {
      // Numbers of holter.v1.EndRule.Verdict begin at 1.
      const auto verdict = static_cast<core::EndSpec::Verdict>(std::max(0, static_cast<int>(rule.verdict()) - 1));
      out_.dialect.ends.push_back({.verdict = verdict,
                                   .when = *when,
                                   .capture = std::move(captures),
                                   .url = std::move(url),
                                   .only_if = only_if});
    }
  }

  core::SharedSpec& out_;
  const core::Scope& scope_;
};

// Marks the captures that durations are computed from.
void MarkTimes(core::SharedSpec& out) {
  const std::vector<const core::DurationExpression*> uses = DurationsOf(out);
  const auto mark = [&uses](std::vector<core::CaptureSpec>& captures) {
    for (core::CaptureSpec& capture : captures) {
      capture.times = std::any_of(uses.begin(), uses.end(), [&capture](const core::DurationExpression* expression) {
        return expression->Uses(capture.slot);
      });
    }
  };
  for (core::OpenStepSpec& step : out.dialect.open) mark(step.capture);
  for (core::CaptureRuleSpec& rule : out.dialect.captures) mark(rule.values);
  for (core::AnswerSpec& rule : out.dialect.answers) mark(rule.capture);
  for (core::EndSpec& rule : out.dialect.ends) mark(rule.capture);
}

void CheckSilence(const v1::SessionSpec& spec, const FieldPath& at) {
  if (!spec.limits().never_send()) {
    return;
  }
  const auto refuse = [](const FieldPath& place) { place.Refuse("limits.never_send forbids every message of ours"); };
  for (int i = 0; i < spec.open_size(); ++i) {
    if (spec.open(i).has_send()) refuse(at.Field("open").At(i).Field("send"));
  }
  for (int i = 0; i < spec.beats_size(); ++i) {
    refuse(at.Field("beats").At(i).Field("send"));
  }
  for (int i = 0; i < spec.answers_size(); ++i) {
    refuse(at.Field("answers").At(i));
  }
}

}  // namespace

std::vector<const core::DurationExpression*> DurationsOf(const core::SharedSpec& spec) {
  std::vector<const core::DurationExpression*> found;
  const auto add = [&found](const std::optional<core::ComputedCadence>& computed) {
    if (computed) found.insert(found.end(), {&computed->interval, &computed->timeout, &computed->first_delay});
  };
  add(spec.protocol.computed);
  for (const core::BeatSpec& beat : spec.beats) add(beat.computed);
  for (const core::WatchdogSpec& watchdog : spec.dialect.watchdogs) {
    if (watchdog.within) found.push_back(&*watchdog.within);
    if (watchdog.degraded_after) found.push_back(&*watchdog.degraded_after);
  }
  return found;
}

void CompileDialect(const v1::SessionSpec& spec, const FieldPath& at, core::SharedSpec& out) {
  CompileSignatures(spec, at.Field("signatures"), out);
  out.dialect.decoder = CompileDecode(spec.decode(), at.Field("decode"));
  DialectCompiler compiler(out);
  compiler.Open(spec, at.Field("open"));
  compiler.Rules(spec, at.Field("capture"));
  compiler.Answers(spec, at.Field("answers"));
  compiler.Show(spec, at.Field("show"));
  CompileWatchdogs(spec, at.Field("watchdogs"), out);
  compiler.Ends(spec, at.Field("ends"));
  if (spec.limits().sends_per_minute() != 0) {
    ReadInteger(at.Field("limits").Field("sends_per_minute"), spec.limits().sends_per_minute(), 1, kMostSends,
                out.dialect.sends_per_minute);
  }
  CheckSilence(spec, at);
  MarkTimes(out);
}

}  // namespace holter::spec
