#include "core/json_tape.h"

#include <boost/json/serialize.hpp>
#include <charconv>
#include <tuple>
#include <utility>

#include "core/json_scan.h"

namespace holter::core {
namespace {

constexpr size_t kKeptTexts = size_t{64} << 10;
constexpr size_t kKeptValues = 2048;

// The digits of a number without sign, point, and zeros at either end, and the power of ten of the last one.
struct Digits {
  bool negative = false;
  int64_t exponent = 0;
  std::string_view whole;     // before the point
  std::string_view fraction;  // behind it

  size_t size() const { return whole.size() + fraction.size(); }
  char operator[](size_t i) const { return i < whole.size() ? whole[i] : fraction[i - whole.size()]; }
};

Digits DigitsOf(std::string_view token) {
  Digits digits;
  digits.negative = token.starts_with('-');
  if (digits.negative) token.remove_prefix(1);
  if (const size_t e = token.find_first_of("eE"); e != std::string_view::npos) {
    std::string_view exponent = token.substr(e + 1);
    if (exponent.starts_with('+')) exponent.remove_prefix(1);
    // What does not fit is clamped far away from all that does.
    if (std::from_chars(exponent.data(), exponent.data() + exponent.size(), digits.exponent).ec != std::errc()) {
      digits.exponent = exponent.starts_with('-') ? INT64_MIN / 4 : INT64_MAX / 4;
    }
    token = token.substr(0, e);
  }
  const size_t dot = std::min(token.find('.'), token.size());
  digits.whole = token.substr(0, dot);
  if (dot < token.size()) digits.fraction = token.substr(dot + 1);
  while (!digits.fraction.empty() && digits.fraction.back() == '0') digits.fraction.remove_suffix(1);
  digits.exponent -= static_cast<int64_t>(digits.fraction.size());
  while (digits.fraction.empty() && !digits.whole.empty() && digits.whole.back() == '0') {
    digits.whole.remove_suffix(1);
    ++digits.exponent;
  }
  while (!digits.whole.empty() && digits.whole.front() == '0') digits.whole.remove_prefix(1);
  while (digits.whole.empty() && !digits.fraction.empty() && digits.fraction.front() == '0') {
    digits.fraction.remove_prefix(1);
  }
  return digits;
}

}  // namespace

// Writes the tape as the text is read.
class TapeWriter final : public JsonSink {
 public:
  explicit TapeWriter(JsonTape& tape) : tape_(tape) {}

  void OnObjectBegin() override { Open(JsonType::kObject); }
  void OnObjectEnd() override { Close(); }
  void OnArrayBegin() override { Open(JsonType::kArray); }
  void OnArrayEnd() override { Close(); }
  void OnKey(std::string_view key) override { key_ = Keep(key); }
  void OnString(std::string_view text) override { Scalar(JsonType::kString, text); }
  void OnNumber(std::string_view token) override { Scalar(JsonType::kNumber, token); }
  void OnWord(std::string_view word) override { Scalar(word == "null" ? JsonType::kNull : JsonType::kBoolean, word); }

  bool overflowed() const { return overflowed_; }

 private:
  using Range = std::pair<uint32_t, uint32_t>;

  Range Keep(std::string_view text) {
    if (overflowed_) return {};
    const auto begin = static_cast<uint32_t>(tape_.texts_.size());
    tape_.texts_.append(text);
    return {begin, static_cast<uint32_t>(text.size())};
  }

  // Null when there are too many.
  JsonTape::Entry* Add(JsonType type) {
    overflowed_ = overflowed_ || tape_.values_.size() == JsonTape::kMostValues;
    if (overflowed_) return nullptr;
    JsonTape::Entry& entry = tape_.values_.emplace_back();
    entry.type = type;
    std::tie(entry.key, entry.key_size) = key_;
    entry.next = static_cast<uint32_t>(tape_.values_.size());
    return &entry;
  }

  void Scalar(JsonType type, std::string_view text) {
    const Range range = Keep(text);
    if (JsonTape::Entry* const entry = Add(type)) std::tie(entry->text, entry->text_size) = range;
  }

  void Open(JsonType type) {
    if (Add(type) != nullptr) tape_.open_.push_back(static_cast<uint32_t>(tape_.values_.size() - 1));
  }

  void Close() {
    if (overflowed_) return;
    tape_.values_[tape_.open_.back()].next = static_cast<uint32_t>(tape_.values_.size());
    tape_.open_.pop_back();
  }

