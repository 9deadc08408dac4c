#include "core/matcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "core/byte_pattern.h"
#include "core/protobuf_path.h"
#include "core/regular_expression.h"

namespace holter::core {
namespace {

struct CompiledProtobuf {
  ProtobufPath path;
  std::optional<std::string> equals;
};

bool Holds(const CompiledProtobuf& condition, std::string_view message) {
  return condition.path.Visit(message, [&condition](const ProtobufPath::Field& field) {
    if (!condition.equals) return true;
    return field.is_number ? *condition.equals == fmt::format_int(field.number).c_str()
                           : *condition.equals == field.bytes;
  });
}

bool Fits(MatchedFrame wanted, InboundKind kind) {
  switch (wanted) {
    case MatchedFrame::kData:
      return kind == InboundKind::kText || kind == InboundKind::kBinary;
    case MatchedFrame::kText:
      return kind == InboundKind::kText;
    case MatchedFrame::kBinary:
      return kind == InboundKind::kBinary;
    case MatchedFrame::kPing:
      return kind == InboundKind::kPing;
    case MatchedFrame::kPong:
      return kind == InboundKind::kPong;
  }
  return false;
}

absl::Status In(std::string_view field, const absl::Status& status) {
  return absl::InvalidArgumentError(fmt::format("{}: {}", field, std::string(status.message())));
}

bool SameParts(const MatcherParts& a, const MatcherParts& b) {
  return a.frame == b.frame && a.prefix == b.prefix && a.text == b.text && a.regex == b.regex && a.bytes == b.bytes &&
         a.length == b.length && a.json == b.json && a.protobuf == b.protobuf && a.any == b.any && a.all == b.all &&
         a.none == b.none;
}

}  // namespace

struct Matcher::Impl {
  MatcherParts parts;
  std::shared_ptr<const re2::RE2> regex;
  std::optional<BytePattern> bytes;
  std::vector<CompiledCondition> json;
  std::vector<CompiledProtobuf> protobuf;
  bool inner_control = false;  // a matcher of any or all looks at pings or pongs

  absl::Status CompileParts();
  bool LooksAtControl() const;
  bool Matches(const InboundMessage& message) const;
  bool Combine(const InboundMessage& message) const;
};

absl::Status Matcher::Impl::CompileParts() {
  if (!parts.regex.empty()) {
    auto compiled = CompileRegex(parts.regex);
    if (!compiled.ok()) return In("regex", compiled.status());
    regex = *std::move(compiled);
  }
  if (!parts.bytes.empty()) {
    auto compiled = BytePattern::Parse(parts.bytes);
    if (!compiled.ok()) return In("bytes", compiled.status());
    bytes = *std::move(compiled);
  }
  for (size_t i = 0; i < parts.json.size(); ++i) {
    auto compiled = CompiledCondition::Compile(parts.json[i]);
    if (!compiled.ok()) {
      // Its message begins with the field of the condition.
      return absl::InvalidArgumentError(fmt::format("json[{}].{}", i, std::string(compiled.status().message())));
    }
    json.push_back(*std::move(compiled));
  }
  for (size_t i = 0; i < parts.protobuf.size(); ++i) {
    auto path = ProtobufPath::Parse(parts.protobuf[i].path);
    if (!path.ok()) return In(fmt::format("protobuf[{}].path", i), path.status());
    protobuf.push_back({.path = *std::move(path), .equals = parts.protobuf[i].equals});
  }
  const auto looks_at_control = [](const Matcher& matcher) { return matcher.LooksAtControl(); };
  inner_control = std::any_of(parts.any.begin(), parts.any.end(), looks_at_control) ||
                  std::any_of(parts.all.begin(), parts.all.end(), looks_at_control);
  return absl::OkStatus();
}

bool Matcher::Impl::LooksAtControl() const {
  return parts.frame == MatchedFrame::kPing || parts.frame == MatchedFrame::kPong ||
         (parts.frame == MatchedFrame::kData && inner_control);
}

bool Matcher::Impl::Matches(const InboundMessage& message) const {
  // Which of data and control it is, the matchers inside say for themselves.
  if (!(parts.frame == MatchedFrame::kData && inner_control) && !Fits(parts.frame, message.kind())) return false;
  if (!message.bytes().starts_with(parts.prefix)) return false;
  const std::string_view rest = message.bytes().substr(parts.prefix.size());
  if (parts.text && rest != *parts.text) return false;
  if (parts.length && (rest.size() < parts.length->first || rest.size() > parts.length->second)) return false;
  if (bytes && !bytes->Matches(rest)) return false;
  if (!json.empty()) {
    const JsonTape* const tape = message.Json(parts.prefix.size());
    if (tape == nullptr) return false;
    for (const CompiledCondition& condition : json) {
      if (!condition.Holds(*tape)) return false;
    }
  }
  if (regex != nullptr && !re2::RE2::PartialMatch(ToPiece(rest), *regex)) return false;
  for (const CompiledProtobuf& condition : protobuf) {
    if (!Holds(condition, rest)) return false;
  }
  return Combine(message);
}

// The matchers inside look at the whole message.
bool Matcher::Impl::Combine(const InboundMessage& message) const {
  const auto matches = [&message](const Matcher& matcher) { return matcher.Matches(message); };
  return (parts.any.empty() || std::any_of(parts.any.begin(), parts.any.end(), matches)) &&
         std::all_of(parts.all.begin(), parts.all.end(), matches) &&
         std::none_of(parts.none.begin(), parts.none.end(), matches);
}

Matcher Matcher::Anything() { return *Compile({}); }

Matcher Matcher::Text(std::string text) {
  MatcherParts parts;
  parts.text = std::move(text);
  return *Compile(std::move(parts));
}

absl::StatusOr<Matcher> Matcher::Regex(std::string_view pattern) {
  MatcherParts parts;
  parts.regex = std::string(pattern);
  return Compile(std::move(parts));
}

Matcher Matcher::Bytes(std::string bytes) { return Text(std::move(bytes)); }

absl::StatusOr<Matcher> Matcher::Json(std::vector<JsonCondition> conditions) {
  MatcherParts parts;
  parts.json = std::move(conditions);
  return Compile(std::move(parts));
}

absl::StatusOr<Matcher> Matcher::Compile(MatcherParts parts) {
  auto impl = std::make_shared<Impl>();
  impl->parts = std::move(parts);
  if (absl::Status status = impl->CompileParts(); !status.ok()) return status;
  return Matcher(std::move(impl));
}

bool Matcher::Matches(const InboundMessage& message) const { return impl_->Matches(message); }

bool Matcher::LooksAtControl() const { return impl_->LooksAtControl(); }

bool operator==(const Matcher& a, const Matcher& b) {
  return a.impl_ == b.impl_ || SameParts(a.impl_->parts, b.impl_->parts);
}

}  // namespace holter::core
