// A checksum per row: SQLite checks the structure of its pages, but takes a flipped byte of a payload for what was
// written.
#pragma once

#include <cstdint>

#include "store/store.h"

namespace holter::store {

// CRC-64/XZ over name and declaration. Part of the file format.
int64_t ChecksumOf(const StoredSession& session);
// Over every column but itself. Part of the file format.
int64_t ChecksumOf(const StoredRequest& request);

}  // namespace holter::store
