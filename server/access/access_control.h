// The access file as it stands now.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "access/access_policy.h"
#include "access/reloadable.h"

namespace holter::access {

class AccessControl final : public Reloadable {
 public:
  // The error is that of ReadAccessFile.
  static absl::StatusOr<std::unique_ptr<AccessControl>> Open(const std::string& path);

  // Never null. Whoever judges one call by it uses one answer for the whole of it.
  std::shared_ptr<const AccessPolicy> policy() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Grows with every policy that is taken over.
  uint64_t generation() const { return generation_; }

  std::string_view what() const override { return "access"; }
  std::vector<std::string> Files() const override ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Reload() override ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  explicit AccessControl(std::string path) : path_(std::move(path)) {}

  const std::string path_;
  std::atomic<uint64_t> generation_{0};
  mutable absl::Mutex mutex_;  // leaf
  std::shared_ptr<const AccessPolicy> policy_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> files_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace holter::access
