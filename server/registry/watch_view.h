// What one watcher wants to see of the changes: which sessions, which fields, every step or only the last.
#pragma once

#include <optional>
#include <vector>

#include <google/protobuf/field_mask.pb.h>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "core/session_observer.h"
#include "holter/v1/session_service.pb.h"
#include "registry/change_entry.h"
#include "registry/change_log.h"
#include "registry/session_filter.h"

namespace holter::registry {

// With a filter it remembers of every session that it was asked about whether the watcher knows it; without one it
// remembers nothing. One thread at a time.
class WatchView {
 public:
  static constexpr Duration kLeastBookmarkInterval = std::chrono::seconds(1);
  static constexpr Duration kMostBookmarkInterval = std::chrono::hours(1);

  // INVALID_ARGUMENT for the fields `filter`, `read_mask` and `bookmark_interval`.
  static absl::StatusOr<WatchView> Parse(const v1::WatchSessionsRequest& request);

  bool conflates() const { return conflates_; }
  // Zero: none are wanted.
  Duration bookmark_interval() const { return bookmark_interval_; }
  bool filters() const { return !filter_.empty(); }

  // True: the session belongs into the snapshot.
  bool Admit(const LiveSession& session, const Moment& now);
  // As what the watcher is told of the change, if at all: a session that begins to match is DECLARED to it, one that
  // stops is LEFT, and so is one of which a watcher that resumed may have known.
  std::optional<v1::SessionChange::Kind> Judge(const ChangeEntry& entry);
  // Takes out what a later change in the list says as well, if the watcher wants only the last.
  void Conflate(std::vector<ChangeLog::Numbered>& changes) const;
  // Name and uid stay.
  void Trim(v1::Session& session) const;

  // A snapshot begins anew.
  void Forget() {
    known_.clear();
    resumed_ = false;
  }

 private:
  explicit WatchView(SessionFilter filter) : filter_(std::move(filter)) {}

  SessionFilter filter_;
  google::protobuf::FieldMask mask_;  // without paths: everything
  bool conflates_ = false;
  bool resumed_ = false;  // the watcher may know sessions of which we do not
  Duration bookmark_interval_{};
  absl::flat_hash_map<core::SessionId, bool> known_;  // whether it matched when last judged
};

}  // namespace holter::registry
