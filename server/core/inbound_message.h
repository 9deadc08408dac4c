// A message as the rules see it: after decoding, with its JSON read at most once however many rules look at it.
#pragma once

#include <cstdint>
#include <string_view>

namespace holter::core {

class JsonTape;

// What kind of frame brought it.
enum class InboundKind : uint8_t { kText, kBinary, kPing, kPong };

// Lives for the call of one event, on the thread of the session's loop. Does not own the bytes.
class InboundMessage {
 public:
  InboundMessage(InboundKind kind, std::string_view bytes) : kind_(kind), bytes_(bytes) {}
  InboundMessage(const InboundMessage&) = delete;
  InboundMessage& operator=(const InboundMessage&) = delete;
  ~InboundMessage();

  InboundKind kind() const { return kind_; }
  std::string_view bytes() const { return bytes_; }
  // What follows `prefix`, read as JSON on the first call with that length of prefix; null if it is not JSON. The tape
  // is lent by the thread and given back with the message, so that the common path allocates nothing.
  const JsonTape* Json(size_t prefix_length = 0) const;

 private:
  InboundKind kind_;
  std::string_view bytes_;
  mutable JsonTape* tape_ = nullptr;  // borrowed
  mutable size_t tape_prefix_ = 0;
  mutable bool is_json_ = false;
};

}  // namespace holter::core