  JsonTape& tape_;
  Range key_;
  bool overflowed_ = false;
};

bool JsonTape::Read(std::string_view text) {
  values_.clear();
  texts_.clear();
  open_.clear();
  TapeWriter writer(*this);
  return text.size() < UINT32_MAX && ScanJson(text, writer).ok() && !writer.overflowed();
}

void JsonTape::Shrink() {
  if (texts_.capacity() > kKeptTexts) texts_ = std::string();
  if (values_.capacity() > kKeptValues) values_ = std::vector<Entry>();
}

std::optional<size_t> JsonTape::Child(size_t place, std::string_view token) const {
  const Entry& parent = values_[place];
  std::optional<size_t> found;
  if (parent.type == JsonType::kObject) {
    for (size_t child = place + 1; child < parent.next; child = values_[child].next) {
      if (KeyOf(values_[child]) == token) found = child;
    }
  } else if (parent.type == JsonType::kArray) {
    size_t index = 0;
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
    const bool is_plain =
        error == std::errc() && end == token.data() + token.size() && (token.size() == 1 || !token.starts_with('0'));
    for (size_t child = place + 1; is_plain && child < parent.next; child = values_[child].next) {
      if (index-- == 0) return child;
    }
  }
  return found;
}

std::optional<size_t> JsonTape::Find(const JsonPointer& pointer, size_t from) const {
  std::optional<size_t> place = from;
  for (const std::string& token : pointer.tokens) {
    place = Child(*place, token);
    if (!place) return std::nullopt;
  }
  return place;
}

// Depth is bounded by what Read takes.
void JsonTape::Append(size_t place, std::string& out) const {
  const Entry& entry = values_[place];
  const bool is_object = entry.type == JsonType::kObject;
  const auto quote = [&out](std::string_view text) {
    out += boost::json::serialize(boost::json::string_view(text.data(), text.size()));
  };
  if (entry.type == JsonType::kString) return quote(text(place));
  if (!is_object && entry.type != JsonType::kArray) {
    out += text(place);
    return;
  }
  out += is_object ? '{' : '[';
  for (size_t child = place + 1; child < entry.next; child = values_[child].next) {
    if (child != place + 1) out += ',';
    if (is_object) {
      quote(KeyOf(values_[child]));
      out += ':';
    }
    Append(child, out);
  }
  out += is_object ? '}' : ']';
}

bool JsonTape::Equals(size_t place, const JsonTape& other, size_t other_place) const {
  const JsonType type = values_[place].type;
  if (type != other.values_[other_place].type) return false;
  switch (type) {
    case JsonType::kNumber:
      return SameNumber(text(place), other.text(other_place));
    case JsonType::kObject:
      // Last ones count, so each side has to have what the other says.
      return SameMembers(place, other, other_place) && other.SameMembers(other_place, *this, place);
    case JsonType::kArray:
      return SameItems(place, other, other_place);
    default:
      return text(place) == other.text(other_place);
  }
}

bool JsonTape::SameMembers(size_t place, const JsonTape& other, size_t other_place) const {
  size_t members = 0;
  for (size_t child = place + 1; child < values_[place].next; child = values_[child].next) {
    if (++members > kMostCompared) return false;
    const std::string_view key = KeyOf(values_[child]);
    const std::optional<size_t> mine = Child(place, key);
    const std::optional<size_t> theirs = other.Child(other_place, key);
    if (!theirs || (*mine == child && !Equals(child, other, *theirs))) return false;
  }
  return true;
}

bool JsonTape::SameItems(size_t place, const JsonTape& other, size_t other_place) const {
  size_t child = place + 1;
  size_t other_child = other_place + 1;
  const size_t end = values_[place].next;
  const size_t other_end = other.values_[other_place].next;
  for (; child < end && other_child < other_end;
       child = values_[child].next, other_child = other.values_[other_child].next) {
    if (!Equals(child, other, other_child)) return false;
  }
  return child == end && other_child == other_end;
}

bool SameNumber(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const Digits x = DigitsOf(a);
  const Digits y = DigitsOf(b);
  if (x.size() != y.size()) return false;
  if (x.size() == 0) return true;  // zero, whatever its sign and exponent
  if (x.negative != y.negative || x.exponent != y.exponent) return false;
  for (size_t i = 0; i < x.size(); ++i) {
    if (x[i] != y[i]) return false;
  }
  return true;
}

}  // namespace holter::core
