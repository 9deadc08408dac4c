#include "registry/held_watch_reader.h"

#include <string>

#include "base/session_name.h"

namespace holter::registry {

absl::StatusOr<std::unique_ptr<WatchReader>> HeldWatchReader::Hold(
    TenantQuotas* quotas, const v1::WatchSessionsRequest& request,
    absl::StatusOr<std::unique_ptr<WatchReader>> reader) {
  if (quotas == nullptr || !reader.ok()) return reader;
  const absl::StatusOr<std::string> tenant = ParseParent(request.parent(), true);
  if (!tenant.ok() || *tenant == "-") return reader;
  absl::StatusOr<std::unique_ptr<TenantQuotas::WatchHold>> hold = quotas->TakeWatch(*tenant);
  if (!hold.ok()) return hold.status();
  return std::unique_ptr<WatchReader>(new HeldWatchReader(*std::move(hold), *std::move(reader)));
}

}  // namespace holter::registry
