#include "core/inbound_message.h"

#include <memory>
#include <vector>

#include "core/json_tape.h"

namespace holter::core {
namespace {

// Tapes of this thread that nobody uses. A message inside of another is rare, so there is hardly ever more than one.
std::vector<std::unique_ptr<JsonTape>>& SpareTapes() {
  static thread_local std::vector<std::unique_ptr<JsonTape>> tapes;
  return tapes;
}

JsonTape* Borrow() {
  auto& spare = SpareTapes();
  if (spare.empty()) return new JsonTape;
  JsonTape* const tape = spare.back().release();
  spare.pop_back();
  return tape;
}

}  // namespace

InboundMessage::~InboundMessage() {
  if (tape_ == nullptr) return;
  tape_->Shrink();
  SpareTapes().emplace_back(tape_);
}

const JsonTape* InboundMessage::Json(size_t prefix_length) const {
  if (prefix_length > bytes_.size()) return nullptr;
  if (tape_ == nullptr) {
    tape_ = Borrow();
  } else if (tape_prefix_ == prefix_length) {
    return is_json_ ? tape_ : nullptr;
  }
  tape_prefix_ = prefix_length;
  is_json_ = tape_->Read(bytes_.substr(prefix_length));
  return is_json_ ? tape_ : nullptr;
}

}  // namespace holter::core
