#include "core/byte_place.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "absl/status/status.h"

namespace holter::core {
namespace {

// Kinds of numbers and their sizes; 0: as long as it is.
constexpr std::array<std::pair<std::string_view, size_t>, 8> kNumbers = {
    {{"u8", 1}, {"u16", 2}, {"u32", 4}, {"u64", 8}, {"u16le", 2}, {"u32le", 4}, {"u64le", 8}, {"varint", 0}}};

bool ReadPlace(std::string_view text, size_t otherwise, size_t& out) {
  out = otherwise;
  if (text.empty()) return true;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

bool ReadVarint(std::string_view bytes, uint64_t& value) {
  value = 0;
  for (size_t i = 0; i < bytes.size() && i < 10; ++i) {
    const auto byte = static_cast<uint8_t>(bytes[i]);
    value |= uint64_t{byte & 0x7Fu} << (7 * i);
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<ByteRange> ByteRange::Parse(std::string_view text) {
  ByteRange range;
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || !ReadPlace(text.substr(0, colon), 0, range.begin) ||
      !ReadPlace(text.substr(colon + 1), SIZE_MAX, range.end) || range.begin >= range.end) {
    return absl::InvalidArgumentError("expected a range of bytes such as \"4:12\", \"4:\" or \":12\"");
  }
  return range;
}

absl::StatusOr<BytePlace> BytePlace::Parse(std::string_view text) {
  BytePlace place;
  const size_t space = text.find(' ');
  absl::StatusOr<ByteRange> range = ByteRange::Parse(text.substr(0, space));
  if (!range.ok()) return range.status();
  place.range = *range;
  if (space == std::string_view::npos) return place;
  const std::string_view kind = text.substr(space + 1);
  for (const auto& [name, size] : kNumbers) {
    if (name != kind) continue;
    if (size != 0 && place.range.end - place.range.begin != size) {
      return absl::InvalidArgumentError(fmt::format("expected a range of {} bytes for {}", size, name));
    }
    place.is_number = true;
    place.is_varint = size == 0;
    place.little_endian = name.ends_with("le");
    return place;
  }
  return absl::InvalidArgumentError("expected u8, u16, u32, u64, u16le, u32le, u64le or varint after the range");
}

bool BytePlace::Read(std::string_view bytes, std::string& out) const {
  const std::string_view found = range.Of(bytes);
  if (found.empty()) return false;
  if (!is_number) {
    out.assign(found);
    return true;
  }
  uint64_t value = 0;
  if (is_varint) {
    if (!ReadVarint(found, value)) return false;
  } else {
    if (found.size() != range.end - range.begin) return false;
    for (size_t i = 0; i < found.size(); ++i) {
      value = value << 8 | static_cast<uint8_t>(found[little_endian ? found.size() - 1 - i : i]);
    }
  }
  out.assign(fmt::format_int(value).c_str());
  return true;
}

}  // namespace holter::core
