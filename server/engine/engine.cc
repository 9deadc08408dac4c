#include "engine/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "engine/connect_governor.h"
#include "engine/event_loop.h"
#include "engine/file_limit.h"
#include "engine/session_rooms.h"
#include "engine/session_runner.h"

namespace holter::engine {

namespace {

// Wakes the governor, on one of the loops.
class GovernorTimer final : public TimerEntry {
 public:
  GovernorTimer(ConnectGovernor& governor, EventLoop& loop) : governor_(governor), loop_(loop) {}
  // Any thread.
  void WakeAt(TimePoint at) {
    loop_.Post([this, at] { loop_.Arm(*this, at); });
  }
  void OnTimer() override { governor_.Poll(loop_.Now().now); }

 private:
  ConnectGovernor& governor_;
  EventLoop& loop_;
};

uint64_t DrawSeed() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

SessionRunner& RunnerOf(const SessionHandle& session) { return static_cast<SessionRunner&>(*session); }

class EngineImpl final : public Engine {
 public:
  EngineImpl(const EngineOptions& options, size_t file_limit);
  ~EngineImpl() override { Shutdown(Duration::zero()); }

  absl::Status Start(const EngineOptions& options, uint64_t seed);

  absl::Status Admit(size_t count) override;
  void Unadmit(size_t count) override { rooms_.GiveBack(count); }
  SessionHandle Begin(core::SessionId id, core::SessionSpec spec, core::SessionObserver* metrics,
                      core::SessionObserver* registry) override;
  void Update(const SessionHandle& session, core::SessionSpec spec, core::SessionObserver* metrics) override;
  void Reconnect(const SessionHandle& session, Duration after) override {
    session->loop->Post([session, after] { RunnerOf(session).Reconnect(after); });
  }
  void Watch(const SessionHandle& session, size_t most_recent, const std::weak_ptr<FrameObserver>& observer) override;
  void End(const SessionHandle& session, std::function<void()> done) override;
  Capacity capacity() const override;
  const Clock& clock() const override { return *transport_.clock; }
  void Shutdown(Duration deadline) override;

 private:
  EventLoop& LeastLoaded();
  ConnectGovernor::Outlets GovernorOutlets();

  transport::TransportOptions transport_;
  const double connect_rate_;
  SessionRooms rooms_;
  ConnectGovernor governor_;
  std::atomic<bool> shutting_down_ = false;
  // Constant between Start and the destructor. The timer is in the heap of a loop, which goes first.
  std::unique_ptr<GovernorTimer> governor_timer_;
  std::vector<std::unique_ptr<EventLoop>> loops_;
  // Sessions by loop.
  std::unique_ptr<std::atomic<size_t>[]> load_;
};

transport::TransportOptions WithDefaults(transport::TransportOptions options) {
  if (options.clock == nullptr) options.clock = &SystemClock();
  if (options.operations == nullptr) options.operations = &NullOperationObserver();
  return options;
}

int LoopCount(const EngineOptions& options) {
  if (options.loops > 0) return options.loops;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()) - 1);
}

EngineImpl::EngineImpl(const EngineOptions& options, size_t file_limit)
    : transport_(WithDefaults(options.transport)),
      connect_rate_(options.connect_rate),
      rooms_(file_limit - kFilesKeptFromSessions, file_limit),
      governor_({.rate = options.connect_rate,
                 .in_flight = options.connect_in_flight,
                 .files = file_limit - kFilesKeptFromSockets,
                 .loops = LoopCount(options)},
                GovernorOutlets(), transport_.clock->Now()) {}

ConnectGovernor::Outlets EngineImpl::GovernorOutlets() {
  return {.grant =
              [](ConnectGovernor::Ticket ticket, SessionHandle session) {
                EventLoop& loop = *session->loop;
                loop.Post([ticket, session = std::move(session)] { RunnerOf(session).OnTurn(ticket); });
              },
          .wake = [this](TimePoint at) { governor_timer_->WakeAt(at); }};
}

absl::Status EngineImpl::Start(const EngineOptions& options, uint64_t seed) {
  ChannelFactoryMaker maker = options.make_channel_factory;
  if (!maker) {
    maker = [this](boost::asio::io_context& io) { return transport::MakeBeastChannelFactory(io, transport_); };
  }
  const int count = LoopCount(options);
  std::seed_seq seeds{static_cast<uint32_t>(seed >> 32), static_cast<uint32_t>(seed)};
  std::vector<uint32_t> words(static_cast<size_t>(count) * 2);
  seeds.generate(words.begin(), words.end());
  load_ = std::make_unique<std::atomic<size_t>[]>(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    const size_t word = static_cast<size_t>(i) * 2;
    auto loop = EventLoop::Create({.index = i,
                                   .seed = (uint64_t{words[word]} << 32) | words[word + 1],
                                   .clock = transport_.clock,
                                   .operations = transport_.operations,
                                   .governor = &governor_},
                                  maker);
    if (!loop.ok()) return loop.status();
    loops_.push_back(*std::move(loop));
  }
  governor_timer_ = std::make_unique<GovernorTimer>(governor_, *loops_.front());
  for (const auto& loop : loops_) loop->Start();
  return absl::OkStatus();
}

