#include "transport/retry_after.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <string>

namespace holter::transport {
namespace {

constexpr Duration kLongest = std::chrono::hours(24 * 366);
// IMF-fixdate, RFC 850, asctime.
constexpr const char* kDateForms[] = {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"};

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::optional<Duration> ParseRetryAfter(std::string_view value, WallTime now) {
  const std::string text(Trim(value));
  if (text.empty()) {
    return std::nullopt;
  }
  if (std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    const auto longest = std::chrono::duration_cast<std::chrono::seconds>(kLongest).count();
    if (error != std::errc() || seconds > longest) {
      return std::nullopt;
    }
    return std::chrono::seconds(seconds);
  }
  for (const char* form : kDateForms) {
    std::tm date{};
    const char* const end = strptime(text.c_str(), form, &date);
    if (end == nullptr || *end != '\0') {
      continue;
    }
    const Duration wait = WallTime(std::chrono::seconds(timegm(&date))) - now;
    return wait > kLongest ? std::nullopt : std::optional<Duration>(std::max(wait, Duration::zero()));
  }
  return std::nullopt;
}

}  // namespace holter::transport
