// What the tests of stores share.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "base/error.h"
#include "base/operation_observer.h"
#include "store/durable_store.h"
#include "tests/support/temporary_directory.h"

namespace holter::store {

inline bool operator==(const StoredSession& a, const StoredSession& b) {
  return a.name == b.name && a.declaration == b.declaration;
}
inline void PrintTo(const StoredSession& session, std::ostream* out) {
  *out << session.name << "=" << session.declaration;
}

inline Change Put(std::string name, std::string declaration) {
  return PutChange{.session = {.name = std::move(name), .declaration = std::move(declaration)}};
}
inline Change Delete(std::string name) { return DeleteChange{.name = std::move(name)}; }

inline absl::Status CommitAndWait(Store& store, std::vector<Change> changes) {
  absl::Notification done;
  absl::Status result;
  store.Commit(std::move(changes), [&](absl::Status status) {
    result = std::move(status);
    done.Notify();
  });
  done.WaitForNotification();
  return result;
}

// Remembers commits; the first can be held, so that others queue up behind it.
class CommitRecorder final : public OperationObserver {
 public:
  struct Commit {
    size_t changes = 0;
    bool ok = false;
  };

  void OnStoreCommit(Duration took, size_t changes, bool ok) override {
    EXPECT_GE(took, Duration::zero());
    absl::MutexLock lock(&mutex_);
    commits_.push_back({changes, ok});
    mutex_.Await(absl::Condition(
        +[](bool* held) { return !*held; }, &held_));
  }
  void OnHealth(std::string_view reason) {
    absl::MutexLock lock(&mutex_);
    problem_ = std::string(reason);
  }
  void OnRpc(std::string_view /*method*/, std::string_view /*code*/, Duration /*took*/) override {}
  void OnLoopLag(int /*loop*/, Duration /*lag*/) override {}
  void OnException(std::string_view /*room*/) override {}

  void Hold() {
    absl::MutexLock lock(&mutex_);
    held_ = true;
  }
  void Release() {
    absl::MutexLock lock(&mutex_);
    held_ = false;
  }
  void AwaitCommits(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto is_there = [&] { return commits_.size() >= count; };
    mutex_.Await(absl::Condition(&is_there));
  }
  // False when it does not come.
  bool AwaitProblem(const std::string& wanted) {
    absl::MutexLock lock(&mutex_);
    const auto is_there = [&] { return problem_ == wanted; };
    return mutex_.AwaitWithTimeout(absl::Condition(&is_there), absl::Seconds(20));
  }
  std::vector<Commit> commits() const {
    absl::MutexLock lock(&mutex_);
    return commits_;
  }

 private:
  mutable absl::Mutex mutex_;
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Commit> commits_ ABSL_GUARDED_BY(mutex_);
  std::string problem_ ABSL_GUARDED_BY(mutex_);
};

class SqliteStoreTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<DurableStore>> Open() {
    return OpenDurableStore({.data_dir = directory_.path(),
                             .operations = &recorder_,
                             .on_health = [this](std::string_view reason) { recorder_.OnHealth(reason); },
                             .retry = std::chrono::milliseconds(1)});
  }

  // A store that has to open, loaded.
  std::unique_ptr<DurableStore> OpenLoaded(std::vector<StoredSession>* sessions = nullptr) {
    absl::StatusOr<std::unique_ptr<DurableStore>> store = Open();
    if (!store.ok()) {
      ADD_FAILURE() << store.status();
      return nullptr;
    }
    absl::StatusOr<std::vector<StoredSession>> loaded = (*store)->Load();
    if (!loaded.ok()) {
      ADD_FAILURE() << loaded.status();
      return nullptr;
    }
    if (sessions != nullptr) *sessions = *std::move(loaded);
    return *std::move(store);
  }

  // Opens, loads and closes.
  std::vector<StoredSession> Stored() {
    std::vector<StoredSession> sessions;
    OpenLoaded(&sessions);
    return sessions;
  }

  // What opening or loading says.
  absl::Status Refusal() {
    absl::StatusOr<std::unique_ptr<DurableStore>> store = Open();
    if (!store.ok()) return store.status();
    return (*store)->Load().status();
  }

  holter::testing::TemporaryDirectory directory_;
  CommitRecorder recorder_;
};

}  // namespace holter::store
