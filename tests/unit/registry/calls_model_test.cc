// Every order of calls against a small model of what must hold: create, update, delete, pause, resume, reconnect,
// batches, whole sets of several owners, leases that are renewed and end, requests that are sent twice, commits that
// fail, restarts; and of clients that watch all this. A failure prints the seed; HOLTER_SEED runs it again.
// HOLTER_MODEL_TIME=10m makes each test go on for so long.
#include "base/random.h"
#include "tests/support/seed.h"
#include "tests/unit/registry/model_rounds.h"
#include "tests/unit/registry/random_caller.h"
#include "tests/unit/registry/random_watcher.h"

namespace holter::registry {
namespace {

using std::chrono::seconds;

constexpr size_t kEventsOfASession = 40;

class CallsModelTest : public RegistryTest {
 protected:
  // Small, so that watchers fall behind.
  CallsModelTest() { watch_history_ = 200; }

  // Everything anew: a store without anything in it, clients that know nothing.
  void BeginRound(uint64_t seed) {
    Shut();
    store_.Clear();
    events_ = *store::MakeMemoryEventStore({.per_session = kEventsOfASession});
    Open();
    random_.seed(seed);
    model_ = std::make_unique<DeclaredModel>(&engine_.clock());
    store_.on_commit = [this](const std::vector<store::Change>& changes) { model_->Committed(changes); };
    callers_.clear();
    for (int i = 0; i < 3; ++i) callers_.emplace_back(registry_.get(), model_.get(), &counts_, random_(), 6);
    watchers_.clear();
    for (const WatchChoice& choice : WatchChoices()) watchers_.emplace_back(choice, random_());
  }
  // The clients that watch are told that their watch is over, and come back.
  void RestartAll() {
    for (RandomWatcher& watcher : watchers_) watcher.Disconnect();
    Restart();
    model_->Restarted();
    for (RandomCaller& caller : callers_) caller.set_registry(registry_.get());
  }
  void EndRound() {
    for (const RandomWatcher& watcher : watchers_) {
      watched_ += watcher.changes();
      lags_ += watcher.lags();
    }
    ended_ += model_->leases_ended();
    watchers_.clear();
    store_.held = false;
  }

  // One random thing.
  void Act() {
    const uint64_t what = random_() % 10;
    if (what < 4) {
      callers_[random_() % callers_.size()].Act();
    } else if (what < 7) {
      if (!store_.waiting.empty()) ReleaseOne();
    } else if (what < 9) {
      const auto sessions = engine_.sessions();
      if (!sessions.empty()) {
        engine_.Step(std::next(sessions.begin(), static_cast<int>(random_() % sessions.size()))->first);
      }
    } else {
      engine_.manual_clock().Advance(seconds(random_() % 8));
      registry_->EndDueLeases();
    }
    watchers_[random_() % watchers_.size()].Act(*registry_);
  }
  void ReleaseOne() {
    store_.Release(random_() % 8 == 0 ? MakeError(absl::StatusCode::kUnavailable, "STORE_FAILED", "no disk")
                                      : absl::OkStatus());
  }
  // Nothing is under way afterwards, and no lease is overdue.
  void Settle() {
    while (!store_.waiting.empty()) ReleaseOne();
    for (int i = 0; i < 3 && model_->HasDueLease(); ++i) {
      engine_.manual_clock().Advance(LeaseTable::kRetry);
      registry_->EndDueLeases();
      while (!store_.waiting.empty()) store_.Release();
    }
    EXPECT_FALSE(model_->HasDueLease()) << "an owner's sessions outlive its lease";
    EXPECT_EQ(counts_.made, counts_.answered);
  }

  std::vector<v1::Session> Listed() {
    v1::ListSessionsRequest request;
    request.set_parent("tenants/-");
    request.set_page_size(1000);
    const auto list = registry_->List(request);
    EXPECT_TRUE(list.ok()) << list.status();
    if (!list.ok()) return {};
    return {list->sessions().begin(), list->sessions().end()};
  }
  // Nothing is under way: everybody has to say the same.
  void ExpectAgreement() {
    const auto expected = model_->sessions();
    const auto leases = model_->leases();
    const std::vector<v1::Session> sessions = Listed();
    std::map<std::string, DeclaredModel::Declared> listed;
    for (const v1::Session& session : sessions) {
      listed[session.name()] = DeclaredModel::Of(session);
      EXPECT_EQ(session.paused(), session.status().state() == v1::STATE_PAUSED) << session.name();
      const auto lease = leases.find(session.owner());
      EXPECT_EQ(session.has_expire_time(), lease != leases.end()) << session.name();
      if (lease == leases.end()) continue;
      EXPECT_EQ(session.expire_time().SerializeAsString(), ToTimestamp(lease->second).SerializeAsString());
    }
    EXPECT_EQ(listed, expected);
    std::map<std::string, DeclaredModel::Declared> stored;
    for (const auto& [name, bytes] : store_.stored()) {
      v1::Session session;
      ASSERT_TRUE(session.ParseFromString(bytes));
      EXPECT_FALSE(session.has_expire_time());
      stored[name] = DeclaredModel::Of(session);
    }
    EXPECT_EQ(stored, expected);
    EXPECT_EQ(engine_.sessions().size(), expected.size());
    EXPECT_EQ(engine_.admitted(), model_->Unpaused());
    for (RandomWatcher& watcher : watchers_) {
      watcher.CatchUp(*registry_);
      watcher.ExpectAgreement(sessions);
    }
    ExpectHistory(sessions);
  }
  // After a restart a lease may be longer in memory than it is stored.
  void ExpectLeasesStored() {
    std::map<std::string, WallTime> stored;
    const auto leases = store_.LoadLeases();
    ASSERT_TRUE(leases.ok());
    for (const store::StoredLease& lease : *leases) stored[lease.owner] = lease.expire_time;
    EXPECT_EQ(stored, model_->leases());
  }

