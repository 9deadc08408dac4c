// Where in a declaration a check stands, and where its complaints go.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/error.h"

namespace holter::spec {

// A place in the message. Cheap to copy; must not outlive the list of violations.
class FieldPath {
 public:
  FieldPath(std::string_view path, std::vector<FieldViolation>& violations) : path_(path), violations_(&violations) {}

  FieldPath Field(std::string_view name) const;
  FieldPath At(int index) const;
  FieldPath Key(std::string_view key) const;

  void Refuse(std::string description) const;

  const std::string& text() const { return path_; }
  // How many complaints there are, of this place and others.
  size_t violations() const { return violations_->size(); }

 private:
  std::string path_;
  std::vector<FieldViolation>* violations_;
};

// `text` for an answer: in quotes, cut to a readable length, control characters escaped. Never for what may hold a
// secret.
std::string Quoted(std::string_view text);

// Keeps `value` when `text` is empty: that is the field's default.
void ReadDuration(const FieldPath& at, std::string_view text, Duration least, Duration most, Duration& value);

// Refuses a number outside its bounds.
void ReadInteger(const FieldPath& at, int64_t got, int64_t least, int64_t most, int& value);

// Refuses NaN, infinities and numbers outside the bounds.
void ReadNumber(const FieldPath& at, double got, double least, double most, double& value);

// True when there are at most `most`; refuses the list otherwise.
bool CheckCount(const FieldPath& at, int got, int most);

// True when a text has at most `most` bytes; refuses it otherwise, without repeating it.
bool CheckSize(const FieldPath& at, size_t got, size_t most);

// The good value, or a refusal in the words of `made`.
template <typename T>
std::optional<T> Take(absl::StatusOr<T> made, const FieldPath& at) {
  if (!made.ok()) {
    at.Refuse(std::string(made.status().message()));
    return std::nullopt;
  }
  return *std::move(made);
}

}  // namespace holter::spec
