#include "registry/session_registry.h"

#include <fmt/format.h>

#include <atomic>
#include <utility>

#include "absl/time/time.h"
#include "base/error.h"
#include "base/log.h"
#include "base/session_name.h"
#include "registry/change_log.h"
#include "registry/declaration_compiler.h"
#include "registry/declaration_writer.h"
#include "registry/file_reconciler.h"
#include "registry/fleet_summary.h"
#include "registry/held_watch_reader.h"
#include "registry/name_sequencer.h"
#include "registry/refusals.h"
#include "registry/request_log.h"
#include "registry/session_answer.h"
#include "registry/session_batches.h"
#include "registry/session_commands.h"
#include "registry/session_events.h"
#include "registry/session_lifecycle.h"
#include "registry/session_listing.h"
#include "registry/session_probe.h"
#include "registry/session_sets.h"
#include "registry/session_table.h"
#include "registry/session_tap.h"
#include "registry/session_walk.h"
#include "registry/snapshot_watch_reader.h"
#include "registry/transition_log_writer.h"

namespace holter::registry {
namespace {

// A commit that the disk does not give back must not keep the daemon from stopping.
constexpr absl::Duration kMostWaitForWrites = absl::Seconds(2);

// Views of the record: valid while `session` is.
SessionView ViewOf(const LiveSession& session) {
  const Declaration& declaration = session.record->declaration;
  return {.tenant = declaration.traits->tenant,
          .session = declaration.session,
          .group = declaration.traits->group,
          .url = declaration.url,
          .labels = &declaration.traits->labels,
          .created = session.record->create_time,
          .cell = session.cell.get()};
}

// Composes the parts; listens to the sessions.
class ComposedRegistry final : public SessionRegistry, private core::SessionObserver {
 public:
  explicit ComposedRegistry(const RegistryOptions& options)
      : options_(options),
        leases_(&options.engine->clock()),
        compiler_(&leases_),
        names_(options.turns == nullptr ? &own_turns_.emplace() : options.turns),
        log_(options.watch_history),
        table_(&log_, &options.engine->clock()),
        transition_log_(&options.engine->clock()),
        lifecycle_(options, &table_, this),
        writer_(Context()),
        batches_(Context()),
        commands_(Context()),
        sets_(Context()),
        reconciler_(Context()) {}
  ~ComposedRegistry() override;

  absl::Status Load();

  void Create(const v1::CreateSessionRequest& request, Reply reply) override {
    writer_.Create(request, std::move(reply));
  }
  void Update(const v1::UpdateSessionRequest& request, Reply reply) override {
    writer_.Update(request, std::move(reply));
  }
  void Delete(const v1::DeleteSessionRequest& request, EmptyReply reply) override {
    writer_.Delete(request, std::move(reply));
  }
  void BatchCreate(const v1::BatchCreateSessionsRequest& request, BatchCreateReply reply) override {
    batches_.Create(request, std::move(reply));
  }
  void BatchDelete(const v1::BatchDeleteSessionsRequest& request, EmptyReply reply) override {
    batches_.Delete(request, std::move(reply));
  }
  void Pause(const v1::PauseSessionRequest& request, Reply reply) override {
    commands_.Pause(request, std::move(reply));
  }
  void Resume(const v1::ResumeSessionRequest& request, Reply reply) override {
    commands_.Resume(request, std::move(reply));
  }
  void Reconnect(const v1::ReconnectSessionRequest& request, Reply reply) override {
    commands_.Reconnect(request, std::move(reply));
  }
  absl::StatusOr<v1::ReconnectSessionsResponse> ReconnectMany(const v1::ReconnectSessionsRequest& request) override {
    return commands_.ReconnectMany(request);
  }
  void Apply(v1::ApplySessionsRequest request, ApplyReply reply) override {
    sets_.Apply(std::move(request), std::move(reply));
  }
  void RenewLease(const v1::RenewLeaseRequest& request, LeaseReply reply) override {
    sets_.RenewLease(request, std::move(reply));
  }
  void EndDueLeases() override { sets_.EndDueLeases(); }
  absl::StatusOr<v1::Session> Get(const v1::GetSessionRequest& request) const override;
  absl::StatusOr<v1::BatchGetSessionsResponse> BatchGet(const v1::BatchGetSessionsRequest& request) const override {
    return batches_.Get(request);
  }
  absl::StatusOr<v1::ListSessionsResponse> List(const v1::ListSessionsRequest& request) const override {
    return ListSessions(request, table_, options_.engine->clock());
  }
  absl::StatusOr<v1::FleetSummary> Summarize(const v1::GetFleetSummaryRequest& request) const override {
    return SummarizeFleet(request, table_, options_.engine->clock());
  }
  absl::StatusOr<v1::ListSessionEventsResponse> ListEvents(const v1::ListSessionEventsRequest& request) const override {
    return ListSessionEvents(request, options_.events);
  }
  absl::Status ReconcileFiles(const std::vector<v1::Session>& sessions) override {
    return reconciler_.Reconcile(sessions);
  }
  absl::StatusOr<std::unique_ptr<WatchReader>> Watch(const v1::WatchSessionsRequest& request) override {
    return HeldWatchReader::Hold(options_.quotas, request,
                                 SnapshotWatchReader::Open(request, &table_, &log_, &options_.engine->clock()));
  }
  absl::StatusOr<ProbeReader> Probe(const v1::ProbeSessionRequest& request) override {
    return SessionProbe::Open(Context(), request);
  }
  absl::StatusOr<TapReader> Tap(const v1::TapSessionRequest& request) override {
    return SessionTap::Open(Context(), request);
  }
  void ForEach(const std::function<void(const SessionView&)>& visit) const override;
  bool Look(const SessionName& name, const std::function<void(const SessionView&)>& visit) const override;
  size_t size() const override { return table_.size(); }
  void Close() override;

