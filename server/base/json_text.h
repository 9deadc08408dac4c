// JSON strings for the rooms below any JSON library.
#pragma once

#include <string>
#include <string_view>

namespace holter {

// Appends `text` as a JSON string with its quotes (RFC 8259 section 7). Bytes that are not UTF-8 become U+FFFD, so that
// the result is always valid.
void AppendJsonString(std::string_view text, std::string& out);

// The same without the quotes, for a part of a string.
void AppendJsonCharacters(std::string_view text, std::string& out);

}  // namespace holter
