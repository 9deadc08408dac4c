#include "core/json_value.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "core/json_scan.h"

namespace holter::core {
namespace {

// "12.50e3" and "125e2" are both "125e2"; zero is "0", whatever its sign and exponent.
std::string CanonicalNumber(std::string_view token) {
  const bool negative = token.starts_with('-');
  if (negative) token.remove_prefix(1);
  int64_t exponent = 0;
  if (const size_t e = token.find_first_of("eE"); e != std::string_view::npos) {
    std::string_view digits = token.substr(e + 1);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    token = token.substr(0, e);
  }
  std::string digits(token);
  if (const size_t dot = digits.find('.'); dot != std::string::npos) {
    exponent -= static_cast<int64_t>(digits.size() - dot - 1);
    digits.erase(dot, 1);
  }
  const size_t first = digits.find_first_not_of('0');
  if (first == std::string::npos) return "0";
  const size_t last = digits.find_last_not_of('0');
  exponent += static_cast<int64_t>(digits.size() - 1 - last);
  return (negative ? "-" : "") + digits.substr(first, last - first + 1) + "e" + std::to_string(exponent);
}

// Builds the canonical form of one value from its tokens.
class CanonicalBuilder {
 public:
  void Open(bool object) { frames_.push_back({.object = object, .key = {}, .members = {}, .items = {}}); }
  void Key(std::string_view key) { frames_.back().key = std::string(key); }

  void Close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    std::string text(1, frame.object ? '{' : '[');
    for (const auto& [key, value] : frame.members) text += Sized(key) + value + ',';
    for (const std::string& item : frame.items) text += item + ',';
    Value(text + (frame.object ? '}' : ']'));
  }

  void Value(std::string canonical) {
    if (frames_.empty()) {
      result_ = std::move(canonical);
    } else if (frames_.back().object) {
      frames_.back().members[frames_.back().key] = std::move(canonical);
    } else {
      frames_.back().items.push_back(std::move(canonical));
    }
  }

  // The value is complete.
  bool Complete() const { return frames_.empty(); }
  std::string Take() { return std::move(result_); }

  static std::string Sized(std::string_view text) { return std::to_string(text.size()) + ':' + std::string(text); }

 private:
  struct Frame {
    bool object = false;
    std::string key;
    std::map<std::string, std::string> members;
    std::vector<std::string> items;
  };

  std::vector<Frame> frames_;
  std::string result_;
};

// Canonical form of everything.
class WholeSink final : public JsonSink {
 public:
  void OnObjectBegin() override { builder_.Open(true); }
  void OnObjectEnd() override { builder_.Close(); }
  void OnArrayBegin() override { builder_.Open(false); }
  void OnArrayEnd() override { builder_.Close(); }
  void OnKey(std::string_view key) override { builder_.Key(key); }
  void OnString(std::string_view text) override { builder_.Value('"' + CanonicalBuilder::Sized(text)); }
  void OnNumber(std::string_view token) override { builder_.Value('#' + CanonicalNumber(token)); }
  void OnWord(std::string_view word) override { builder_.Value(std::string(word)); }

  std::string Take() { return builder_.Take(); }

 private:
  CanonicalBuilder builder_;
};

// Follows several places at once and builds only what stands there.
class FindSink final : public JsonSink {
 public:
  FindSink(const std::vector<const std::vector<std::string>*>& places, std::vector<std::optional<JsonFound>>& found)
      : found_(found) {
    found_.assign(places.size(), std::nullopt);
    for (const std::vector<std::string>* place : places) {
      deepest_ = std::max(deepest_, place->size());
      targets_.push_back({.tokens = *place, .matched = kNoneMatched, .builder = {}, .capturing = false});
    }
  }

  void OnObjectBegin() override { Open(true); }
  void OnObjectEnd() override { Close(); }
  void OnArrayBegin() override { Open(false); }
  void OnArrayEnd() override { Close(); }

  void OnKey(std::string_view key) override {
    if (levels_.size() <= deepest_) levels_.back().key.assign(key);
    for (Target& target : targets_) {
      if (target.capturing) target.builder.Key(key);
    }
  }

