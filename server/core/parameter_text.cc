#include "core/parameter_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"

namespace holter::core {
namespace {

bool IsName(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) || absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
           c == '_';
  });
}

}  // namespace

std::string ReplaceParameters(std::string_view text, ParameterLookup lookup) {
  std::string out;
  size_t begin = 0;
  for (;;) {
    const size_t dollar = text.find("${", begin);
    const size_t end = dollar == std::string_view::npos ? dollar : text.find('}', dollar);
    if (end == std::string_view::npos) break;
    const std::string_view name = text.substr(dollar + 2, end - dollar - 2);
    const std::optional<std::string> value = IsName(name) ? lookup(name) : std::nullopt;
    out.append(text.substr(begin, dollar - begin));
    out.append(value ? *value : text.substr(dollar, end + 1 - dollar));
    begin = end + 1;
  }
  out.append(text.substr(begin));
  return out;
}

std::string PercentEncode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", byte);
    }
  }
  return out;
}

}  // namespace holter::core
