#include "registry/session_uid.h"

#include <algorithm>
#include <cctype>
#include <random>

#include "absl/strings/escaping.h"

namespace holter::registry {
namespace {

constexpr std::array<size_t, 4> kHyphens = {8, 13, 18, 23};
constexpr size_t kTextSize = 36;

bool IsHyphenPlace(size_t at) { return std::find(kHyphens.begin(), kHyphens.end(), at) != kHyphens.end(); }

}  // namespace

Uid NewUid() {
  std::random_device source;
  Uid uid;
  for (size_t i = 0; i < uid.size(); i += 4) {
    const uint32_t word = source();
    for (size_t byte = 0; byte < 4; ++byte) {
      uid[i + byte] = static_cast<uint8_t>(word >> (8 * byte));
    }
  }
  uid[6] = static_cast<uint8_t>((uid[6] & 0x0F) | 0x40);
  uid[8] = static_cast<uint8_t>((uid[8] & 0x3F) | 0x80);
  return uid;
}

std::string FormatUid(const Uid& uid) {
  std::string text = absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(uid.data()), uid.size()));
  for (const size_t at : kHyphens) {
    text.insert(at, 1, '-');
  }
  return text;
}

std::optional<Uid> ParseUid(std::string_view text) {
  if (text.size() != kTextSize) return std::nullopt;
  std::string digits;
  for (size_t at = 0; at < text.size(); ++at) {
    if (IsHyphenPlace(at)) {
      if (text[at] != '-') return std::nullopt;
    } else {
      if (std::isxdigit(static_cast<unsigned char>(text[at])) == 0) return std::nullopt;
      digits += text[at];
    }
  }
  const std::string bytes = absl::HexStringToBytes(digits);
  Uid uid;
  std::copy(bytes.begin(), bytes.end(), uid.begin());
  return uid;
}

}  // namespace holter::registry
