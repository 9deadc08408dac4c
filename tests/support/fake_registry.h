// A registry that does what the test says, for the rooms above the registry.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "registry/session_registry.h"

namespace holter::testing {

// What the watchers of a FakeRegistry see. Thread-safe.
class FakeChanges {
 public:
  void Push(v1::SessionChange change) {
    const std::lock_guard lock(mutex_);
    changes_.push_back(std::move(change));
    WakeAll();
  }

  // The end of every reader, behind the changes that are there.
  void Fail(absl::Status status) {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(status);
    WakeAll();
  }

  // One idle reader, the first that is asked, has a bookmark due.
  void MakeBookmarkDue() { bookmark_due_ = true; }

  int readers() const { return readers_; }
  // Changes that all readers together have taken.
  size_t taken() const { return taken_; }

 private:
  friend class FakeWatchReader;

  void WakeAll() {
    for (auto& [reader, wake] : std::exchange(waiting_, {})) {
      wake();
    }
  }

  std::mutex mutex_;
  std::vector<v1::SessionChange> changes_;
  absl::Status failure_;
  std::vector<std::pair<const void*, std::function<void()>>> waiting_;
  std::atomic<int> readers_{0};
  std::atomic<bool> bookmark_due_{false};
  std::atomic<size_t> taken_{0};
};

// Checks that it is used by one thread at a time.
class FakeWatchReader final : public registry::WatchReader {
 public:
  // `begin`: how many changes are skipped.
  FakeWatchReader(FakeChanges& changes, size_t begin) : changes_(changes), position_(begin) { ++changes_.readers_; }

  ~FakeWatchReader() override {
    const Use use(*this);
    const std::lock_guard lock(changes_.mutex_);
    std::erase_if(changes_.waiting_, [this](const auto& entry) { return entry.first == this; });
    --changes_.readers_;
  }

  absl::StatusOr<v1::WatchSessionsResponse> Next(int max_changes) override {
    const Use use(*this);
    const std::lock_guard lock(changes_.mutex_);
    EXPECT_GT(max_changes, 0);
    v1::WatchSessionsResponse response;
    while (position_ < changes_.changes_.size() && response.changes_size() < max_changes) {
      *response.add_changes() = changes_.changes_[position_++];
      ++changes_.taken_;
    }
    if (response.changes().empty() && !changes_.failure_.ok()) {
      return changes_.failure_;
    }
    response.set_resume_token(std::to_string(position_));
    return response;
  }

  bool BookmarkDue() const override { return changes_.bookmark_due_; }

  v1::WatchSessionsResponse Bookmark() override {
    const Use use(*this);
    const std::lock_guard lock(changes_.mutex_);
    v1::WatchSessionsResponse response;
    if (!changes_.bookmark_due_.exchange(false) || position_ < changes_.changes_.size()) return response;
    response.add_changes()->set_kind(v1::SessionChange::KIND_BOOKMARK);
    response.set_resume_token(std::to_string(position_));
    return response;
  }

  void OnReady(std::function<void()> wake) override {
    const Use use(*this);
    const std::lock_guard lock(changes_.mutex_);
    if (position_ < changes_.changes_.size() || !changes_.failure_.ok()) {
      wake();
    } else {
      changes_.waiting_.emplace_back(this, std::move(wake));
    }
  }

 private:
  class Use {
   public:
    explicit Use(FakeWatchReader& reader) : reader_(reader) { EXPECT_FALSE(reader_.in_use_.exchange(true)); }
    ~Use() { reader_.in_use_ = false; }

   private:
    FakeWatchReader& reader_;
  };

