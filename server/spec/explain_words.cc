#include "spec/explain_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "spec/field_path.h"
#include "spec/json_value.h"

namespace holter::spec {
namespace {

// What is sent is longer than a word, and is what people look for.
constexpr size_t kLongestShown = 160;

std::string CutWords(const std::string& text) {
  if (text.size() <= kLongestShown) return text;
  size_t end = kLongestShown;
  while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not within a character of UTF-8
  return fmt::format("{}… ({} bytes)", text.substr(0, end), text.size());
}

std::string JsonWords(const google::protobuf::Value& value) {
  const absl::StatusOr<std::string> text = JsonText(value);
  return text.ok() ? CutWords(*text) : "a value";
}

// In quotes that are not in the text, if there are any; JSON as it is.
std::string SentText(const std::string& text) {
  const bool is_plain = std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; });
  if (!is_plain || text.find('\'') != std::string::npos) return Quoted(text);
  return fmt::format("{0}{1}{0}", text.find('"') == std::string::npos ? '"' : '\'', CutWords(text));
}

std::string TypeWord(v1::JsonType type) {
  switch (type) {
    case v1::JSON_TYPE_NULL:
      return "null";
    case v1::JSON_TYPE_BOOLEAN:
      return "true or false";
    case v1::JSON_TYPE_NUMBER:
      return "a number";
    case v1::JSON_TYPE_STRING:
      return "a string";
    case v1::JSON_TYPE_ARRAY:
      return "an array";
    default:
      return "an object";
  }
}

std::string PointerWords(const std::string& pointer) { return pointer.empty() ? "the whole JSON" : pointer; }

// "/op = "pong"", "no /error".
std::string ConditionWords(const v1::JsonCondition& condition) {
  std::string place = PointerWords(condition.pointer());
  if (condition.has_inside()) place += fmt::format(" (JSON in a string, there {})", PointerWords(condition.inside()));
  if (condition.has_exists() && !condition.exists()) return "no " + place;
  std::vector<std::string> words;
  if (condition.has_equals()) words.push_back("= " + JsonWords(condition.equals()));
  if (condition.type() != v1::JSON_TYPE_UNSPECIFIED) words.push_back("being " + TypeWord(condition.type()));
  if (condition.one_of_size() > 0) {
    std::vector<std::string> values;
    for (const google::protobuf::Value& value : condition.one_of()) values.push_back(JsonWords(value));
    words.push_back(fmt::format("one of {}", fmt::join(values, ", ")));
  }
  if (condition.has_at_least()) words.push_back("≥ " + NumberText(condition.at_least()));
  if (condition.has_below()) words.push_back("< " + NumberText(condition.below()));
  if (!condition.regex().empty()) words.push_back("matching " + Quoted(condition.regex()));
  return words.empty() ? place : fmt::format("{} {}", place, fmt::join(words, " and "));
}

std::string LengthWords(const v1::LengthRange& length) {
  if (!length.has_most()) return fmt::format("of {} bytes or more", length.least());
  if (length.least() == length.most()) return fmt::format("of {} bytes", length.most());
  return fmt::format("of {} to {} bytes", length.least(), length.most());
}

std::string Noun(v1::Frame frame) {
  switch (frame) {
    case v1::FRAME_TEXT:
      return "text message";
    case v1::FRAME_BINARY:
      return "binary message";
    case v1::FRAME_PING:
      return "ping";
    case v1::FRAME_PONG:
      return "pong";
    default:
      return "message";
  }
}

std::string Choice(const google::protobuf::RepeatedPtrField<v1::Matcher>& matchers, std::string_view between) {
  std::vector<std::string> words;
  for (const v1::Matcher& matcher : matchers) words.push_back(MatcherWords(matcher));
  return fmt::format("{}", fmt::join(words, between));
}

