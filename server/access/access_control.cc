#include "access/access_control.h"

#include <utility>

#include "access/access_file.h"

namespace holter::access {

absl::StatusOr<std::unique_ptr<AccessControl>> AccessControl::Open(const std::string& path) {
  std::unique_ptr<AccessControl> opened(new AccessControl(path));
  if (absl::Status status = opened->Reload(); !status.ok()) return status;
  return opened;
}

std::shared_ptr<const AccessPolicy> AccessControl::policy() const {
  absl::MutexLock lock(&mutex_);
  return policy_;
}

std::vector<std::string> AccessControl::Files() const {
  absl::MutexLock lock(&mutex_);
  return files_;
}

absl::Status AccessControl::Reload() {
  absl::StatusOr<AccessFile> read = ReadAccessFile(path_);
  if (!read.ok()) return read.status();
  auto policy = std::make_shared<const AccessPolicy>(std::move(read->policy));
  {
    absl::MutexLock lock(&mutex_);
    policy_ = std::move(policy);
    files_ = std::move(read->files);
  }
  ++generation_;
  return absl::OkStatus();
}

}  // namespace holter::access
