#include "spec/matcher.h"

#include <fmt/format.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "spec/enum_words.h"
#include "spec/json_condition.h"

namespace holter::spec {
namespace {

using MatcherList = google::protobuf::RepeatedPtrField<v1::Matcher>;

constexpr size_t kLongestText = 4096;
constexpr size_t kLongestMatcherRegex = 1024;
constexpr size_t kLongestMatcherPrefix = 64;
constexpr int kMostOfAKind = 16;
constexpr int kDeepestMatcher = 4;

// Its own message begins with the field of the matcher.
void RefuseInPlace(const absl::Status& status, const FieldPath& at) {
  const std::string message(status.message());
  const size_t colon = message.find(": ");
  at.Field(message.substr(0, colon)).Refuse(message.substr(colon + 2));
}

// Names everything that core does not take, while core itself stops at the first.
void RefuseParts(const core::MatcherParts& parts, const FieldPath& at) {
  const auto try_alone = [](core::MatcherParts alone, const FieldPath& place) {
    if (const auto made = core::Matcher::Compile(std::move(alone)); !made.ok()) {
      RefuseInPlace(made.status(), place);
    }
  };
  core::MatcherParts regex;
  regex.regex = parts.regex;
  try_alone(std::move(regex), at);
  core::MatcherParts bytes;
  bytes.bytes = parts.bytes;
  try_alone(std::move(bytes), at);
  for (size_t i = 0; i < parts.json.size(); ++i) {
    core::MatcherParts json;
    json.json.resize(i);  // conditions that always hold, so that the index is the right one
    json.json.push_back(parts.json[i]);
    try_alone(std::move(json), at);
  }
  for (size_t i = 0; i < parts.protobuf.size(); ++i) {
    core::MatcherParts protobuf;
    protobuf.protobuf.assign(i, {.path = "1", .equals = {}});
    protobuf.protobuf.push_back(parts.protobuf[i]);
    try_alone(std::move(protobuf), at);
  }
}

class MatcherCompiler {
 public:
  explicit MatcherCompiler(bool allow_control) : allow_control_(allow_control) {}

  std::optional<core::Matcher> Compile(const v1::Matcher& matcher, core::MatchedFrame frame, int depth,
                                       const FieldPath& at) {
    if (depth > kDeepestMatcher) {
      at.Refuse(fmt::format("expected matchers at most {} deep in one another", kDeepestMatcher));
      return std::nullopt;
    }
    const size_t complaints = at.violations();
    core::MatcherParts parts;
    parts.frame = FrameOf(matcher.frame(), frame, at.Field("frame"));
    ReadWhole(matcher, at, parts);
    ReadLength(matcher, at.Field("length"), parts);
    parts.json = CompileJsonConditions(matcher.json(), at.Field("json"));
    ReadProtobuf(matcher, at.Field("protobuf"), parts);
    parts.any = CompileList(matcher.any(), parts.frame, depth + 1, at.Field("any"));
    parts.all = CompileList(matcher.all(), parts.frame, depth + 1, at.Field("all"));
    if (matcher.has_not_()) {
      if (auto made = Compile(matcher.not_(), parts.frame, depth + 1, at.Field("not"))) {
        parts.none.push_back(*std::move(made));
      }
    }
    if (matcher.ByteSizeLong() == 0) {
      at.Refuse(
          "expected at least one of text, regex, bytes, json, prefix, empty, length, protobuf, any, all, not, "
          "anything, "
          "frame");
    }
    return at.violations() == complaints ? Finish(parts, at) : std::nullopt;
  }

 private:
  static std::optional<core::Matcher> Finish(const core::MatcherParts& parts, const FieldPath& at) {
    absl::StatusOr<core::Matcher> made = core::Matcher::Compile(parts);
    if (made.ok()) {
      return *std::move(made);
    }
    const size_t complaints = at.violations();
    RefuseParts(parts, at);
    if (at.violations() == complaints) {
      at.Refuse(std::string(made.status().message()));
    }
    return std::nullopt;
  }

