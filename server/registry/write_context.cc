#include "registry/write_context.h"

#include "base/error.h"

namespace holter::registry {

absl::Status WriteContext::CheckOpen() const {
  if (!closed->load()) return absl::OkStatus();
  return MakeError(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "holterd is stopping");
}

absl::Status WriteContext::CheckEgress(std::string_view tenant, std::string_view url) const {
  if (guard == nullptr) return absl::OkStatus();
  return guard->CheckDeclared(tenants == nullptr ? 0 : tenants->Of(tenant), url);
}

}  // namespace holter::registry
