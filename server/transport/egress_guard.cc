#include "transport/egress_guard.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace holter::transport {
namespace {

namespace ip = boost::asio::ip;

absl::Status Denied(const EgressTarget& target, const ip::address& address, const EgressVerdict& verdict) {
  boost::system::error_code is_name;
  ip::make_address(target.host, is_name);
  const std::string_view name = verdict.range == nullptr ? verdict.rule : verdict.range->name;
  std::string message;
  if (is_name) {
    message = fmt::format("{} leads to an address that is not allowed as a target ({})", target.host, name);
  } else if (verdict.range != nullptr) {
    message = fmt::format("{} is in {} ({}), which is not allowed as a target", address.to_string(),
                          verdict.range->text, name);
  } else {
    message = fmt::format("{} is not allowed as a target ({})", address.to_string(), name);
  }
  return MakeError(absl::StatusCode::kPermissionDenied, "EGRESS_DENIED", message,
                   {{"rule", std::string(verdict.rule)}});
}

}  // namespace

EgressGuard::EgressGuard(bool allow_loopback, OperationObserver& operations)
    : allow_loopback_(allow_loopback), operations_(operations), rules_(std::make_shared<const Rules>()) {}

std::unique_ptr<EgressGuard> EgressGuard::Open() {
  auto guard = std::make_unique<EgressGuard>(true);
  TenantNumbers none;
  EgressPolicy open;
  open.everyone.mode = EgressMode::kOff;
  guard->SetPolicy(std::move(open), none);
  return guard;
}

void EgressGuard::SetPolicy(EgressPolicy policy, TenantNumbers& tenants) {
  auto rules = std::make_shared<Rules>();
  rules->everyone = std::move(policy.everyone);
  for (auto& [tenant, own] : policy.tenants) rules->tenants.emplace(tenants.Of(tenant), std::move(own));
  absl::MutexLock lock(&mutex_);
  rules_ = std::move(rules);
}

absl::Status EgressGuard::Check(const EgressTarget& target, const ip::address& address) const {
  std::shared_ptr<const Rules> rules;
  {
    absl::MutexLock lock(&mutex_);
    rules = rules_;
  }
  const auto own = rules->tenants.find(target.tenant);
  const EgressRules& judged_by = own == rules->tenants.end() ? rules->everyone : own->second;
  const EgressVerdict verdict = Judge(judged_by, allow_loopback_, target, address);
  const bool reported = !verdict.allowed && judged_by.mode == EgressMode::kReport;
  operations_.OnEgress(verdict.allowed ? "allowed" : (reported ? "reported" : "denied"), verdict.rule);
  return verdict.allowed || reported ? absl::OkStatus() : Denied(target, address, verdict);
}

}  // namespace holter::transport
