// The one place that knows every session: by name, in order, and by number. Every change of it is in the log, in the
// same order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "core/session_action.h"
#include "registry/change_log.h"
#include "registry/session_record.h"

namespace holter::registry {

// Any thread. Order of locks: this mutex, then that of the log or of a session's cell; nothing else is called with it
// held.
class SessionTable {
 public:
  // Both outlive the table.
  SessionTable(ChangeLog* log, const Clock* clock) : log_(log), clock_(clock) {}

  std::optional<LiveSession> Find(const NameRef& name) const;
  // By its whole name; what is no name of a session is not there.
  std::optional<LiveSession> FindNamed(std::string_view name) const;
  // The sessions that are there, all at one moment, each in the place of its name; the others are none.
  std::vector<std::optional<LiveSession>> FindAll(const std::vector<NameRef>& names) const;
  size_t size() const;

  // Appends up to `most` sessions behind `after` ("": from the first one of `tenant`; "-" is every tenant) in the order
  // of names. Gives the revision of the log at that moment: what is found holds all changes before it.
  uint64_t Walk(std::string_view tenant, const NameRef& after, size_t most, std::vector<LiveSession>& out) const;

  // Adds a session whose name is free. `announce`: tells watchers.
  void Insert(RecordPtr record, bool announce);
  void SetCell(core::SessionId id, engine::SessionHandle cell);
  // Replaces the record of the same id.
  void Replace(RecordPtr record);
  // From now on transitions of the session are not known here any more.
  void Remove(core::SessionId id);

  // Tells watchers; gives the session's record, or null if it is gone.
  RecordPtr Transitioned(core::SessionId id, const core::Transition& transition);

 private:
  struct ByName {
    using is_transparent = void;
    static NameRef Ref(const NameRef& name) { return name; }
    static NameRef Ref(const std::unique_ptr<LiveSession>& entry) { return NameOf(*entry->record); }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return CompareNames(Ref(a), Ref(b)) < 0;
    }
  };

  LiveSession* FindById(core::SessionId id) ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  void Announce(v1::SessionChange::Kind kind, const LiveSession& session) ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  ChangeLog* const log_;
  const Clock* const clock_;
  ChangeEntryBuilder builder_;
  mutable absl::Mutex mutex_;
  absl::btree_set<std::unique_ptr<LiveSession>, ByName> by_name_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<core::SessionId, LiveSession*> by_id_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace holter::registry
