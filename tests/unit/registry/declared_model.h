// What is declared, as the answers say: a small registry without disk, connections and turns.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "holter/v1/session_service.pb.h"
#include "registry/lease_table.h"
#include "registry/session_record.h"
#include "store/store.h"

namespace holter::registry {

// An answer comes while its names, and the turn of its owner, are held, so that the model is told before anybody else
// changes them. Only the end of a lease has no answer: of that the model hears by its commit. Thread-safe.
class DeclaredModel {
 public:
  struct Declared {
    std::string uid;
    std::string etag;
    std::string url;
    std::string group;
    std::string label;  // "k"
    std::string owner;
    bool paused = false;

    friend bool operator==(const Declared&, const Declared&) = default;
  };

  static Declared Of(const v1::Session& session) {
    const auto label = session.labels().find("k");
    return {.uid = session.uid(),
            .etag = session.etag(),
            .url = session.spec().url(),
            .group = session.group(),
            .label = label == session.labels().end() ? "" : label->second,
            .owner = session.owner(),
            .paused = session.paused()};
  }

  // `clock` is the registry's and outlives the model.
  explicit DeclaredModel(const Clock* clock) : clock_(clock) {}

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
    const auto found = sessions_.find(name);
    ASSERT_TRUE(found != sessions_.end()) << name << " was deleted, but is not there";
    if (!found->second.paused) let_go_.insert(found->second.url);
    sessions_.erase(found);
  }

  // What an ApplySessions with `set` has to answer, a line each: "UPDATED tenants/…/a group spec.url".
  std::vector<std::string> AnswerTo(const v1::ApplySessionsRequest& set) const {
    absl::MutexLock lock(&mutex_);
    std::vector<std::string> lines;
    std::set<std::string> named;
    for (const v1::Session& wanted : set.sessions()) {
      named.insert(wanted.name());
      const auto found = sessions_.find(wanted.name());
      lines.push_back(found == sessions_.end() ? "CREATED " + wanted.name()
                                               : LineOf(wanted, found->second, set.owner()));
    }
    for (const auto& [name, declared] : sessions_) {
      if (set.prune() && declared.owner == set.owner() && !named.contains(name)) lines.push_back("DELETED " + name);
    }
    return lines;
  }

  // The lease of `owner` ends at `end`, or has no end any more.
  void Leased(const std::string& owner, std::optional<WallTime> end) {
    absl::MutexLock lock(&mutex_);
    leases_.erase(owner);
    if (end.has_value()) leases_.emplace(owner, *end);
  }
  // Call for every commit that succeeded, before anybody hears of it.
  void Committed(const std::vector<store::Change>& changes) {
    const store::DeleteLeaseChange* ended = nullptr;
    std::set<std::string> gone;
    for (const store::Change& change : changes) {
      if (const auto* lease = std::get_if<store::DeleteLeaseChange>(&change)) ended = lease;
      if (const auto* erased = std::get_if<store::DeleteChange>(&change)) gone.insert(erased->name);
      if (std::holds_alternative<store::PutChange>(change)) return;  // that of an ApplySessions
    }
    absl::MutexLock lock(&mutex_);
    const auto lease = ended != nullptr ? leases_.find(ended->owner) : leases_.end();
    // Else an ApplySessions takes it away.
    if (lease == leases_.end() || clock_->WallNow() < lease->second || gone != NamesOf(ended->owner)) return;
    for (const std::string& name : gone) sessions_.erase(name);
    leases_.erase(lease);
    ++leases_ended_;
  }
  // Owners get time to come back.
  void Restarted() {
    absl::MutexLock lock(&mutex_);
    for (auto& [owner, end] : leases_) end = std::max(end, clock_->WallNow() + LeaseTable::kLeastAfterRestart);
  }
  bool HasDueLease() const {
    absl::MutexLock lock(&mutex_);
    for (const auto& [owner, end] : leases_) {
      if (end <= clock_->WallNow()) return true;
    }
    return false;
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
  std::map<std::string, WallTime> leases() const {
    absl::MutexLock lock(&mutex_);
    return leases_;
  }
  size_t OwnedBy(const std::string& owner) const {
    absl::MutexLock lock(&mutex_);
    return NamesOf(owner).size();
  }
  size_t Unpaused() const {
    size_t count = 0;
    for (const auto& [name, session] : sessions()) count += session.paused ? 0 : 1;
    return count;
  }
  int leases_ended() const {
    absl::MutexLock lock(&mutex_);
    return leases_ended_;
  }
  // URLs of sessions that were deleted while they wanted a connection.
  std::set<std::string> let_go() const {
    absl::MutexLock lock(&mutex_);
    return let_go_;
  }

  // Never the same again, so that a connection tells whose it was.
  std::string NewUrl() { return "ws://peer/" + std::to_string(++urls_); }

  const Clock& clock() const { return *clock_; }

 private:
  static std::string LineOf(const v1::Session& wanted, const Declared& present, const std::string& owner) {
    const Declared now = Of(wanted);
    std::string fields;
    if (now.label != present.label) fields += " labels";
    if (now.group != present.group) fields += " group";
    if (wanted.has_paused() && now.paused != present.paused) fields += " paused";
    if (present.owner != owner) fields += " owner";
    if (now.url != present.url) fields += " spec.url";
    return (fields.empty() ? "UNCHANGED " : "UPDATED ") + wanted.name() + fields;
  }
  std::set<std::string> NamesOf(const std::string& owner) const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    std::set<std::string> names;
    for (const auto& [name, declared] : sessions_) {
      if (declared.owner == owner) names.insert(name);
    }
    return names;
  }

  const Clock* const clock_;
  std::atomic<int> urls_ = 0;
  mutable absl::Mutex mutex_;
  std::map<std::string, Declared> sessions_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, WallTime> leases_ ABSL_GUARDED_BY(mutex_);  // by owner; only those with an end
  std::set<std::string> etags_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> let_go_ ABSL_GUARDED_BY(mutex_);
  int leases_ended_ ABSL_GUARDED_BY(mutex_) = 0;
};

inline void PrintTo(const DeclaredModel::Declared& declared, std::ostream* out) {
  *out << declared.uid << " " << declared.etag << " " << declared.url << " group " << declared.group << " label "
       << declared.label << " owner " << declared.owner << (declared.paused ? " paused" : "");
}

}  // namespace holter::registry
