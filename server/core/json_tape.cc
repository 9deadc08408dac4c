#include "core/json_tape.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <tuple>
#include <utility>

namespace holter::core {
namespace {

using JsonView = boost::json::string_view;
using JsonError = boost::json::error_code;

constexpr size_t kDeepest = 64;
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

// The handler that basic_parser wants. It writes each text to where it stays, in one part or several, so that a message
// of any kind, broken ones included, is read without allocating. The names are the parser's.
class TapeWriter {
 public:
  static constexpr std::size_t max_object_size = std::size_t(-1);  // NOLINT(readability-identifier-naming)
  static constexpr std::size_t max_array_size = std::size_t(-1);   // NOLINT(readability-identifier-naming)
  static constexpr std::size_t max_key_size = std::size_t(-1);     // NOLINT(readability-identifier-naming)
  static constexpr std::size_t max_string_size = std::size_t(-1);  // NOLINT(readability-identifier-naming)

  explicit TapeWriter(JsonTape& tape) : tape_(tape) {}

  bool on_document_begin(JsonError&) { return true; }
  bool on_document_end(JsonError&) { return true; }
  bool on_object_begin(JsonError& error) { return Open(JsonType::kObject, error); }
  bool on_object_end(std::size_t, JsonError&) { return Close(); }
  bool on_array_begin(JsonError& error) { return Open(JsonType::kArray, error); }
  bool on_array_end(std::size_t, JsonError&) { return Close(); }
  bool on_key_part(JsonView part, std::size_t, JsonError&) { return Keep(part); }
  bool on_key(JsonView last, std::size_t, JsonError&) {
    Keep(last);
    std::tie(key_, key_size_) = TakeText();
    return true;
  }
  bool on_string_part(JsonView part, std::size_t, JsonError&) { return Keep(part); }
  bool on_string(JsonView last, std::size_t, JsonError& error) { return Scalar(JsonType::kString, last, error); }
  bool on_number_part(JsonView part, JsonError&) { return Keep(part); }
  bool on_int64(std::int64_t, JsonView last, JsonError& error) { return Scalar(JsonType::kNumber, last, error); }
  bool on_uint64(std::uint64_t, JsonView last, JsonError& error) { return Scalar(JsonType::kNumber, last, error); }
  bool on_double(double, JsonView last, JsonError& error) { return Scalar(JsonType::kNumber, last, error); }
  bool on_bool(bool value, JsonError& error) { return Scalar(JsonType::kBoolean, value ? "true" : "false", error); }
  bool on_null(JsonError& error) { return Scalar(JsonType::kNull, "null", error); }
  bool on_comment_part(JsonView, JsonError&) { return true; }
  bool on_comment(JsonView, JsonError&) { return true; }

 private:
  bool Keep(JsonView part) {
    tape_.texts_.append(part.data(), part.size());
    return true;
  }

  // Begin and size of what was kept since the last time.
  std::pair<uint32_t, uint32_t> TakeText() {
    const uint32_t begin = taken_;
    taken_ = static_cast<uint32_t>(tape_.texts_.size());
    return {begin, taken_ - begin};
  }

  // False ends the reading.
  bool Add(JsonType type, JsonError& error) {
    if (tape_.values_.size() == JsonTape::kMostValues) {
      error = boost::json::error::array_too_large;
      return false;
    }
    JsonTape::Entry& entry = tape_.values_.emplace_back();
    entry.type = type;
    entry.key = key_;
    entry.key_size = key_size_;
    entry.next = static_cast<uint32_t>(tape_.values_.size());
    return true;
  }

  bool Scalar(JsonType type, JsonView last, JsonError& error) {
    Keep(last);
    if (!Add(type, error)) return false;
    JsonTape::Entry& entry = tape_.values_.back();
    std::tie(entry.text, entry.text_size) = TakeText();
    return true;
  }

  bool Open(JsonType type, JsonError& error) {
    if (!Add(type, error)) return false;
    tape_.open_.push_back(static_cast<uint32_t>(tape_.values_.size() - 1));
    return true;
  }

  bool Close() {
    tape_.values_[tape_.open_.back()].next = static_cast<uint32_t>(tape_.values_.size());
    tape_.open_.pop_back();
    return true;
  }

  JsonTape& tape_;
  uint32_t taken_ = 0;
  uint32_t key_ = 0;  // of the member whose value follows
  uint32_t key_size_ = 0;
};

bool JsonTape::Read(std::string_view text) {
  values_.clear();
  texts_.clear();
  open_.clear();
  if (text.size() >= UINT32_MAX) return false;
  boost::json::parse_options options;
  options.max_depth = kDeepest;
  boost::json::basic_parser<TapeWriter> parser(options, *this);
  JsonError error;
  return parser.write_some(false, text.data(), text.size(), error) == text.size() && !error;
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
      // Last ones count, so each side has to have what the other says. Values are compared in one direction only: in
      // both, each level would double the work.
      return HasFewMembers(place) && other.HasFewMembers(other_place) && HasMembersOf(other, other_place, place) &&
             SameMembers(place, other, other_place);
    case JsonType::kArray:
      return SameItems(place, other, other_place);
    default:
      return text(place) == other.text(other_place);
  }
}

bool JsonTape::HasFewMembers(size_t place) const {
  size_t members = 0;
  for (size_t child = place + 1; child < values_[place].next; child = values_[child].next) {
    if (++members > kMostCompared) return false;
  }
  return true;
}

bool JsonTape::HasMembersOf(const JsonTape& other, size_t other_place, size_t place) const {
  for (size_t child = other_place + 1; child < other.values_[other_place].next; child = other.values_[child].next) {
    if (!Child(place, other.KeyOf(other.values_[child]))) return false;
  }
  return true;
}

bool JsonTape::SameMembers(size_t place, const JsonTape& other, size_t other_place) const {
  for (size_t child = place + 1; child < values_[place].next; child = values_[child].next) {
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
