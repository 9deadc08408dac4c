// What the tests of the registry share: a store, secrets and observers of their own, and calls that wait for nothing.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/error.h"
#include "registry/session_registry.h"
#include "tests/support/fake_engine.h"

namespace holter::registry {

// Commits in the caller unless it is held; then the test says when, and how it ends. One thread, unless `held` is never
// used.
class FakeStore final : public store::Store {
 public:
  absl::StatusOr<std::vector<store::StoredSession>> Load() override {
    if (!load_status.ok()) return load_status;
    std::vector<store::StoredSession> sessions;
    absl::MutexLock lock(&mutex_);
    for (const auto& [name, declaration] : stored_) {
      sessions.push_back({.name = name, .declaration = declaration});
    }
    return sessions;
  }

  absl::StatusOr<std::vector<store::StoredRequest>> LoadRequests() override {
    std::vector<store::StoredRequest> requests;
    absl::MutexLock lock(&mutex_);
    for (const auto& [key, request] : requests_) {
      requests.push_back(request);
    }
    std::sort(requests.begin(), requests.end(), [](const auto& a, const auto& b) { return a.time < b.time; });
    return requests;
  }

  absl::StatusOr<std::vector<store::StoredLease>> LoadLeases() override {
    std::vector<store::StoredLease> leases;
    absl::MutexLock lock(&mutex_);
    for (const auto& [key, lease] : leases_) {
      leases.push_back(lease);
    }
    return leases;
  }

  void Commit(std::vector<store::Change> changes, Done done) override {
    if (held) {
      waiting.push_back({std::move(changes), std::move(done)});
    } else {
      Finish(changes, done, next_status);
    }
  }

  // Ends the oldest commit that waits.
  void Release(const absl::Status& status = absl::OkStatus()) {
    ASSERT_FALSE(waiting.empty());
    auto [changes, done] = std::move(waiting.front());
    waiting.pop_front();
    Finish(changes, done, status);
  }

  std::map<std::string, std::string> stored() const {
    absl::MutexLock lock(&mutex_);
    return stored_;
  }
  int commits() const {
    absl::MutexLock lock(&mutex_);
    return commits_;
  }
  // As if it had been committed before the start.
  void Plant(const std::string& name, std::string declaration) {
    absl::MutexLock lock(&mutex_);
    stored_[name] = std::move(declaration);
  }

  void Clear() {
    absl::MutexLock lock(&mutex_);
    stored_.clear();
    requests_.clear();
    leases_.clear();
  }

  bool held = false;
  absl::Status next_status;
  absl::Status load_status;
  // Hears of every commit that succeeds before the one who asked for it does. May be null.
  std::function<void(const std::vector<store::Change>&)> on_commit;
  std::deque<std::pair<std::vector<store::Change>, Done>> waiting;

 private:
  void Finish(const std::vector<store::Change>& changes, const Done& done, const absl::Status& status) {
    if (status.ok()) {
      absl::MutexLock lock(&mutex_);
      ++commits_;
      for (const store::Change& change : changes) {
        if (const auto* put = std::get_if<store::PutChange>(&change)) {
          stored_[put->session.name] = put->session.declaration;
        } else if (const auto* erased = std::get_if<store::DeleteChange>(&change)) {
          stored_.erase(erased->name);
        } else if (const auto* request = std::get_if<store::PutRequestChange>(&change)) {
          requests_[{request->request.tenant, request->request.id}] = request->request;
        } else if (const auto* forgotten = std::get_if<store::DeleteRequestChange>(&change)) {
          requests_.erase({forgotten->tenant, forgotten->id});
        } else if (const auto* lease = std::get_if<store::PutLeaseChange>(&change)) {
          leases_[{lease->lease.tenant, lease->lease.owner}] = lease->lease;
        } else if (const auto* ended = std::get_if<store::DeleteLeaseChange>(&change)) {
          leases_.erase({ended->tenant, ended->owner});
        }
      }
    }
    if (status.ok() && on_commit) on_commit(changes);
    done(status);
  }

