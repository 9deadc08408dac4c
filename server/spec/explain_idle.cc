#include "spec/explain_idle.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/duration_text.h"

namespace holter::spec {
namespace {

constexpr Duration kIdleLimit = std::chrono::seconds(55);  // 60s, and time for the way
constexpr char kBoxes[] =
    "AWS load balancers (idle timeout) and nginx (proxy_read_timeout) hang up after 60s by default";

using Gap = std::optional<Duration>;

void Shorten(Gap& gap, Duration by) { gap = std::min(gap.value_or(by), by); }

bool Fits(const Gap& gap) { return gap && *gap <= kIdleLimit; }

// The longest silences that a connection which is alive can have; none: no bound is known.
struct Silences {
  Gap heard;                         // of the peer
  Gap either;                        // of both at once
  std::vector<std::string> unknown;  // heartbeats whose interval is known only when the session runs

  void Heard(Duration gap) {
    Shorten(heard, gap);
    Shorten(either, gap);
  }
};

void AddPings(const v1::ProtocolHeartbeat& pings, const SpecTimes& times, Silences& out) {
  if (pings.mode() == v1::ProtocolHeartbeat::MODE_OFF) return;
  const SaidTime interval = times.Of(pings).interval;
  // A peer has to answer pings, whatever counts as an answer here.
  if (interval.known) out.Heard(*interval.known);
  if (!interval.known && !interval.off) out.unknown.push_back("the pings");
}

void AddBeat(const v1::Beat& beat, const SpecTimes& times, Silences& out) {
  const SaidCadence cadence = times.Of(beat);
  const SaidTime& interval = cadence.interval;
  if (interval.off) return;
  if (!interval.known) {
    out.unknown.push_back(beat.name());
    return;
  }
  const Gap timeout = cadence.timeout.known;
  switch (beat.cadence()) {
    case v1::Beat::CADENCE_IDLE_SENT:
    case v1::Beat::CADENCE_IDLE:
      Shorten(out.either, *interval.known);
      return;
    case v1::Beat::CADENCE_IDLE_RECEIVED:
      Shorten(out.either, *interval.known);
      if (beat.has_expect() && timeout) out.Heard(*interval.known + *timeout);
      return;
    case v1::Beat::CADENCE_AFTER_ANSWER:
      if (timeout) out.Heard(*interval.known + *timeout);
      return;
    default:
      Shorten(out.either, *interval.known);
      if (beat.has_expect()) out.Heard(*interval.known);
      return;
  }
}

Silences SilencesOf(const v1::SessionSpec& effective, const SpecTimes& times) {
  Silences out;
  AddPings(effective.protocol_heartbeat(), times, out);
  for (const v1::Beat& beat : effective.beats()) AddBeat(beat, times, out);
  for (const v1::Watchdog& watchdog : effective.watchdogs()) {
    // One for each value waits only for values that have come before.
    if (watchdog.within().empty() || watchdog.has_per()) continue;
    const SaidTime within = times.OfWatchdog(watchdog.within());
    if (within.known) out.Heard(*within.known);
    if (!within.known && !within.off) out.unknown.push_back(watchdog.name());
  }
  return out;
}

}  // namespace

std::string IdleWords(const v1::SessionSpec& effective, const SpecTimes& times) {
  const Silences silences = SilencesOf(effective, times);
  if (Fits(silences.heard)) {
    return fmt::format("Idle limits: fits; the peer is heard every {} at least. {}.", FormatDuration(*silences.heard),
                       kBoxes);
  }
  if (!silences.unknown.empty()) {
    return fmt::format(
        "Warning: idle limits: whether anything is sent within {} is known only when the session runs ({}). {}.",
        FormatDuration(kIdleLimit), fmt::join(silences.unknown, ", "), kBoxes);
  }
  if (Fits(silences.either)) {
    return fmt::format(
        "Warning: idle limits: something is sent every {}, but the peer is not sure to send within {}. nginx hangs up "
        "when it does not for 60s (proxy_read_timeout), by default.",
        FormatDuration(*silences.either), FormatDuration(kIdleLimit));
  }
  if (silences.either) {
    return fmt::format("Warning: idle limits: something is sent every {} only, which is more than {}. {}.",
                       FormatDuration(*silences.either), FormatDuration(kIdleLimit), kBoxes);
  }
  return fmt::format("Warning: idle limits: neither side is sure to send within {}. {}.", FormatDuration(kIdleLimit),
                     kBoxes);
}

}  // namespace holter::spec
