#include "app/live_policy.h"

#include <utility>

#include "app/policy_file.h"

namespace holter::app {

absl::StatusOr<std::unique_ptr<LivePolicy>> LivePolicy::Open(const std::string& path, const Outlets& outlets) {
  std::unique_ptr<LivePolicy> opened(new LivePolicy(path, outlets));
  if (absl::Status status = opened->Reload(); !status.ok()) return status;
  return opened;
}

absl::Status LivePolicy::Reload() {
  absl::StatusOr<PolicyFile> read = ReadPolicyFile(path_);
  if (!read.ok()) return read.status();
  outlets_.guard->SetPolicy(std::move(read->egress), *outlets_.tenants);
  outlets_.quotas->SetLimits(std::move(read->quotas));
  return absl::OkStatus();
}

}  // namespace holter::app
