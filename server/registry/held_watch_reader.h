// A watch that counts towards its tenant's quota as long as it lives.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "holter/v1/session_service.pb.h"
#include "registry/tenant_quotas.h"
#include "registry/watch_log.h"

namespace holter::registry {

// Threads as WatchReader.
class HeldWatchReader final : public WatchReader {
 public:
  // `quotas` null, and a watch of every tenant: `reader` as it is. RESOURCE_EXHAUSTED as TenantQuotas::TakeWatch.
  static absl::StatusOr<std::unique_ptr<WatchReader>> Hold(TenantQuotas* quotas,
                                                           const v1::WatchSessionsRequest& request,
                                                           absl::StatusOr<std::unique_ptr<WatchReader>> reader);

  absl::StatusOr<v1::WatchSessionsResponse> Next(int max_changes) override { return reader_->Next(max_changes); }
  bool BookmarkDue() const override { return reader_->BookmarkDue(); }
  v1::WatchSessionsResponse Bookmark() override { return reader_->Bookmark(); }
  void OnReady(std::function<void()> wake) override { reader_->OnReady(std::move(wake)); }

 private:
  HeldWatchReader(std::unique_ptr<TenantQuotas::WatchHold> hold, std::unique_ptr<WatchReader> reader)
      : hold_(std::move(hold)), reader_(std::move(reader)) {}

  const std::unique_ptr<TenantQuotas::WatchHold> hold_;
  const std::unique_ptr<WatchReader> reader_;
};

}  // namespace holter::registry
