#include "registry/transition_log_writer.h"

#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "base/log.h"

namespace holter::registry {
namespace {

void WriteLine(const SessionRecord& record, const core::Transition& transition) {
  const bool is_bad = transition.health == core::Health::kDown || transition.state == core::State::kStopped;
  Log(is_bad ? LogLevel::kWarning : LogLevel::kInfo, "session changed",
      {{"session", record.Name()},
       {"state", Word(transition.state)},
       {"health", Word(transition.health)},
       {"reason", Word(transition.reason)},
       {"path", Word(transition.path)},
       {"detail", transition.detail},
       {"attempts", transition.attempts}});
}

}  // namespace

TransitionLogWriter::TransitionLogWriter(const Clock* clock) : clock_(clock), thread_([this] { Run(); }) {}

TransitionLogWriter::~TransitionLogWriter() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void TransitionLogWriter::Add(const RecordPtr& record, const core::Transition& transition) {
  absl::MutexLock lock(&mutex_);
  if (log_.Add(clock_->Now(), transition.state, transition.health, transition.reason)) {
    lines_.push_back({.record = record, .transition = transition});
  }
}

void TransitionLogWriter::Run() {
  bool stop = false;
  while (!stop) {
    std::vector<Line> lines;
    std::optional<TransitionLog::Summary> summary;
    {
      // Counts are looked after once in a window, also when nothing happens any more.
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithTimeout(absl::Condition(this, &TransitionLogWriter::HasLines),
                              absl::FromChrono(TransitionLog::kWindow));
      stop = stopping_;
      lines.swap(lines_);
      summary = log_.TakeSummary(stop ? kNever : clock_->Now());
    }
    for (const Line& line : lines) {
      WriteLine(*line.record, line.transition);
    }
    if (summary.has_value()) {
      Log(LogLevel::kWarning, "many sessions changed",
          {{"transitions", summary->transitions}, {"counts", summary->counts}});
    }
  }
}

}  // namespace holter::registry
