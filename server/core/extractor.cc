#include "core/extractor.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "core/byte_place.h"
#include "core/json_tape.h"
#include "core/protobuf_path.h"
#include "core/regular_expression.h"

namespace holter::core {
namespace {

constexpr int kMostGroups = 16;

// Written as JSON and people write numbers; no "inf", no "0x10".
bool IsCountable(std::string_view text) {
  double number = 0;
  return text.find_first_not_of("0123456789+-.eE") == std::string_view::npos &&
         absl::SimpleAtod(absl::string_view(text.data(), text.size()), &number) && std::isfinite(number) && number >= 0;
}

// "0x1b4" becomes 436. False: it is none, or above 64 bits.
bool TakeHexadecimal(Value& value) {
  std::string_view digits = value.text;
  if (digits.starts_with("0x") || digits.starts_with("0X")) digits.remove_prefix(2);
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) return false;
  value.kind = Value::Kind::kToken;
  value.text.assign(fmt::format_int(number).c_str());
  return true;
}

bool TakeText(std::string_view text, Value& out) {
  if (text.size() > Extractor::kLongestValue) return false;
  out.text.assign(text);
  return true;
}

// Numbers and truth values stand for themselves, strings for their content; null, objects and arrays are no values.
bool TakeJson(const JsonTape& tape, std::optional<size_t> place, Value& out) {
  if (!place) return false;
  switch (tape.type(*place)) {
    case JsonType::kString:
      out.kind = Value::Kind::kText;
      break;
    case JsonType::kNumber:
    case JsonType::kBoolean:
      out.kind = Value::Kind::kToken;
      break;
    default:
      return false;
  }
  return TakeText(tape.text(*place), out);
}

}  // namespace

struct Extractor::Impl {
  enum class From : uint8_t { kJson, kRegex, kProtobuf, kBytes } from = From::kJson;
  std::string declared;  // pattern, path or place, by which two are the same
  JsonPointer pointer;
  std::optional<JsonPointer> inside;
  std::shared_ptr<const re2::RE2> regex;
  int group = 0;
  ProtobufPath path;
  BytePlace place;
  std::string prefix;
  bool numeric = false;
  bool hexadecimal = false;

  bool FromJson(const InboundMessage& message, Value& out) const;
  bool FromRegex(std::string_view text, Value& out) const;
  bool FromProtobuf(std::string_view bytes, Value& out) const;
};

Extractor Extractor::Json(JsonPointer pointer, std::optional<JsonPointer> inside) {
  auto impl = std::make_shared<Impl>();
  impl->pointer = std::move(pointer);
  impl->inside = std::move(inside);
  return Extractor(std::move(impl));
}

absl::StatusOr<Extractor> Extractor::Regex(std::string_view pattern) {
  auto impl = std::make_shared<Impl>();
  impl->from = Impl::From::kRegex;
  impl->declared = std::string(pattern);
  auto regex = CompileRegex(pattern);
  if (!regex.ok()) return regex.status();
  impl->regex = *std::move(regex);
  impl->group = impl->regex->NumberOfCapturingGroups() > 0 ? 1 : 0;
  return Extractor(std::move(impl));
}

absl::StatusOr<Extractor> Extractor::RegexGroup(std::string_view pattern, int group) {
  absl::StatusOr<Extractor> whole = Regex(pattern);
  if (!whole.ok()) return whole.status();
  const int most = std::min(whole->impl_->regex->NumberOfCapturingGroups(), kMostGroups);
  if (group < 1 || group > most) {
    return absl::InvalidArgumentError(
        fmt::format("expected one of the {} groups of the expression, counted from 1, got {}", most, group));
  }
  auto impl = std::make_shared<Impl>(*whole->impl_);
  impl->group = group;
  return Extractor(std::move(impl));
}

absl::StatusOr<Extractor> Extractor::Protobuf(std::string_view path) {
  auto impl = std::make_shared<Impl>();
  impl->from = Impl::From::kProtobuf;
  impl->declared = std::string(path);
  auto parsed = ProtobufPath::Parse(path);
  if (!parsed.ok()) return parsed.status();
  impl->path = *std::move(parsed);
  return Extractor(std::move(impl));
}

