#include "core/json_condition.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "core/inbound_message.h"
#include "core/regular_expression.h"

namespace holter::core {

absl::StatusOr<CompiledCondition> CompiledCondition::Compile(JsonCondition condition) {
  CompiledCondition compiled;
  for (size_t i = 0; i < condition.one_of.size(); ++i) {
    auto tape = std::make_shared<JsonTape>();
    if (!tape->Read(condition.one_of[i])) {
      return absl::InvalidArgumentError(fmt::format("one_of[{}]: expected a JSON value", i));
    }
    compiled.values_.push_back(std::move(tape));
  }
  if (!condition.regex.empty()) {
    absl::StatusOr<std::shared_ptr<const re2::RE2>> regex = CompileRegex(condition.regex);
    if (!regex.ok()) {
      return absl::InvalidArgumentError(fmt::format("regex: {}", std::string(regex.status().message())));
    }
    compiled.regex_ = *std::move(regex);
  }
  compiled.declared_ = std::move(condition);
  return compiled;
}

bool CompiledCondition::Holds(const JsonTape& message) const {
  const std::optional<size_t> place = message.Find(declared_.pointer);
  if (!declared_.inside) return HoldsAt(message, place);
  if (!place || message.type(*place) != JsonType::kString) return HoldsAt(message, std::nullopt);
  const InboundMessage inner(InboundKind::kText, message.text(*place));
  const JsonTape* const tape = inner.Json();
  return tape == nullptr ? HoldsAt(message, std::nullopt) : HoldsAt(*tape, tape->Find(*declared_.inside));
}

bool CompiledCondition::HoldsAt(const JsonTape& tape, std::optional<size_t> place) const {
  if (declared_.exists && *declared_.exists != place.has_value()) return false;
  if (!place) return declared_.exists.has_value() && !AsksOfValue();
  if (declared_.type != JsonType::kAny && tape.type(*place) != declared_.type) return false;
  if (!values_.empty() && !IsOneOf(tape, *place)) return false;
  if ((declared_.at_least || declared_.below) && !IsInRange(tape, *place)) return false;
  return regex_ == nullptr ||
         (tape.type(*place) == JsonType::kString && re2::RE2::PartialMatch(ToPiece(tape.text(*place)), *regex_));
}

bool CompiledCondition::AsksOfValue() const {
  return !values_.empty() || declared_.type != JsonType::kAny || declared_.at_least || declared_.below || regex_;
}

bool CompiledCondition::IsOneOf(const JsonTape& tape, size_t place) const {
  return std::any_of(values_.begin(), values_.end(), [&](const std::shared_ptr<const JsonTape>& value) {
    return value->Equals(JsonTape::kRoot, tape, place);
  });
}

bool CompiledCondition::IsInRange(const JsonTape& tape, size_t place) const {
  double number = 0;
  const std::string_view text = tape.text(place);
  if (tape.type(place) != JsonType::kNumber ||
      !absl::SimpleAtod(absl::string_view(text.data(), text.size()), &number)) {
    return false;
  }
  return !(declared_.at_least && number < *declared_.at_least) && !(declared_.below && number >= *declared_.below);
}

}  // namespace holter::core
