// What a variable of the heartbeat language stands for: a parameter of the session, a secret, or what was captured.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holter::core {

// A text, and whether it stood for itself in JSON: 17 and "17" have the same text, and only the first is a token.
struct Value {
  enum class Kind : uint8_t {
    kNone,   // not known
    kText,   // quoted where JSON is written
    kToken,  // a JSON number, true or false, as it was written
  } kind = Kind::kNone;
  std::string text;

  bool known() const { return kind != Kind::kNone; }
  friend bool operator==(const Value&, const Value&) = default;
};

// Which of many captured values stays.
enum class Keep : uint8_t { kLast, kFirst, kMax };

// The values of one session's variables, by the slots of its Scope. Allocates when it is made and when a text outgrows
// what its slot has held before.
class ValueStore {
 public:
  ValueStore() = default;
  explicit ValueStore(size_t slots) : values_(slots) {}

  // kNone for slots that are not there.
  const Value& operator[](size_t slot) const;
  // True when the slot holds another value than before.
  bool Set(size_t slot, Value::Kind kind, std::string_view text, Keep keep = Keep::kLast);
  // Not known any more.
  void Clear(size_t slot);
  size_t size() const { return values_.size(); }

 private:
  std::vector<Value> values_;
};

}  // namespace holter::core
