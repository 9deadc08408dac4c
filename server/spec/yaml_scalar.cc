#include "spec/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "base/json_text.h"
#include "spec/json_value.h"

namespace holter::spec {
namespace {

std::string Lower(std::string_view text) { return absl::AsciiStrToLower(absl::string_view(text.data(), text.size())); }

template <size_t N>
bool IsOneOf(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

size_t CountDigits(std::string_view text) {
  return static_cast<size_t>(std::find_if_not(text.begin(), text.end(), absl::ascii_isdigit) - text.begin());
}

// [0-9]* ( . [0-9]* )? ( [eE] [-+]? [0-9]+ )?, with a digit before the exponent.
bool IsDecimal(std::string_view text) {
  const size_t whole = CountDigits(text);
  text.remove_prefix(whole);
  size_t fraction = 0;
  if (text.starts_with('.')) {
    fraction = CountDigits(text.substr(1));
    text.remove_prefix(1 + fraction);
  }
  if (whole + fraction == 0) {
    return false;
  }
  if (!text.empty() && (text.front() == 'e' || text.front() == 'E')) {
    text.remove_prefix(1);
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
      text.remove_prefix(1);
    }
    return !text.empty() && CountDigits(text) == text.size();
  }
  return text.empty();
}

// `text` is a decimal number without sign.
PlainValue ReadDecimal(std::string_view text, bool negative) {
  if (text.size() > 1 && text[0] == '0' && absl::ascii_isdigit(text[1])) {
    return DoubtfulNumber{
        "a number that begins with 0 is octal to some; write it without the 0, or in quotes if it is text"};
  }
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return DoubtfulNumber{"a number too large or too small for a double; quote it if it is text"};
  }
  if (CountDigits(text) == text.size() && number > kLargestExact) {
    return DoubtfulNumber{"an integer beyond 2^53 - 1 loses its last digits here; quote it"};
  }
  return negative ? -number : number;
}

// Hexadecimal and octal of the core schema; std::string if it is neither.
PlainValue ReadPrefixed(std::string_view text) {
  const int base = text.starts_with("0x") ? 16 : 8;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), number, base);
  if (error == std::errc() && end == text.data() + text.size()) {
    return DoubtfulNumber{"a hexadecimal or octal number; write it in decimal, or in quotes if it is text"};
  }
  return std::string(text);
}

// What no reader takes for anything but text: not a number, date, boolean or null of YAML 1.1 or 1.2, no indicator.
bool IsPlainText(std::string_view text) {
  static constexpr std::array<std::string_view, 9> kWords = {"null", "true", "false", "yes", "no",
                                                             "on",   "off",  "y",     "n"};
  constexpr std::string_view marks = "_./:+-=?&%@~$";
  if (text.empty() || text.back() == ':' || IsOneOf(Lower(text), kWords)) {
    return false;
  }
  if (absl::ascii_isdigit(text.front())) {
    // Durations: "20s", "1m30s", "0.012s".
    constexpr auto is_part = [](char c) {
      return absl::ascii_isdigit(c) || c == '.' || c == 'h' || c == 'm' || c == 's';
    };
    return absl::ascii_isalpha(text.back()) && std::all_of(text.begin(), text.end(), is_part);
  }
  return (absl::ascii_isalpha(text.front()) || text.front() == '/' || text.front() == '_') &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return absl::ascii_isalnum(c) || marks.find(c) != std::string_view::npos; });
}

}  // namespace

PlainValue ReadPlain(std::string_view text) {
  static constexpr std::array<std::string_view, 5> kNull = {"", "~", "null", "Null", "NULL"};
  static constexpr std::array<std::string_view, 3> kTrue = {"true", "True", "TRUE"};
  static constexpr std::array<std::string_view, 3> kFalse = {"false", "False", "FALSE"};
  static constexpr std::array<std::string_view, 2> kNotFinite = {".inf", ".nan"};
  if (IsOneOf(text, kNull)) {
    return std::monostate{};
  }
  if (IsOneOf(text, kTrue) || IsOneOf(text, kFalse)) {
    return IsOneOf(text, kTrue);
  }
  std::string_view unsigned_text = text;
  if (text.front() == '-' || text.front() == '+') {
    unsigned_text.remove_prefix(1);
  }
  if (IsOneOf(Lower(unsigned_text), kNotFinite)) {
    return DoubtfulNumber{"JSON knows neither NaN nor infinities; quote it if it is text"};
  }
  if (text.starts_with("0x") || text.starts_with("0o")) {
    return ReadPrefixed(text);
  }
  if (IsDecimal(unsigned_text)) {
    return ReadDecimal(unsigned_text, text.front() == '-');
  }
  return std::string(text);
}

std::string StringScalar(std::string_view text) {
  if (IsPlainText(text)) {
    return std::string(text);
  }
  std::string out;
  AppendJsonString(text, out);
  return out;
}

}  // namespace holter::spec
