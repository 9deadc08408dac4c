#include "registry/watch_view.h"

#include <fmt/format.h>
#include <google/protobuf/util/field_mask_util.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "base/error.h"
#include "registry/request_fields.h"
#include "spec/words.h"

namespace holter::registry {
namespace {

using google::protobuf::FieldMask;
using google::protobuf::util::FieldMaskUtil;

// `*` and no path mean everything.
void ParseMask(const FieldMask& asked, FieldMask& mask, std::vector<FieldViolation>& violations) {
  for (const std::string& path : asked.paths()) {
    if (path == "*") {
      mask.clear_paths();
      return;
    }
    if (!FieldMaskUtil::IsValidPath<v1::Session>(path)) {
      violations.push_back({.field = "read_mask", .description = fmt::format("\"{}\" is no path of a Session", path)});
      return;
    }
    mask.add_paths(path);
  }
  if (mask.paths().empty()) return;
  mask.add_paths("name");
  mask.add_paths("uid");
}

}  // namespace

absl::StatusOr<WatchView> WatchView::Parse(const v1::WatchSessionsRequest& request) {
  std::vector<FieldViolation> violations;
  absl::StatusOr<SessionFilter> filter = SessionFilter::Parse(request.filter());
  AppendViolations(filter.status(), violations);
  FieldMask mask;
  ParseMask(request.read_mask(), mask, violations);
  const Duration interval = spec::ToDuration(request.bookmark_interval());
  if (interval != Duration::zero() && (interval < kLeastBookmarkInterval || interval > kMostBookmarkInterval)) {
    violations.push_back({.field = "bookmark_interval", .description = "expected 0, or from 1s to 1h"});
  }
  if (!violations.empty()) return MakeInvalid(violations);
  WatchView view(*std::move(filter));
  view.mask_ = std::move(mask);
  view.resumed_ = !request.resume_token().empty();
  view.conflates_ = request.conflate();
  view.bookmark_interval_ = interval;
  return view;
}

bool WatchView::Admit(const LiveSession& session, const Moment& now) {
  if (!filters()) return true;
  const bool matches = filter_.Matches(SubjectOf(*session.record, VitalsOf(session, now), now));
  known_[session.record->id] = matches;
  return matches;
}

std::optional<v1::SessionChange::Kind> WatchView::Judge(const ChangeEntry& entry) {
  if (!filters()) return entry.kind;
  const core::SessionId id = entry.record->id;
  const auto known = known_.find(id);
  const bool was_in = known != known_.end() && known->second;
  const bool may_be_known = known != known_.end() ? known->second : resumed_;
  if (entry.kind == v1::SessionChange::KIND_DELETED) {
    known_.erase(id);
    if (!may_be_known) return std::nullopt;
    return entry.kind;
  }
  const bool is_in = filter_.Matches(SubjectOf(entry));
  known_[id] = is_in;
  if (is_in) return was_in ? entry.kind : v1::SessionChange::KIND_DECLARED;
  if (!may_be_known) return std::nullopt;
  return v1::SessionChange::KIND_LEFT;
}

void WatchView::Conflate(std::vector<ChangeLog::Numbered>& changes) const {
  if (!conflates_) return;
  absl::flat_hash_set<core::SessionId> declared_later;
  absl::flat_hash_set<core::SessionId> told_later;
  const auto is_stale = [&](const ChangeLog::Numbered& change) {
    const core::SessionId id = change.entry.record->id;
    const bool is_transition = change.entry.kind == v1::SessionChange::KIND_TRANSITION;
    const bool stale = is_transition ? told_later.contains(id) : declared_later.contains(id);
    told_later.insert(id);
    if (!is_transition) declared_later.insert(id);
    return stale;
  };
  std::vector<ChangeLog::Numbered> kept;
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    if (!is_stale(*change)) kept.push_back(std::move(*change));
  }
  std::reverse(kept.begin(), kept.end());
  changes = std::move(kept);
}

void WatchView::Trim(v1::Session& session) const {
  if (!mask_.paths().empty()) FieldMaskUtil::TrimMessage(mask_, &session);
}

}  // namespace holter::registry
