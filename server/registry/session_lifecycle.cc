#include "registry/session_lifecycle.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "spec/words.h"

namespace holter::registry {
namespace {

std::optional<uint64_t> ParseEtag(const std::string& etag) {
  uint64_t revision = 0;
  const auto [end, error] = std::from_chars(etag.data(), etag.data() + etag.size(), revision, 16);
  if (error != std::errc() || end != etag.data() + etag.size()) return std::nullopt;
  return revision;
}

}  // namespace

RecordPtr SessionLifecycle::MakeRecord(Declaration declaration, v1::Origin origin) {
  const WallTime now = clock().WallNow();
  return std::make_shared<SessionRecord>(SessionRecord{.id = next_id_++,
                                                       .declaration = std::move(declaration),
                                                       .origin = origin,
                                                       .uid = NewUid(),
                                                       .revision = next_revision_++,
                                                       .create_time = now,
                                                       .update_time = now});
}

RecordPtr SessionLifecycle::MakeSuccessor(const SessionRecord& old, Declaration declaration) {
  auto record = std::make_shared<SessionRecord>(old);
  record->declaration = std::move(declaration);
  record->revision = next_revision_++;
  record->update_time = clock().WallNow();
  return record;
}

absl::StatusOr<RecordPtr> SessionLifecycle::Restore(const v1::Session& stored, Declaration declaration) {
  const std::optional<Uid> uid = ParseUid(stored.uid());
  const std::optional<uint64_t> revision = ParseEtag(stored.etag());
  if (!uid.has_value() || !revision.has_value() || !v1::Origin_IsValid(stored.origin())) {
    return MakeError(absl::StatusCode::kDataLoss, "STORE_DAMAGED",
                     fmt::format("the stored session {} has no valid uid, etag or origin", stored.name()),
                     {{"name", stored.name()}});
  }
  next_revision_ = std::max<uint64_t>(next_revision_, *revision + 1);
  return std::make_shared<SessionRecord>(SessionRecord{.id = next_id_++,
                                                       .declaration = std::move(declaration),
                                                       .origin = stored.origin(),
                                                       .uid = *uid,
                                                       .revision = *revision,
                                                       .create_time = spec::ToWallTime(stored.create_time()),
                                                       .update_time = spec::ToWallTime(stored.update_time())});
}

void SessionLifecycle::FinishRestore() {
  // The greatest revision may have been that of a session that is deleted; calendar time keeps its etag from coming
  // back.
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(clock().WallNow().time_since_epoch());
  next_revision_ = std::max<uint64_t>(next_revision_, static_cast<uint64_t>(std::max<int64_t>(micros.count(), 1)));
}

core::SessionObserver* SessionLifecycle::MetricsFor(const SessionRecord& record) const {
  return observers_->ObserverFor(record.tenant(), record.declaration.traits->group);
}

void SessionLifecycle::Publish(const RecordPtr& record, bool announce) {
  table_->Insert(record, announce);
  core::SessionSpec spec = record->declaration.Spec();
  if (tenants_ != nullptr) spec.tenant = tenants_->Of(record->tenant());
  table_->SetCell(record->id, engine_->Begin(record->id, std::move(spec), MetricsFor(*record), transitions_));
}

engine::SessionHandle SessionLifecycle::BeginUndeclared(std::string_view tenant, core::SessionSpec spec,
                                                        core::SessionObserver* observer) {
  if (tenants_ != nullptr) spec.tenant = tenants_->Of(tenant);
  return engine_->Begin(next_id_++, std::move(spec), observer, nullptr);
}

void SessionLifecycle::Change(const RecordPtr& record, const engine::SessionHandle& cell) {
  table_->Replace(record);
  engine_->Update(cell, record->declaration.Spec(), MetricsFor(*record));
}

void SessionLifecycle::Remove(const LiveSession& session) {
  table_->Remove(session.record->id);
  engine_->End(session.cell, nullptr);
}

}  // namespace holter::registry
