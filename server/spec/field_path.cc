#include "spec/field_path.h"

#include <fmt/format.h>

#include "base/duration_text.h"
#include "base/json_text.h"

namespace holter::spec {

FieldPath FieldPath::Field(std::string_view name) const {
  return {path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name), *violations_};
}

FieldPath FieldPath::At(int index) const { return {fmt::format("{}[{}]", path_, index), *violations_}; }

FieldPath FieldPath::Key(std::string_view key) const {
  return {fmt::format("{}[{}]", path_, Quoted(key)), *violations_};
}

void FieldPath::Refuse(std::string description) const { violations_->push_back({path_, std::move(description)}); }

std::string Quoted(std::string_view text) {
  constexpr size_t most = 64;
  std::string out;
  AppendJsonString(text.substr(0, most), out);
  if (text.size() > most) {
    out += fmt::format("… ({} bytes)", text.size());
  }
  return out;
}

void ReadDuration(const FieldPath& at, std::string_view text, Duration least, Duration most, Duration& value) {
  if (text.empty()) {
    return;
  }
  const absl::StatusOr<Duration> parsed = ParseDuration(text);
  if (!parsed.ok()) {
    at.Refuse(
        fmt::format("expected a duration with a unit (ns, us, ms, s, m, h) such as \"20s\", got {}", Quoted(text)));
  } else if (*parsed < least || *parsed > most) {
    at.Refuse(fmt::format("expected a duration from {} to {}, got {}", FormatDuration(least), FormatDuration(most),
                          Quoted(text)));
  } else {
    value = *parsed;
  }
}

void ReadInteger(const FieldPath& at, int64_t got, int64_t least, int64_t most, int& value) {
  if (got < least || got > most) {
    at.Refuse(fmt::format("expected a number from {} to {}, got {}", least, most, got));
  } else {
    value = static_cast<int>(got);
  }
}

void ReadNumber(const FieldPath& at, double got, double least, double most, double& value) {
  if (!(got >= least && got <= most)) {
    at.Refuse(fmt::format("expected a number from {} to {}, got {}", least, most, got));
  } else {
    value = got;
  }
}

bool CheckCount(const FieldPath& at, int got, int most) {
  if (got <= most) {
    return true;
  }
  at.Refuse(fmt::format("expected at most {}, got {}", most, got));
  return false;
}

bool CheckSize(const FieldPath& at, size_t got, size_t most) {
  if (got <= most) {
    return true;
  }
  at.Refuse(fmt::format("expected at most {} bytes, got {}", most, got));
  return false;
}

}  // namespace holter::spec