  // Most values of a large message lead nowhere; nothing is built for them.
  void OnString(std::string_view text) override {
    if (Wanted()) Scalar('"' + CanonicalBuilder::Sized(text), std::string(text));
    EndValue();
  }
  void OnNumber(std::string_view token) override {
    if (Wanted()) Scalar('#' + CanonicalNumber(token), std::string(token));
    EndValue();
  }
  void OnWord(std::string_view word) override {
    if (Wanted()) Scalar(std::string(word), std::nullopt);
    EndValue();
  }

 private:
  static constexpr size_t kNoneMatched = static_cast<size_t>(-1);

  // An open object or array.
  struct Level {
    bool object = false;
    std::string key;   // of the current member
    size_t index = 0;  // of the current item
  };

  struct Target {
    const std::vector<std::string>& tokens;
    size_t matched;  // how many tokens lead to the innermost open level on the way; kNoneMatched: not even the root
    CanonicalBuilder builder;
    bool capturing;
  };

  // The token that leads from the innermost open level to the value that begins now.
  std::string CurrentToken() const {
    const Level& level = levels_.back();
    return level.object ? level.key : std::to_string(level.index);
  }

  // True when the value that begins now lies on the way to the target.
  bool OnTheWay(const Target& target) const {
    const size_t depth = levels_.size();
    if (depth == 0) return true;
    return target.matched == depth - 1 && depth <= target.tokens.size() && target.tokens[depth - 1] == CurrentToken();
  }

  bool Wanted() const {
    return std::any_of(targets_.begin(), targets_.end(),
                       [this](const Target& target) { return target.capturing || OnTheWay(target); });
  }

  void Open(bool object) {
    for (size_t i = 0; i < targets_.size(); ++i) {
      Target& target = targets_[i];
      if (target.capturing) {
        target.builder.Open(object);
      } else if (OnTheWay(target)) {
        found_[i].reset();
        target.matched = levels_.size();
        target.capturing = target.tokens.size() == levels_.size();
        if (target.capturing) target.builder.Open(object);
      }
    }
    levels_.push_back({.object = object, .key = {}, .index = 0});
  }

  void Close() {
    levels_.pop_back();
    const size_t depth = levels_.size();
    for (size_t i = 0; i < targets_.size(); ++i) {
      Target& target = targets_[i];
      if (target.capturing) {
        target.builder.Close();
        if (target.builder.Complete()) {
          found_[i] = JsonFound{.canonical = target.builder.Take(), .scalar = std::nullopt};
          target.capturing = false;
        }
      }
      if (target.matched == depth && !target.capturing) target.matched = depth == 0 ? kNoneMatched : depth - 1;
    }
    EndValue();
  }

  void Scalar(const std::string& canonical, const std::optional<std::string>& scalar) {
    for (size_t i = 0; i < targets_.size(); ++i) {
      Target& target = targets_[i];
      if (target.capturing) {
        target.builder.Value(canonical);
      } else if (OnTheWay(target)) {
        found_[i].reset();
        if (target.tokens.size() == levels_.size()) found_[i] = JsonFound{.canonical = canonical, .scalar = scalar};
      }
    }
  }

  void EndValue() {
    if (!levels_.empty() && !levels_.back().object) ++levels_.back().index;
  }

  std::vector<std::optional<JsonFound>>& found_;
  std::vector<Target> targets_;
  std::vector<Level> levels_;
  size_t deepest_ = 0;  // levels whose keys matter
};

}  // namespace

absl::StatusOr<std::string> CanonicalJson(std::string_view text) {
  WholeSink sink;
  if (absl::Status status = ScanJson(text, sink); !status.ok()) return status;
  return sink.Take();
}

bool FindInJson(std::string_view text, const std::vector<const std::vector<std::string>*>& places,
                std::vector<std::optional<JsonFound>>& found) {
  FindSink sink(places, found);
  return ScanJson(text, sink).ok();
}

}  // namespace holter::core