 private:
  WriteContext Context();
  absl::StatusOr<RecordPtr> Restore(const store::StoredSession& stored);

  void OnTransition(core::SessionId id, const core::Transition& transition) override;
  void OnBeat(core::SessionId /*id*/, const core::BeatReport& /*report*/) override {}
  void OnAttempt(core::SessionId /*id*/, const core::AttemptReport& /*report*/) override {}
  void OnPhase(core::SessionId /*id*/, core::Phase /*phase*/, Duration /*took*/) override {}
  void OnTcpRtt(core::SessionId /*id*/, const core::TcpRtt& /*rtt*/) override {}
  void OnTraffic(core::SessionId /*id*/, const core::Traffic& /*delta*/) override {}
  void OnBegin(core::SessionId /*id*/, core::State /*state*/, core::Health /*health*/) override {}
  void OnEnd(core::SessionId /*id*/, core::State /*state*/, core::Health /*health*/) override {}

  const RegistryOptions options_;
  std::atomic<bool> closed_{false};
  LeaseTable leases_;
  DeclarationCompiler compiler_;
  std::optional<TurnThread> own_turns_;
  NameSequencer names_;
  RequestLog requests_;
  ChangeLog log_;
  SessionTable table_;
  TransitionLogWriter transition_log_;
  SessionLifecycle lifecycle_;
  DeclarationWriter writer_;
  SessionBatches batches_;
  SessionCommands commands_;
  SessionSets sets_;
  FileReconciler reconciler_;
};

void ComposedRegistry::OnTransition(core::SessionId id, const core::Transition& transition) {
  const RecordPtr record = table_.Transitioned(id, transition);
  if (record == nullptr) return;
  transition_log_.Add(record, transition);
  if (options_.events != nullptr) {
    options_.events->Append(EventOf(*record, transition, Moment::Of(options_.engine->clock())));
  }
}

WriteContext ComposedRegistry::Context() {
  return {.engine = options_.engine,
          .store = options_.store,
          .secrets = options_.secrets,
          .table = &table_,
          .names = &names_,
          .leases = &leases_,
          .compiler = &compiler_,
          .lifecycle = &lifecycle_,
          .requests = &requests_,
          .quotas = options_.quotas,
          .guard = options_.guard,
          .tenants = options_.tenants,
          .closed = &closed_};
}

ComposedRegistry::~ComposedRegistry() {
  closed_ = true;
  // Writes under way come back to this object, however late; the last may still be on its way out then.
  names_.WaitUntilIdle(absl::InfiniteDuration());
  own_turns_.reset();
}

void ComposedRegistry::Close() {
  closed_ = true;
  log_.Close();
  if (!names_.WaitUntilIdle(kMostWaitForWrites)) {
    Log(LogLevel::kWarning, "the store has not finished its commits");
  }
}

absl::StatusOr<RecordPtr> ComposedRegistry::Restore(const store::StoredSession& stored) {
  v1::Session session;
  const absl::StatusOr<SessionName> name = ParseSessionName(stored.name);
  if (!name.ok() || !session.ParseFromString(stored.declaration) || session.name() != stored.name) {
    return MakeError(absl::StatusCode::kDataLoss, "STORE_DAMAGED",
                     fmt::format("what is stored as {} is not the declaration of that session", stored.name),
                     {{"name", stored.name}});
  }
  absl::StatusOr<Declaration> declaration =
      compiler_.Compile(*name, session, stored.name, nullptr, {}, session.owner());
  if (!declaration.ok()) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "STORED_SESSION_INVALID",
                     fmt::format("the stored session {} is not valid for this version of holterd: {}", stored.name,
                                 std::string(declaration.status().message())),
                     {{"name", stored.name}});
  }
  return lifecycle_.Restore(session, *std::move(declaration));
}

