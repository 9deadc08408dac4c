// What one session remembers of its dialect: values, the open script, watchdogs, computed durations, what may still be
// sent. The SessionMachine asks and acts; sessions without a dialect have none of this.
//
//   OnOpened ──▶ opening (the script's steps) ──BeginBeats──▶ watching ──OnLost──▶ (nothing)
//
// One thread at a time, that of the session's machine. The declaration stays in the shared spec and is handed to each
// call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "core/decoder.h"
#include "core/dialect_spec.h"
#include "core/inbound_message.h"
#include "core/send_budget.h"
#include "core/session_event.h"
#include "core/session_spec.h"
#include "core/value.h"
#include "core/watchdog_machine.h"

namespace holter::core {

class DialectMachine {
 public:
  // Answers in any minute when the spec does not say.
  static constexpr int kMostAnswers = 6000;
  // In bytes.
  static constexpr size_t kLongestShown = 1024;
  // Changes of health in kHealthWindow: as many as the quickest beat can make, for each is kept and told to all who
  // watch, and a peer may speak much more often.
  static constexpr int kMostHealthChanges = 20;
  static constexpr Duration kHealthWindow = std::chrono::seconds(1);

  // Of a session with these parameters; null: none.
  DialectMachine(const SharedSpec& spec, std::shared_ptr<const ParameterList> parameters);

  // A connection is open: nothing is known but parameters and secrets, and the script begins.
  void OnOpened(const Tick& tick, const SharedSpec& spec, const OpenInfo& info, Random& random);
  // The connection is gone, and what it had said.
  void OnLost(const SharedSpec& spec);
  // Takes over from the machine of an older declaration with the same scope, script and decoder.
  void Adopt(const Tick& tick, const SharedSpec& spec, const SharedSpec& old_spec, DialectMachine& old, Random& random);

  // The open script. The present step; null when the script is done.
  const OpenStepSpec* step(const DialectSpec& spec) const;
  bool opening() const { return opening_; }
  // The present step's `send` is on its way, or it has none.
  bool step_begun() const { return step_begun_; }
  void BeginStep(TimePoint now);
  // To the next one. True: the script is done.
  bool EndStep(const DialectSpec& spec);
  // True when the present step has waited too long.
  bool StepExpired(const Tick& tick, const DialectSpec& spec);
  // "open[2]" and what it waited for.
  std::string StepName() const;

  // The script is done: watchdogs begin.
  void BeginWatching(const Tick& tick, const SharedSpec& spec, Random& random);

  // Values. False: one that has to be there is not in the message. `timing_changed` is set when a value has changed
  // that durations are computed from.
  bool TakeAll(const std::vector<CaptureSpec>& captures, const InboundMessage& message, bool& timing_changed);
  // By every rule that fits. True when a value has changed that durations are computed from.
  bool Capture(const DialectSpec& spec, const InboundMessage& message);
  // There is a value, and it is neither zero nor false nor empty.
  bool Holds(const std::optional<size_t>& slot) const;
  const ValueStore& values() const { return values_; }
  // The value as everybody may see it, in UTF-8 or else in hexadecimal. None: it is not known, longer than
  // kLongestShown, or a secret stands in it.
  std::optional<std::string> Shown(size_t slot) const;
  // One bit for each slot that holds a secret on this connection, or what was made of one.
  uint64_t secret_slots() const { return secret_slots_; }

  // Signatures. A message in which one stands.
  bool Signs(const MessageTemplate& message) const { return (message.slots() & signature_slots_) != 0; }
  // Computes them anew, of the values that the message is written with.
  void Sign(const DialectSpec& spec, const MessageTemplate& message, const BeatVariables& variables);

  // The durations of heartbeat `i` (as SessionMachine counts them) that hold now, if any are computed, and whether
  // there is an interval at all.
  const Cadence& cadence(size_t i) const { return cadences_[i].cadence; }
  bool is_on(size_t i) const { return cadences_[i].on; }
  // Computes all durations anew, those of watchdogs too. True when one has changed.
  bool Compute(TimePoint now, const SharedSpec& spec, Random& random);

  // What watchdogs made of a message.
  struct Heard {
    bool any = false;      // one of them has waited for it
    bool changed = false;  // health may have changed
  };
  Heard Watch(const Tick& tick, const DialectSpec& spec, const InboundMessage& message);
  // True when health may have changed.
  bool OnTimer(const Tick& tick, const DialectSpec& spec);
  const std::vector<WatchdogMachine>& watchdogs() const { return watchdogs_; }
  // The one that has died; null if none.
  const WatchdogMachine* dead() const;

  // ${seq} of what the script and the answers say: 1, 2, … per connection.
  uint64_t NextSeq() { return ++said_; }
  // False: `most` a minute are sent already.
  bool TakeFromBudget(TimePoint now, int most) { return budget_.Take(now, most); }

  // False: the health has changed too often lately. The change waits for the end of the window, which is a deadline.
  bool TakeHealthChange(TimePoint now);

  // What the script, the watchdogs and a change of health wait for, at the earliest; kNever if for nothing.
  TimePoint NextDeadline(const DialectSpec& spec) const;
  // When OnTimer or StepExpired could end the session.
  TimePoint VerdictDeadline(const DialectSpec& spec) const;

  Decoder& decoder() { return decoder_; }

 private:
  struct Timing {
    Cadence cadence;
    bool on = true;
  };

  void ForgetCaptured(const DialectSpec& spec);
  // True when one has changed.
  bool SetLimits(TimePoint now, const DialectSpec& spec, Random& random);
  WatchdogMachine::Limits LimitsOf(const WatchdogSpec& spec, Random& random) const;
  TimePoint StepDeadline(const DialectSpec& spec) const;

  std::shared_ptr<const ParameterList> parameters_;
  ValueStore values_;
  Decoder decoder_;
  std::vector<Timing> cadences_;  // of all heartbeats if any is computed, else none
  std::vector<WatchdogMachine> watchdogs_;
  SendBudget budget_;
  TimePoint step_since_{};
  TimePoint health_window_{};  // its begin
  uint64_t secret_slots_ = 0;
  uint64_t signature_slots_ = 0;
  uint32_t said_ = 0;
  uint8_t step_ = 0;
  uint8_t step_excuses_ = 0;
  uint8_t health_changes_ = 0;  // in the window
  bool opening_ = false;
  bool step_begun_ = false;
  bool health_waits_ = false;
};

}  // namespace holter::core
