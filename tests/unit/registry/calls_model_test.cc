// Every order of calls against a small model of what must hold: create, update, delete, pause, resume, reconnect,
// batches, requests that are sent twice, commits that fail, restarts. A failure prints the seed; HOLTER_SEED runs it
// again.
#include <atomic>
#include <thread>

#include "absl/synchronization/notification.h"
#include "base/random.h"
#include "registry/session_uid.h"
#include "tests/support/seed.h"
#include "tests/support/stepped_channel.h"
#include "tests/unit/registry/watch_fixture.h"

namespace holter::registry {
namespace {

// What is declared, as the answers say. An answer comes while its names are held, so that it is told before anybody
// else changes them.
class Model {
 public:
  struct Declared {
    std::string uid;
    std::string etag;
    std::string group;
    bool paused = false;

    friend bool operator==(const Declared&, const Declared&) = default;
  };

  static Declared Of(const v1::Session& session) {
    return {.uid = session.uid(), .etag = session.etag(), .group = session.group(), .paused = session.paused()};
  }

  void Created(const v1::Session& session) {
    absl::MutexLock lock(&mutex_);
    EXPECT_TRUE(sessions_.emplace(session.name(), Of(session)).second) << session.name() << " was there";
    EXPECT_TRUE(etags_.insert(session.etag()).second) << "an etag came back";
  }
  void Changed(const v1::Session& session) {
    absl::MutexLock lock(&mutex_);
    const auto found = sessions_.find(session.name());
    ASSERT_TRUE(found != sessions_.end()) << session.name() << " was changed, but is not there";
    EXPECT_EQ(found->second.uid, session.uid());
    const Declared now = Of(session);
    if (found->second.etag != now.etag) {
      EXPECT_TRUE(etags_.insert(now.etag).second) << "an etag came back";
    } else {
      EXPECT_EQ(found->second, now) << "changed without another etag";
    }
    found->second = now;
  }
  void Deleted(const std::string& name) {
    absl::MutexLock lock(&mutex_);
    EXPECT_EQ(sessions_.erase(name), 1) << name << " was deleted, but is not there";
  }

  void ExpectThere(const std::string& name, bool there) const {
    absl::MutexLock lock(&mutex_);
    EXPECT_EQ(sessions_.contains(name), there) << name;
  }
  std::optional<Declared> Find(const std::string& name) const {
    absl::MutexLock lock(&mutex_);
    const auto found = sessions_.find(name);
    return found == sessions_.end() ? std::nullopt : std::optional(found->second);
  }
  std::map<std::string, Declared> sessions() const {
    absl::MutexLock lock(&mutex_);
    return sessions_;
  }
  size_t Unpaused() const {
    size_t count = 0;
    for (const auto& [name, session] : sessions()) count += session.paused ? 0 : 1;
    return count;
  }

 private:
  mutable absl::Mutex mutex_;
  std::map<std::string, Declared> sessions_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> etags_ ABSL_GUARDED_BY(mutex_);
};

// Makes calls at random and tells the model what came of them. One for each thread.
class Caller {
 public:
  Caller(SessionRegistry* registry, Model* model, uint64_t seed, uint64_t names)
      : registry_(registry), model_(model), random_(seed), names_(names) {}

  // After a restart.
  void set_registry(SessionRegistry* registry) { registry_ = registry; }

  void Act() {
    switch (random_() % 11) {
      case 0:
      case 1:
        return Create();
      case 2:
        return Update();
      case 3:
        return Delete();
      case 4:
        return Command<v1::PauseSessionRequest>(&SessionRegistry::Pause, true);
      case 5:
        return Command<v1::ResumeSessionRequest>(&SessionRegistry::Resume, false);
      case 6:
        return Command<v1::ReconnectSessionRequest>(&SessionRegistry::Reconnect, std::nullopt);
      case 7:
        return BatchCreate();
      case 8:
        return BatchDelete();
      case 9:
        return SendAgain();
      default:
        return ReconnectMany();
    }
  }

 private:
  bool OneOf(uint64_t n) { return random_() % n == 0; }
  std::string AnyId() { return "s" + std::to_string(random_() % names_); }
  std::string MaybeRequestId() { return OneOf(3) ? FormatUid(NewUid()) : std::string(); }
  std::string MaybeEtag(const std::string& name) {
    if (!OneOf(4)) return {};
    const auto known = model_->Find(name);
    return known.has_value() && !OneOf(4) ? known->etag : "0";
  }

