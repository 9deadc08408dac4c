// A JSON text read once into flat storage that is used again for the next one, so that many rules can look at a message
// without reading it again and without allocating.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json_pointer.h"

namespace holter::core {

// One thread. Values are named by their places on the tape, valid until the next Read.
class JsonTape {
 public:
  static constexpr size_t kRoot = 0;
  // A message with more values is no JSON for us; it has to be read whole before anything is known of it.
  static constexpr size_t kMostValues = 65536;
  // An object with more members equals no other: comparing looks for each member in both.
  static constexpr size_t kMostCompared = 1024;

  // Strict RFC 8259, at most 64 levels deep. False: not JSON, or too many values.
  bool Read(std::string_view text);

  JsonType type(size_t place) const { return values_[place].type; }
  // A string's content, a number's token as it is written, "true", "false" or "null"; empty for arrays and objects.
  std::string_view text(size_t place) const { return TextOf(values_[place].text, values_[place].text_size); }
  // From `from` on. Of members with the same name the last one counts.
  std::optional<size_t> Find(const JsonPointer& pointer, size_t from = kRoot) const;
  // Appends the value as compact JSON, numbers as they were written.
  void Append(size_t place, std::string& out) const;

  // The value is the same as one on another tape: numbers by value whatever their spelling or size, objects whatever
  // the order of their members.
  bool Equals(size_t place, const JsonTape& other, size_t other_place) const;

  // Gives back what an unusually large message has taken.
  void Shrink();

 private:
  friend class TapeWriter;

  struct Entry {
    JsonType type = JsonType::kNull;
    uint32_t key = 0;
    uint32_t key_size = 0;
    uint32_t text = 0;
    uint32_t text_size = 0;
    uint32_t next = 0;  // the place behind this value and all that is in it
  };

  std::string_view TextOf(uint32_t begin, uint32_t size) const { return std::string_view(texts_).substr(begin, size); }
  std::string_view KeyOf(const Entry& entry) const { return TextOf(entry.key, entry.key_size); }
  std::optional<size_t> Child(size_t place, std::string_view token) const;
  bool HasFewMembers(size_t place) const;
  bool HasMembersOf(const JsonTape& other, size_t other_place, size_t place) const;
  bool SameMembers(size_t place, const JsonTape& other, size_t other_place) const;
  bool SameItems(size_t place, const JsonTape& other, size_t other_place) const;

  std::vector<Entry> values_;
  std::string texts_;
  std::vector<uint32_t> open_;  // while reading: arrays and objects not closed yet
};

// Two JSON numbers are the same number: "1e2" and "100", and integers of any size.
bool SameNumber(std::string_view a, std::string_view b);

}  // namespace holter::core