  std::vector<v1::SessionEvent> EventsOf(const std::string& name, int page_size) {
    std::vector<v1::SessionEvent> events;
    v1::ListSessionEventsRequest request;
    request.set_parent(name);
    request.set_page_size(page_size);
    do {
      const auto page = registry_->ListEvents(request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      events.insert(events.end(), page->events().begin(), page->events().end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return events;
  }
  // The history of a session that is there ends where it is, and has no gaps.
  void ExpectHistory(const std::vector<v1::Session>& sessions) {
    for (const v1::Session& session : sessions) {
      const std::vector<v1::SessionEvent> events = EventsOf(session.name(), 1000);
      EXPECT_LE(events.size(), kEventsOfASession);
      const auto pages = EventsOf(session.name(), 7);
      EXPECT_TRUE(
          std::equal(events.begin(), events.end(), pages.begin(), pages.end(),
                     [](const auto& a, const auto& b) { return a.SerializeAsString() == b.SerializeAsString(); }))
          << "pages of " << session.name();
      if (!restarted_ && !events.empty() && events.front().uid() == session.uid()) {
        EXPECT_EQ(events.front().to_state(), session.status().state()) << session.name();
        EXPECT_EQ(events.front().to_health(), session.status().health()) << session.name();
      }
      for (size_t i = 1; i < events.size(); ++i) {
        const v1::SessionEvent& later = events[i - 1];
        const v1::SessionEvent& earlier = events[i];
        EXPECT_LE(ToNanoseconds(earlier.time()), ToNanoseconds(later.time()));
        if (earlier.uid() != later.uid() || restarted_) continue;
        EXPECT_EQ(earlier.to_state(), later.from_state()) << later.ShortDebugString();
        EXPECT_EQ(earlier.to_health(), later.from_health()) << later.ShortDebugString();
      }
    }
  }
  static int64_t ToNanoseconds(const google::protobuf::Timestamp& time) {
    return time.seconds() * 1'000'000'000 + time.nanos();
  }

  Random random_;
  std::unique_ptr<DeclaredModel> model_;
  CallCounts counts_;
  std::deque<RandomCaller> callers_;
  std::deque<RandomWatcher> watchers_;
  bool restarted_ = false;  // sessions began anew, but not their history
  int64_t watched_ = 0;
  int64_t lags_ = 0;
  int64_t ended_ = 0;
};

TEST_F(CallsModelTest, CallsThatWaitForEachOtherAndForTheDisk) {
  ModelRounds rounds(20);
  while (rounds.Next()) {
    BeginRound(rounds.seed());
    store_.held = true;
    restarted_ = false;
    for (int i = 0; i < 800; ++i) {
      Act();
      if (i % 100 != 99) continue;
      Settle();
      ExpectAgreement();
      ExpectLeasesStored();
      ASSERT_FALSE(HasFailure()) << rounds.Place();
    }
    RestartAll();
    restarted_ = true;
    ExpectAgreement();
    for (int i = 0; i < 200; ++i) Act();
    Settle();
    ExpectAgreement();
    ASSERT_FALSE(HasFailure()) << rounds.Place();
    EndRound();
  }
  std::cout << rounds.Report() << ": " << counts_.made << " calls, " << counts_.refused << " refused, "
            << counts_.applied << " sets applied or tried, " << counts_.renewed << " leases renewed, " << ended_
            << " ended, " << watched_ << " changes watched, watchers left behind " << lags_ << " times; deleted";
  for (const v1::State state : {v1::STATE_CONNECTING, v1::STATE_OPEN, v1::STATE_BACKOFF, v1::STATE_PAUSED}) {
    const int64_t deleted = counts_.deleted[state];
    std::cout << " " << v1::State_Name(state) << " " << deleted;
    EXPECT_GT(deleted, 0) << v1::State_Name(state);
  }
  std::cout << std::endl;
  EXPECT_GT(counts_.applied, 0);
  EXPECT_GT(counts_.renewed, 0);
  EXPECT_GT(ended_, 0);
  EXPECT_GT(lags_, 0);
}

}  // namespace
}  // namespace holter::registry
