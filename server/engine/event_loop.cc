#include "engine/event_loop.h"

#include <pthread.h>

#include <algorithm>
#include <cassert>
#include <exception>
#include <string>

#include "absl/cleanup/cleanup.h"
#include "base/log.h"
#include "engine/connect_governor.h"
#include "engine/session_runner.h"

namespace holter::engine {

namespace {

// Deadlines closer together than this share a wake-up: one system call and one turn of the reactor for all of them.
constexpr Duration kTimerGrain = std::chrono::milliseconds(1);
constexpr Duration kDrainTickPeriod = std::chrono::milliseconds(10);
// For handlers of operations that the factory's shutdown has cancelled; they need no waiting.
constexpr Duration kCancelledHandlers = std::chrono::milliseconds(200);
// A lag that people should read of.
constexpr Duration kRemarkableLag = std::chrono::seconds(1);

}  // namespace

EventLoop::EventLoop(const Options& options)
    : options_(options),
      work_(boost::asio::make_work_guard(io_)),
      timer_(io_),
      random_(options.seed),
      last_now_(options.clock->Now()),
      wake_at_(last_now_ + kTickPeriod),
      run_by_(wake_at_),
      next_tick_(wake_at_) {
  SetCalendar(last_now_);
}

absl::StatusOr<std::unique_ptr<EventLoop>> EventLoop::Create(const Options& options,
                                                             const ChannelFactoryMaker& make_factory) {
  std::unique_ptr<EventLoop> loop(new EventLoop(options));
  absl::StatusOr<std::unique_ptr<transport::ChannelFactory>> factory = make_factory(loop->io_);
  if (!factory.ok()) return factory.status();
  loop->factory_ = *std::move(factory);
  return loop;
}

EventLoop::~EventLoop() { assert(!thread_.joinable()); }

void EventLoop::Start() {
  last_now_ = options_.clock->Now();
  next_tick_ = last_now_ + kTickPeriod;
  threaded_ = true;
  WakeAt(next_tick_);
  thread_ = std::thread([this] { Run(); });
}

void EventLoop::Poll() {
  for (;;) {
    const size_t ran = io_.poll();
    if (options_.clock->Now() >= wake_at_) {
      FireTimers();
    } else if (ran == 0) {
      return;
    }
  }
}

void EventLoop::Drain(TimePoint until) {
  Post([this, until] {
    const TimePoint now = Now().now;
    drain_until_ = until;
    next_tick_ = now;
    StopSessions();
    if (!firing_) WakeAt(now);
  });
}

void EventLoop::Join() {
  if (thread_.joinable()) thread_.join();
}

core::Tick EventLoop::Now() {
  const TimePoint now = options_.clock->Now();
  if (now > run_by_ + kStallThreshold) {
    stalled_until_ = now;
    run_by_ = now;
    SetCalendar(now);
  }
  last_now_ = now;
  return {.now = now, .wall = WallTime(now.time_since_epoch() + calendar_), .stalled_until = stalled_until_};
}

void EventLoop::SetCalendar(TimePoint now) {
  calendar_ = options_.clock->WallNow().time_since_epoch() - now.time_since_epoch();
}

void EventLoop::Arm(TimerEntry& entry, TimePoint deadline) {
  // Whoever asks, when called, for a time that has come already waits for the next round: no entry can make a hot loop.
  if (firing_) deadline = std::max(deadline, fired_at_ + Duration(1));
  timers_.Set(entry, deadline);
  if (!firing_ && deadline < wake_at_) WakeAt(deadline);
}

void EventLoop::Adopt(std::shared_ptr<SessionRunner> session) {
  session->set_place(sessions_.size());
  sessions_.push_back(std::move(session));
}

void EventLoop::Dismiss(SessionRunner& session) {
  const size_t place = session.place();
  assert(sessions_[place].get() == &session);
  const std::shared_ptr<SessionRunner> dismissed = std::move(sessions_[place]);
  if (place + 1 != sessions_.size()) {
    sessions_[place] = std::move(sessions_.back());
    sessions_[place]->set_place(place);
  }
  sessions_.pop_back();
}

void EventLoop::Discard(std::unique_ptr<transport::Channel> channel) {
  discarded_.push_back(std::move(channel));
  if (discarded_.size() == 1) {
    Post([this] { discarded_.clear(); });
  }
}

void EventLoop::Run() {
  pthread_setname_np(pthread_self(), ("holter-loop-" + std::to_string(options_.index)).substr(0, 15).c_str());
  RunGuarded([this] { io_.run(); });
  threaded_ = false;  // no timer from here on
  timer_.cancel();
  factory_->Shutdown();
  work_.reset();
  io_.restart();
  RunGuarded([this] { io_.run_for(kCancelledHandlers); });
  {
    absl::MutexLock lock(&post_mutex_);
    ended_ = true;
  }
  io_.restart();
  RunGuarded([this] { io_.poll(); });
  discarded_.clear();
  open_files_ = 0;
  factory_.reset();
}

// Rooms below catch what concerns one session; what comes as far as this must not end the thread.
void EventLoop::RunGuarded(const std::function<void()>& work) {
  for (;;) {
    try {
      work();
      return;
    } catch (const std::exception& error) {
      options_.operations->OnException("engine");
      Log(LogLevel::kError, "Exception in an event loop", {{"loop", options_.index}, {"what", error.what()}});
    }
  }
}

void EventLoop::FireTimers() {
  const TimePoint now = Now().now;
  worst_lag_ = std::max(worst_lag_, now - wake_at_);
  firing_ = true;
  fired_at_ = now;
  const absl::Cleanup wait_again = [this] {
    firing_ = false;
    WakeAt(std::min(next_tick_, std::max(timers_.Next(), options_.clock->Now() + kTimerGrain)));
  };
  if (now >= next_tick_) DoTick(now);
  while (TimerEntry* entry = timers_.PopDue(now)) entry->OnTimer();
}

void EventLoop::DoTick(TimePoint now) {
  SetCalendar(now);
  next_tick_ = now + (draining() ? kDrainTickPeriod : kTickPeriod);
  options_.operations->OnLoopLag(options_.index, worst_lag_);
  if (worst_lag_ >= kRemarkableLag) {
    Log(LogLevel::kWarning, "Event loop was starved",
        {{"loop", options_.index}, {"lag_seconds", std::chrono::duration<double>(worst_lag_).count()}});
  }
  worst_lag_ = Duration::zero();
  open_files_.store(factory_->open_files(), std::memory_order_relaxed);
  options_.governor->ReportFiles(options_.index, FilesInUse(), now);
  if (draining()) EndIfDrained(now);
}

void EventLoop::WakeAt(TimePoint at) {
  wake_at_ = at;
  // A deadline that lies back already does not mean that the loop was late for it.
  run_by_ = std::max(at, last_now_);
  if (!threaded_) return;
  timer_.expires_at(at);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) FireTimers();
  });
}

void EventLoop::StopSessions() {
  const std::vector<std::shared_ptr<SessionRunner>> all = sessions_;
  for (const auto& session : all) session->Stop(core::StopCause::kShutdown);
}

void EventLoop::EndIfDrained(TimePoint now) {
  if (now < drain_until_ && factory_->open_files() > 0) return;
  io_.stop();
}

}  // namespace holter::engine
