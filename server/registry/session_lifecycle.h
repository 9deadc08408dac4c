// The steps that every declared session takes, whoever declares it: made, published, changed, removed.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "core/session_observer.h"
#include "registry/session_record.h"
#include "registry/session_registry.h"
#include "registry/session_table.h"

namespace holter::registry {

// Any thread. Publish, Change and Remove are called by who holds the session's name (NameSequencer), after the store
// has committed: watchers then hear of the declaration before the first transition, and the engine is called without a
// lock.
class SessionLifecycle {
 public:
  // `transitions` hears of every session; it and the table outlive the engine's use of them.
  SessionLifecycle(const RegistryOptions& options, SessionTable* table, core::SessionObserver* transitions)
      : engine_(options.engine),
        observers_(options.observers),
        tenants_(options.tenants),
        table_(table),
        transitions_(transitions) {}

  const Clock& clock() const { return engine_->clock(); }

  // A new session with the next number, uid and revision.
  RecordPtr MakeRecord(Declaration declaration, v1::Origin origin);
  // The next version of `old`.
  RecordPtr MakeSuccessor(const SessionRecord& old, Declaration declaration);
  // A session as the store has it. DATA_LOSS when it says what no declaration says.
  absl::StatusOr<RecordPtr> Restore(const v1::Session& stored, Declaration declaration);
  // Call when all are restored: revisions go on behind the greatest.
  void FinishRestore();

  // In room that the caller was admitted to. `announce`: watchers are told.
  void Publish(const RecordPtr& record, bool announce);
  // A session that nobody declared. `observer` alone hears of it, until End has called back.
  engine::SessionHandle BeginUndeclared(std::string_view tenant, core::SessionSpec spec,
                                        core::SessionObserver* observer);
  void Change(const RecordPtr& record, const engine::SessionHandle& cell);
  void Remove(const LiveSession& session);

 private:
  core::SessionObserver* MetricsFor(const SessionRecord& record) const;

  engine::Engine* const engine_;
  core::SessionObserverSource* const observers_;
  TenantNumbers* const tenants_;
  SessionTable* const table_;
  core::SessionObserver* const transitions_;
  std::atomic<core::SessionId> next_id_{1};
  std::atomic<uint64_t> next_revision_{1};
};

}  // namespace holter::registry
