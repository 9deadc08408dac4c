#include "transport/egress_guard.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "core/url.h"

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

EgressGuard::Ruling EgressGuard::Rule(const EgressTarget& target, const ip::address& address) const {
  std::shared_ptr<const Rules> rules;
  {
    absl::MutexLock lock(&mutex_);
    rules = rules_;
  }
  const auto own = rules->tenants.find(target.tenant);
  const EgressRules& judged_by = own == rules->tenants.end() ? rules->everyone : own->second;
  const EgressVerdict verdict = Judge(judged_by, allow_loopback_, target, address);
  return {.verdict = verdict, .reported = !verdict.allowed && judged_by.mode == EgressMode::kReport};
}

absl::Status EgressGuard::Check(const EgressTarget& target, const ip::address& address) const {
  const Ruling ruling = Rule(target, address);
  operations_.OnEgress(ruling.verdict.allowed ? "allowed" : (ruling.reported ? "reported" : "denied"),
                       ruling.verdict.rule);
  return ruling.allowed() ? absl::OkStatus() : Denied(target, address, ruling.verdict);
}

absl::Status EgressGuard::CheckDeclared(uint32_t tenant, std::string_view url) const {
  const absl::StatusOr<core::Url> parsed = core::ParseUrl(url);
  if (!parsed.ok()) return absl::OkStatus();  // the declaration's own fault
  boost::system::error_code is_name;
  const ip::address address = ip::make_address(parsed->host, is_name);
  if (is_name) return absl::OkStatus();
  const EgressTarget target{.tenant = tenant, .host = parsed->host, .port = parsed->port};
  const Ruling ruling = Rule(target, address);
  return ruling.allowed() ? absl::OkStatus() : Denied(target, address, ruling.verdict);
}

}  // namespace holter::transport
