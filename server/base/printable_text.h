// Words of strangers, shown.
#pragma once

#include <string>
#include <string_view>

namespace holter {

// The text without anything that steers a terminal: control characters, those of U+0080 to U+009F too, are escaped as
// "\n", "\x1b" and "\u009b".
std::string PrintableText(std::string_view text);

}  // namespace holter
