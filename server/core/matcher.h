// Which messages answer a beat, and what they echo. Compiled once, shared by all sessions that use it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "core/message_template.h"

namespace holter::core {

// RFC 6901, compiled.
struct JsonPointer {
  std::vector<std::string> tokens;

  // "" is the whole document. The message of the error tells what was expected.
  static absl::StatusOr<JsonPointer> Parse(std::string_view text);

  friend bool operator==(const JsonPointer&, const JsonPointer&) = default;
};

// The value at `pointer` equals `equals`, a JSON text; numbers compare as numbers.
struct JsonCondition {
  JsonPointer pointer;
  std::string equals;

  friend bool operator==(const JsonCondition&, const JsonCondition&) = default;
};

// Where the echo of a variable stands in an answer, and which variable it is.
struct Correlation {
  std::variant<JsonPointer, int> place;  // int: a group of the regular expression, from 1
  Variable variable = Variable::kSeq;

  friend bool operator==(const Correlation&, const Correlation&) = default;
};

// Immutable; any thread.
class Matcher {
 public:
  // The whole message, of either kind of frame.
  static Matcher Text(std::string text);
  // RE2, unanchored. INVALID_ARGUMENT carries RE2's words.
  static absl::StatusOr<Matcher> Regex(std::string_view pattern);
  // The whole message.
  static Matcher Bytes(std::string bytes);
  // All conditions hold. A message that is not JSON does not match.
  static absl::StatusOr<Matcher> Json(std::vector<JsonCondition> conditions);

  bool Matches(std::string_view message) const;
  // Matches, and `echo` is set to the text at the correlation's place; false when there is none. An echo at a JSON
  // pointer is the string's content or the number's raw token.
  bool MatchesWithEcho(std::string_view message, const Correlation& correlation, std::string& echo) const;
  // Groups of the regular expression; 0 for other kinds.
  int GroupCount() const;

  // Declared alike: same kind, same text, pattern, bytes or conditions in the same order.
  friend bool operator==(const Matcher& a, const Matcher& b);

 private:
  struct Impl;
  explicit Matcher(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

  std::shared_ptr<const Impl> impl_;
};

}  // namespace holter::core
