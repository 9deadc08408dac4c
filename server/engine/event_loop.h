// One thread and what it runs: the sessions that live on it, their deadlines, their connections.
//
// Threads: Post, Drain, index and open_files from any thread; the rest on the loop's own, or before Start. Stop: Drain,
// then Join. The loop ends when its connections are gone, or at Drain's deadline.
#pragma once

#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/wait_traits.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "base/operation_observer.h"
#include "base/random.h"
#include "core/session_action.h"
#include "core/session_event.h"
#include "engine/frame_log.h"
#include "engine/timer_heap.h"
#include "transport/channel.h"

namespace holter::engine {

class ConnectGovernor;
class SessionRunner;

using ChannelFactoryMaker =
    std::function<absl::StatusOr<std::unique_ptr<transport::ChannelFactory>>(boost::asio::io_context&)>;

class EventLoop {
 public:
  // A loop that ran this much later than it asked for was starved: answers that came meanwhile have not been seen in
  // time.
  static constexpr Duration kStallThreshold = std::chrono::milliseconds(50);
  // The loop wakes at least this often, to notice that it did not.
  static constexpr Duration kTickPeriod = std::chrono::milliseconds(100);

  // Each pointer outlives the loop.
  struct Options {
    int index = 0;
    uint64_t seed = 0;
    const Clock* clock = nullptr;
    OperationObserver* operations = nullptr;
    ConnectGovernor* governor = nullptr;
  };
  static absl::StatusOr<std::unique_ptr<EventLoop>> Create(const Options& options,
                                                           const ChannelFactoryMaker& make_factory);
  // After Join, or without Start.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Starts the thread. Once.
  void Start();
  // Instead of Start, for tests with a clock of their own: does everything that can be done without waiting, in the
  // caller's thread.
  void Poll();
  // When the loop wants to run again. For callers of Poll.
  TimePoint wake_at() const { return wake_at_; }

  // Runs `fn` on the loop, in the order of calls of one thread. False: the loop has ended, and `fn` will not run.
  template <typename Fn>
  bool Post(Fn&& fn) {
    absl::ReaderMutexLock lock(&post_mutex_);
    if (ended_) return false;
    boost::asio::post(io_, std::forward<Fn>(fn));
    return true;
  }

  // From any thread: stops all sessions as at shutdown, then ends the loop when their connections are gone or `until`
  // has come.
  void Drain(TimePoint until);
  // From another thread, after Drain. Waits for the thread.
  void Join();

  int index() const { return options_.index; }
  // Sockets, closing ones included, as of the last tick.
  size_t open_files() const { return open_files_.load(std::memory_order_relaxed); }

  // The time of an event that is being handled now. To be called first thing in every handler: it notices when the loop
  // has been starved.
  core::Tick Now();
  // Waits for `deadline` instead of whatever `entry` waited for.
  void Arm(TimerEntry& entry, TimePoint deadline);
  void Disarm(TimerEntry& entry) { timers_.Remove(entry); }

  transport::ChannelFactory& factory() { return *factory_; }
  ConnectGovernor& governor() { return *options_.governor; }
  OperationObserver& operations() { return *options_.operations; }
  Random& random() { return random_; }
  FrameLog& frames() { return frames_; }

  // True from Drain on: no session begins any more.
  bool draining() const { return drain_until_ != kNever; }
  // Sessions that live here; the loop keeps them alive. `index` is where a session finds itself.
  void Adopt(std::shared_ptr<SessionRunner> session);
  void Dismiss(SessionRunner& session);
  const std::shared_ptr<SessionRunner>& session(size_t index) const { return sessions_[index]; }
  size_t session_count() const { return sessions_.size(); }

  // Destroys a channel that is over when no call of it is on the stack any more.
  void Discard(std::unique_ptr<transport::Channel> channel);

  // Attempts that have no socket yet, as the governor wants them counted.
  void AddSocketless(int delta) { socketless_ += delta; }
  size_t FilesInUse() const { return factory_->open_files() + static_cast<size_t>(socketless_); }

  // The list that a machine fills, borrowed for one call of it.
  class BorrowedActions {
   public:
    explicit BorrowedActions(EventLoop& loop) : loop_(loop) { list_.swap(loop_.actions_); }
    ~BorrowedActions() {
      list_.clear();
      list_.swap(loop_.actions_);
    }
    BorrowedActions(const BorrowedActions&) = delete;
    BorrowedActions& operator=(const BorrowedActions&) = delete;
    core::ActionList& operator*() { return list_; }

   private:
    EventLoop& loop_;
    core::ActionList list_;
  };

 private:
  // As steady_timer, without the type-erased executor.
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                        boost::asio::io_context::executor_type>;

  explicit EventLoop(const Options& options);

  void Run();
  void RunGuarded(const std::function<void()>& work);
  void FireTimers();
  void DoTick(TimePoint now);
  void SetCalendar(TimePoint now);
  void WakeAt(TimePoint at);
  void StopSessions();
  void EndIfDrained(TimePoint now);
  void Finish();

  const Options options_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  Timer timer_;
  std::unique_ptr<transport::ChannelFactory> factory_;
  std::thread thread_;

  absl::Mutex post_mutex_;
  bool ended_ ABSL_GUARDED_BY(post_mutex_) = false;
  std::atomic<size_t> open_files_ = 0;

  // The loop's thread only.
  Random random_;
  TimerHeap timers_;
  FrameLog frames_;
  Duration calendar_{};  // from steady to calendar time, read once a tick: a clock that is set is followed within that
  TimePoint last_now_;
  TimePoint wake_at_;  // when timer_ fires
  TimePoint run_by_;   // when the loop has to have run, not to count as starved
  TimePoint next_tick_;
  Duration worst_lag_{};  // since the last tick
  TimePoint stalled_until_ = TimePoint::min();
  TimePoint drain_until_ = kNever;
  bool firing_ = false;
  TimePoint fired_at_;  // while firing_: entries up to here are due
  bool threaded_ = false;
  int socketless_ = 0;
  core::ActionList actions_;
  std::vector<std::shared_ptr<SessionRunner>> sessions_;
  std::vector<std::unique_ptr<transport::Channel>> discarded_;
};

}  // namespace holter::engine