  // What may be said of a call that was refused. `there` is what its reason claims of the name.
  static void ExpectKnownError(const absl::Status& status) {
    EXPECT_TRUE(HasReason(status, "SESSION_NOT_FOUND") || HasReason(status, "SESSION_EXISTS") ||
                HasReason(status, "ETAG_MISMATCH") || HasReason(status, "SESSION_PAUSED") ||
                HasReason(status, "CONCURRENT_CHANGE") || HasReason(status, "OPEN_FILES_EXHAUSTED") ||
                HasReason(status, "STORE_FAILED") || HasReason(status, "SHUTTING_DOWN"))
        << status;
  }
  static void CheckRefusal(const Model& model, const absl::Status& status) {
    ExpectKnownError(status);
    for (const auto& [key, value] : DetailsOf(status).metadata) {
      if (key != "name") continue;
      if (HasReason(status, "SESSION_NOT_FOUND")) model.ExpectThere(value, false);
      if (HasReason(status, "SESSION_EXISTS")) model.ExpectThere(value, true);
      if (HasReason(status, "SESSION_PAUSED")) {
        const auto known = model.Find(value);
        EXPECT_TRUE(known.has_value() && known->paused) << value;
      }
    }
  }
  // What Get says while the name is held is what was answered.
  static void ExpectShown(const SessionRegistry& registry, const v1::Session& session) {
    v1::GetSessionRequest request;
    request.set_name(session.name());
    const auto got = registry.Get(request);
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(Model::Of(*got), Model::Of(session));
  }

  // Remembers a request with an id that was answered, to be sent again.
  template <class Request, class Answer>
  void Remember(void (SessionRegistry::*method)(const Request&, std::function<void(absl::StatusOr<Answer>)>),
                const Request& request, const Answer& answer) {
    if (request.request_id().empty()) return;
    absl::MutexLock lock(&sent_->mutex);
    sent_->again.push_back([method, request, bytes = answer.SerializeAsString()](SessionRegistry& registry) {
      (registry.*method)(request, [bytes](absl::StatusOr<Answer> second) {
        if (!second.ok()) return ExpectKnownError(second.status());
        EXPECT_EQ(second->SerializeAsString(), bytes) << "another answer to the same request";
      });
    });
  }

  void Create() {
    v1::CreateSessionRequest request = CreateRequest(AnyId());
    request.mutable_session()->set_paused(OneOf(3));
    request.set_request_id(MaybeRequestId());
    registry_->Create(request, [this, request, registry = registry_](const absl::StatusOr<v1::Session>& created) {
      if (!created.ok()) return CheckRefusal(*model_, created.status());
      model_->Created(*created);
      ExpectShown(*registry, *created);
      Remember(&SessionRegistry::Create, request, *created);
    });
  }

  void Update() {
    v1::UpdateSessionRequest request;
    const std::string name = FullName(AnyId());
    request.mutable_session()->set_name(name);
    request.mutable_session()->set_group("g" + std::to_string(random_() % 3));
    request.mutable_session()->set_etag(MaybeEtag(name));
    if (OneOf(3)) request.mutable_session()->set_paused(OneOf(2));
    for (const char* path : {"group", "paused"}) request.mutable_update_mask()->add_paths(path);
    if (OneOf(4)) {
      request.set_allow_missing(true);
      request.mutable_session()->mutable_spec()->set_url("ws://peer/");
    }
    request.set_request_id(MaybeRequestId());
    registry_->Update(request, [this, request, registry = registry_](const absl::StatusOr<v1::Session>& updated) {
      if (!updated.ok()) return CheckRefusal(*model_, updated.status());
      if (request.allow_missing() && !model_->Find(updated->name()).has_value()) {
        model_->Created(*updated);
      } else {
        model_->Changed(*updated);
      }
      EXPECT_EQ(updated->group(), request.session().group());
      EXPECT_EQ(updated->paused(), request.session().paused());
      ExpectShown(*registry, *updated);
      Remember(&SessionRegistry::Update, request, *updated);
    });
  }