absl::Status ComposedRegistry::Load() {
  absl::StatusOr<std::vector<store::StoredSession>> stored = options_.store->Load();
  if (!stored.ok()) return stored.status();
  std::vector<RecordPtr> records;
  size_t connections = 0;
  QuotaChange stored_use;
  for (store::StoredSession& session : *stored) {
    absl::StatusOr<RecordPtr> record = Restore(session);
    if (!record.ok()) return record.status();
    connections += (*record)->declaration.paused ? 0 : 1;
    stored_use.Add((*record)->tenant(), (*record)->declaration.url);
    records.push_back(*std::move(record));
    session.declaration = std::string();  // not needed any more, and there are many
  }
  lifecycle_.FinishRestore();
  absl::StatusOr<std::vector<store::StoredRequest>> requests = options_.store->LoadRequests();
  if (!requests.ok()) return requests.status();
  requests_.Restore(*std::move(requests));
  absl::StatusOr<std::vector<store::StoredLease>> leases = options_.store->LoadLeases();
  if (!leases.ok()) return leases.status();
  leases_.Restore(*leases);
  if (absl::Status status = options_.engine->Admit(connections); !status.ok()) {
    const ErrorDetails details = DetailsOf(status);
    return MakeError(status.code(), details.reason,
                     fmt::format("{} sessions that are not paused are stored, but they do not fit: {}. Raise the limit "
                                 "of open files",
                                 connections, std::string(status.message())),
                     details.metadata);
  }
  if (options_.quotas != nullptr) options_.quotas->TakeUnasked(stored_use);
  for (const RecordPtr& record : records) {
    lifecycle_.Publish(record, false);
  }
  Log(LogLevel::kInfo, "sessions loaded",
      {{"sessions", records.size()},
       {"paused", records.size() - connections},
       {"distinct_specs", compiler_.distinct_specs()}});
  return absl::OkStatus();
}

absl::StatusOr<v1::Session> ComposedRegistry::Get(const v1::GetSessionRequest& request) const {
  const absl::StatusOr<SessionName> name = ParseSessionName(request.name());
  if (!name.ok()) return MakeInvalid({{.field = "name", .description = std::string(name.status().message())}});
  const std::optional<LiveSession> session = table_.Find(NameOf(*name));
  if (!session.has_value()) return SessionNotFound(request.name());
  return ToWholeProto(*session, options_.engine->clock());
}

void ComposedRegistry::ForEach(const std::function<void(const SessionView&)>& visit) const {
  WalkSessions(table_, "-", {}, [&visit](const LiveSession& session) {
    if (session.cell != nullptr) visit(ViewOf(session));
    return true;
  });
}

bool ComposedRegistry::Look(const SessionName& name, const std::function<void(const SessionView&)>& visit) const {
  const std::optional<LiveSession> session = table_.Find({.tenant = name.tenant, .session = name.session});
  if (!session.has_value() || session->cell == nullptr) return false;
  visit(ViewOf(*session));
  return true;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SessionRegistry>> SessionRegistry::Open(const RegistryOptions& options) {
  auto registry = std::make_unique<ComposedRegistry>(options);
  if (absl::Status status = registry->Load(); !status.ok()) return status;
  return registry;
}

}  // namespace holter::registry