  core::MatchedFrame FrameOf(v1::Frame frame, core::MatchedFrame outer, const FieldPath& at) const {
    CheckEnum(at, *v1::Frame_descriptor(), frame);
    switch (frame) {
      case v1::FRAME_TEXT:
        return core::MatchedFrame::kText;
      case v1::FRAME_BINARY:
        return core::MatchedFrame::kBinary;
      case v1::FRAME_PING:
      case v1::FRAME_PONG:
        if (!allow_control_) {
          at.Refuse("expected TEXT or BINARY; PING and PONG only in watchdogs and captures");
        }
        return frame == v1::FRAME_PING ? core::MatchedFrame::kPing : core::MatchedFrame::kPong;
      default:
        return outer;
    }
  }

  // What looks at the message as a whole.
  static void ReadWhole(const v1::Matcher& matcher, const FieldPath& at, core::MatcherParts& parts) {
    CheckSize(at.Field("text"), matcher.text().size(), kLongestText);
    CheckSize(at.Field("regex"), matcher.regex().size(), kLongestMatcherRegex);
    CheckSize(at.Field("prefix"), matcher.prefix().size(), kLongestMatcherPrefix);
    if (!matcher.text().empty() || matcher.empty()) {
      parts.text = matcher.text();
    }
    parts.regex = matcher.regex();
    parts.bytes = matcher.bytes();
    parts.prefix = matcher.prefix();
    if (matcher.empty() &&
        !(matcher.text().empty() && matcher.regex().empty() && matcher.bytes().empty() && matcher.json().empty() &&
          matcher.prefix().empty() && !matcher.has_length() && matcher.protobuf().empty())) {
      at.Field("empty").Refuse("what has no content needs no other description; only frame, any, all, not");
    }
  }

  static void ReadLength(const v1::Matcher& matcher, const FieldPath& at, core::MatcherParts& parts) {
    if (!matcher.has_length()) {
      return;
    }
    const v1::LengthRange& range = matcher.length();
    if (range.least() < 0) {
      at.Field("least").Refuse(fmt::format("expected 0 or more, got {}", range.least()));
    } else if (range.has_most() && range.most() < range.least()) {
      at.Field("most").Refuse(fmt::format("expected at least {}, got {}", range.least(), range.most()));
    } else {
      parts.length = {static_cast<size_t>(range.least()),
                      range.has_most() ? static_cast<size_t>(range.most()) : std::numeric_limits<size_t>::max()};
    }
  }

  static void ReadProtobuf(const v1::Matcher& matcher, const FieldPath& at, core::MatcherParts& parts) {
    if (!CheckCount(at, matcher.protobuf_size(), kMostOfAKind)) {
      return;
    }
    for (int i = 0; i < matcher.protobuf_size(); ++i) {
      const v1::ProtobufCondition& condition = matcher.protobuf(i);
      CheckSize(at.At(i).Field("equals"), condition.equals().size(), kLongestText);
      parts.protobuf.push_back({.path = condition.path(), .equals = {}});
      if (condition.has_equals()) {
        parts.protobuf.back().equals = condition.equals();
      }
    }
  }

  std::vector<core::Matcher> CompileList(const MatcherList& list, core::MatchedFrame frame, int depth,
                                         const FieldPath& at) {
    std::vector<core::Matcher> out;
    if (!CheckCount(at, list.size(), kMostOfAKind)) {
      return out;
    }
    for (int i = 0; i < list.size(); ++i) {
      if (auto made = Compile(list[i], frame, depth, at.At(i))) {
        out.push_back(*std::move(made));
      }
    }
    return out;
  }

  const bool allow_control_;
};

}  // namespace

std::optional<core::Matcher> CompileMatcher(const v1::Matcher& matcher, const FieldPath& at, bool allow_control) {
  return MatcherCompiler(allow_control).Compile(matcher, core::MatchedFrame::kData, 1, at);
}

}  // namespace holter::spec
