#include "registry/write_context.h"

#include "base/error.h"

namespace holter::registry {

absl::Status WriteContext::CheckOpen() const {
  if (!closed->load()) return absl::OkStatus();
  return MakeError(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "holterd is stopping");
}

}  // namespace holter::registry
