#include "registry/session_table.h"

#include <utility>

namespace holter::registry {

std::optional<LiveSession> SessionTable::Find(const NameRef& name) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return std::nullopt;
  return **found;
}

std::vector<std::optional<LiveSession>> SessionTable::FindAll(const std::vector<NameRef>& names) const {
  std::vector<std::optional<LiveSession>> sessions;
  sessions.reserve(names.size());
  absl::ReaderMutexLock lock(&mutex_);
  for (const NameRef& name : names) {
    const auto found = by_name_.find(name);
    sessions.push_back(found == by_name_.end() ? std::nullopt : std::optional<LiveSession>(**found));
  }
  return sessions;
}

std::optional<LiveSession> SessionTable::FindNamed(std::string_view name) const {
  const absl::StatusOr<SessionName> parsed = ParseSessionName(name);
  if (!parsed.ok()) return std::nullopt;
  return Find(NameOf(*parsed));
}

size_t SessionTable::size() const {
  absl::ReaderMutexLock lock(&mutex_);
  return by_name_.size();
}

uint64_t SessionTable::Walk(std::string_view tenant, const NameRef& after, size_t most,
                            std::vector<LiveSession>& out) const {
  const bool all = tenant == "-";
  absl::ReaderMutexLock lock(&mutex_);
  // Nobody declares or deletes meanwhile; a transition that is appended after this line is newer than what is found, or
  // also in it.
  const uint64_t revision = log_->next_revision();
  auto at = by_name_.begin();
  if (!after.session.empty()) {
    at = by_name_.upper_bound(after);
  } else if (!all) {
    at = by_name_.lower_bound(NameRef{.tenant = tenant, .session = ""});
  }
  for (; at != by_name_.end() && most > 0; ++at, --most) {
    const LiveSession& session = **at;
    if (!all && session.record->tenant() != tenant) break;
    out.push_back(session);
  }
  return revision;
}

LiveSession* SessionTable::FindById(core::SessionId id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

void SessionTable::Announce(v1::SessionChange::Kind kind, const LiveSession& session) {
  const Moment now = Moment::Of(*clock_);
  if (session.cell == nullptr) {
    log_->Append(builder_.OfDeclaration(kind, session.record, nullptr, now));
    return;
  }
  const core::SessionStatus status = session.cell->Snapshot();
  log_->Append(builder_.OfDeclaration(kind, session.record, &status, now));
}

void SessionTable::Insert(RecordPtr record, bool announce) {
  auto entry = std::make_unique<LiveSession>(LiveSession{.record = std::move(record), .cell = nullptr});
  LiveSession* const session = entry.get();
  absl::MutexLock lock(&mutex_);
  by_id_.emplace(session->record->id, session);
  by_name_.insert(std::move(entry));
  if (announce) Announce(v1::SessionChange::KIND_DECLARED, *session);
}

void SessionTable::SetCell(core::SessionId id, engine::SessionHandle cell) {
  absl::MutexLock lock(&mutex_);
  if (LiveSession* session = FindById(id)) session->cell = std::move(cell);
}

void SessionTable::Replace(RecordPtr record) {
  RecordPtr old;  // let go of without the mutex
  absl::MutexLock lock(&mutex_);
  LiveSession* session = FindById(record->id);
  if (session == nullptr) return;
  old = std::exchange(session->record, std::move(record));
  Announce(v1::SessionChange::KIND_DECLARED, *session);
}

void SessionTable::Remove(core::SessionId id) {
  absl::MutexLock lock(&mutex_);
  LiveSession* session = FindById(id);
  if (session == nullptr) return;
  Announce(v1::SessionChange::KIND_DELETED, *session);
  by_id_.erase(id);
  by_name_.erase(by_name_.find(NameOf(*session->record)));
}

RecordPtr SessionTable::Transitioned(core::SessionId id, const core::Transition& transition) {
  absl::ReaderMutexLock lock(&mutex_);
  const LiveSession* session = FindById(id);
  if (session == nullptr) return nullptr;
  const Moment now = Moment::Of(*clock_);
  if (session->cell == nullptr) {
    log_->Append(builder_.OfTransition(session->record, transition, nullptr, now));
  } else {
    const core::SessionStatus status = session->cell->Snapshot();
    log_->Append(builder_.OfTransition(session->record, transition, &status, now));
  }
  return session->record;
}

}  // namespace holter::registry
