#include "base/tenant_numbers.h"

namespace holter {

uint32_t TenantNumbers::Of(std::string_view tenant) {
  absl::MutexLock lock(&mutex_);
  const auto next = static_cast<uint32_t>(numbers_.size() + 1);
  return numbers_.try_emplace(std::string(tenant), next).first->second;
}

}  // namespace holter
