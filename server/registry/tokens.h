// Opaque words that callers carry from one call to the next: places in a list and in the log.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holter::registry {

// The last session of a page of `tenant`'s list ("-": of all).
struct PagePlace {
  std::string tenant;
  std::string last_tenant;
  std::string last_session;
  uint32_t query = 0;         // checksum of what else the caller asked
  std::vector<int64_t> keys;  // where the session stood in the order

  friend bool operator==(const PagePlace&, const PagePlace&) = default;
};
std::string EncodePageToken(const PagePlace& place);
// None if `token` is not one of ours.
std::optional<PagePlace> DecodePageToken(std::string_view token);

// The last event of a page of the history of `session` ("-": of all of `tenant`).
struct EventPlace {
  std::string tenant;
  std::string session;
  uint32_t query = 0;  // checksum of what else the caller asked
  int64_t before = 0;  // its id

  friend bool operator==(const EventPlace&, const EventPlace&) = default;
};
std::string EncodeEventToken(const EventPlace& place);
std::optional<EventPlace> DecodeEventToken(std::string_view token);

// Tokens are for the same question only: its checksum.
uint32_t QueryChecksum(std::string_view query);

// The next change for a watcher of `tenant`.
struct WatchPlace {
  std::string tenant;
  uint64_t epoch = 0;
  uint64_t revision = 0;

  friend bool operator==(const WatchPlace&, const WatchPlace&) = default;
};
std::string EncodeResumeToken(const WatchPlace& place);
std::optional<WatchPlace> DecodeResumeToken(std::string_view token);

}  // namespace holter::registry
