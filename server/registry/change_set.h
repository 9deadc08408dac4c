// Changes of declarations that become true together.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "registry/tenant_quotas.h"
#include "registry/write_context.h"

namespace holter::registry {

// Filled by one thread, then handed to Commit or Try. The names of all that it changes are held (NameSequencer) until
// that has ended.
class ChangeSet {
 public:
  explicit ChangeSet(const WriteContext& context) : context_(context) {}

  // Each gives the version that will be.
  RecordPtr Create(Declaration declaration, v1::Origin origin);
  RecordPtr Replace(const LiveSession& current, Declaration declaration);
  void Remove(LiveSession session);
  // A new connection, `after` from the commit on. Nothing of it is stored.
  void Reconnect(engine::SessionHandle cell, Duration after);

  // Runs `act` when everything is committed, before watchers and engine are told of any of it.
  void BeforePublishing(std::function<void()> act) { before_publishing_ = std::move(act); }

  // Sessions that are begun or resumed, each of which needs room.
  size_t NewConnections() const;
  size_t created() const { return created_.size(); }
  size_t replaced() const { return replaced_.size(); }
  size_t removed() const { return removed_.size(); }

  // PERMISSION_DENIED (an address that may not be reached), RESOURCE_EXHAUSTED (quotas, room) as Commit would answer
  // it; takes nothing.
  absl::Status Try() const;

  // Takes quota and room, commits the changes and `rows` at once, and makes them true: watchers and engine are told.
  // Calls `done` once, from the store's thread, or in the caller when there is no room or nothing to store. Whatever
  // goes wrong, nothing has changed.
  static void Commit(std::shared_ptr<ChangeSet> set, std::vector<store::Change> rows,
                     std::function<void(absl::Status)> done);

 private:
  // The API wants a session that leads there.
  void AskFor(const SessionRecord& record);
  // Quota and room, all or nothing.
  absl::Status TakeRoom() const;
  void GiveRoomBack() const;
  void Publish();

  const WriteContext context_;
  std::vector<store::Change> changes_;
  std::vector<RecordPtr> created_;
  std::vector<std::pair<RecordPtr, engine::SessionHandle>> replaced_;
  std::vector<LiveSession> removed_;
  std::vector<std::pair<engine::SessionHandle, Duration>> reconnected_;
  std::function<void()> before_publishing_;  // may be null
  size_t resumed_ = 0;
  QuotaChange quota_;
  bool is_asked_ = false;  // something of it comes from the API: what files declare is counted, and never refused
  absl::Status denied_;    // of the first address that may not be reached
};

}  // namespace holter::registry
