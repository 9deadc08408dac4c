#include "spec/correlation.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "spec/capture.h"
#include "spec/enum_words.h"

namespace holter::spec {
namespace {

std::optional<core::Variable> CompileVariable(const std::string& name, const std::optional<core::MessageTemplate>& send,
                                              const FieldPath& at) {
  const std::optional<core::Variable> variable = core::FindVariable(name);
  if (!variable) {
    at.Refuse(fmt::format("expected one of seq, unix_s, unix_ms, unix_us, unix_ns, iso_time, uuid, hex_id, got {}",
                          Quoted(name)));
  } else if (send && !send->Uses(*variable)) {
    at.Refuse(fmt::format("${{{}}} does not occur in send, so the peer cannot echo it", name));
    return std::nullopt;
  }
  return variable;
}

// Every answer that fits a matcher of another kind is the same.
bool AnswersDiffer(const v1::Matcher& expect) { return expect.text().empty() && !expect.empty(); }

std::optional<core::Extractor> CompilePlace(const v1::Beat& beat, const FieldPath& at) {
  const v1::Correlation& correlate = beat.correlate();
  switch (correlate.place_case()) {
    case v1::Correlation::kPointer: {
      if (!AnswersDiffer(beat.expect()) || !beat.expect().bytes().empty()) {
        at.Field("pointer").Refuse("needs expect.json or expect.regex: any other answer is the same every time");
        return std::nullopt;
      }
      std::optional<core::JsonPointer> pointer = CompilePointer(correlate.pointer(), at.Field("pointer"));
      return pointer ? std::optional(core::Extractor::Json(*std::move(pointer)).Behind(beat.expect().prefix()))
                     : std::nullopt;
    }
    case v1::Correlation::kRegexGroup: {
      if (beat.expect().regex().empty()) {
        at.Field("regex_group").Refuse("needs expect.regex");
        return std::nullopt;
      }
      absl::StatusOr<core::Extractor> group =
          core::Extractor::RegexGroup(beat.expect().regex(), correlate.regex_group());
      if (!group.ok()) {
        at.Field("regex_group").Refuse(std::string(group.status().message()));
        return std::nullopt;
      }
      return group->Behind(beat.expect().prefix());
    }
    case v1::Correlation::kCapture: {
      const auto compiled = CompileCapture(correlate.capture(), at.Field("capture"));
      return compiled ? std::optional(compiled->from) : std::nullopt;
    }
    case v1::Correlation::PLACE_NOT_SET:
      break;
  }
  at.Refuse("expected exactly one of pointer, regex_group, capture");
  return std::nullopt;
}

}  // namespace

std::optional<core::Correlation> CompileCorrelation(const v1::Beat& beat,
                                                    const std::optional<core::MessageTemplate>& send,
                                                    const std::optional<core::Matcher>& expect, const FieldPath& at) {
  const v1::Correlation& correlate = beat.correlate();
  CheckEnum(at.Field("compare"), *v1::Correlation::Compare_descriptor(), correlate.compare());
  const std::optional<core::Variable> variable = CompileVariable(correlate.equals(), send, at.Field("equals"));
  if (!expect) {
    return std::nullopt;  // refused already
  }
  std::optional<core::Extractor> place = CompilePlace(beat, at);
  const bool at_least = correlate.compare() == v1::Correlation::COMPARE_AT_LEAST;
  if (at_least && variable && !core::IsNumber(*variable)) {
    at.Field("compare").Refuse("AT_LEAST compares numbers: equals has to be seq, unix_s, unix_ms, unix_us or unix_ns");
    return std::nullopt;
  }
  if (!variable || !place) {
    return std::nullopt;
  }
  return core::Correlation{.place = *std::move(place), .variable = *variable, .at_least = at_least};
}

}  // namespace holter::spec
