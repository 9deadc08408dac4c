#include "spec/json_condition.h"

#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "spec/capture.h"
#include "spec/enum_words.h"
#include "spec/json_value.h"

namespace holter::spec {
namespace {

constexpr int kMostJsonConditions = 16;
constexpr int kMostAlternatives = 16;
constexpr size_t kLongestValue = 4096;
constexpr size_t kLongestConditionRegex = 1024;

void AddValue(const google::protobuf::Value& value, const FieldPath& at, core::JsonCondition& out) {
  std::optional<std::string> text = Take(JsonText(value), at);
  if (text && CheckSize(at, text->size(), kLongestValue)) {
    out.one_of.push_back(*std::move(text));
  }
}

void ReadValues(const v1::JsonCondition& condition, const FieldPath& at, core::JsonCondition& out) {
  if (condition.has_equals()) {
    AddValue(condition.equals(), at.Field("equals"), out);
  }
  const FieldPath one_of = at.Field("one_of");
  if (!CheckCount(one_of, condition.one_of_size(), kMostAlternatives)) {
    return;
  }
  if (condition.has_equals() && condition.one_of_size() > 0) {
    one_of.Refuse("expected equals or one_of, not both");
    return;
  }
  for (int i = 0; i < condition.one_of_size(); ++i) {
    AddValue(condition.one_of(i), one_of.At(i), out);
  }
}

std::optional<double> ReadBound(bool is_set, double bound, const FieldPath& at) {
  if (is_set && !std::isfinite(bound)) {
    at.Refuse("expected a number, got NaN or an infinity");
    return std::nullopt;
  }
  return is_set ? std::optional(bound) : std::nullopt;
}

// Whether something is asked of the value besides that it is there.
bool AsksOfValue(const v1::JsonCondition& condition) {
  return condition.has_equals() || condition.type() != v1::JSON_TYPE_UNSPECIFIED || condition.one_of_size() > 0 ||
         condition.has_at_least() || condition.has_below() || !condition.regex().empty();
}

core::JsonCondition CompileCondition(const v1::JsonCondition& condition, const FieldPath& at) {
  core::JsonCondition out{.pointer =
                              CompilePointer(condition.pointer(), at.Field("pointer")).value_or(core::JsonPointer{})};
  if (condition.has_inside()) {
    out.inside = CompilePointer(condition.inside(), at.Field("inside"));
  }
  if (!AsksOfValue(condition) && !condition.has_exists()) {
    at.Refuse("expected at least one of equals, exists, type, one_of, at_least, below, regex");
  }
  if (condition.has_exists()) {
    out.exists = condition.exists();
    if (!condition.exists() && AsksOfValue(condition)) {
      at.Field("exists").Refuse("false says that there is no value; nothing else can be asked of it then");
    }
  }
  ReadValues(condition, at, out);
  if (CheckEnum(at.Field("type"), *v1::JsonType_descriptor(), condition.type())) {
    out.type = static_cast<core::JsonType>(condition.type());
  }
  out.at_least = ReadBound(condition.has_at_least(), condition.at_least(), at.Field("at_least"));
  out.below = ReadBound(condition.has_below(), condition.below(), at.Field("below"));
  if (out.at_least && out.below && *out.at_least >= *out.below) {
    at.Field("below").Refuse("expected more than at_least");
  }
  if (CheckSize(at.Field("regex"), condition.regex().size(), kLongestConditionRegex)) {
    out.regex = condition.regex();
  }
  return out;
}

}  // namespace

std::vector<core::JsonCondition> CompileJsonConditions(
    const google::protobuf::RepeatedPtrField<v1::JsonCondition>& conditions, const FieldPath& at) {
  std::vector<core::JsonCondition> out;
  if (!CheckCount(at, conditions.size(), kMostJsonConditions)) {
    return out;
  }
  for (int i = 0; i < conditions.size(); ++i) {
    out.push_back(CompileCondition(conditions[i], at.At(i)));
  }
  return out;
}

}  // namespace holter::spec
