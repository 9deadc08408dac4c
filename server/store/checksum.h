// A checksum per row: SQLite checks the structure of its pages, but takes a flipped byte of a payload for what was
// written.
#pragma once

#include <bit>
#include <cstdint>

#include "store/store.h"

namespace holter::store {

// CRC-64/XZ over name and declaration. Part of the file format.
int64_t ChecksumOf(const StoredSession& session);
// Over every column but itself. Part of the file format.
int64_t ChecksumOf(const StoredRequest& request);
int64_t ChecksumOf(const StoredLease& lease);

// The sum of the checksums of all sessions and leases: a row that went, or came back, with a page of an older time is
// noticed.
class Digest {
 public:
  explicit Digest(int64_t value) : value_(std::bit_cast<uint64_t>(value)) {}
  void Add(int64_t checksum) { value_ += std::bit_cast<uint64_t>(checksum); }
  void Remove(int64_t checksum) { value_ -= std::bit_cast<uint64_t>(checksum); }
  int64_t value() const { return std::bit_cast<int64_t>(value_); }

 private:
  uint64_t value_;
};

}  // namespace holter::store
