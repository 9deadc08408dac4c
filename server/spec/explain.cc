#include "spec/explain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include "base/duration_text.h"
#include "core/parameter_text.h"
#include "core/variable.h"
#include "spec/enum_words.h"
#include "spec/explain_end.h"
#include "spec/explain_idle.h"
#include "spec/explain_times.h"
#include "spec/explain_words.h"
#include "spec/field_path.h"

namespace holter::spec {
namespace {

using Lines = std::vector<std::string>;
using CaptureMap = google::protobuf::Map<std::string, v1::Capture>;

// "seq (/s), token (/d/token)".
std::string RememberWords(const CaptureMap& captures) {
  const std::map<std::string_view, v1::Capture> sorted(captures.begin(), captures.end());
  Lines words;
  for (const auto& [name, capture] : sorted) {
    words.push_back(fmt::format("{} ({}{})", name, PlaceWords(capture), capture.optional() ? ", if it is there" : ""));
  }
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string AndRemembers(const CaptureMap& captures) {
  return captures.empty() ? "" : ", and remembers " + RememberWords(captures);
}

// ", at byte 1 of a header of 5 bytes that it counts and that stays".
std::string HeaderWords(const v1::Split& split) {
  std::string words;
  if (split.length_at() != 0 || split.header_bytes() != 0) {
    words += fmt::format(", at byte {} of a header", split.length_at());
    if (split.header_bytes() != 0) words += fmt::format(" of {} bytes", split.header_bytes());
  } else if (split.length_counts_header() || split.keep_header()) {
    words += ", a header";
  }
  if (split.length_counts_header()) words += " that it counts";
  if (split.keep_header()) words += split.length_counts_header() ? " and that stays" : " that stays";
  return words;
}

std::string DecodeWords(const v1::DecodeStep& step) {
  if (step.has_decompress()) {
    const auto* const word = v1::Compression_descriptor()->FindValueByNumber(step.decompress());
    return fmt::format("binary frames are unpacked ({})", ShortWord(*word));
  }
  if (step.has_strip()) return fmt::format("{} is taken away from the beginning", Quoted(step.strip()));
  const v1::Split& split = step.split();
  std::string words = "split ";
  if (split.has_delimiter()) words += "at " + Quoted(split.delimiter());
  if (split.has_length()) {
    const auto* const word = v1::LengthPrefix_descriptor()->FindValueByNumber(split.length());
    words += fmt::format("by the length before each message ({}{})", ShortWord(*word), HeaderWords(split));
  }
  if (split.has_regex()) words += "into what matches " + Quoted(split.regex());
  if (split.has_json_array()) words += "into the elements of a JSON array";
  return words + (split.across_frames() ? ", whatever the frames" : "");
}

void ExplainDecode(const v1::SessionSpec& spec, Lines& lines) {
  Lines steps;
  for (const v1::DecodeStep& step : spec.decode()) steps.push_back(DecodeWords(step));
  if (!steps.empty()) lines.push_back(fmt::format("Messages: {}.", fmt::join(steps, "; then ")));
}

// Variables that are drawn for each dial.
void ExplainDrawn(const v1::SessionSpec& spec, Lines& lines) {
  std::string texts = spec.url();
  for (const v1::Header& header : spec.headers()) texts += " " + header.value();
  Lines drawn;
  core::ReplaceParameters(texts, [&drawn](std::string_view name) -> std::optional<std::string> {
    const std::optional<core::Variable> variable = core::FindVariable(name);
    const std::string word = fmt::format("${{{}}}", name);
    if (variable && core::IsDrawnAtDial(*variable) && std::find(drawn.begin(), drawn.end(), word) == drawn.end()) {
      drawn.push_back(word);
    }
    return std::nullopt;
  });
  if (!drawn.empty()) lines.push_back(fmt::format("  New at every dial: {}.", fmt::join(drawn, ", ")));
}

void ExplainSignatures(const v1::SessionSpec& spec, Lines& lines) {
  const std::map<std::string_view, v1::Signature> sorted(spec.signatures().begin(), spec.signatures().end());
  for (const auto& [name, signature] : sorted) {
    const auto hash = std::max(v1::Signature::HASH_SHA256, signature.hash());
    lines.push_back(fmt::format("Signs: {} is the HMAC-{} of {} with the key {}, in {}.", name,
                                ShortWord(*v1::Signature::Hash_descriptor()->FindValueByNumber(hash)),
                                Quoted(signature.text()), signature.key(),
                                signature.encoding() == v1::Signature::ENCODING_BASE64 ? "Base64" : "hexadecimal"));
  }
}

void ExplainOpen(const v1::SessionSpec& spec, Lines& lines) {
  for (int i = 0; i < spec.open_size(); ++i) {
    const v1::OpenStep& step = spec.open(i);
    std::string line = i == 0 ? "First: " : "Then: ";
    if (step.has_send()) line += "sends " + TemplateWords(step.send());
    if (step.has_send() && step.has_await()) line += ", and ";
    if (step.has_await()) {
      line += fmt::format("waits at most {} for {}{}", step.within().empty() ? "10s" : step.within(),
                          MatcherWords(step.await()), AndRemembers(step.capture()));
    }
    lines.push_back(line + ".");
  }
  if (std::any_of(spec.open().begin(), spec.open().end(), [](const v1::OpenStep& step) { return step.has_await(); })) {
    lines.push_back("  What does not come in time ends the connection (open_script).");
  }
}

void ExplainCapture(const v1::SessionSpec& spec, Lines& lines) {
  for (const v1::CaptureRule& rule : spec.capture()) {
    lines.push_back(fmt::format("Remembers: of {} {}.", rule.has_when() ? MatcherWords(rule.when()) : "any message",
                                RememberWords(rule.values())));
  }
  if (!spec.show().empty()) lines.push_back(fmt::format("Shows: {}.", fmt::join(spec.show(), ", ")));
}

std::string FirstWords(const SaidTime& first, const char* since) {
  return first.known == Duration::zero() ? fmt::format("the first at once {}", since)
                                         : fmt::format("the first {} {}", first.words, since);
}

std::string MissWords(int allowed) {
  if (allowed == 0) return "  The first miss: dead.";
  return fmt::format("  Missed once: DEGRADED. {} times in a row: dead.", allowed + 1);
}

// When a peer that falls silent after an answer is found out.
void ExplainLatest(const SaidCadence& cadence, int misses, Duration retries, Lines& lines) {
  if (!cadence.interval.known || !cadence.timeout.known) return;
  const Duration latest = (misses + 1) * *cadence.interval.known + *cadence.timeout.known + retries;
  lines.push_back(fmt::format("  Silence is found out within {}.", FormatDuration(latest)));
}

void ExplainPings(const v1::ProtocolHeartbeat& pings, const SpecTimes& times, Lines& lines) {
  if (pings.mode() == v1::ProtocolHeartbeat::MODE_OFF) {
    lines.push_back("Pings: none are sent; those of the peer are answered.");
    return;
  }
  const SaidCadence cadence = times.Of(pings);
  if (cadence.interval.off) {
    lines.push_back(fmt::format("Pings: off ({}).", cadence.interval.words));
    return;
  }
  const char* answer = "a pong with the same text";
  if (pings.answer() == v1::ProtocolHeartbeat::ANSWER_ANY_PONG) answer = "any pong";
  if (pings.answer() == v1::ProtocolHeartbeat::ANSWER_ANY_INBOUND) answer = "any byte";
  lines.push_back(fmt::format("Pings: every {}, {}; {} has to come within {}.", cadence.interval.words,
                              FirstWords(cadence.first_delay, "after the upgrade"), answer, cadence.timeout.words));
  lines.push_back(MissWords(pings.misses_allowed()));
  ExplainLatest(cadence, pings.misses_allowed(), Duration::zero(), lines);
}

std::string WhenWords(v1::Beat::Cadence cadence, const std::string& interval) {
  switch (cadence) {
    case v1::Beat::CADENCE_IDLE_SENT:
      return fmt::format("when nothing was sent for {}", interval);
    case v1::Beat::CADENCE_IDLE_RECEIVED:
      return fmt::format("when nothing has come for {}", interval);
    case v1::Beat::CADENCE_IDLE:
      return fmt::format("when nothing was sent and nothing has come for {}", interval);
    case v1::Beat::CADENCE_AFTER_ANSWER:
      return fmt::format("{} after the answer to the one before", interval);
    default:
      return fmt::format("every {}", interval);
  }
}

std::string EchoOf(const v1::Correlation& correlate) {
  std::string place;
  if (correlate.has_pointer()) place = correlate.pointer().empty() ? "the whole JSON" : correlate.pointer();
  if (correlate.has_regex_group()) place = fmt::format("group {} of the expression", correlate.regex_group());
  if (correlate.has_capture()) place = PlaceWords(correlate.capture());
  const bool at_least = correlate.compare() == v1::Correlation::COMPARE_AT_LEAST;
  return fmt::format(", with {}{} at {}", at_least ? "at least " : "", "${" + correlate.equals() + "}", place);
}

void ExplainAnswer(const v1::Beat& beat, const SaidCadence& cadence, Lines& lines) {
  if (!beat.has_expect()) {
    lines.push_back("  Nothing answers it: it proves nothing about life.");
    return;
  }
  lines.push_back(fmt::format("  Answer: {}{}, within {}.", MatcherWords(beat.expect()),
                              beat.has_correlate() ? EchoOf(beat.correlate()) : "", cadence.timeout.words));
  Duration retries{};
  for (const std::string& retry : beat.retries()) retries += ParseDuration(retry).value_or(Duration::zero());
  if (beat.retries_size() > 0) {
    lines.push_back(fmt::format("  Without one it is sent again, with {} to the answer; then it is missed.",
                                fmt::join(beat.retries(), ", then ")));
  }
  lines.push_back(MissWords(beat.misses_allowed()));
  const bool is_fixed = beat.cadence() == v1::Beat::CADENCE_UNSPECIFIED || beat.cadence() == v1::Beat::CADENCE_FIXED;
  if (is_fixed || (beat.cadence() == v1::Beat::CADENCE_IDLE_RECEIVED && beat.misses_allowed() == 0)) {
    ExplainLatest(cadence, beat.misses_allowed(), retries, lines);
  }
  if (beat.max_outstanding() != 0) {
    lines.push_back(
        fmt::format("  At most {} wait for their answers; meanwhile none is sent.", beat.max_outstanding()));
  }
}

void ExplainBeat(const v1::Beat& beat, const char* since, const SpecTimes& times, Lines& lines) {
  const SaidCadence cadence = times.Of(beat);
  if (cadence.interval.off) {
    lines.push_back(fmt::format("Beat {}: off ({}).", beat.name(), cadence.interval.words));
    return;
  }
  lines.push_back(fmt::format("Beat {}: {} sends {}, {}.", beat.name(),
                              WhenWords(beat.cadence(), cadence.interval.words), TemplateWords(beat.send()),
                              FirstWords(cadence.first_delay, since)));
  ExplainAnswer(beat, cadence, lines);
  if (beat.has_refused()) lines.push_back(fmt::format("  Says no: {}; dead at once.", MatcherWords(beat.refused())));
}

}  // namespace

std::vector<std::string> ExplainSpec(const v1::SessionSpec& effective) {
  const SpecTimes times(effective);
  Lines lines;
  lines.push_back(fmt::format("Connects to {}.", effective.url().empty() ? "the url of the session" : effective.url()));
  ExplainDrawn(effective, lines);
  ExplainSignatures(effective, lines);
  ExplainDecode(effective, lines);
  ExplainOpen(effective, lines);
  ExplainCapture(effective, lines);
  ExplainPings(effective.protocol_heartbeat(), times, lines);
  const char* const since = effective.open_size() > 0 ? "after the opening" : "after the upgrade";
  for (const v1::Beat& beat : effective.beats()) ExplainBeat(beat, since, times, lines);
  ExplainWatchdogs(effective, times, lines);
  ExplainAnswers(effective, lines);
  ExplainEnds(effective, lines);
  ExplainAfterwards(effective, lines);
  lines.push_back(IdleWords(effective, times));
  return lines;
}

}  // namespace holter::spec
