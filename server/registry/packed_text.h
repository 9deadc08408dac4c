// Text that is kept for long and seldom read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace holter::registry {

// Compressed, when there is so much of it that this repays. The answer to a batch says nearly the same a hundred times.
class PackedText {
 public:
  static constexpr size_t kLeastPacked = 1024;

  explicit PackedText(std::string_view text);

  std::string Text() const;
  // In memory.
  size_t size() const { return bytes_.size(); }

 private:
  bool packed_ = false;
  std::string bytes_;
};

}  // namespace holter::registry
