#include "spec/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"

namespace holter::spec {
namespace {

std::string WithoutPrefix(const std::string& word, std::string_view prefix) {
  return word.starts_with(prefix) ? word.substr(prefix.size()) : word;
}

Duration Clamped(int64_t whole, int32_t nanos) {
  constexpr int64_t most = std::chrono::duration_cast<std::chrono::seconds>(Duration::max()).count() - 1;
  return std::chrono::seconds(std::clamp(whole, -most, most)) + Duration(std::clamp(nanos, -999'999'999, 999'999'999));
}

}  // namespace

std::string StateWord(v1::State state) { return WithoutPrefix(v1::State_Name(state), "STATE_"); }
std::string HealthWord(v1::Health health) { return WithoutPrefix(v1::Health_Name(health), "HEALTH_"); }

std::string ReasonWord(v1::Reason reason) {
  if (reason == v1::REASON_UNSPECIFIED) return "";
  return absl::AsciiStrToLower(WithoutPrefix(v1::Reason_Name(reason), "REASON_"));
}

std::string PathWord(v1::Path path) {
  if (path == v1::PATH_UNSPECIFIED) return "";
  return absl::AsciiStrToLower(WithoutPrefix(v1::Path_Name(path), "PATH_"));
}

std::string VerdictWord(v1::BeatStatus::Verdict verdict) {
  return absl::AsciiStrToLower(WithoutPrefix(v1::BeatStatus::Verdict_Name(verdict), "VERDICT_"));
}

Duration ToDuration(const google::protobuf::Duration& duration) {
  return Clamped(duration.seconds(), duration.nanos());
}

WallTime ToWallTime(const google::protobuf::Timestamp& time) { return WallTime(Clamped(time.seconds(), time.nanos())); }

std::string Milliseconds(Duration duration) {
  const double value = std::chrono::duration<double, std::milli>(duration).count();
  if (value < 10) return fmt::format("{:.3f}", value);
  return value < 100 ? fmt::format("{:.1f}", value) : fmt::format("{:.0f}", value);
}

std::string Age(WallTime then, WallTime now) {
  const double seconds = std::max(0.0, std::chrono::duration<double>(now - then).count());
  if (seconds < 10) return fmt::format("{:.1f}s ago", seconds);
  if (seconds < 120) return fmt::format("{:.0f}s ago", seconds);
  if (seconds < 7200) return fmt::format("{:.0f}m ago", seconds / 60);
  if (seconds < 172800) return fmt::format("{:.0f}h ago", seconds / 3600);
  return fmt::format("{:.0f}d ago", seconds / 86400);
}

std::string TimeIn(absl::TimeZone zone, WallTime time) {
  const absl::Time instant = absl::FromUnixNanos(time.time_since_epoch().count());
  return absl::FormatTime("%Y-%m-%d %H:%M:%E3S", instant, zone);
}

}  // namespace holter::spec