// What the message itself looks like.
std::vector<std::string> Looks(const v1::Matcher& matcher) {
  std::vector<std::string> looks;
  if (!matcher.prefix().empty()) looks.push_back(fmt::format("behind {}", Quoted(matcher.prefix())));
  if (matcher.has_length()) looks.push_back(LengthWords(matcher.length()));
  if (!matcher.regex().empty()) looks.push_back("matching " + Quoted(matcher.regex()));
  if (!matcher.bytes().empty()) looks.push_back("with the bytes " + CutWords(matcher.bytes()));
  std::vector<std::string> parts;
  for (const v1::JsonCondition& condition : matcher.json()) parts.push_back(ConditionWords(condition));
  for (const v1::ProtobufCondition& condition : matcher.protobuf()) {
    parts.push_back(fmt::format("field {}", condition.path()) +
                    (condition.has_equals() ? " = " + Quoted(condition.equals()) : ""));
  }
  if (!parts.empty()) looks.push_back(fmt::format("with {}", fmt::join(parts, " and ")));
  return looks;
}

std::string FrameSuffix(v1::Frame frame) {
  if (frame == v1::FRAME_TEXT) return " in a text frame";
  return frame == v1::FRAME_BINARY ? " in a binary frame" : "";
}

std::string EchoWords(const v1::Echo& echo) {
  if (echo.regex().empty()) return "the message itself";
  return fmt::format("the message itself with {} in place of {}", Quoted(echo.with()), Quoted(echo.regex()));
}

}  // namespace

// Matchers are at most 4 deep in one another.
std::string MatcherWords(const v1::Matcher& matcher) {
  const std::string noun = Noun(matcher.frame());
  const std::vector<std::string> looks = Looks(matcher);
  std::string words = fmt::format("{} {}", matcher.anything() ? "any" : "a", noun);
  if (!matcher.text().empty()) {
    words = matcher.frame() == v1::FRAME_UNSPECIFIED ? Quoted(matcher.text())
                                                     : fmt::format("the {} {}", noun, Quoted(matcher.text()));
  } else if (matcher.empty()) {
    words = fmt::format("an empty {}", noun);
  } else if (looks.empty() && matcher.frame() == v1::FRAME_UNSPECIFIED && matcher.any_size() > 0 &&
             matcher.all_size() == 0) {
    words = Choice(matcher.any(), " or ");
    return matcher.has_not_() ? fmt::format("({}) but not {}", words, MatcherWords(matcher.not_())) : words;
  }
  if (!looks.empty()) words += fmt::format(" {}", fmt::join(looks, " "));
  if (matcher.any_size() > 0) words += fmt::format(" that is ({})", Choice(matcher.any(), " or "));
  if (matcher.all_size() > 0) words += fmt::format(" that is ({})", Choice(matcher.all(), " and "));
  if (matcher.has_not_()) words += fmt::format(" that is not ({})", MatcherWords(matcher.not_()));
  return words;
}

std::string TemplateWords(const v1::MessageTemplate& message) {
  switch (message.kind_case()) {
    case v1::MessageTemplate::kText:
      return SentText(message.text()) + FrameSuffix(message.frame());
    case v1::MessageTemplate::kJson:
      return JsonWords(message.json()) + FrameSuffix(message.frame());
    case v1::MessageTemplate::kBytes:
      return "the bytes " + CutWords(message.bytes()) + FrameSuffix(message.frame());
    case v1::MessageTemplate::kEmpty:
      return "an empty message" + FrameSuffix(message.frame());
    case v1::MessageTemplate::kPong:
      return message.pong().empty() ? "a pong that nobody asked for"
                                    : fmt::format("a pong {} that nobody asked for", Quoted(message.pong()));
    case v1::MessageTemplate::kEcho:
      return EchoWords(message.echo()) + FrameSuffix(message.frame());
    case v1::MessageTemplate::KIND_NOT_SET:
      break;
  }
  return "nothing";
}

std::string PlaceWords(const v1::Capture& capture) {
  std::string words;
  switch (capture.from_case()) {
    case v1::Capture::kPointer:
      words = PointerWords(capture.pointer());
      if (!capture.inside().empty()) {
        words += fmt::format(" (JSON in a string, there {})", PointerWords(capture.inside()));
      }
      break;
    case v1::Capture::kRegex:
      words = "what matches " + Quoted(capture.regex());
      break;
    case v1::Capture::kProtobuf:
      words = "field " + capture.protobuf();
      break;
    default:
      words = "bytes " + capture.bytes();
      break;
  }
  if (!capture.prefix().empty()) words += " behind " + Quoted(capture.prefix());
  return capture.hexadecimal() ? words + " in hexadecimal" : words;
}

}  // namespace holter::spec
