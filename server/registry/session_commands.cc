#include "registry/session_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "registry/change_entry.h"
#include "registry/filter_subject.h"
#include "registry/refusals.h"
#include "registry/request_fields.h"
#include "registry/session_answer.h"
#include "registry/session_filter.h"
#include "registry/session_walk.h"
#include "spec/words.h"

namespace holter::registry {
namespace {

constexpr Duration kLongestRollout = std::chrono::hours(1);
// What is on its way to a new connection already is only let be if it is given any time at all.
constexpr Duration kLeastDelay = std::chrono::milliseconds(1);

absl::Status SessionPaused(const std::string& name) {
  return MakeError(absl::StatusCode::kFailedPrecondition, "SESSION_PAUSED",
                   fmt::format("{} is paused; resume it to have it connected", name), {{"name", name}});
}

// What of the tenant matches and holds or wants a connection, in the order of names.
std::vector<engine::SessionHandle> Connected(const SessionTable& table, const std::string& tenant,
                                             const SessionFilter& filter, const Moment& now) {
  std::vector<engine::SessionHandle> cells;
  WalkSessions(table, tenant, {}, [&](const LiveSession& session) {
    const bool is_wanted = session.cell != nullptr && !session.record->declaration.paused;
    if (!is_wanted) return true;
    const bool matches = filter.empty() || filter.Matches(SubjectOf(*session.record, VitalsOf(session, now), now));
    if (matches) cells.push_back(session.cell);
    return true;
  });
  return cells;
}

}  // namespace

template <class Request>
void SessionCommands::Run(std::string_view method, const Request& request, SessionRegistry::Reply reply,
                          Act act) const {
  const absl::StatusOr<SessionName> name = ParseNameField("name", request.name());
  if (!name.ok()) return reply(name.status());
  std::vector<FieldViolation> violations;
  RequestIdentity identity = IdentityOf(method, name->tenant, request.request_id(), request, violations);
  if (!violations.empty()) return reply(MakeInvalid(violations));
  calls_.Run<v1::Session>(
      {.names = {name->ToString()}, .identity = std::move(identity)}, std::move(reply),
      [this, name = *name, etag = request.etag(), act = std::move(act)](ChangeSet& changes, v1::Session& answer) {
        const std::optional<LiveSession> session = context_.table->Find(NameOf(name));
        if (!session.has_value()) return SessionNotFound(name.ToString());
        if (absl::Status status = CheckEtag(etag, *session->record); !status.ok()) return status;
        return act(*session, changes, answer);
      });
}

absl::Status SessionCommands::SetPaused(bool paused, const LiveSession& session, ChangeSet& changes,
                                        v1::Session& answer) const {
  if (absl::Status status = CheckNotFiled(*session.record); !status.ok()) return status;
  RecordPtr record = session.record;
  if (record->declaration.paused != paused) {
    Declaration declaration = record->declaration;
    declaration.paused = paused;
    record = changes.Replace(session, std::move(declaration));
  }
  answer = ToProto({.record = record, .cell = session.cell}, context_.lifecycle->clock());
  return absl::OkStatus();
}

void SessionCommands::Pause(const v1::PauseSessionRequest& request, SessionRegistry::Reply reply) const {
  Run("PauseSession", request, std::move(reply),
      [this](const LiveSession& session, ChangeSet& changes, v1::Session& answer) {
        return SetPaused(true, session, changes, answer);
      });
}

void SessionCommands::Resume(const v1::ResumeSessionRequest& request, SessionRegistry::Reply reply) const {
  Run("ResumeSession", request, std::move(reply),
      [this](const LiveSession& session, ChangeSet& changes, v1::Session& answer) {
        return SetPaused(false, session, changes, answer);
      });
}

void SessionCommands::Reconnect(const v1::ReconnectSessionRequest& request, SessionRegistry::Reply reply) const {
  Run("ReconnectSession", request, std::move(reply),
      [this](const LiveSession& session, ChangeSet& changes, v1::Session& answer) {
        if (session.record->declaration.paused) return SessionPaused(session.record->Name());
        changes.Reconnect(session.cell, Duration::zero());
        answer = ToProto(session, context_.lifecycle->clock());
        return absl::OkStatus();
      });
}

absl::StatusOr<v1::ReconnectSessionsResponse> SessionCommands::ReconnectMany(
    const v1::ReconnectSessionsRequest& request) const {
  std::vector<FieldViolation> violations;
  const std::string tenant = ReadParent(request.parent(), true, violations);
  const Duration over = spec::ToDuration(request.over());
  if (over < Duration::zero() || over > kLongestRollout) {
    violations.push_back({.field = "over", .description = "expected 0s to 3600s"});
  }
  const absl::StatusOr<SessionFilter> filter = SessionFilter::Parse(request.filter());
  AppendViolations(filter.status(), violations);
  if (!violations.empty()) return MakeInvalid(violations);
  if (absl::Status status = context_.CheckOpen(); !status.ok()) return status;

  const std::vector<engine::SessionHandle> cells =
      Connected(*context_.table, tenant, *filter, Moment::Of(context_.lifecycle->clock()));
  const double rate = context_.engine->capacity().connect_rate;
  const auto count = static_cast<double>(cells.size());
  const double least = rate > 0 ? count / rate : 0;
  const std::chrono::duration<double> whole(std::max(std::chrono::duration<double>(over).count(), least));
  for (size_t i = 0; i < cells.size(); ++i) {
    const auto turn = std::chrono::duration_cast<Duration>(whole * (static_cast<double>(i) / count));
    context_.engine->Reconnect(cells[i], std::max(turn, kLeastDelay));
  }
  v1::ReconnectSessionsResponse response;
  response.set_sessions(static_cast<int32_t>(cells.size()));
  return response;
}

}  // namespace holter::registry
