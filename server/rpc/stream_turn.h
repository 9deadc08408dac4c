// Whose turn a stream is: the rules of StreamReactor, without gRPC and without a lock.
#pragma once

#include <optional>

#include "absl/status/status.h"
#include "base/clock.h"

namespace holter::rpc {

// Whoever has the turn reads and says what comes of it; nobody else touches what is read.
//
//             Wake, Take               Write
//   kWaiting ------------> kTurn --------------> kWriting
//      |     <------------  |  |  <-------------    |
//      |          Wait      |  |     WriteDone      |
//      | End                |  +--- End is noted    | End
//      |                    | Finish                |
//      +---------------> kFinished <----------------+
//
// Each step looks and acts at once: what ends a stream that nobody has the turn of leaves no turn to be taken, and what
// comes while somebody has it is done by them, with their next step. So there is one Finish, and nobody reads behind
// it.
//
// Not thread-safe: the caller holds a lock for each step. Begins with the turn taken.
class StreamTurn {
 public:
  // With the turn. A write is outstanding from now on. False: the stream has been asked to end, as `end` says; nothing
  // has changed, and Finish has to follow.
  bool Write(TimePoint now);
  // With the turn.
  enum class Waiting {
    kWaits,      // for Wake or Take
    kReadAgain,  // woken meanwhile: the turn stays here
    kEnds,       // as Write
  };
  Waiting Wait();
  // With the turn. The caller tells gRPC.
  void Finish(absl::StatusCode code, TimePoint now);
  const absl::Status& end() const { return *end_; }

  // There is something to read. True: the caller has the turn.
  bool Wake();
  bool is_waiting() const { return phase_ == Phase::kWaiting; }
  // While it is waiting.
  void Take() { phase_ = Phase::kTurn; }
  // True: the caller has the turn; false: the stream is finished.
  bool WriteDone();
  // True: it is finished, and the caller tells gRPC. Of several the first counts.
  bool End(const absl::Status& status, TimePoint now);

  // A write that is outstanding for longer than `most`.
  bool IsSlow(TimePoint now, Duration most) const { return phase_ == Phase::kWriting && now - phase_began_ > most; }
  // The end is not delivered for longer than `most`. True once.
  bool IsStuck(TimePoint now, Duration most);

  // As told to the client.
  absl::StatusCode code() const { return code_; }

 private:
  enum class Phase { kTurn, kWriting, kWaiting, kFinished };

  Phase phase_ = Phase::kTurn;
  bool woken_ = false;               // while somebody had the turn
  std::optional<absl::Status> end_;  // asked for, while somebody had the turn
  TimePoint phase_began_{};          // of kWriting and kFinished
  bool was_stuck_ = false;
  absl::StatusCode code_ = absl::StatusCode::kUnknown;
};

}  // namespace holter::rpc
