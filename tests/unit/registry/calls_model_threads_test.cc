// As calls_model_test.cc, with threads: a real engine whose peers do what they like, a store with a thread of its own,
// watchers that read meanwhile.
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <thread>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "base/random.h"
#include "tests/support/manual_clock.h"
#include "tests/support/seed.h"
#include "tests/unit/registry/model_rounds.h"
#include "tests/unit/registry/model_threads.h"
#include "tests/unit/registry/random_caller.h"
#include "tests/unit/registry/random_peers.h"
#include "tests/unit/registry/random_watcher.h"

namespace holter::registry {
namespace {

// An engine whose registry goes by another clock than its loops, which wait on the machine's.
class ClockedEngine final : public engine::Engine {
 public:
  ClockedEngine(std::unique_ptr<engine::Engine> engine, const Clock* clock)
      : engine_(std::move(engine)), clock_(clock) {}

  absl::Status Admit(size_t count) override { return engine_->Admit(count); }
  void Unadmit(size_t count) override { engine_->Unadmit(count); }
  engine::SessionHandle Begin(core::SessionId id, core::SessionSpec spec, core::SessionObserver* metrics,
                              core::SessionObserver* registry) override {
    return engine_->Begin(id, std::move(spec), metrics, registry);
  }
  void Update(const engine::SessionHandle& session, core::SessionSpec spec, core::SessionObserver* metrics) override {
    engine_->Update(session, std::move(spec), metrics);
  }
  void Reconnect(const engine::SessionHandle& session, Duration after) override { engine_->Reconnect(session, after); }
  void End(const engine::SessionHandle& session, std::function<void()> done) override {
    engine_->End(session, std::move(done));
  }
  void Watch(const engine::SessionHandle& session, size_t most_recent,
             const std::weak_ptr<engine::FrameObserver>& observer) override {
    engine_->Watch(session, most_recent, observer);
  }
  engine::Capacity capacity() const override { return engine_->capacity(); }
  const Clock& clock() const override { return *clock_; }
  void Shutdown(Duration deadline) override { engine_->Shutdown(deadline); }

 private:
  const std::unique_ptr<engine::Engine> engine_;
  const Clock* const clock_;
};

// Tells of every commit that succeeded before the one who asked for it hears.
class OverheardStore final : public store::Store {
 public:
  explicit OverheardStore(DeclaredModel* model) : model_(model), store_(store::MakeMemoryStore()) {}

  absl::StatusOr<std::vector<store::StoredSession>> Load() override { return store_->Load(); }
  absl::StatusOr<std::vector<store::StoredRequest>> LoadRequests() override { return store_->LoadRequests(); }
  absl::StatusOr<std::vector<store::StoredLease>> LoadLeases() override { return store_->LoadLeases(); }
  void Commit(std::vector<store::Change> changes, Done done) override {
    const auto copy = std::make_shared<const std::vector<store::Change>>(changes);
    store_->Commit(std::move(changes), [model = model_, copy, done = std::move(done)](absl::Status status) {
      if (status.ok()) model->Committed(*copy);
      done(std::move(status));
    });
  }

 private:
  DeclaredModel* const model_;
  const std::unique_ptr<store::Store> store_;
};

class CallsModelThreadsTest : public ::testing::Test {
 protected:
  static constexpr int kCallers = 3;
  static constexpr int64_t kMostUnderWay = 20;
  static constexpr int kCallsBetweenJumps = 16;  // of one caller
  static constexpr Duration kJump = std::chrono::seconds(10);
  static constexpr int kStepsBetweenCalls = 6;  // of peers

  void BeginRound(uint64_t seed) {
    random_.seed(seed);
    peers_ = std::make_unique<RandomPeers>(random_());
    engine::EngineOptions options;
    options.loops = 1;
    options.connect_rate = 0;
    options.connect_in_flight = 0;
    options.file_limit = 256 + 12;  // not enough for all
    options.seed = seed | 1;
    options.make_channel_factory = [this](boost::asio::io_context& loop) { return peers_->MakeFactory(loop); };
    engine_ = std::make_unique<ClockedEngine>(*engine::Engine::Create(options), &clock_);
    model_ = std::make_unique<DeclaredModel>(&clock_);
    store_ = std::make_unique<OverheardStore>(model_.get());
    registry_ = *SessionRegistry::Open({.engine = engine_.get(),
                                        .store = store_.get(),
                                        .secrets = &secrets_,
                                        .observers = &observers_,
                                        .watch_history = 300});
    for (int i = 0; i < kCallers; ++i) {
      callers_.emplace_back(registry_.get(), model_.get(), &counts_, random_(), 16);
    }
    for (const WatchChoice& choice : WatchChoices()) watchers_.emplace_back(choice, random_());
  }

