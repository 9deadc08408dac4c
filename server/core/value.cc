#include "core/value.h"

#include <charconv>
#include <cmath>

namespace holter::core {
namespace {

template <typename Number>
bool ParseNumber(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

// True when both are numbers and `a` is the larger; also when only `a` is one. Whole numbers are compared exactly.
bool IsLarger(std::string_view a, std::string_view b) {
  uint64_t whole = 0;
  uint64_t other = 0;
  if (ParseNumber(a, whole) && ParseNumber(b, other)) return whole > other;
  double x = 0;
  double y = 0;
  if (!ParseNumber(a, x) || std::isnan(x)) return false;
  return !ParseNumber(b, y) || x > y;
}

}  // namespace

const Value& ValueStore::operator[](size_t slot) const {
  static const Value* const kNothing = new Value();
  return slot < values_.size() ? values_[slot] : *kNothing;
}

bool ValueStore::Set(size_t slot, Value::Kind kind, std::string_view text, Keep keep) {
  if (slot >= values_.size()) return false;
  Value& value = values_[slot];
  if (value.known() && keep == Keep::kFirst) return false;
  if (keep == Keep::kMax && !IsLarger(text, value.text)) return false;
  if (value.kind == kind && value.text == text) return false;
  value.kind = kind;
  value.text.assign(text);
  return true;
}

void ValueStore::Clear(size_t slot) {
  if (slot >= values_.size()) return;
  values_[slot].kind = Value::Kind::kNone;
  values_[slot].text.clear();
}

}  // namespace holter::core
