#include "core/byte_pattern.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "absl/status/status.h"

namespace holter::core {
namespace {

// Reads a pattern from left to right.
class PatternReader {
 public:
  explicit PatternReader(std::string_view text) : text_(text) {}

  bool done() const { return at_ == text_.size(); }
  size_t at() const { return at_; }

  bool Take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  void SkipSpaces() {
    while (Take(" ")) {
    }
  }

  std::optional<uint8_t> TakeHexPair() {
    uint8_t value = 0;
    const char* const begin = text_.data() + at_;
    if (text_.size() - at_ < 2 || std::from_chars(begin, begin + 2, value, 16).ptr != begin + 2) return std::nullopt;
    at_ += 2;
    return value;
  }

  std::optional<size_t> TakeNumber() {
    size_t value = 0;
    const char* const begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc()) return std::nullopt;
    at_ += static_cast<size_t>(end - begin);
    return value;
  }

  absl::Status Expected(std::string_view what) const {
    return absl::InvalidArgumentError(fmt::format("expected {}, at character {}", what, at_));
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

absl::StatusOr<BytePattern> BytePattern::Parse(std::string_view text) {
  BytePattern pattern;
  PatternReader reader(text);
  for (reader.SkipSpaces(); !reader.done(); reader.SkipSpaces()) {
    if (pattern.open_ended_) return reader.Expected("nothing after \"..\"");
    if (reader.Take("..")) {
      pattern.open_ended_ = true;
      continue;
    }
    Byte byte;
    size_t times = 1;
    if (reader.Take("??")) {
      if (reader.Take("{")) {
        const std::optional<size_t> number = reader.TakeNumber();
        if (!number || *number == 0 || *number > kMostBytes || !reader.Take("}")) {
          return reader.Expected(fmt::format("how often, such as \"{{8}}\", at most {}", kMostBytes));
        }
        times = *number;
      }
    } else {
      const std::optional<uint8_t> value = reader.TakeHexPair();
      if (!value) return reader.Expected("two hexadecimal digits, \"??\" or \"..\"");
      byte = {.value = *value, .mask = 0xFF};
      if (reader.Take("/")) {
        const std::optional<uint8_t> mask = reader.TakeHexPair();
        if (!mask) return reader.Expected("a mask of two hexadecimal digits after \"/\"");
        byte.mask = *mask;
      }
    }
    if (pattern.bytes_.size() + times > kMostBytes) {
      return absl::InvalidArgumentError(fmt::format("expected at most {} bytes", kMostBytes));
    }
    pattern.bytes_.insert(pattern.bytes_.end(), times, byte);
  }
  return pattern;
}

bool BytePattern::Matches(std::string_view bytes) const {
  if (bytes.size() < bytes_.size() || (bytes.size() > bytes_.size() && !open_ended_)) return false;
  for (size_t i = 0; i < bytes_.size(); ++i) {
    if (((static_cast<uint8_t>(bytes[i]) ^ bytes_[i].value) & bytes_[i].mask) != 0) return false;
  }
  return true;
}

}  // namespace holter::core
