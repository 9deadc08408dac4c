#include "core/value.h"

#include "absl/strings/numbers.h"

namespace holter::core {
namespace {

// True when both are numbers and `a` is the larger; also when only `a` is one.
bool IsLarger(std::string_view a, std::string_view b) {
  double x = 0;
  double y = 0;
  if (!absl::SimpleAtod(absl::string_view(a.data(), a.size()), &x)) return false;
  return !absl::SimpleAtod(absl::string_view(b.data(), b.size()), &y) || x > y;
}

}  // namespace

const Value& ValueStore::operator[](size_t slot) const {
  static const Value* const kNothing = new Value();
  return slot < values_.size() ? values_[slot] : *kNothing;
}

bool ValueStore::Set(size_t slot, Value::Kind kind, std::string_view text, Keep keep) {
  if (slot >= values_.size()) return false;
  Value& value = values_[slot];
  if (value.known() && (keep == Keep::kFirst || (keep == Keep::kMax && !IsLarger(text, value.text)))) return false;
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
