// Messages from peers, and the rules that look at them: JSON, bytes, Protobuf, regular expressions. Nothing crashes,
// and a matcher and an extractor that ask the same agree.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "core/extractor.h"
#include "core/json_tape.h"
#include "core/matcher.h"

namespace {

using namespace holter::core;

void Require(bool held) {
  if (!held) std::abort();
}

bool Holds(const absl::StatusOr<Matcher>& matcher, std::string_view message) {
  Require(matcher.ok());
  return matcher->Matches(InboundMessage(InboundKind::kBinary, message));
}

std::optional<Value> Taken(const Extractor& from, std::string_view message) {
  Value value;
  const bool found = from.Extract(InboundMessage(InboundKind::kBinary, message), value);
  Require(found == value.known());
  return found ? std::optional(value) : std::nullopt;
}

// What is numeric is so without being asked for it, too.
void CheckNumeric(const Extractor& from, std::string_view message, const std::optional<Value>& taken) {
  const std::optional<Value> numeric = Taken(from.Numeric(), message);
  if (numeric) Require(numeric == taken);
}

void FuzzJson(std::string_view rule, std::string_view message) {
  const auto pointer = JsonPointer::Parse(rule);
  if (!pointer.ok()) return;
  JsonTape tape;
  const bool is_json = tape.Read(message);
  const std::optional<size_t> place = is_json ? tape.Find(*pointer) : std::nullopt;
  Require(Holds(Matcher::Json({{.pointer = *pointer, .exists = true}}), message) == place.has_value());
  Require(Holds(Matcher::Json({{.pointer = *pointer, .exists = false}}), message) == (is_json && !place));
  const Extractor from = Extractor::Json(*pointer);
  const std::optional<Value> taken = Taken(from, message);
  CheckNumeric(from, message, taken);
  Taken(Extractor::Json(*pointer, *pointer), message);
  if (!place) {
    Require(!taken);
    return;
  }
  const JsonType type = tape.type(*place);
  Require(taken.has_value() == (type == JsonType::kString || type == JsonType::kNumber || type == JsonType::kBoolean));
  if (taken) Require(taken->text == tape.text(*place));
  // What is written is read again as the same.
  std::string copy;
  tape.Append(*place, copy);
  JsonTape other;
  Require(other.Read(copy) && other.Equals(JsonTape::kRoot, tape, *place) &&
          tape.Equals(*place, other, JsonTape::kRoot));
  Require(Holds(Matcher::Json({{.pointer = *pointer, .one_of = {copy}, .type = type}}), message));
}

void FuzzBytes(std::string_view rule, std::string_view message) {
  MatcherParts parts;
  parts.bytes = std::string(rule);
  if (const auto matcher = Matcher::Compile(parts); matcher.ok() && Holds(matcher, message)) {
    parts.bytes += rule.find("..") == std::string_view::npos ? " .." : "";
    Require(Holds(Matcher::Compile(parts), message));
  }
  if (const auto from = Extractor::Bytes(rule); from.ok()) {
    const std::optional<Value> taken = Taken(*from, message);
    CheckNumeric(*from, message, taken);
    if (taken && taken->kind == Value::Kind::kText) Require(message.find(taken->text) != std::string_view::npos);
  }
}

void FuzzProtobuf(std::string_view rule, std::string_view message) {
  const auto from = Extractor::Protobuf(rule);
  if (!from.ok()) return;
  const std::optional<Value> taken = Taken(*from, message);
  CheckNumeric(*from, message, taken);
  MatcherParts parts;
  parts.protobuf = {{.path = std::string(rule), .equals = {}}};
  Require(Holds(Matcher::Compile(parts), message) == taken.has_value());
  if (!taken) return;
  parts.protobuf[0].equals = taken->text;
  Require(Holds(Matcher::Compile(parts), message));
}

void FuzzRegex(std::string_view rule, std::string_view message) {
  const auto from = Extractor::Regex(rule);
  Require(from.ok() == Matcher::Regex(rule).ok());
  if (!from.ok()) return;
  const std::optional<Value> taken = Taken(*from, message);
  CheckNumeric(*from, message, taken);
  if (taken && !rule.empty()) Require(Holds(Matcher::Regex(rule), message));
}

}  // namespace

// The first line is the rule, the rest a message.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t line = std::min(text.find('\n'), text.size());
  const std::string_view rule = text.substr(0, line);
  const std::string_view message = text.substr(std::min(line + 1, text.size()));
  switch (data[0] % 4) {
    case 0:
      FuzzJson(rule, message);
      break;
    case 1:
      FuzzBytes(rule, message);
      break;
    case 2:
      FuzzProtobuf(rule, message);
      break;
    default:
      FuzzRegex(rule, message);
      break;
  }
  return 0;
}
