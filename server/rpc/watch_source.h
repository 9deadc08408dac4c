// A watch as a stream: responses of a good size, and bookmarks when they are due.
#pragma once

#include <memory>
#include <utility>

#include "holter/v1/session_service.pb.h"
#include "registry/stream_reader.h"
#include "registry/watch_log.h"

namespace holter::rpc {

// As StreamReader.
class WatchSource final : public registry::StreamReader<v1::WatchSessionsResponse> {
 public:
  explicit WatchSource(std::unique_ptr<registry::WatchReader> reader) : reader_(std::move(reader)) {}

  absl::StatusOr<std::optional<v1::WatchSessionsResponse>> Next() override;
  bool is_eager() const override { return is_full_; }
  bool finished() const override { return false; }
  bool IsDue(TimePoint /*now*/) const override { return reader_->BookmarkDue(); }
  void OnReady(std::function<void()> wake) override { reader_->OnReady(std::move(wake)); }

 private:
  // Sessions differ in size a hundredfold, and clients refuse messages beyond 4 MiB by default.
  void AdaptTo(const v1::WatchSessionsResponse& response);

  const std::unique_ptr<registry::WatchReader> reader_;
  int most_changes_ = 16;
  bool is_full_ = false;  // the last response
};

}  // namespace holter::rpc
