#include "core/template_source.h"

#include <fmt/format.h>

#include <utility>

#include "absl/status/status.h"
#include "base/duration_text.h"
#include "core/json_scan.h"

namespace holter::core {
namespace {

using From = TemplateSource::From;

constexpr size_t kQuotedReference = 32;  // of an unknown name, in an error
constexpr size_t kMostListed = 8;
constexpr size_t kMaxCountDigits = 20;
constexpr std::string_view kDefaultMark = ":-";
constexpr std::string_view kLengthMark = "length:";
constexpr std::string_view kTextMark = "text:";
constexpr std::string_view kSecretMark = "secret:";
constexpr std::string_view kQuestion = "message";

class DeafSink final : public JsonSink {
 public:
  void OnObjectBegin() override {}
  void OnObjectEnd() override {}
  void OnArrayBegin() override {}
  void OnArrayEnd() override {}
  void OnKey(std::string_view) override {}
  void OnString(std::string_view) override {}
  void OnNumber(std::string_view) override {}
  void OnWord(std::string_view) override {}
};

absl::Status Unknown(std::string_view name, const TemplateContext& context) {
  std::string known(VariableNames());
  if (context.answers) known += ", message";
  const size_t size = context.scope == nullptr ? 0 : context.scope->size();
  size_t listed = 0;
  for (size_t slot = 0; slot < size && listed < kMostListed; ++slot) {
    const ScopeEntry& entry = (*context.scope)[slot];
    if (entry.origin == Origin::kSecret || (entry.origin == Origin::kSignature && !context.signs)) continue;
    known += fmt::format(", {}", entry.name);
    ++listed;
  }
  if (name.starts_with(kSecretMark)) {
    return absl::InvalidArgumentError("expected a secret reference of the form ${secret:name/key}");
  }
  return absl::InvalidArgumentError(
      fmt::format("unknown variable \"{}\"; expected one of {}", name.substr(0, kQuotedReference), known));
}

// What follows "message" in a reference.
absl::Status ParseQuestion(std::string_view rest, const TemplateContext& context, TemplateSource& out) {
  if (!context.answers) {
    return absl::InvalidArgumentError("${message} is known only where a message is answered");
  }
  if (rest.empty()) {
    out.from = From::kQuestion;
    return absl::OkStatus();
  }
  if (rest.front() == ':') {
    out.from = From::kPointer;
    absl::StatusOr<JsonPointer> pointer = JsonPointer::Parse(rest.substr(1));
    if (!pointer.ok()) return pointer.status();
    out.pointer = *std::move(pointer);
    return absl::OkStatus();
  }
  out.from = From::kRange;
  const absl::StatusOr<ByteRange> range = ByteRange::Parse(rest.substr(1, rest.size() - 2));
  if (range.ok()) out.range = *range;
  return range.status();
}

bool SpeaksOfQuestion(std::string_view name) {
  if (!name.starts_with(kQuestion)) return false;
  const std::string_view rest = name.substr(kQuestion.size());
  return rest.empty() || rest.front() == ':' || (rest.front() == '[' && rest.size() > 1 && rest.ends_with(']'));
}

// "unix_ms+10s": that time, so much later.
absl::Status ParseLaterTime(std::string_view name, size_t plus, TemplateSource& out) {
  const std::optional<Variable> variable = FindVariable(name.substr(0, plus));
  const absl::StatusOr<Duration> later = ParseDuration(name.substr(plus + 1));
  if (!variable || !IsTime(*variable) || !later.ok() || *later <= Duration::zero() ||
      *later > TemplateSource::kLatest) {
    return absl::InvalidArgumentError(fmt::format(
        "expected a time and a duration up to 24h, such as unix_ms+10s, got \"{}\"", name.substr(0, kQuotedReference)));
  }
  out.variable = *variable;
  out.later = *later;
  return absl::OkStatus();
}

absl::Status ParseName(std::string_view name, const TemplateContext& context, TemplateSource& out) {
  if (const std::optional<Variable> variable = FindVariable(name)) {
    out.variable = *variable;
    return absl::OkStatus();
  }
  if (const size_t plus = name.find('+'); plus != std::string_view::npos && FindVariable(name.substr(0, plus))) {
    return ParseLaterTime(name, plus, out);
  }
  if (SpeaksOfQuestion(name)) return ParseQuestion(name.substr(kQuestion.size()), context, out);
  const std::optional<size_t> slot = context.scope == nullptr ? std::nullopt : context.scope->Find(name);
  if (!slot) return Unknown(name, context);
  if ((*context.scope)[*slot].origin == Origin::kSignature && !context.signs) {
    return absl::InvalidArgumentError("a signature can stand only in a message that is sent");
  }
  out.from = From::kSlot;
  out.slot = *slot;
  return absl::OkStatus();
}

FoundValue AtPointer(const InboundMessage& question, const JsonPointer& pointer) {
  const JsonTape* const tape = question.Json();
  const std::optional<size_t> place = tape == nullptr ? std::nullopt : tape->Find(pointer);
  if (!place) return {};
  switch (tape->type(*place)) {
    case JsonType::kNull:
      return {};
    case JsonType::kArray:
    case JsonType::kObject:
      return {.kind = Value::Kind::kToken, .text = {}, .tape = tape, .place = *place};
    case JsonType::kString:
      return {.kind = Value::Kind::kText, .text = tape->text(*place)};
    default:
      return {.kind = Value::Kind::kToken, .text = tape->text(*place)};
  }
}

}  // namespace

absl::StatusOr<TemplateSource> TemplateSource::Parse(std::string_view reference, const TemplateContext& context) {
  TemplateSource source;
  const size_t mark = reference.find(kDefaultMark);
  std::string_view name = reference.substr(0, mark);
  if (mark != std::string_view::npos) {
    const std::string_view text = reference.substr(mark + kDefaultMark.size());
    if (text.find("${") != std::string_view::npos) {
      return absl::InvalidArgumentError("expected a text after \":-\", in which no other variable stands");
    }
    DeafSink sink;
    source.otherwise = {.kind = ScanJson(text, sink).ok() ? Value::Kind::kToken : Value::Kind::kText,
                        .text = std::string(text)};
  } else if (name.ends_with('?')) {
    source.optional = true;
    name.remove_suffix(1);
  }
  source.as_text = name.starts_with(kTextMark);
  if (source.as_text) name.remove_prefix(kTextMark.size());
  source.counts = name.starts_with(kLengthMark);
  if (source.counts) name.remove_prefix(kLengthMark.size());
  if (absl::Status status = ParseName(name, context, source); !status.ok()) return status;
  return source;
}

size_t TemplateSource::MaxTextSize() const {
  if (is_variable()) return MaxSize(variable);
  return counts ? kMaxCountDigits : SIZE_MAX;
}

FoundValue TemplateSource::Find(const TemplateInput& input) const {
  if (from == From::kSlot) {
    if (input.values == nullptr) return {};
    const Value& value = (*input.values)[slot];
    return {.kind = value.kind, .text = value.text};
  }
  if (input.question == nullptr) return {};
  if (from == From::kPointer) return AtPointer(*input.question, pointer);
  if (from == From::kQuestion) return {.kind = Value::Kind::kText, .text = input.question->bytes()};
  const std::string_view part = range.Of(input.question->bytes());
  if (part.empty()) return {};
  return {.kind = Value::Kind::kText, .text = part};
}

std::optional<size_t> ReferenceSize(std::string_view text) {
  size_t open = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') ++open;
    if (text[i] == '}' && --open == 0) return i + 1;
  }
  return std::nullopt;
}

}  // namespace holter::core