  void Delete() {
    v1::DeleteSessionRequest request;
    request.set_name(FullName(AnyId()));
    request.set_etag(MaybeEtag(request.name()));
    request.set_allow_missing(OneOf(3));
    registry_->Delete(request, [this, request](const absl::Status& status) {
      if (!status.ok()) return CheckRefusal(*model_, status);
      if (!request.allow_missing() || model_->Find(request.name()).has_value()) model_->Deleted(request.name());
    });
  }

  template <class Request>
  void Command(void (SessionRegistry::*method)(const Request&, SessionRegistry::Reply), std::optional<bool> paused) {
    Request request;
    request.set_name(FullName(AnyId()));
    request.set_etag(MaybeEtag(request.name()));
    request.set_request_id(MaybeRequestId());
    (registry_->*method)(
        request, [this, method, request, paused, registry = registry_](const absl::StatusOr<v1::Session>& answer) {
          if (!answer.ok()) return CheckRefusal(*model_, answer.status());
          model_->Changed(*answer);
          EXPECT_EQ(answer->paused(), paused.value_or(false));
          ExpectShown(*registry, *answer);
          Remember(method, request, *answer);
        });
  }

  std::set<std::string> SomeIds() {
    std::set<std::string> ids;
    for (uint64_t i = 1 + random_() % 4; i > 0; --i) ids.insert(AnyId());
    return ids;
  }

  void BatchCreate() {
    v1::BatchCreateSessionsRequest request;
    request.set_parent("tenants/default");
    for (const std::string& id : SomeIds()) {
      *request.add_requests() = CreateRequest(id);
    }
    request.set_request_id(MaybeRequestId());
    registry_->BatchCreate(request, [this, request](const absl::StatusOr<v1::BatchCreateSessionsResponse>& answer) {
      if (!answer.ok()) return CheckRefusal(*model_, answer.status());
      EXPECT_EQ(answer->sessions_size(), request.requests_size());
      for (const v1::Session& session : answer->sessions()) model_->Created(session);
      Remember(&SessionRegistry::BatchCreate, request, *answer);
    });
  }

  void BatchDelete() {
    v1::BatchDeleteSessionsRequest request;
    request.set_parent("tenants/default");
    for (const std::string& id : SomeIds()) request.add_names(FullName(id));
    registry_->BatchDelete(request, [this, request](const absl::Status& status) {
      if (!status.ok()) return CheckRefusal(*model_, status);
      for (const std::string& name : request.names()) model_->Deleted(name);
    });
  }

  void SendAgain() {
    std::function<void(SessionRegistry&)> again;
    {
      absl::MutexLock lock(&sent_->mutex);
      if (sent_->again.empty()) return;
      again = sent_->again[random_() % sent_->again.size()];
    }
    again(*registry_);
  }

  void ReconnectMany() {
    v1::ReconnectSessionsRequest request;
    request.set_parent("tenants/default");
    EXPECT_TRUE(registry_->ReconnectMany(request).ok());
  }

  struct Sent {
    absl::Mutex mutex;
    std::vector<std::function<void(SessionRegistry&)>> again ABSL_GUARDED_BY(mutex);
  };