  mutable absl::Mutex mutex_;
  std::map<std::string, std::string> stored_ ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<std::string, std::string>, store::StoredRequest> requests_ ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<std::string, std::string>, store::StoredLease> leases_ ABSL_GUARDED_BY(mutex_);
  int commits_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Starts within the Release: one thread does all, and nothing has to be waited for.
class InPlaceTurns final : public TurnRunner {
 public:
  void Run(std::function<void()> start) override { start(); }
};

class FakeSecrets final : public SecretSource {
 public:
  absl::StatusOr<Secret> Read(std::string_view reference) const override {
    const auto found = values.find(std::string(reference));
    if (found == values.end()) return absl::NotFoundError("no such secret");
    return Secret(found->second);
  }

  std::map<std::string, std::string> values;
};

// Hands out one observer for each tenant and group.
class FakeObservers final : public core::SessionObserverSource {
 public:
  class Group final : public core::SessionObserver {
   public:
    explicit Group(std::string name) : name_(std::move(name)) {}
    const std::string& name() const { return name_; }

    void OnTransition(core::SessionId /*id*/, const core::Transition& /*transition*/) override {}
    void OnBeat(core::SessionId /*id*/, const core::BeatReport& /*report*/) override {}
    void OnAttempt(core::SessionId /*id*/, const core::AttemptReport& /*report*/) override {}
    void OnPhase(core::SessionId /*id*/, core::Phase /*phase*/, Duration /*took*/) override {}
    void OnTcpRtt(core::SessionId /*id*/, const core::TcpRtt& /*rtt*/) override {}
    void OnTraffic(core::SessionId /*id*/, const core::Traffic& /*delta*/) override {}
    void OnBegin(core::SessionId /*id*/, core::State /*state*/, core::Health /*health*/) override {}
    void OnEnd(core::SessionId /*id*/, core::State /*state*/, core::Health /*health*/) override {}

   private:
    const std::string name_;
  };

  core::SessionObserver* ObserverFor(std::string_view tenant, std::string_view group) override {
    if (on_ask) on_ask();
    absl::MutexLock lock(&mutex_);
    std::string key = std::string(tenant) + "/" + std::string(group);
    std::unique_ptr<Group>& observer = groups_[key];
    if (observer == nullptr) observer = std::make_unique<Group>(key);
    return observer.get();
  }

  // Called when a session is about to begin, and has been announced. May be null.
  std::function<void()> on_ask;

 private:
  absl::Mutex mutex_;
  std::map<std::string, std::unique_ptr<Group>> groups_ ABSL_GUARDED_BY(mutex_);
};

// An answer that may not have come yet.
template <class Value>
class Pending {
 public:
  std::function<void(Value)> Reply() {
    return [value = value_](Value answer) {
      EXPECT_FALSE(value->has_value()) << "answered twice";
      value->emplace(std::move(answer));
    };
  }
  bool answered() const { return value_->has_value(); }
  const Value& value() const { return value_->value(); }

 private:
  std::shared_ptr<std::optional<Value>> value_ = std::make_shared<std::optional<Value>>();
};
using PendingSession = Pending<absl::StatusOr<v1::Session>>;
using PendingEmpty = Pending<absl::Status>;

inline v1::Session SessionWithUrl(const std::string& url) {
  v1::Session session;
  session.mutable_spec()->set_url(url);
  return session;
}

inline v1::CreateSessionRequest CreateRequest(const std::string& id, v1::Session session = SessionWithUrl("ws://peer/"),
                                              const std::string& tenant = "default") {
  v1::CreateSessionRequest request;
  request.set_parent("tenants/" + tenant);
  request.set_session_id(id);
  *request.mutable_session() = std::move(session);
  return request;
}

inline std::string FullName(const std::string& id, const std::string& tenant = "default") {
  return "tenants/" + tenant + "/sessions/" + id;
}

// Fields that the status finds fault with.
inline std::vector<std::string> BadFields(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : DetailsOf(status).violations) {
    fields.push_back(violation.field);
  }
  return fields;
}

class RegistryTest : public ::testing::Test {
 protected:
  explicit RegistryTest(size_t limit = 100000) : engine_(limit) { Open(); }
  ~RegistryTest() override { Shut(); }

