// What the status page is shown with, embedded so that nothing has to be built or installed.
#pragma once

#include <string_view>

namespace holter::observe {

extern const std::string_view kPageStyle;   // CSS
extern const std::string_view kPageScript;  // JavaScript; without it the page is the same, but does not refresh itself
extern const std::string_view kPageIcon;    // SVG

}  // namespace holter::observe
