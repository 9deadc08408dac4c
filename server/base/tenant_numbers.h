// A small number for each tenant, so that what there are many of need not hold a name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace holter {

// Stands for no tenant in particular.
inline constexpr uint32_t kNoTenant = 0;

// Any thread. A name keeps its number as long as this lives; none is forgotten.
class TenantNumbers {
 public:
  // From 1 on.
  uint32_t Of(std::string_view tenant) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Mutex mutex_;  // leaf
  std::unordered_map<std::string, uint32_t> numbers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace holter