  absl::Status TryOpen() {
    absl::StatusOr<std::unique_ptr<SessionRegistry>> opened = SessionRegistry::Open({.engine = &engine_,
                                                                                     .store = &store_,
                                                                                     .events = events_.get(),
                                                                                     .secrets = &secrets_,
                                                                                     .observers = &observers_,
                                                                                     .quotas = &quotas_,
                                                                                     .turns = turns_,
                                                                                     .watch_history = watch_history_});
    if (opened.ok()) registry_ = *std::move(opened);
    return opened.status();
  }
  void Open() {
    const absl::Status status = TryOpen();
    ASSERT_TRUE(status.ok()) << status;
  }
  // Ends the registry and all sessions, as the daemon does.
  void Shut() {
    if (registry_ != nullptr) registry_->Close();
    registry_.reset();
    for (const auto& [id, session] : engine_.sessions()) {
      engine_.End(session.cell, nullptr);
    }
  }
  void Restart() {
    Shut();
    Open();
  }

  PendingSession StartCreate(const v1::CreateSessionRequest& request) {
    PendingSession pending;
    registry_->Create(request, pending.Reply());
    return pending;
  }
  absl::StatusOr<v1::Session> Create(const v1::CreateSessionRequest& request) { return StartCreate(request).value(); }
  absl::StatusOr<v1::Session> Create(const std::string& id) { return Create(CreateRequest(id)); }
  PendingSession StartUpdate(v1::Session session, const std::vector<std::string>& mask) {
    v1::UpdateSessionRequest request;
    *request.mutable_session() = std::move(session);
    for (const std::string& path : mask) {
      request.mutable_update_mask()->add_paths(path);
    }
    PendingSession pending;
    registry_->Update(request, pending.Reply());
    return pending;
  }
  absl::StatusOr<v1::Session> Update(v1::Session session, const std::vector<std::string>& mask) {
    return StartUpdate(std::move(session), mask).value();
  }
  PendingEmpty StartDelete(const std::string& id) {
    v1::DeleteSessionRequest request;
    request.set_name(FullName(id));
    PendingEmpty pending;
    registry_->Delete(request, pending.Reply());
    return pending;
  }
  absl::Status Delete(const std::string& id) { return StartDelete(id).value(); }
  absl::StatusOr<v1::Session> Get(const std::string& id, const std::string& tenant = "default") {
    v1::GetSessionRequest request;
    request.set_name(FullName(id, tenant));
    return registry_->Get(request);
  }
  bool Exists(const std::string& id) { return Get(id).ok(); }

  // The answer to any other call, which has to have come.
  template <class Answer, class Request>
  Answer Call(void (SessionRegistry::*method)(const Request&, std::function<void(Answer)>), const Request& request) {
    Pending<Answer> pending;
    (registry_.get()->*method)(request, pending.Reply());
    return pending.value();
  }
  absl::StatusOr<v1::Session> Pause(const std::string& id) {
    v1::PauseSessionRequest request;
    request.set_name(FullName(id));
    return Call(&SessionRegistry::Pause, request);
  }
  absl::StatusOr<v1::Session> Resume(const std::string& id) {
    v1::ResumeSessionRequest request;
    request.set_name(FullName(id));
    return Call(&SessionRegistry::Resume, request);
  }

  size_t watch_history_ = 1000;
  InPlaceTurns in_place_;
  TurnRunner* turns_ = &in_place_;
  holter::testing::FakeEngine engine_;
  FakeStore store_;
  std::unique_ptr<store::EventStore> events_;
  FakeSecrets secrets_;
  FakeObservers observers_;
  TenantQuotas quotas_;
  std::unique_ptr<SessionRegistry> registry_;
};

}  // namespace holter::registry
