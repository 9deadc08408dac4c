#include "rpc/watch_source.h"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace holter::rpc {
namespace {

constexpr int kMostChanges = 500;
constexpr size_t kGoodSize = size_t{256} << 10;

}  // namespace

absl::StatusOr<std::optional<v1::WatchSessionsResponse>> WatchSource::Next() {
  absl::StatusOr<v1::WatchSessionsResponse> next = reader_->Next(most_changes_);
  if (!next.ok()) return next.status();
  is_full_ = next->changes_size() >= most_changes_;
  if (!next->changes().empty()) {
    AdaptTo(*next);
  } else if (reader_->BookmarkDue()) {
    next = reader_->Bookmark();
  }
  if (next->changes().empty()) return std::nullopt;
  return *std::move(next);
}

void WatchSource::AdaptTo(const v1::WatchSessionsResponse& response) {
  const size_t each = std::max<size_t>(response.ByteSizeLong() / static_cast<size_t>(response.changes_size()), 1);
  most_changes_ = static_cast<int>(std::clamp<size_t>(kGoodSize / each, 1, kMostChanges));
}

}  // namespace holter::rpc