  FakeChanges& changes_;
  size_t position_;
  std::atomic<bool> in_use_{false};
};

// Each method calls what the test has put into the member of its name. Members are set before the first call.
class FakeRegistry : public registry::SessionRegistry {
 public:
  std::function<void(const v1::CreateSessionRequest&, Reply)> create;
  std::function<void(const v1::UpdateSessionRequest&, Reply)> update;
  std::function<void(const v1::DeleteSessionRequest&, EmptyReply)> remove;
  std::function<void(const v1::BatchCreateSessionsRequest&, BatchCreateReply)> batch_create;
  std::function<void(const v1::BatchDeleteSessionsRequest&, EmptyReply)> batch_remove;
  std::function<void(const v1::PauseSessionRequest&, Reply)> pause;
  std::function<void(const v1::ResumeSessionRequest&, Reply)> resume;
  std::function<void(const v1::ReconnectSessionRequest&, Reply)> reconnect;
  std::function<absl::StatusOr<v1::ReconnectSessionsResponse>(const v1::ReconnectSessionsRequest&)> reconnect_many;
  std::function<void(v1::ApplySessionsRequest, ApplyReply)> apply;
  std::function<void(const v1::RenewLeaseRequest&, LeaseReply)> renew_lease;
  std::function<absl::StatusOr<v1::Session>(const v1::GetSessionRequest&)> get;
  std::function<absl::StatusOr<v1::BatchGetSessionsResponse>(const v1::BatchGetSessionsRequest&)> batch_get;
  std::function<absl::StatusOr<v1::ListSessionsResponse>(const v1::ListSessionsRequest&)> list;
  std::function<absl::StatusOr<v1::FleetSummary>(const v1::GetFleetSummaryRequest&)> summarize;
  std::function<absl::StatusOr<v1::ListSessionEventsResponse>(const v1::ListSessionEventsRequest&)> list_events;
  // Not set: a reader of `changes` from the resume token.
  std::function<absl::StatusOr<std::unique_ptr<registry::WatchReader>>(const v1::WatchSessionsRequest&)> watch;
  std::function<absl::StatusOr<ProbeReader>(const v1::ProbeSessionRequest&)> probe;
  std::function<absl::StatusOr<TapReader>(const v1::TapSessionRequest&)> tap;
  FakeChanges changes;

  void Create(const v1::CreateSessionRequest& request, Reply reply) override { create(request, std::move(reply)); }
  void Update(const v1::UpdateSessionRequest& request, Reply reply) override { update(request, std::move(reply)); }
  void Delete(const v1::DeleteSessionRequest& request, EmptyReply reply) override { remove(request, std::move(reply)); }
  void BatchCreate(const v1::BatchCreateSessionsRequest& request, BatchCreateReply reply) override {
    batch_create(request, std::move(reply));
  }
  void BatchDelete(const v1::BatchDeleteSessionsRequest& request, EmptyReply reply) override {
    batch_remove(request, std::move(reply));
  }
  void Pause(const v1::PauseSessionRequest& request, Reply reply) override { pause(request, std::move(reply)); }
  void Resume(const v1::ResumeSessionRequest& request, Reply reply) override { resume(request, std::move(reply)); }
  void Reconnect(const v1::ReconnectSessionRequest& request, Reply reply) override {
    reconnect(request, std::move(reply));
  }
  absl::StatusOr<v1::ReconnectSessionsResponse> ReconnectMany(const v1::ReconnectSessionsRequest& request) override {
    return reconnect_many(request);
  }
  void Apply(v1::ApplySessionsRequest request, ApplyReply reply) override {
    apply(std::move(request), std::move(reply));
  }
  void RenewLease(const v1::RenewLeaseRequest& request, LeaseReply reply) override {
    renew_lease(request, std::move(reply));
  }
  void EndDueLeases() override {}
  absl::StatusOr<v1::Session> Get(const v1::GetSessionRequest& request) const override { return get(request); }
  absl::StatusOr<v1::BatchGetSessionsResponse> BatchGet(const v1::BatchGetSessionsRequest& request) const override {
    return batch_get(request);
  }
  absl::StatusOr<v1::ListSessionsResponse> List(const v1::ListSessionsRequest& request) const override {
    return list(request);
  }
  absl::StatusOr<v1::ListSessionEventsResponse> ListEvents(const v1::ListSessionEventsRequest& request) const override {
    return list_events(request);
  }
  absl::Status ReconcileFiles(const std::vector<v1::Session>& /*sessions*/) override { return absl::OkStatus(); }
  absl::StatusOr<v1::FleetSummary> Summarize(const v1::GetFleetSummaryRequest& request) const override {
    return summarize(request);
  }
  absl::StatusOr<std::unique_ptr<registry::WatchReader>> Watch(const v1::WatchSessionsRequest& request) override {
    if (watch) {
      return watch(request);
    }
    const size_t begin = request.resume_token().empty() ? 0 : std::stoul(request.resume_token());
    return std::make_unique<FakeWatchReader>(changes, begin);
  }
  absl::StatusOr<ProbeReader> Probe(const v1::ProbeSessionRequest& request) override { return probe(request); }
  absl::StatusOr<TapReader> Tap(const v1::TapSessionRequest& request) override { return tap(request); }
  void ForEach(const std::function<void(const registry::SessionView&)>& /*visit*/) const override {}
  bool Look(const SessionName& /*name*/,
            const std::function<void(const registry::SessionView&)>& /*visit*/) const override {
    return false;
  }
  size_t size() const override { return 0; }
  void Close() override {}
};

}  // namespace holter::testing