absl::Status EngineImpl::Admit(size_t count) {
  if (shutting_down_) return MakeError(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "the daemon is shutting down");
  return rooms_.Take(count);
}

EventLoop& EngineImpl::LeastLoaded() {
  size_t least = 0;
  for (size_t i = 1; i < loops_.size(); ++i) {
    if (load_[i].load(std::memory_order_relaxed) < load_[least].load(std::memory_order_relaxed)) least = i;
  }
  load_[least].fetch_add(1, std::memory_order_relaxed);
  return *loops_[least];
}

SessionHandle EngineImpl::Begin(core::SessionId id, core::SessionSpec spec, core::SessionObserver* metrics,
                                core::SessionObserver* registry) {
  EventLoop& loop = LeastLoaded();
  auto runner = std::make_shared<SessionRunner>(id, &loop, std::move(spec), transport_.clock->Now(), metrics, registry);
  loop.Post([runner] {
    if (!runner->loop->draining()) runner->Begin(runner);
  });
  return runner;
}

void EngineImpl::Update(const SessionHandle& session, core::SessionSpec spec, core::SessionObserver* metrics) {
  session->loop->Post([this, session, spec = std::move(spec), metrics]() mutable {
    SessionRunner& runner = RunnerOf(session);
    const bool had_room = !runner.paused();
    runner.Update(std::move(spec), metrics);
    if (had_room && runner.paused()) rooms_.GiveBack(1);
  });
}

void EngineImpl::Watch(const SessionHandle& session, size_t most_recent, const std::weak_ptr<FrameObserver>& observer) {
  const auto watch = [session, most_recent, observer] { RunnerOf(session).Watch(most_recent, observer); };
  if (!session->loop->Post(watch)) watch();  // the loop has ended: the session is finished
}

void EngineImpl::End(const SessionHandle& session, std::function<void()> done) {
  const auto gone = [this, session, done = std::move(done)] {
    RunnerOf(session).Stop(core::StopCause::kDeleted);
    load_[static_cast<size_t>(session->loop->index())].fetch_sub(1, std::memory_order_relaxed);
    if (!RunnerOf(session).paused()) rooms_.GiveBack(1);
    if (done) done();
  };
  if (!session->loop->Post(gone)) gone();  // the loop has ended: the session is finished, and nobody else touches it
}

Capacity EngineImpl::capacity() const {
  const ConnectGovernor::Load load = governor_.load();
  size_t open_files = 0;
  for (const auto& loop : loops_) open_files += loop->open_files();
  return {.sessions = rooms_.used(),
          .session_limit = rooms_.limit(),
          .open_files = open_files,
          .dialing = load.in_flight,
          .waiting = load.waiting,
          .connect_rate = connect_rate_};
}

void EngineImpl::Shutdown(Duration deadline) {
  if (shutting_down_.exchange(true)) return;
  governor_.Close();
  const TimePoint until = transport_.clock->Now() + deadline;
  for (const auto& loop : loops_) loop->Drain(until);
  for (const auto& loop : loops_) loop->Join();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Engine>> Engine::Create(const EngineOptions& options) {
  size_t file_limit = options.file_limit;
  if (file_limit == 0) {
    absl::StatusOr<size_t> raised = RaiseFileLimit();
    if (!raised.ok()) return raised.status();
    file_limit = *raised;
  }
  if (file_limit <= kFilesKeptFromSessions) {
    return MakeError(
        absl::StatusCode::kFailedPrecondition, "OPEN_FILES_EXHAUSTED",
        fmt::format("the limit of open files is {}: sessions need more than {}", file_limit, kFilesKeptFromSessions),
        {{"limit", std::to_string(file_limit)}});
  }
  const uint64_t seed = options.seed != 0 ? options.seed : DrawSeed();
  auto engine = std::make_unique<EngineImpl>(options, file_limit);
  if (absl::Status started = engine->Start(options, seed); !started.ok()) return started;
  Log(LogLevel::kInfo, "Engine started",
      {{"loops", LoopCount(options)}, {"file_limit", file_limit}, {"seed", fmt::format("{:#x}", seed)}});
  return engine;
}

}  // namespace holter::engine
