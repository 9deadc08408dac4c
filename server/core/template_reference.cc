#include "core/template_reference.h"

#include <fmt/format.h>

#include <iterator>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "core/json_tape.h"

namespace holter::core {
namespace {

constexpr size_t kQuotedName = 32;  // of an unknown name, in an error
constexpr size_t kMaxDigits = 20;

std::string KnownNames(const TemplateContext& context) {
  std::string names(VariableNames());
  if (context.answers) names += ", message";
  if (context.scope == nullptr) return names;
  for (size_t slot = 0; slot < context.scope->size(); ++slot) {
    const ScopeEntry& entry = (*context.scope)[slot];
    if (entry.origin != Origin::kSecret) names += ", " + entry.name;
  }
  return names;
}

// JSON when it reads as JSON, else a string of it.
void AppendAsJson(std::string_view text, std::string& out) {
  const InboundMessage message(InboundKind::kText, text);
  if (message.Json() != nullptr) {
    out += text;
    return;
  }
  out += '"';
  AppendJsonEscaped(text, out);
  out += '"';
}

}  // namespace

void AppendJsonEscaped(std::string_view text, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte >= 0x20) {
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\b') {
      out += "\\b";
    } else if (c == '\f') {
      out += "\\f";
    } else {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 0xF];
    }
  }
}

absl::StatusOr<TemplateReference> TemplateReference::Parse(std::string_view text, const TemplateContext& context) {
  TemplateReference reference;
  if (const size_t fallback = text.find(":-"); fallback != std::string_view::npos) {
    reference.fallback_ = std::string(text.substr(fallback + 2));
    text = text.substr(0, fallback);
  }
  if (text.starts_with("length:")) {
    reference.length_ = true;
    text.remove_prefix(7);
  }
  const bool speaks_of_message = text == "message" || text.starts_with("message:") || text.starts_with("message[");
  absl::Status status = speaks_of_message ? reference.ParseMessage(text, context) : reference.ParseName(text, context);
  if (!status.ok()) return status;
  return reference;
}

absl::Status TemplateReference::ParseMessage(std::string_view text, const TemplateContext& context) {
  if (!context.answers) return absl::InvalidArgumentError("${message} is only known in answers: nothing is asked here");
  if (text == "message") {
    from_ = From::kMessage;
    return absl::OkStatus();
  }
  if (text.starts_with("message:")) {
    absl::StatusOr<JsonPointer> pointer = JsonPointer::Parse(text.substr(8));
    if (!pointer.ok()) return pointer.status();
    from_ = From::kPointer;
    pointer_ = *std::move(pointer);
    return absl::OkStatus();
  }
  if (!text.ends_with(']')) return absl::InvalidArgumentError("expected \"]\" after ${message[");
  absl::StatusOr<ByteRange> range = ByteRange::Parse(text.substr(8, text.size() - 9));
  if (!range.ok()) return range.status();
  from_ = From::kRange;
  range_ = *range;
  return absl::OkStatus();
}

absl::Status TemplateReference::ParseName(std::string_view name, const TemplateContext& context) {
  if (const std::optional<Variable> variable = FindVariable(name)) {
    variable_ = *variable;
    return absl::OkStatus();
  }
  const std::optional<size_t> slot = context.scope == nullptr ? std::nullopt : context.scope->Find(name);
  if (!slot) {
    return absl::InvalidArgumentError(
        fmt::format("unknown variable \"{}\"; expected one of {}", name.substr(0, kQuotedName), KnownNames(context)));
  }
  from_ = From::kSlot;
  slot_ = *slot;
  return absl::OkStatus();
}

bool TemplateReference::AppendValue(const TemplateInput& input, std::string& out) const {
  switch (from_) {
    case From::kVariable:
      input.variables->Append(variable_, out);
      return true;
    case From::kSlot: {
      if (input.values == nullptr || !(*input.values)[slot_].known()) return false;
      out += (*input.values)[slot_].text;
      return true;
    }
    case From::kMessage:
      out += input.question->bytes();
      return true;
    case From::kRange:
      out += range_.Of(input.question->bytes());
      return true;
    case From::kPointer:
      break;
  }
  const JsonTape* const tape = input.question->Json();
  const std::optional<size_t> place = tape == nullptr ? std::nullopt : tape->Find(pointer_);
  if (!place || tape->type(*place) == JsonType::kNull) return false;
  if (tape->type(*place) == JsonType::kArray || tape->type(*place) == JsonType::kObject) {
    tape->Append(*place, out);
  } else {
    out += tape->text(*place);
  }
  return true;
}

bool TemplateReference::AppendText(const TemplateInput& input, std::string& out) const {
  const size_t begin = out.size();
  bool known = AppendValue(input, out);
  if (!known && fallback_) {
    out += *fallback_;
    known = true;
  }
  if (!length_) return known;
  const size_t size = out.size() - begin;
  out.resize(begin);
  fmt::format_to(std::back_inserter(out), "{}", size);
  return true;
}

bool TemplateReference::AppendEscaped(const TemplateInput& input, std::string& out) const {
  static thread_local std::string text;  // keeps its capacity
  text.clear();
  const bool known = AppendText(input, text);
  AppendJsonEscaped(text, out);
  return known;
}

bool TemplateReference::AppendToken(const TemplateInput& input, std::string& out) const {
  if (from_ == From::kPointer && !length_) {
    const JsonTape* const tape = input.question->Json();
    if (const std::optional<size_t> place = tape == nullptr ? std::nullopt : tape->Find(pointer_)) {
      tape->Append(*place, out);
      return true;
    }
  }
  static thread_local std::string text;  // keeps its capacity
  text.clear();
  const bool has_value = AppendValue(input, text);
  if (!has_value && !length_) {
    if (fallback_) {
      AppendAsJson(*fallback_, out);
    } else {
      out += "null";
    }
    return fallback_.has_value();
  }
  const bool is_token = (from_ == From::kVariable && IsNumber(variable_)) ||
                        (from_ == From::kSlot && (*input.values)[slot_].kind == Value::Kind::kToken);
  if (length_ || is_token) return AppendText(input, out);
  out += '"';
  AppendJsonEscaped(text, out);
  out += '"';
  return true;
}

uint64_t TemplateReference::Number(const TemplateInput& input) const {
  static thread_local std::string text;  // keeps its capacity
  text.clear();
  uint64_t number = 0;
  if (!AppendText(input, text) || !absl::SimpleAtoi(text, &number)) return 0;
  return number;
}

std::optional<Variable> TemplateReference::variable() const {
  return from_ == From::kVariable ? std::optional(variable_) : std::nullopt;
}

std::optional<size_t> TemplateReference::slot() const {
  return from_ == From::kSlot ? std::optional(slot_) : std::nullopt;
}

size_t TemplateReference::MaxTextSize() const {
  if (length_) return kMaxDigits;
  return from_ == From::kVariable ? MaxSize(variable_) : SIZE_MAX;
}

}  // namespace holter::core
