// The policy file as it stands now, handed to those who enforce it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "access/reloadable.h"
#include "base/tenant_numbers.h"
#include "registry/tenant_quotas.h"
#include "transport/egress_guard.h"

namespace holter::app {

// Threads as access::Reloadable.
class LivePolicy final : public access::Reloadable {
 public:
  // What is told to whom; all outlive this.
  struct Outlets {
    transport::EgressGuard* guard = nullptr;
    registry::TenantQuotas* quotas = nullptr;
    TenantNumbers* tenants = nullptr;
  };

  // Reads the file and hands it on. The error is that of ReadPolicyFile.
  static absl::StatusOr<std::unique_ptr<LivePolicy>> Open(const std::string& path, const Outlets& outlets);

  std::string_view what() const override { return "policy"; }
  std::vector<std::string> Files() const override { return {path_}; }
  absl::Status Reload() override;

 private:
  LivePolicy(std::string path, const Outlets& outlets) : path_(std::move(path)), outlets_(outlets) {}

  const std::string path_;
  const Outlets outlets_;
};

}  // namespace holter::app
