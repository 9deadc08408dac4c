#include "core/template_program.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/json_text.h"
#include "core/regular_expression.h"

namespace holter::core {
namespace {

using PartKind = TemplatePart::Kind;

constexpr int kMostEchoGroups = 9;  // that an echo can speak of
constexpr double kTwoTo64 = 0x1p64;

// What a text says as a whole number; its upper bits are lost beyond 64, a fraction is cut off, and what is no number
// is 0.
uint64_t WholeNumber(std::string_view text) {
  const bool negative = text.starts_with('-');
  const std::string_view digits = negative ? text.substr(1) : text;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error == std::errc() && end == digits.data() + digits.size()) return negative ? 0 - number : number;
  double real = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), real);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size() || !std::isfinite(real)) return 0;
  number = static_cast<uint64_t>(std::fmod(std::trunc(std::abs(real)), kTwoTo64));
  return negative ? 0 - number : number;
}

void AppendPlain(const FoundValue& found, std::string& out) {
  if (found.tape != nullptr) {
    found.tape->Append(found.place, out);
  } else {
    out.append(found.text);
  }
}

void AppendEscaped(const FoundValue& found, std::string& out) {
  if (found.tape == nullptr) return AppendJsonCharacters(found.text, out);
  static thread_local std::string json;  // keeps its capacity
  json.clear();
  found.tape->Append(found.place, json);
  AppendJsonCharacters(json, out);
}

// In JSON all that is not a token is a string.
void AppendToken(const FoundValue& found, bool as_text, std::string& out) {
  if (found.kind == Value::Kind::kNone) {
    out += "null";
  } else if (found.kind == Value::Kind::kToken && !as_text) {
    AppendPlain(found, out);
  } else {
    out += '"';
    AppendEscaped(found, out);
    out += '"';
  }
}

// Built-in variables need no escapes.
void AppendVariable(const TemplateSource& source, PartKind kind, const BeatVariables& variables, std::string& out) {
  const Variable variable = source.variable;
  const bool quoted = kind == PartKind::kToken && (source.as_text || !IsNumber(variable));
  if (quoted) out += '"';
  if (source.later == Duration::zero()) {
    variables.Append(variable, out);
  } else {
    variables.After(source.later).Append(variable, out);
  }
  if (quoted) out += '"';
}

void AppendValue(const TemplateSource& source, PartKind kind, const TemplateInput& input, std::string& out) {
  if (source.from == TemplateSource::From::kVariable) {
    if (input.variables != nullptr) AppendVariable(source, kind, *input.variables, out);
    return;
  }
  FoundValue found = source.Find(input);
  if (found.kind == Value::Kind::kNone) found = {.kind = source.otherwise.kind, .text = source.otherwise.text};
  if (kind == PartKind::kToken) return AppendToken(found, source.as_text, out);
  if (kind == PartKind::kEscaped) return AppendEscaped(found, out);
  AppendPlain(found, out);
}

void AppendCount(const TemplateSource& source, const TemplateInput& input, std::string& out) {
  const size_t before = out.size();
  AppendValue(source, PartKind::kValue, input, out);
  const size_t count = out.size() - before;
  out.resize(before);
  std::array<char, 24> digits;
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), count).ptr);
}

void AppendSource(const TemplatePart& part, PartKind kind, const TemplateInput& input, std::string& out) {
  if (!part.source.counts) return AppendValue(part.source, kind, input, out);
  const bool quoted = kind == PartKind::kToken && part.source.as_text;
  if (quoted) out += '"';
  AppendCount(part.source, input, out);
  if (quoted) out += '"';
}

void AppendNumber(const TemplatePart& part, const TemplateInput& input, std::string& out) {
  const size_t before = out.size();
  AppendSource(part, PartKind::kValue, input, out);
  const uint64_t number = WholeNumber(std::string_view(out).substr(before));
  out.resize(before);
  part.format.Insert(number, before, out);
}

// The length stands before what it counts, so that what it cannot say is cut off.
void InsertLength(const TemplatePart& part, size_t begin, std::string& out) {
  const uint64_t most = part.format.Most() - part.extra;
  if (out.size() - begin > most) out.resize(begin + most);
  part.format.Insert(out.size() - begin + part.extra, begin, out);
}

}  // namespace

void NumberFormat::Insert(uint64_t number, size_t at, std::string& out) const {
  std::array<char, 10> digits;
  size_t size = bytes;
  if (bytes == 0) {
    for (; number >= 0x80; number >>= 7) digits[size++] = static_cast<char>((number & 0x7F) | 0x80);
    digits[size++] = static_cast<char>(number);
  } else {
    for (size_t i = 0; i < size; ++i, number >>= 8) {
      digits[little_endian ? i : size - 1 - i] = static_cast<char>(number & 0xFF);
    }
  }
  out.insert(at, digits.data(), size);
}

void MessageTemplate::Program::Expand(const TemplateInput& input, std::string& out) const {
  std::array<size_t, kDeepestLength> lengths;
  size_t depth = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    const TemplatePart& part = parts[i];
    switch (part.kind) {
      case PartKind::kLiteral:
        out.append(part.literal);
        break;
      case PartKind::kValue:
      case PartKind::kEscaped:
      case PartKind::kToken:
        AppendSource(part, part.kind, input, out);
        break;
      case PartKind::kNumber:
        AppendNumber(part, input, out);
        break;
      case PartKind::kMember:
        if (!part.source.HasValue(input)) i += part.skip;
        break;
      case PartKind::kComma:
        if (!out.ends_with('{')) out += ',';
        break;
      case PartKind::kLengthBegin:
        lengths[depth++] = out.size();
        break;
      case PartKind::kLengthEnd:
        InsertLength(part, lengths[--depth], out);
        break;
    }
  }
}

void MessageTemplate::Program::Echo(const InboundMessage& question, std::string& out) const {
  const std::string_view bytes = question.bytes();
  std::array<re2::StringPiece, kMostEchoGroups + 1> groups;
  const int wanted = regex == nullptr ? 0 : 1 + std::min(kMostEchoGroups, regex->NumberOfCapturingGroups());
  if (regex == nullptr || !regex->Match(ToPiece(bytes), 0, bytes.size(), re2::RE2::UNANCHORED, groups.data(), wanted)) {
    out.append(bytes);
    return;
  }
  const auto begin = static_cast<size_t>(groups[0].data() - bytes.data());
  out.append(bytes.substr(0, begin));
  regex->Rewrite(&out, ToPiece(with), groups.data(), wanted);
  out.append(bytes.substr(begin + groups[0].size()));
}

}  // namespace holter::core
