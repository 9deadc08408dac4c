#include "registry/change_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>

#include "base/error.h"

namespace holter::registry {

RecordPtr ChangeSet::Create(Declaration declaration, v1::Origin origin) {
  RecordPtr record = context_.lifecycle->MakeRecord(std::move(declaration), origin);
  changes_.emplace_back(PutOf(*record));
  created_.push_back(record);
  quota_.Add(record->tenant(), record->declaration.url);
  if (origin != v1::ORIGIN_FILE) AskFor(*record);
  return record;
}

RecordPtr ChangeSet::Replace(const LiveSession& current, Declaration declaration) {
  if (current.record->declaration.paused && !declaration.paused) ++resumed_;
  RecordPtr record = context_.lifecycle->MakeSuccessor(*current.record, std::move(declaration));
  if (record->declaration.url != current.record->declaration.url) {
    quota_.Move(current.record->declaration.url, record->declaration.url);
    if (record->origin != v1::ORIGIN_FILE) AskFor(*record);
  }
  changes_.emplace_back(PutOf(*record));
  replaced_.emplace_back(record, current.cell);
  return record;
}

void ChangeSet::AskFor(const SessionRecord& record) {
  is_asked_ = true;
  if (!denied_.ok()) return;
  const absl::Status status = context_.CheckEgress(record.tenant(), record.declaration.url);
  if (status.ok()) return;
  ErrorDetails details = DetailsOf(status);
  details.metadata.emplace_back("name", record.Name());
  denied_ = MakeError(status.code(), details.reason,
                      fmt::format("{}: spec.url: {}", record.Name(), std::string(status.message())), details.metadata);
}

void ChangeSet::Remove(LiveSession session) {
  changes_.emplace_back(store::DeleteChange{.name = session.record->Name()});
  quota_.Remove(session.record->tenant(), session.record->declaration.url);
  removed_.push_back(std::move(session));
}

void ChangeSet::Reconnect(engine::SessionHandle cell, Duration after) {
  reconnected_.emplace_back(std::move(cell), after);
}

// What is removed or paused gives its room back only when its loop has let go of it, so it is not counted here.
size_t ChangeSet::NewConnections() const {
  const auto begun = std::count_if(created_.begin(), created_.end(),
                                   [](const RecordPtr& record) { return !record->declaration.paused; });
  return static_cast<size_t>(begun) + resumed_;
}

absl::Status ChangeSet::Try() const {
  if (!denied_.ok()) return denied_;
  if (context_.quotas != nullptr && is_asked_) {
    absl::Status status = context_.quotas->Check(quota_, context_.lifecycle->clock().Now());
    if (!status.ok()) return status;
  }
  absl::Status status = context_.engine->Admit(NewConnections());
  if (status.ok()) context_.engine->Unadmit(NewConnections());
  return status;
}

absl::Status ChangeSet::TakeRoom() const {
  if (!denied_.ok()) return denied_;
  if (context_.quotas != nullptr && is_asked_) {
    absl::Status status = context_.quotas->Take(quota_, context_.lifecycle->clock().Now());
    if (!status.ok()) return status;
  } else if (context_.quotas != nullptr) {
    context_.quotas->TakeUnasked(quota_);
  }
  absl::Status status = context_.engine->Admit(NewConnections());
  if (!status.ok() && context_.quotas != nullptr) context_.quotas->Settle(quota_, false);
  return status;
}

void ChangeSet::GiveRoomBack() const {
  context_.engine->Unadmit(NewConnections());
  if (context_.quotas != nullptr) context_.quotas->Settle(quota_, false);
}

void ChangeSet::Commit(std::shared_ptr<ChangeSet> set, std::vector<store::Change> rows,
                       std::function<void(absl::Status)> done) {
  const WriteContext& context = set->context_;
  if (absl::Status status = set->TakeRoom(); !status.ok()) return done(status);
  std::vector<store::Change> changes = std::exchange(set->changes_, {});
  std::move(rows.begin(), rows.end(), std::back_inserter(changes));
  if (changes.empty()) {
    set->Publish();
    return done(absl::OkStatus());
  }
  context.store->Commit(std::move(changes), [set = std::move(set), done = std::move(done)](absl::Status status) {
    if (status.ok()) {
      set->Publish();
    } else {
      set->GiveRoomBack();
    }
    done(std::move(status));
  });
}

void ChangeSet::Publish() {
  if (context_.quotas != nullptr) context_.quotas->Settle(quota_, true);
  if (before_publishing_) before_publishing_();
  for (const LiveSession& session : removed_) {
    context_.lifecycle->Remove(session);
  }
  for (const auto& [record, cell] : replaced_) {
    context_.lifecycle->Change(record, cell);
  }
  for (const RecordPtr& record : created_) {
    context_.lifecycle->Publish(record, true);
  }
  for (const auto& [cell, after] : reconnected_) {
    context_.engine->Reconnect(cell, after);
  }
}

}  // namespace holter::registry
