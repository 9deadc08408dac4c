// What `holter ping` says about one session, beat by beat and in the end.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <ostream>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "client/cli/ping_samples.h"
#include "core/session_observer.h"

namespace holter::cli {

struct PingReportOptions {
  std::string target;       // for people
  bool protocol = true;     // pings are sent
  bool app = false;         // a beat with an expected answer is sent
  uint32_t keepalives = 0;  // bit i: beat i expects no answer, and nothing is said of it
  uint64_t count = 0;       // beats a layer; 0: no limit
  bool quiet = false;       // only the summary
  std::ostream* out = nullptr;
  std::function<void()> on_done;  // once: all is judged, no connection came about, or nobody reads
};

// Hears from the loop's thread; the rest may be called by any.
class PingReport final : public core::SessionObserver {
 public:
  explicit PingReport(PingReportOptions options) : options_(std::move(options)) {}

  void OnTransition(core::SessionId id, const core::Transition& transition) override;
  void OnBeat(core::SessionId id, const core::BeatReport& report) override;
  void OnAttempt(core::SessionId /*id*/, const core::AttemptReport& /*report*/) override {}
  void OnPhase(core::SessionId id, core::Phase phase, Duration took) override;
  void OnTcpRtt(core::SessionId id, const core::TcpRtt& rtt) override;
  void OnTraffic(core::SessionId /*id*/, const core::Traffic& /*delta*/) override {}
  void OnBegin(core::SessionId /*id*/, core::State /*state*/, core::Health /*health*/) override {}
  void OnEnd(core::SessionId /*id*/, core::State /*state*/, core::Health /*health*/) override {}

  // Nothing is said after it.
  void PrintSummary();
  // Every beat that was judged was answered, and there was one; where nothing is to be answered: it is connected.
  bool AllWell() const;

 private:
  struct Layer {
    uint64_t sent = 0;
    uint64_t acked = 0;
    uint64_t lost = 0;
    std::deque<uint64_t> outstanding;  // numbers, oldest first
    PingSamples rtts;
  };

  Layer& LayerOf(const core::BeatReport& report) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnSent(Layer& layer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnAcked(Layer& layer, const core::BeatReport& report) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnMissed(Layer& layer, const core::BeatReport& report) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LoseOutstanding() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Say(const std::string& line) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FinishIfJudged() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Finish() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PrintLayer(const char* name, const Layer& layer) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  bool Judges(const Layer& layer) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  bool JudgesAny() const { return options_.protocol || options_.app; }

  const PingReportOptions options_;
  mutable absl::Mutex mutex_;
  bool connected_once_ ABSL_GUARDED_BY(mutex_) = false;
  bool lost_ ABSL_GUARDED_BY(mutex_) = false;  // the last connection, and there is no other yet
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  Layer protocol_ ABSL_GUARDED_BY(mutex_);
  Layer app_ ABSL_GUARDED_BY(mutex_);
  std::optional<core::TcpRtt> tcp_ ABSL_GUARDED_BY(mutex_);
  PingSamples tcp_smoothed_ ABSL_GUARDED_BY(mutex_);
  std::string phases_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace holter::cli