  // Everybody at once, until each caller has made so many calls and has its answers.
  void Work(int calls) {
    std::deque<Worker> watching;
    for (RandomWatcher& watcher : watchers_) {
      watching.emplace_back([this, &watcher] {
        watcher.Act(*registry_);
        std::this_thread::yield();
      });
    }
    std::vector<std::thread> calling;
    for (RandomCaller& caller : callers_) {
      calling.emplace_back([this, &caller, calls] { Call(caller, calls); });
    }
    for (std::thread& thread : calling) thread.join();
    EXPECT_TRUE(AwaitAnswers(0));
  }
  void Call(RandomCaller& caller, int calls) {
    for (int i = 0; i < calls; ++i) {
      {
        const absl::ReaderMutexLock lock(&calling_);
        caller.Act();
      }
      // Connections get as far between two calls on a slow machine as on a quick one.
      peers_->Act(kStepsBetweenCalls);
      // Else almost all is refused, because too many wait.
      if (!AwaitAnswers(kMostUnderWay)) return;
      if (&caller == &callers_.front() && i % kCallsBetweenJumps == 0) EndLeases();
    }
  }
  // Time passes while no call is under way, since a call that reads both hands of the clock may be held up between
  // them.
  void EndLeases() {
    {
      const absl::WriterMutexLock lock(&calling_);
      if (!AwaitAnswers(0)) return;
      clock_.Advance(kJump);
    }
    registry_->EndDueLeases();
  }
  // Until not more than `under_way` calls have no answer yet.
  bool AwaitAnswers(int64_t under_way) {
    const bool answered = bell_.Await([&] { return counts_.made - counts_.answered <= under_way; });
    EXPECT_TRUE(answered) << "calls without an answer";
    return answered;
  }

  // Reads what `watcher` is told until the condition holds.
  bool AwaitWatching(RandomWatcher& watcher, const std::function<bool()>& condition) {
    return bell_.Await([&] {
      watcher.CatchUp(*registry_);
      if (condition()) return true;
      watcher.OnReady([this] { bell_.Ring(); });
      return false;
    });
  }
  std::vector<v1::Session> Listed() const {
    v1::ListSessionsRequest request;
    request.set_parent("tenants/-");
    request.set_page_size(1000);
    const auto list = registry_->List(request);
    EXPECT_TRUE(list.ok()) << list.status();
    if (!list.ok()) return {};
    return {list->sessions().begin(), list->sessions().end()};
  }
  std::map<std::string, DeclaredModel::Declared> Declared() const {
    std::map<std::string, DeclaredModel::Declared> declared;
    for (const v1::Session& session : Listed()) declared[session.name()] = DeclaredModel::Of(session);
    return declared;
  }
  // Sessions go on by themselves for a while: each backs off and dials once more.
  void ExpectWatchersAgree() {
    for (RandomWatcher& watcher : watchers_) {
      if (!AwaitWatching(watcher, [&] { return watcher.Agrees(Listed()); })) watcher.ExpectAgreement(Listed());
      lags_ += watcher.lags();
      watched_ += watcher.changes();
    }
  }

  void EndRound() {
    // The end of a lease may be on its way to the store.
    AwaitWatching(watchers_.front(), [&] { return Declared() == model_->sessions(); });
    EXPECT_EQ(Declared(), model_->sessions());
    ExpectWatchersAgree();
    watchers_.clear();
    registry_->Close();
    // The loop has done what was posted before the marker.
    absl::Notification ended;
    const auto marker = engine_->Begin(
        uint64_t{1} << 40, {.url = "ws://marker/", .shared = std::make_shared<core::SharedSpec>(), .paused = true},
        nullptr, nullptr);
    engine_->End(marker, [&] { ended.Notify(); });
    ASSERT_TRUE(ended.WaitForNotificationWithTimeout(absl::FromChrono(kPatience)));
    EXPECT_EQ(registry_->size(), model_->sessions().size());
    EXPECT_EQ(engine_->capacity().sessions, model_->Unpaused());
    registry_->ForEach([&](const SessionView& view) {
      const auto known = model_->Find(FullName(std::string(view.session)));
      ASSERT_TRUE(known.has_value()) << view.session;
      EXPECT_EQ(view.cell->Snapshot().state == core::State::kPaused, known->paused) << view.session;
    });
    engine_->Shutdown(std::chrono::seconds(1));
    const RandomPeers::Counts let_go = peers_->LetGo(model_->let_go());
    for (size_t i = 0; i < let_go.size(); ++i) let_go_[i] += let_go[i];
    ended_ += model_->leases_ended();
    callers_.clear();
    registry_.reset();
    store_.reset();
    engine_.reset();
    peers_.reset();
  }

  Random random_;
  holter::testing::ManualClock clock_;
  absl::Mutex calling_;  // shared by those who call, taken by the one who lets time pass
  Bell bell_;
  CallCounts counts_{.on_answer = [this] { bell_.Ring(); }};
  FakeSecrets secrets_;
  FakeObservers observers_;
  std::unique_ptr<RandomPeers> peers_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<DeclaredModel> model_;
  std::unique_ptr<OverheardStore> store_;
  std::unique_ptr<SessionRegistry> registry_;
  std::deque<RandomCaller> callers_;
  std::deque<RandomWatcher> watchers_;
  RandomPeers::Counts let_go_{};
  int64_t lags_ = 0;
  int64_t watched_ = 0;
  int64_t ended_ = 0;
};

TEST_F(CallsModelThreadsTest, ManyThreadsAtOnce) {
  ModelRounds rounds(4);
  while (rounds.Next()) {
    BeginRound(rounds.seed());
    Work(1500);
    EndRound();
    ASSERT_FALSE(HasFailure()) << rounds.Place();
  }
  std::cout << rounds.Report() << ": " << counts_.made << " calls, " << counts_.refused << " refused, "
            << counts_.applied << " sets applied or tried, " << counts_.renewed << " leases renewed, " << ended_
            << " ended, " << watched_ << " changes watched, watchers left behind " << lags_
            << " times; deleted while in dns, connect, tls, upgrade, open:";
  for (const int64_t count : let_go_) {
    std::cout << " " << count;
    EXPECT_GT(count, 0) << "no session was deleted in one of the phases";
  }
  std::cout << std::endl;
  EXPECT_GT(counts_.applied, 0);
  EXPECT_GT(ended_, 0);
}

}  // namespace
}  // namespace holter::registry
