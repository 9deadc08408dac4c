#include "core/protobuf_path.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "absl/status/status.h"

namespace holter::core {
namespace {

constexpr uint32_t kLargestNumber = (1u << 29) - 1;

// Reads one level of a message.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : rest_(bytes) {}

  // The next field and its number; none at the end or where the message is not well formed.
  std::optional<std::pair<uint32_t, ProtobufPath::Field>> Next() {
    const std::optional<uint64_t> tag = Varint();
    if (!tag || *tag >> 3 == 0 || *tag >> 3 > kLargestNumber) return std::nullopt;
    ProtobufPath::Field field;
    switch (*tag & 7) {
      case 0: {
        const std::optional<uint64_t> number = Varint();
        if (!number) return std::nullopt;
        field = {.is_number = true, .number = *number, .bytes = {}};
        break;
      }
      case 1:
        if (!Fixed(8, field)) return std::nullopt;
        break;
      case 2: {
        const std::optional<uint64_t> size = Varint();
        if (!size || *size > rest_.size()) return std::nullopt;
        field.bytes = rest_.substr(0, *size);
        rest_.remove_prefix(*size);
        break;
      }
      case 5:
        if (!Fixed(4, field)) return std::nullopt;
        break;
      default:
        return std::nullopt;  // groups are out of use
    }
    return std::pair(static_cast<uint32_t>(*tag >> 3), field);
  }

 private:
  std::optional<uint64_t> Varint() {
    uint64_t value = 0;
    for (size_t i = 0; i < rest_.size() && i < 10; ++i) {
      const auto byte = static_cast<uint8_t>(rest_[i]);
      value |= uint64_t{byte & 0x7Fu} << (7 * i);
      if ((byte & 0x80) != 0) continue;
      rest_.remove_prefix(i + 1);
      return value;
    }
    return std::nullopt;
  }

  bool Fixed(size_t size, ProtobufPath::Field& field) {
    if (rest_.size() < size) return false;
    field.is_number = true;
    for (size_t i = size; i-- > 0;) field.number = field.number << 8 | static_cast<uint8_t>(rest_[i]);
    rest_.remove_prefix(size);
    return true;
  }

  std::string_view rest_;
};

bool VisitLevel(std::string_view message, const uint32_t* numbers, size_t depth, int& budget,
                absl::FunctionRef<bool(const ProtobufPath::Field&)> visit) {
  FieldReader reader(message);
  while (const auto next = reader.Next()) {
    if (--budget < 0) return false;
    const auto& [number, field] = *next;
    if (number != numbers[0]) continue;
    if (depth == 1 ? visit(field)
                   : !field.is_number && VisitLevel(field.bytes, numbers + 1, depth - 1, budget, visit)) {
      return true;
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<ProtobufPath> ProtobufPath::Parse(std::string_view text) {
  ProtobufPath path;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('.', begin), text.size());
    uint32_t number = 0;
    const auto [last, error] = std::from_chars(text.data() + begin, text.data() + end, number);
    if (error != std::errc() || last != text.data() + end || number == 0 || number > kLargestNumber ||
        path.numbers_.size() == kDeepest) {
      return absl::InvalidArgumentError(
          fmt::format("expected field numbers with points between them, such as \"5.2\", at most {} deep", kDeepest));
    }
    path.numbers_.push_back(number);
    begin = end + 1;
  }
  return path;
}

bool ProtobufPath::Visit(std::string_view message, absl::FunctionRef<bool(const Field&)> visit) const {
  int budget = kMostFields;
  return VisitLevel(message, numbers_.data(), numbers_.size(), budget, visit);
}

}  // namespace holter::core