  SessionRegistry* registry_;
  Model* const model_;
  Random random_;
  const uint64_t names_;
  const std::unique_ptr<Sent> sent_ = std::make_unique<Sent>();
};

class CallsModelTest : public WatchTest {
 protected:
  // Nothing is under way: everybody has to say the same.
  void ExpectAgreement(const Model& model) {
    const auto expected = model.sessions();
    v1::ListSessionsRequest request;
    request.set_parent("tenants/-");
    request.set_page_size(1000);
    std::map<std::string, Model::Declared> listed;
    const auto list = registry_->List(request);
    ASSERT_TRUE(list.ok()) << list.status();
    for (const v1::Session& session : list->sessions()) {
      listed[session.name()] = Model::Of(session);
      EXPECT_EQ(session.paused(), session.status().state() == v1::STATE_PAUSED) << session.name();
    }
    EXPECT_EQ(listed, expected);
    std::map<std::string, Model::Declared> stored;
    for (const auto& [name, bytes] : store_.stored()) {
      v1::Session session;
      ASSERT_TRUE(session.ParseFromString(bytes));
      stored[name] = Model::Of(session);
    }
    EXPECT_EQ(stored, expected);
    EXPECT_EQ(engine_.sessions().size(), expected.size());
    EXPECT_EQ(engine_.admitted(), model.Unpaused());
  }
  void ReleaseOne(Random& random) {
    store_.Release(random() % 8 == 0 ? MakeError(absl::StatusCode::kUnavailable, "STORE_FAILED", "no disk")
                                     : absl::OkStatus());
  }
  void ReleaseAll(Random& random) {
    while (!store_.waiting.empty()) ReleaseOne(random);
  }
};

TEST_F(CallsModelTest, CallsThatWaitForEachOtherAndForTheDisk) {
  const uint64_t seed = holter::testing::TestSeed();
  for (uint64_t round = 0; round < 20; ++round) {
    Shut();
    store_.Clear();
    Open();
    Random random(seed + round);
    Model model;
    Caller caller(registry_.get(), &model, random(), 6);
    store_.held = true;
    for (int i = 0; i < 800; ++i) {
      const uint64_t what = random() % 8;
      if (what < 4) {
        caller.Act();
      } else if (what < 7) {
        if (!store_.waiting.empty()) ReleaseOne(random);
      } else {
        const auto sessions = engine_.sessions();
        if (!sessions.empty())
          engine_.Step(std::next(sessions.begin(), static_cast<int>(random() % sessions.size()))->first);
      }
      if (i % 100 != 99) continue;
      ReleaseAll(random);
      ExpectAgreement(model);
      ASSERT_FALSE(HasFailure()) << "round " << round << " HOLTER_SEED=" << seed;
    }
    ReleaseAll(random);
    Restart();
    ExpectAgreement(model);
    caller.set_registry(registry_.get());
    for (int i = 0; i < 100; ++i) {
      caller.Act();
    }
    ReleaseAll(random);
    ExpectAgreement(model);
    ASSERT_FALSE(HasFailure()) << "round " << round << " HOLTER_SEED=" << seed;
    store_.held = false;
  }
}

// With threads, a real engine whose connections never open, and a store with a thread of its own.
TEST(CallsModelThreadsTest, ManyThreadsAtOnce) {
  const uint64_t seed = holter::testing::TestSeed();
  holter::testing::SteppedNetwork network;
  network.set_polite_at_once(true);
  engine::EngineOptions options;
  options.loops = 1;
  options.connect_rate = 0;
  options.connect_in_flight = 0;
  options.file_limit = 256 + 12;  // not enough for all
  options.seed = seed | 1;
  options.make_channel_factory = [&](boost::asio::io_context&) { return network.MakeFactory(); };
  auto engine = engine::Engine::Create(options);
  ASSERT_TRUE(engine.ok()) << engine.status();
  const auto store = store::MakeMemoryStore();
  FakeSecrets secrets;
  FakeObservers observers;
  auto registry = SessionRegistry::Open(
      {.engine = engine->get(), .store = store.get(), .secrets = &secrets, .observers = &observers});
  ASSERT_TRUE(registry.ok()) << registry.status();
  Model model;
  std::vector<std::unique_ptr<Caller>> callers;
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 3; ++t) {
    callers.push_back(std::make_unique<Caller>(registry->get(), &model, seed + t, 16));
    threads.emplace_back([caller = callers.back().get()] {
      for (int i = 0; i < 1500; ++i) caller->Act();
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  // Waits for what is under way, then the loop has done what was posted before the marker.
  (*registry)->Close();
  absl::Notification ended;
  const auto marker = (*engine)->Begin(
      uint64_t{1} << 40, {.url = "ws://marker/", .shared = std::make_shared<core::SharedSpec>(), .paused = true},
      nullptr, nullptr);
  (*engine)->End(marker, [&] { ended.Notify(); });
  ASSERT_TRUE(ended.WaitForNotificationWithTimeout(absl::Seconds(30)));
  EXPECT_EQ((*registry)->size(), model.sessions().size());
  EXPECT_EQ((*engine)->capacity().sessions, model.Unpaused()) << "HOLTER_SEED=" << seed;
  (*registry)->ForEach([&](const SessionView& view) {
    const auto known = model.Find(FullName(std::string(view.session)));
    ASSERT_TRUE(known.has_value()) << view.session;
    EXPECT_EQ(view.cell->Snapshot().state == core::State::kPaused, known->paused) << view.session;
  });
  (*engine)->Shutdown(std::chrono::seconds(1));
}

}  // namespace
}  // namespace holter::registry
