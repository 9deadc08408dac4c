// UTF-8 (RFC 3629).
#pragma once

#include <cstddef>
#include <string_view>

namespace holter {

// Length of the well-formed sequence at the front, 0 if there is none. `text` is not empty.
size_t Utf8Length(std::string_view text);

// Where the first byte stands that belongs to no well-formed sequence; npos: nowhere.
size_t FindInvalidUtf8(std::string_view text);

}  // namespace holter
