#include "registry/snapshot_watch_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/session_name.h"
#include "registry/session_answer.h"
#include "registry/tokens.h"

namespace holter::registry {
namespace {

// Sessions of a snapshot that are taken with the table's mutex held.
constexpr size_t kPieceSize = 256;

v1::SessionChange* AddChange(v1::SessionChange::Kind kind, const Clock& clock, v1::WatchSessionsResponse& response) {
  v1::SessionChange* change = response.add_changes();
  change->set_kind(kind);
  *change->mutable_time() = ToTimestamp(clock.WallNow());
  return change;
}

absl::Status InvalidToken() {
  return MakeInvalid({{.field = "resume_token", .description = "expected a token of a watch with the same parent"}});
}

// Where the watch goes on.
absl::StatusOr<uint64_t> Resume(const std::string& token, const std::string& tenant, const ChangeLog& log) {
  const std::optional<WatchPlace> place = DecodeResumeToken(token);
  if (!place.has_value() || place->tenant != tenant) return InvalidToken();
  if (place->epoch != log.epoch() || place->revision < log.oldest_revision()) {
    return MakeError(absl::StatusCode::kOutOfRange, "WATCH_EXPIRED",
                     "the resume token is older than the log of changes or than the daemon; ask for a snapshot");
  }
  if (place->revision > log.next_revision()) return InvalidToken();
  return place->revision;
}

}  // namespace

absl::StatusOr<std::unique_ptr<WatchReader>> SnapshotWatchReader::Open(const v1::WatchSessionsRequest& request,
                                                                       const SessionTable* table, ChangeLog* log,
                                                                       const Clock* clock) {
  const absl::StatusOr<std::string> tenant = ParseParent(request.parent(), true);
  if (!tenant.ok()) {
    return MakeInvalid({{.field = "parent", .description = std::string(tenant.status().message())}});
  }
  absl::StatusOr<WatchView> view = WatchView::Parse(request);
  if (!view.ok()) return view.status();
  const bool in_snapshot = request.resume_token().empty();
  uint64_t revision = log->next_revision();
  if (!in_snapshot) {
    const absl::StatusOr<uint64_t> resumed = Resume(request.resume_token(), *tenant, *log);
    if (!resumed.ok()) return resumed.status();
    revision = *resumed;
  }
  return std::unique_ptr<WatchReader>(
      new SnapshotWatchReader(*tenant, *std::move(view), in_snapshot, revision, table, log, clock));
}

SnapshotWatchReader::SnapshotWatchReader(std::string tenant, WatchView view, bool in_snapshot, uint64_t revision,
                                         const SessionTable* table, ChangeLog* log, const Clock* clock)
    : tenant_(std::move(tenant)),
      table_(table),
      log_(log),
      clock_(clock),
      view_(std::move(view)),
      cursor_(log->MakeCursor(tenant_, revision)),
      next_revision_(revision),
      in_snapshot_(in_snapshot),
      last_told_(clock->Now()) {}

SnapshotWatchReader::~SnapshotWatchReader() { log_->Forget(cursor_); }

void SnapshotWatchReader::OnReady(std::function<void()> wake) { log_->OnReady(cursor_, std::move(wake), in_snapshot_); }

std::string SnapshotWatchReader::Token() const {
  return EncodeResumeToken({.tenant = tenant_, .epoch = log_->epoch(), .revision = next_revision_});
}

absl::StatusOr<v1::WatchSessionsResponse> SnapshotWatchReader::Next(int max_changes) {
  const auto most = static_cast<size_t>(std::max(max_changes, 1));
  absl::StatusOr<v1::WatchSessionsResponse> response = Read(most);
  if (view_.conflates() && HasReason(response.status(), "WATCH_LAGGED")) {
    response = v1::WatchSessionsResponse();
    BeginAnew(*response);
  }
  return response;
}

absl::StatusOr<v1::WatchSessionsResponse> SnapshotWatchReader::Read(size_t most) {
  v1::WatchSessionsResponse response;
  if (in_snapshot_) {
    // A piece of the table of which nothing matches is not worth a response.
    while (in_snapshot_ && response.changes().empty()) {
      if (absl::Status status = log_->CheckReadable(cursor_); !status.ok()) return status;
      ReadSnapshot(most, response);
    }
  } else {
    if (absl::Status status = ReadLog(most, response); !status.ok()) return status;
  }
  // A token cannot say which changes the snapshot already held, so there is none before the log has passed them.
  if (!response.changes().empty()) {
    last_told_ = clock_->Now();
    if (HasToken()) response.set_resume_token(Token());
  }
  return response;
}

void SnapshotWatchReader::BeginAnew(v1::WatchSessionsResponse& response) {
  log_->Forget(cursor_);
  next_revision_ = log_->next_revision();
  cursor_ = log_->MakeCursor(tenant_, next_revision_);
  in_snapshot_ = true;
  pieces_.clear();
  view_.Forget();
  AddChange(v1::SessionChange::KIND_RESET, *clock_, response);
}

bool SnapshotWatchReader::BookmarkDue() const {
  return view_.bookmark_interval() > Duration::zero() && clock_->Now() - last_told_ >= view_.bookmark_interval();
}

v1::WatchSessionsResponse SnapshotWatchReader::Bookmark() {
  v1::WatchSessionsResponse response;
  last_told_ = clock_->Now();
  const std::optional<uint64_t> revision = log_->IdleRevision(cursor_);
  if (!revision.has_value()) return response;
  next_revision_ = *revision;
  if (!HasToken()) return response;
  AddChange(v1::SessionChange::KIND_BOOKMARK, *clock_, response);
  response.set_resume_token(Token());
  return response;
}

void SnapshotWatchReader::ReadSnapshot(size_t most, v1::WatchSessionsResponse& response) {
  while (most > 0) {
    const NameRef after = pieces_.empty() ? NameRef{} : NameOf(*pieces_.back().last);
    const size_t wanted = std::min(most, kPieceSize);
    std::vector<LiveSession> sessions;
    const uint64_t revision = table_->Walk(tenant_, after, wanted, sessions);
    const Moment now = Moment::Of(*clock_);
    for (const LiveSession& session : sessions) {
      if (!view_.Admit(session, now)) continue;
      v1::Session* const told = AddChange(v1::SessionChange::KIND_SNAPSHOT, *clock_, response)->mutable_session();
      *told = ToProto(session, *clock_);
      view_.Trim(*told);
    }
    if (!sessions.empty()) pieces_.push_back({.last = sessions.back().record, .revision = revision});
    most -= sessions.size();
    if (sessions.size() < wanted) {
      // Names behind the last one were looked at as well, and there were none.
      pieces_.push_back({.last = nullptr, .revision = revision});
      AddChange(v1::SessionChange::KIND_SNAPSHOT_END, *clock_, response);
      in_snapshot_ = false;
      return;
    }
  }
}

bool SnapshotWatchReader::WasInSnapshot(const ChangeLog::Numbered& change) const {
  const NameRef name = NameOf(*change.entry.record);
  const auto piece = std::partition_point(pieces_.begin(), pieces_.end(), [&name](const Piece& candidate) {
    return candidate.last != nullptr && CompareNames(NameOf(*candidate.last), name) < 0;
  });
  return piece != pieces_.end() && change.revision < piece->revision;
}

absl::Status SnapshotWatchReader::ReadLog(size_t most, v1::WatchSessionsResponse& response) {
  while (response.changes().empty()) {
    std::vector<ChangeLog::Numbered> changes;
    if (absl::Status status = log_->Read(cursor_, most, changes, next_revision_); !status.ok()) return status;
    if (changes.empty()) return absl::OkStatus();
    // Pieces were taken one after the other, so the last one is the newest.
    if (!pieces_.empty() && changes.front().revision >= pieces_.back().revision) pieces_.clear();
    view_.Conflate(changes);
    for (const ChangeLog::Numbered& change : changes) {
      if (!WasInSnapshot(change)) Tell(change.entry, response);
    }
  }
  return absl::OkStatus();
}

void SnapshotWatchReader::Tell(const ChangeEntry& entry, v1::WatchSessionsResponse& response) {
  const std::optional<v1::SessionChange::Kind> kind = view_.Judge(entry);
  if (!kind.has_value()) return;
  v1::SessionChange* const change = response.add_changes();
  ChangeEntry told = entry;
  told.kind = *kind;
  ToProto(told, change);
  view_.Trim(*change->mutable_session());
}

}  // namespace holter::registry
