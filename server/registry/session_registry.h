// What is declared, and what happened: names, revisions, the watch log. The one place that knows every session.
//
// Life of a declaration: validated here, admitted by the engine, committed by the store (synced), only then visible,
// begun and acknowledged. An error anywhere leaves nothing behind.
//
// Threads: every method from any thread. Callbacks run on the store's thread or, on error, in the caller,
// or where a call began that had to wait for another one of the same session.
// Stop: Close (no more changes are taken), then Engine::Shutdown, then the destructor.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/field_mask.pb.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/session_name.h"
#include "base/tenant_numbers.h"
#include "core/session_observer.h"
#include "engine/engine.h"
#include "holter/v1/session.pb.h"
#include "holter/v1/session_service.pb.h"
#include "registry/stream_reader.h"
#include "registry/tenant_quotas.h"
#include "registry/turn_thread.h"
#include "registry/watch_log.h"
#include "store/event_store.h"
#include "store/store.h"
#include "transport/egress_guard.h"

namespace holter::registry {

// Each pointer outlives the registry.
struct RegistryOptions {
  engine::Engine* engine = nullptr;
  store::Store* store = nullptr;
  store::EventStore* events = nullptr;  // null: no history is kept
  const SecretSource* secrets = nullptr;
  core::SessionObserverSource* observers = nullptr;
  TenantNumbers* tenants = nullptr;               // null: dials are for no tenant in particular
  TenantQuotas* quotas = nullptr;                 // null: nothing is counted and nothing limited
  const transport::EgressGuard* guard = nullptr;  // null: every address may be declared
  TurnRunner* turns = nullptr;                    // null: a thread of the registry's own
  size_t watch_history = 65536;                   // changes that a resume token may lie behind
};

// A session as observe wants it.
struct SessionView {
  std::string_view tenant;
  std::string_view session;  // last part of the name
  std::string_view group;
  std::string_view url;  // may hold a token: redact before showing
  const std::vector<std::pair<std::string, std::string>>* labels = nullptr;
  WallTime created{};
  const engine::SessionCell* cell = nullptr;
};

class SessionRegistry {
 public:
  using Reply = std::function<void(absl::StatusOr<v1::Session>)>;
  using EmptyReply = std::function<void(absl::Status)>;
  using ApplyReply = std::function<void(absl::StatusOr<v1::ApplySessionsResponse>)>;
  using LeaseReply = std::function<void(absl::StatusOr<v1::Lease>)>;
  using ProbeReader = std::unique_ptr<StreamReader<v1::ProbeSessionResponse>>;
  using TapReader = std::unique_ptr<StreamReader<v1::TapSessionResponse>>;
  using BatchCreateReply = std::function<void(absl::StatusOr<v1::BatchCreateSessionsResponse>)>;

  // Loads the store and begins every session. DATA_LOSS and others: the daemon must not start.
  static absl::StatusOr<std::unique_ptr<SessionRegistry>> Open(const RegistryOptions& options);
  virtual ~SessionRegistry() = default;

  virtual void Create(const v1::CreateSessionRequest& request, Reply reply) = 0;
  virtual void Update(const v1::UpdateSessionRequest& request, Reply reply) = 0;
  virtual void Delete(const v1::DeleteSessionRequest& request, EmptyReply reply) = 0;
  virtual void BatchCreate(const v1::BatchCreateSessionsRequest& request, BatchCreateReply reply) = 0;
  virtual void BatchDelete(const v1::BatchDeleteSessionsRequest& request, EmptyReply reply) = 0;
  virtual void Pause(const v1::PauseSessionRequest& request, Reply reply) = 0;
  virtual void Resume(const v1::ResumeSessionRequest& request, Reply reply) = 0;
  virtual void Reconnect(const v1::ReconnectSessionRequest& request, Reply reply) = 0;
  virtual absl::StatusOr<v1::ReconnectSessionsResponse> ReconnectMany(const v1::ReconnectSessionsRequest& request) = 0;
  // A whole ApplySessions stream as one message, and the whole answer, which may be too large for one message.
  virtual void Apply(v1::ApplySessionsRequest request, ApplyReply reply) = 0;
  virtual void RenewLease(const v1::RenewLeaseRequest& request, LeaseReply reply) = 0;
  // Begins to delete the sessions of every owner whose lease has ended; does not wait for it. Call about once a second.
  virtual void EndDueLeases() = 0;
  virtual absl::StatusOr<v1::Session> Get(const v1::GetSessionRequest& request) const = 0;
  virtual absl::StatusOr<v1::BatchGetSessionsResponse> BatchGet(const v1::BatchGetSessionsRequest& request) const = 0;
  virtual absl::StatusOr<v1::ListSessionsResponse> List(const v1::ListSessionsRequest& request) const = 0;
  virtual absl::StatusOr<v1::FleetSummary> Summarize(const v1::GetFleetSummaryRequest& request) const = 0;

  // Reads the disk: not from a loop.
  virtual absl::StatusOr<v1::ListSessionEventsResponse> ListEvents(
      const v1::ListSessionEventsRequest& request) const = 0;

  // Makes the sessions of origin `file` be exactly `sessions` (whole and valid; one commit). A name of origin `api` is
  // refused: FAILED_PRECONDITION, API_MANAGED, and nothing changes. Blocks until it is on disk; not from the store's
  // thread.
  virtual absl::Status ReconcileFiles(const std::vector<v1::Session>& sessions) = 0;

  // Opens a watch; see WatchReader.
  virtual absl::StatusOr<std::unique_ptr<WatchReader>> Watch(const v1::WatchSessionsRequest& request) = 0;

  // Begins a probe, which ends with its reader; see SessionProbe.
  virtual absl::StatusOr<ProbeReader> Probe(const v1::ProbeSessionRequest& request) = 0;
  // Looks at the frames of a session; see SessionTap.
  virtual absl::StatusOr<TapReader> Tap(const v1::TapSessionRequest& request) = 0;

  // Every session, in the order of names; holds no lock for longer than some hundred of them. `visit` must not call the
  // registry.
  virtual void ForEach(const std::function<void(const SessionView&)>& visit) const = 0;
  // The same for one; false: there is none. No lock is held while `visit` runs.
  virtual bool Look(const SessionName& name, const std::function<void(const SessionView&)>& visit) const = 0;
  virtual size_t size() const = 0;

  // Wakes and ends every watch (UNAVAILABLE, SHUTTING_DOWN) and refuses changes from now on.
  virtual void Close() = 0;
};

}  // namespace holter::registry
