// Where a value stands in a message: Capture of heartbeat.proto, compiled. Shared by all sessions that use it.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "core/inbound_message.h"
#include "core/json_pointer.h"
#include "core/value.h"

namespace holter::core {

// Immutable; any thread; cheap to copy.
class Extractor {
 public:
  // What is longer is no value: a peer does not decide how much is remembered of it.
  static constexpr size_t kLongestValue = 16384;

  // The string's content or the raw token at `pointer`; with `inside`, of the JSON in the string there. Objects and
  // arrays are no values, null is none.
  static Extractor Json(JsonPointer pointer, std::optional<JsonPointer> inside = std::nullopt);
  // The first group of the expression, or all that matches.
  static absl::StatusOr<Extractor> Regex(std::string_view pattern);
  // The group of the expression, from 1. INVALID_ARGUMENT when it has not so many.
  static absl::StatusOr<Extractor> RegexGroup(std::string_view pattern, int group);
  // "5.2".
  static absl::StatusOr<Extractor> Protobuf(std::string_view path);
  // "6:14", "8:", "8:12 u32".
  static absl::StatusOr<Extractor> Bytes(std::string_view place);

  // Only behind this prefix.
  Extractor Behind(std::string prefix) const;
  // Only numbers from zero up are values.
  Extractor Numeric() const;
  // Only whole numbers in hexadecimal are values, "0x1b4" or "1B4", below 2^64; taken in decimal.
  Extractor Hexadecimal() const;

  // False: there is no value. `text` keeps its capacity from call to call; only its content is replaced.
  bool Extract(const InboundMessage& message, Value& out) const;

  friend bool operator==(const Extractor& a, const Extractor& b);

 private:
  struct Impl;
  explicit Extractor(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

  std::shared_ptr<const Impl> impl_;
};

}  // namespace holter::core
