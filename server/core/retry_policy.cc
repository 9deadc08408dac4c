#include "core/retry_policy.h"

namespace holter::core {
namespace {

constexpr uint16_t kNoCloseFrame = 1006;

const CloseRule* FindRule(const ClosePolicySpec& policy, CloseRule::Kind kind, int value) {
  for (const CloseRule& rule : policy.rules) {
    if (rule.kind == kind && value >= rule.first && value <= rule.last) return &rule;
  }
  return nullptr;
}

}  // namespace

RetryClass ClassOfClose(const ClosePolicySpec& policy, uint16_t code) {
  if (code == 0) code = kNoCloseFrame;
  if (const CloseRule* rule = FindRule(policy, CloseRule::Kind::kCloseCode, code)) return rule->then;
  switch (code) {
    case 1002:  // protocol error
    case 1003:  // unsupported data
    case 1007:  // invalid payload
    case 1008:  // policy violation
    case 1009:  // message too big
    case 1010:  // extension missing
    case 1012:  // service restart
    case 1013:  // try again later
    case 1015:  // TLS
      return RetryClass::kSlow;
    default:
      return RetryClass::kBackOff;
  }
}

RetryClass ClassOfHttpStatus(const ClosePolicySpec& policy, int status) {
  if (const CloseRule* rule = FindRule(policy, CloseRule::Kind::kHttpStatus, status)) return rule->then;
  if (status == 410) return RetryClass::kNever;
  if (status == 408 || status == 425 || status == 429) return RetryClass::kBackOff;
  return status >= 400 && status <= 499 ? RetryClass::kSlow : RetryClass::kBackOff;
}

RetryClass ClassOfReason(Reason reason) {
  switch (reason) {
    case Reason::kTlsUntrusted:
    case Reason::kTlsExpired:
    case Reason::kTlsName:
    case Reason::kEgressDenied:
    case Reason::kSecret:
    case Reason::kSendBudget:
      return RetryClass::kSlow;
    default:
      return RetryClass::kBackOff;
  }
}

}  // namespace holter::core