absl::StatusOr<Extractor> Extractor::Bytes(std::string_view place) {
  auto impl = std::make_shared<Impl>();
  impl->from = Impl::From::kBytes;
  impl->declared = std::string(place);
  auto parsed = BytePlace::Parse(place);
  if (!parsed.ok()) return parsed.status();
  impl->place = *parsed;
  return Extractor(std::move(impl));
}

Extractor Extractor::Behind(std::string prefix) const {
  auto impl = std::make_shared<Impl>(*impl_);
  impl->prefix = std::move(prefix);
  return Extractor(std::move(impl));
}

Extractor Extractor::Numeric() const {
  auto impl = std::make_shared<Impl>(*impl_);
  impl->numeric = true;
  return Extractor(std::move(impl));
}

Extractor Extractor::Hexadecimal() const {
  auto impl = std::make_shared<Impl>(*impl_);
  impl->hexadecimal = true;
  return Extractor(std::move(impl));
}

bool Extractor::Extract(const InboundMessage& message, Value& out) const {
  if (!message.bytes().starts_with(impl_->prefix)) {
    out.kind = Value::Kind::kNone;
    return false;
  }
  const std::string_view rest = message.bytes().substr(impl_->prefix.size());
  bool found = false;
  switch (impl_->from) {
    case Impl::From::kJson:
      found = impl_->FromJson(message, out);
      break;
    case Impl::From::kRegex:
      found = impl_->FromRegex(rest, out);
      break;
    case Impl::From::kProtobuf:
      found = impl_->FromProtobuf(rest, out);
      break;
    case Impl::From::kBytes:
      out.kind = impl_->place.is_number ? Value::Kind::kToken : Value::Kind::kText;
      found = (impl_->place.is_number || impl_->place.range.Of(rest).size() <= kLongestValue) &&
              impl_->place.Read(rest, out.text);
      break;
  }
  if (found && impl_->hexadecimal) found = TakeHexadecimal(out);
  if (found && (!impl_->numeric || IsCountable(out.text))) return true;
  out.kind = Value::Kind::kNone;
  return false;
}

bool Extractor::Impl::FromJson(const InboundMessage& message, Value& out) const {
  const JsonTape* const tape = message.Json(prefix.size());
  if (tape == nullptr) return false;
  const std::optional<size_t> found = tape->Find(pointer);
  if (!inside) return TakeJson(*tape, found, out);
  if (!found || tape->type(*found) != JsonType::kString) return false;
  const InboundMessage inner(InboundKind::kText, tape->text(*found));
  const JsonTape* const inner_tape = inner.Json();
  return inner_tape != nullptr && TakeJson(*inner_tape, inner_tape->Find(*inside), out);
}

bool Extractor::Impl::FromRegex(std::string_view text, Value& out) const {
  std::array<re2::StringPiece, kMostGroups + 1> groups;
  if (!regex->Match(ToPiece(text), 0, text.size(), re2::RE2::UNANCHORED, groups.data(), group + 1)) return false;
  const re2::StringPiece& found = groups[static_cast<size_t>(group)];
  if (found.data() == nullptr) return false;
  out.kind = Value::Kind::kText;
  return TakeText({found.data(), found.size()}, out);
}

bool Extractor::Impl::FromProtobuf(std::string_view bytes, Value& out) const {
  return path.Visit(bytes, [&out](const ProtobufPath::Field& field) {
    out.kind = field.is_number ? Value::Kind::kToken : Value::Kind::kText;
    if (field.is_number) {
      out.text.assign(fmt::format_int(field.number).c_str());
    } else {
      return TakeText(field.bytes, out);
    }
    return true;
  });
}

bool operator==(const Extractor& a, const Extractor& b) {
  if (a.impl_ == b.impl_) return true;
  const Extractor::Impl& x = *a.impl_;
  const Extractor::Impl& y = *b.impl_;
  return x.from == y.from && x.declared == y.declared && x.pointer == y.pointer && x.inside == y.inside &&
         x.group == y.group && x.prefix == y.prefix && x.numeric == y.numeric && x.hexadecimal == y.hexadecimal;
}

}  // namespace holter::core
