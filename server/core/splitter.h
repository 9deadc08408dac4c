// Where one message ends and the next begins: Split of heartbeat.proto, without memory of its own.
#pragma once

#include <re2/re2.h>

#include <cstddef>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/decoder.h"

namespace holter::core {

inline constexpr size_t kLongestVarint = 10;  // bytes of 64 bits

// Hears each message in order; false stops the splitting.
using PieceSink = absl::FunctionRef<bool(std::string_view)>;

// Each answers how many bytes are done with; what follows them is no whole message yet.

// The first `searched` bytes are known to hold no delimiter. Empty messages are dropped.
size_t SplitAtDelimiter(std::string_view bytes, std::string_view delimiter, size_t searched, PieceSink sink);
// Of a step kSplitLength. INVALID_ARGUMENT: a varint that is none, or a length that counts a header and is smaller;
// RESOURCE_EXHAUSTED: a message of more than `most` bytes behind its header.
absl::StatusOr<size_t> SplitByLength(std::string_view bytes, const DecodeStep& step, size_t most, PieceSink sink);

// All places that match; empty ones are dropped. RESOURCE_EXHAUSTED: more than kMostMessages match, for each may cost a
// search to the end.
absl::Status SplitByRegex(std::string_view bytes, const re2::RE2& regex, PieceSink sink);
// The elements as they are written; what is no JSON array, or deeper than 64 levels, is one message.
void SplitJsonArray(std::string_view bytes, PieceSink sink);

}  // namespace holter::core
