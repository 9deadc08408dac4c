#include "spec/message.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "spec/json_value.h"

namespace holter::spec {
namespace {

constexpr size_t kLongestTemplate = 4096;
constexpr size_t kLongestMatch = 4096;
constexpr size_t kLongestRegex = 1024;
constexpr size_t kLongestPointer = 256;
constexpr int kMostConditions = 16;

bool CheckSize(const FieldPath& at, size_t got, size_t most) {
  if (got <= most) {
    return true;
  }
  at.Refuse(fmt::format("expected at most {} bytes, got {}", most, got));
  return false;
}

// The good value, or a refusal in the words of `made`.
template <typename T>
std::optional<T> Take(absl::StatusOr<T> made, const FieldPath& at) {
  if (!made.ok()) {
    at.Refuse(std::string(made.status().message()));
    return std::nullopt;
  }
  return *std::move(made);
}

std::optional<core::JsonPointer> CompilePointer(const std::string& pointer, const FieldPath& at) {
  if (!CheckSize(at, pointer.size(), kLongestPointer)) {
    return std::nullopt;
  }
  return Take(core::JsonPointer::Parse(pointer), at);
}

std::optional<core::Matcher> CompileJson(const v1::Matcher& matcher, const FieldPath& at) {
  if (!CheckCount(at, matcher.json_size(), kMostConditions)) {
    return std::nullopt;
  }
  std::vector<core::JsonCondition> conditions;
  for (int i = 0; i < matcher.json_size(); ++i) {
    const v1::JsonCondition& condition = matcher.json(i);
    const FieldPath equals_at = at.At(i).Field("equals");
    std::optional<core::JsonPointer> pointer = CompilePointer(condition.pointer(), at.At(i).Field("pointer"));
    if (!condition.has_equals()) {
      equals_at.Refuse("required");
      continue;
    }
    std::optional<std::string> equals = Take(JsonText(condition.equals()), equals_at);
    if (equals && CheckSize(equals_at, equals->size(), kLongestMatch) && pointer) {
      conditions.push_back({*std::move(pointer), *std::move(equals)});
    }
  }
  if (std::cmp_not_equal(conditions.size(), matcher.json_size())) {
    return std::nullopt;
  }
  return Take(core::Matcher::Json(std::move(conditions)), at);
}

std::optional<core::Matcher> CompileBytes(const std::string& hex, const FieldPath& at) {
  std::optional<std::string> bytes = Take(core::DecodeHex(hex), at);
  if (!bytes || !CheckSize(at, bytes->size(), kLongestMatch)) {
    return std::nullopt;
  }
  return core::Matcher::Bytes(*std::move(bytes));
}

std::optional<core::Variable> VariableOf(std::string_view name) {
  if (name == "seq") {
    return core::Variable::kSeq;
  }
  if (name == "unix_ms") {
    return core::Variable::kUnixMs;
  }
  return name == "uuid" ? std::optional(core::Variable::kUuid) : std::nullopt;
}

std::optional<core::Variable> CompileVariable(const std::string& name, const std::optional<core::MessageTemplate>& send,
                                              const FieldPath& at) {
  const std::optional<core::Variable> variable = VariableOf(name);
  if (!variable) {
    at.Refuse(fmt::format("expected one of seq, unix_ms, uuid, got {}", Quoted(name)));
  } else if (send && !send->Uses(*variable)) {
    at.Refuse(fmt::format("${{{}}} does not occur in send, so the peer cannot echo it", name));
    return std::nullopt;
  }
  return variable;
}

// A group of the regular expression, counted from 1.
std::optional<int> CompileGroup(const v1::Beat& beat, const std::optional<core::Matcher>& expect, const FieldPath& at) {
  const int group = beat.correlate().regex_group();
  if (beat.expect().regex().empty()) {
    at.Refuse("needs expect.regex");
  } else if (expect && (group < 1 || group > expect->GroupCount())) {
    at.Refuse(fmt::format("expected one of the {} groups of expect.regex, counted from 1, got {}", expect->GroupCount(),
                          group));
  } else if (expect) {
    return group;
  }
  return std::nullopt;
}

}  // namespace

std::optional<core::MessageTemplate> CompileTemplate(const v1::MessageTemplate& message, const FieldPath& at) {
  switch (message.kind_case()) {
    case v1::MessageTemplate::kText:
      if (CheckSize(at.Field("text"), message.text().size(), kLongestTemplate)) {
        return Take(core::MessageTemplate::FromText(message.text()), at.Field("text"));
      }
      return std::nullopt;
    case v1::MessageTemplate::kJson:
      if (const std::optional<std::string> json = Take(JsonText(message.json()), at.Field("json"));
          json && CheckSize(at.Field("json"), json->size(), kLongestTemplate)) {
        return Take(core::MessageTemplate::FromJson(*json), at.Field("json"));
      }
      return std::nullopt;
    case v1::MessageTemplate::kBytes: {
      std::optional<core::MessageTemplate> made =
          Take(core::MessageTemplate::FromHex(message.bytes()), at.Field("bytes"));
      return made && CheckSize(at.Field("bytes"), made->MaxSize(), kLongestTemplate) ? std::move(made) : std::nullopt;
    }
    case v1::MessageTemplate::KIND_NOT_SET:
      break;
  }
  at.Refuse("expected exactly one of text, json, bytes");
  return std::nullopt;
}

std::optional<core::Matcher> CompileMatcher(const v1::Matcher& matcher, const FieldPath& at) {
  const int kinds = (matcher.text().empty() ? 0 : 1) + (matcher.regex().empty() ? 0 : 1) +
                    (matcher.bytes().empty() ? 0 : 1) + (matcher.json().empty() ? 0 : 1);
  if (kinds != 1) {
    at.Refuse(fmt::format("expected exactly one of text, regex, bytes, json, got {}", kinds));
    return std::nullopt;
  }
  if (!matcher.json().empty()) {
    return CompileJson(matcher, at.Field("json"));
  }
  if (!matcher.bytes().empty()) {
    return CompileBytes(matcher.bytes(), at.Field("bytes"));
  }
  if (!matcher.regex().empty()) {
    return CheckSize(at.Field("regex"), matcher.regex().size(), kLongestRegex)
               ? Take(core::Matcher::Regex(matcher.regex()), at.Field("regex"))
               : std::nullopt;
  }
  return CheckSize(at.Field("text"), matcher.text().size(), kLongestMatch)
             ? std::optional(core::Matcher::Text(matcher.text()))
             : std::nullopt;
}

std::optional<core::Correlation> CompileCorrelation(const v1::Beat& beat,
                                                    const std::optional<core::MessageTemplate>& send,
                                                    const std::optional<core::Matcher>& expect, const FieldPath& at) {
  const v1::Correlation& correlate = beat.correlate();
  const std::optional<core::Variable> variable = CompileVariable(correlate.equals(), send, at.Field("equals"));
  core::Correlation out;
  bool placed = false;
  switch (correlate.place_case()) {
    case v1::Correlation::kPointer:
      if (std::optional<core::JsonPointer> pointer = CompilePointer(correlate.pointer(), at.Field("pointer"))) {
        out.place = *std::move(pointer);
        placed = true;
      }
      if (beat.expect().json().empty() && beat.expect().regex().empty()) {
        at.Field("pointer").Refuse("needs expect.json or expect.regex: any other answer is the same every time");
      }
      break;
    case v1::Correlation::kRegexGroup:
      if (const std::optional<int> group = CompileGroup(beat, expect, at.Field("regex_group"))) {
        out.place = *group;
        placed = true;
      }
      break;
    case v1::Correlation::PLACE_NOT_SET:
      at.Refuse("expected exactly one of pointer, regex_group");
      break;
  }
  if (!variable || !placed) {
    return std::nullopt;
  }
  out.variable = *variable;
  return out;
}

}  // namespace holter::spec
