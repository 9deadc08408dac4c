#include "registry/tokens.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/crc.hpp>
#include <charconv>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "base/session_name.h"

namespace holter::registry {
namespace {

// The first part names kind and version; none of the parts can hold a slash.
constexpr std::string_view kPageKind = "page2";
constexpr size_t kPageParts = 6;
constexpr std::string_view kEventKind = "events1";
constexpr size_t kEventParts = 5;
constexpr std::string_view kWatchKind = "watch1";
constexpr size_t kWatchParts = 4;

std::string Encode(const std::string& text) { return absl::WebSafeBase64Escape(text); }

// Empty unless it is a token of `kind`.
std::vector<std::string> Decode(std::string_view token, std::string_view kind, size_t count) {
  std::string text;
  if (!absl::WebSafeBase64Unescape(absl::string_view(token.data(), token.size()), &text)) return {};
  std::vector<std::string> parts = absl::StrSplit(text, '/');
  if (parts.size() != count || parts[0] != kind) return {};
  if (parts[1] != "-" && !IsResourceId(parts[1])) return {};
  return parts;
}

template <typename Number>
std::optional<Number> ParseHex(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::vector<int64_t>> ParseKeys(const std::string& text) {
  std::vector<int64_t> keys;
  if (text.empty()) return keys;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    const std::optional<int64_t> key = ParseHex<int64_t>({part.data(), part.size()});
    if (!key.has_value()) return std::nullopt;
    keys.push_back(*key);
  }
  return keys;
}

}  // namespace

std::string EncodePageToken(const PagePlace& place) {
  return Encode(fmt::format("{}/{}/{}/{}/{:x}/{:x}", kPageKind, place.tenant, place.last_tenant, place.last_session,
                            place.query, fmt::join(place.keys, ",")));
}

std::optional<PagePlace> DecodePageToken(std::string_view token) {
  const std::vector<std::string> parts = Decode(token, kPageKind, kPageParts);
  if (parts.empty() || !IsResourceId(parts[2]) || !IsResourceId(parts[3])) return std::nullopt;
  const std::optional<uint32_t> query = ParseHex<uint32_t>(parts[4]);
  std::optional<std::vector<int64_t>> keys = ParseKeys(parts[5]);
  if (!query.has_value() || !keys.has_value()) return std::nullopt;
  return PagePlace{
      .tenant = parts[1], .last_tenant = parts[2], .last_session = parts[3], .query = *query, .keys = *std::move(keys)};
}

std::string EncodeEventToken(const EventPlace& place) {
  return Encode(fmt::format("{}/{}/{}/{:x}/{:x}", kEventKind, place.tenant, place.session, place.query, place.before));
}

std::optional<EventPlace> DecodeEventToken(std::string_view token) {
  const std::vector<std::string> parts = Decode(token, kEventKind, kEventParts);
  if (parts.empty() || (parts[2] != "-" && !IsResourceId(parts[2]))) return std::nullopt;
  const std::optional<uint32_t> query = ParseHex<uint32_t>(parts[3]);
  const std::optional<int64_t> before = ParseHex<int64_t>(parts[4]);
  if (!query.has_value() || !before.has_value()) return std::nullopt;
  return EventPlace{.tenant = parts[1], .session = parts[2], .query = *query, .before = *before};
}

uint32_t QueryChecksum(std::string_view query) {
  boost::crc_32_type crc;
  crc.process_bytes(query.data(), query.size());
  return crc.checksum();
}

std::string EncodeResumeToken(const WatchPlace& place) {
  return Encode(fmt::format("{}/{}/{:x}/{:x}", kWatchKind, place.tenant, place.epoch, place.revision));
}

std::optional<WatchPlace> DecodeResumeToken(std::string_view token) {
  const std::vector<std::string> parts = Decode(token, kWatchKind, kWatchParts);
  if (parts.empty()) return std::nullopt;
  const std::optional<uint64_t> epoch = ParseHex<uint64_t>(parts[2]);
  const std::optional<uint64_t> revision = ParseHex<uint64_t>(parts[3]);
  if (!epoch.has_value() || !revision.has_value()) return std::nullopt;
  return WatchPlace{.tenant = parts[1], .epoch = *epoch, .revision = *revision};
}

}  // namespace holter::registry
