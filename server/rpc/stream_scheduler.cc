#include "rpc/stream_scheduler.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace holter::rpc {
namespace {

// What is due is late by no more than this, and so is the end of a stream whose caller lost his rights.
constexpr Duration kCheckPace = std::chrono::milliseconds(500);

// Streams that are woken again and again are served this often, all in one turn: what a hundred watchers are told of a
// thousand changes a second is then ten changes to a response, not one. Who was idle is served at once.
constexpr Duration kTurn = std::chrono::milliseconds(10);

}  // namespace

StreamScheduler::StreamScheduler(const Clock& clock, Duration write_timeout, std::function<void(TimePoint now)> sweep)
    : clock_(clock), write_timeout_(write_timeout), sweep_(std::move(sweep)), thread_([this] { Run(); }) {}

StreamScheduler::~StreamScheduler() {
  if (thread_.joinable()) {
    Stop();
  }
}

bool StreamScheduler::Add(const std::shared_ptr<ServedStream>& stream) {
  const std::lock_guard lock(mutex_);
  if (closed_) {
    return false;
  }
  streams_.insert(stream);
  changed_.notify_all();
  return true;
}

void StreamScheduler::Remove(const std::shared_ptr<ServedStream>& stream) {
  const std::lock_guard lock(mutex_);
  streams_.erase(stream);
  changed_.notify_all();
}

void StreamScheduler::Wake(std::weak_ptr<ServedStream> stream) {
  const std::lock_guard lock(mutex_);
  woken_.push_back(std::move(stream));
  changed_.notify_all();
}

void StreamScheduler::EndAll(const absl::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  for (const std::shared_ptr<ServedStream>& stream : Streams()) {
    stream->End(status);
  }
}

void StreamScheduler::WaitUntilEmpty(Duration deadline) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, deadline, [this] { return streams_.empty(); });
}

void StreamScheduler::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

std::vector<std::shared_ptr<ServedStream>> StreamScheduler::Streams() {
  const std::lock_guard lock(mutex_);
  return {streams_.begin(), streams_.end()};
}

void StreamScheduler::Run() {
  const Duration pace = std::clamp<Duration>(write_timeout_ / 4, std::chrono::milliseconds(1), kCheckPace);
  TimePoint next_check = clock_.Now() + pace;
  TimePoint next_turn = clock_.Now();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_for(lock, std::max(next_check - clock_.Now(), Duration::zero()),
                      [this] { return stopping_ || !woken_.empty(); });
    changed_.wait_for(lock, std::max(next_turn - clock_.Now(), Duration::zero()), [this] { return stopping_; });
    next_turn = clock_.Now() + kTurn;
    const std::vector<std::weak_ptr<ServedStream>> woken = std::exchange(woken_, {});
    lock.unlock();
    for (const std::weak_ptr<ServedStream>& weak : woken) {
      if (const std::shared_ptr<ServedStream> stream = weak.lock()) {
        stream->OnWake();
      }
    }
    if (clock_.Now() >= next_check) {
      for (const std::shared_ptr<ServedStream>& stream : Streams()) {
        stream->Check(clock_.Now());
      }
      sweep_(clock_.Now());
      next_check = clock_.Now() + pace;
    }
    lock.lock();
  }
}

}  // namespace holter::rpc
