// Which messages a rule speaks of. Compiled once, shared by all sessions that use it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "core/inbound_message.h"
#include "core/json_condition.h"

namespace holter::core {

// A field of a Protobuf message by numbers, without a schema.
struct ProtobufCondition {
  std::string path;  // "5.2"
  std::optional<std::string> equals;

  friend bool operator==(const ProtobufCondition&, const ProtobufCondition&) = default;
};

// Which frames a matcher looks at.
enum class MatchedFrame : uint8_t { kData, kText, kBinary, kPing, kPong };

class Matcher;

// Matcher of heartbeat.proto, not compiled yet: everything that is set has to hold.
struct MatcherParts {
  MatchedFrame frame = MatchedFrame::kData;
  std::string prefix;
  std::optional<std::string> text;  // "" is an empty message
  std::string regex;
  std::string bytes;  // the language of Matcher.bytes
  std::optional<std::pair<size_t, size_t>> length;
  std::vector<JsonCondition> json;
  std::vector<ProtobufCondition> protobuf;
  std::vector<Matcher> any;
  std::vector<Matcher> all;
  std::vector<Matcher> none;  // `not`
};

// Immutable; any thread; cheap to copy.
class Matcher {
 public:
  // Every data frame.
  static Matcher Anything();
  // The whole message, of either kind of frame.
  static Matcher Text(std::string text);
  // RE2, unanchored. INVALID_ARGUMENT carries RE2's words.
  static absl::StatusOr<Matcher> Regex(std::string_view pattern);
  // The whole message.
  static Matcher Bytes(std::string bytes);
  // All conditions hold. A message that is not JSON does not match.
  static absl::StatusOr<Matcher> Json(std::vector<JsonCondition> conditions);
  // INVALID_ARGUMENT says which part is wrong: the message begins with its field, "regex: …", "json[1].one_of[0]: …".
  static absl::StatusOr<Matcher> Compile(MatcherParts parts);

  bool Matches(const InboundMessage& message) const;
  // Looks at pings or pongs, itself or in any or all.
  bool LooksAtControl() const;

  // Declared alike: same parts in the same order.
  friend bool operator==(const Matcher& a, const Matcher& b);

 private:
  struct Impl;
  explicit Matcher(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

  std::shared_ptr<const Impl> impl_;
};

}  // namespace holter::core
