// Prometheus' text format 0.0.4, written by hand where prometheus-cpp would build an object a sample.
#pragma once

#include <charconv>
#include <string>
#include <string_view>

namespace holter::observe {

// Appends a label's value with backslash, quote and line feed escaped.
void AppendLabelValue(std::string& out, std::string_view value);

// Appends the HELP and TYPE lines of a family. `help` needs no escaping.
void AppendFamilyHeader(std::string& out, std::string_view name, std::string_view type, std::string_view help);

// Appends a number in its shortest exact form.
template <typename Number>
void AppendNumber(std::string& out, Number value) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

// Appends milliseconds as seconds with three decimals.
void AppendMillisecondsAsSeconds(std::string& out, long long milliseconds);

}  // namespace holter::observe
