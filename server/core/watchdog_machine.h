// The rules of one watchdog: what has to be heard, how long it may stay away, and what has to be true of it.
//
//   UNKNOWN ──a message that fits──▶ ALIVE ──degraded_after, or a failed check──▶ LATE ──within──▶ DEAD
//                                      ▲───────────── a message that fits ──────────┘
//
// Counts from the end of the open script and from each message that fits. With `per` there is one count for each value,
// from its first message until one says that it is gone; while there is none, nothing is judged. Time in which we
// ourselves stood still is not held against the peer: the count begins anew after it, but only kMostExcuses times in a
// row.
//
// Part of a DialectMachine, which hands it the declaration with each call.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "core/dialect_spec.h"
#include "core/inbound_message.h"
#include "core/session_event.h"
#include "core/session_status.h"

namespace holter::core {

class WatchdogMachine {
 public:
  static constexpr int kMostExcuses = 3;
  static constexpr size_t kMostInstances = 64;  // of a watchdog with `per`
  static constexpr size_t kLongestKey = 256;    // of what `per` tells apart, in bytes; what is longer is not watched

  // The durations that hold now; an empty `within` is off.
  struct Limits {
    std::optional<Duration> within;
    std::optional<Duration> degraded_after;

    friend bool operator==(const Limits&, const Limits&) = default;
  };

  // Begins to count; the counters stay.
  void OnOpened(const Tick& tick, const WatchdogSpec& spec, const Limits& limits);
  void OnLost();
  // Other durations, from the same beginning; what was off counts from now. True when they differ.
  bool SetLimits(TimePoint now, const Limits& limits);
  const Limits& limits() const { return limits_; }

  // A message that fits the spec's matcher. True when health may have changed.
  bool OnMatch(const Tick& tick, const WatchdogSpec& spec, const InboundMessage& message);
  // A message that fits the spec's `gone`. True when health may have changed.
  bool OnGone(const WatchdogSpec& spec, const InboundMessage& message);
  // What time has made of it. True when health may have changed.
  bool OnTimer(const Tick& tick, const WatchdogSpec& spec);

  // When OnTimer has something to do; kNever if never. DeathDeadline: when it could declare the session dead.
  TimePoint NextDeadline() const;
  TimePoint DeathDeadline() const;

  // Watches a connection.
  bool on() const { return on_; }
  // Takes part in the health of the session: it has to hear something, or its checks have failed.
  bool judged() const { return on_ && (waits() || verdict_ == Verdict::kLate || dead()); }
  // A message has fitted on this connection, or none has to.
  bool answered() const { return answered_ || !waits(); }
  bool dead() const { return verdict_ == Verdict::kDead; }
  Verdict verdict() const { return verdict_; }
  // Of LATE and DEAD: what is wrong, for people. Never what the peer said but numbers.
  const std::string& detail() const;
  std::optional<TimePoint> last_match() const;
  uint64_t matches() const { return matches_; }
  uint64_t violations() const { return violations_; }

 private:
  // One thing that is watched: all messages that fit, or those of one value of `per`.
  struct Instance {
    std::string key;
    TimePoint since{};
    std::vector<std::optional<double>> values;  // of the checks
    std::vector<TimePoint> grown;               // when the value of a check with `growing` grew last
    uint8_t excuses = 0;
    bool silent = false;    // degraded_after has passed
    bool violated = false;  // a check failed last
  };

  // Something is waited for.
  bool waits() const { return limits_.within && !instances_.empty(); }

  Instance* InstanceFor(const Tick& tick, const WatchdogSpec& spec, const InboundMessage& message);
  // False when a check failed.
  bool Check(const Tick& tick, const WatchdogSpec& spec, const InboundMessage& message, Instance& instance);
  std::optional<std::string> Violation(const Tick& tick, const CheckSpec& check, size_t index, double value,
                                       Instance& instance);
  void Fail(std::string detail, bool deadly);
  void Settle();
  std::string Silence(const WatchdogSpec& spec, Duration limit) const;

  Limits limits_;
  std::vector<Instance> instances_;
  std::unique_ptr<std::string> detail_;
  TimePoint last_match_ = TimePoint::min();
  uint64_t matches_ = 0;
  uint64_t violations_ = 0;
  Verdict verdict_ = Verdict::kUnknown;
  bool on_ = false;
  bool answered_ = false;
};

}  // namespace holter::core
