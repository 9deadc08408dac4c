// What the ways of declaring share.
#pragma once

#include <atomic>
#include <string_view>

#include "absl/status/status.h"
#include "base/secret.h"
#include "base/tenant_numbers.h"
#include "engine/engine.h"
#include "registry/declaration_compiler.h"
#include "registry/name_sequencer.h"
#include "registry/request_log.h"
#include "registry/session_lifecycle.h"
#include "registry/session_table.h"
#include "registry/tenant_quotas.h"
#include "store/store.h"
#include "transport/egress_guard.h"

namespace holter::registry {

// All of it outlives them.
struct WriteContext {
  engine::Engine* engine = nullptr;
  store::Store* store = nullptr;
  const SecretSource* secrets = nullptr;
  SessionTable* table = nullptr;
  NameSequencer* names = nullptr;
  LeaseTable* leases = nullptr;
  DeclarationCompiler* compiler = nullptr;
  SessionLifecycle* lifecycle = nullptr;
  RequestLog* requests = nullptr;
  TenantQuotas* quotas = nullptr;                 // null: nothing is counted
  const transport::EgressGuard* guard = nullptr;  // null: every address may be declared
  TenantNumbers* tenants = nullptr;               // null: of no tenant in particular
  const std::atomic<bool>* closed = nullptr;

  // UNAVAILABLE, SHUTTING_DOWN, when no more changes are taken.
  absl::Status CheckOpen() const;
  // PERMISSION_DENIED, EGRESS_DENIED: no session of the tenant may lead to the address in this URL.
  absl::Status CheckEgress(std::string_view tenant, std::string_view url) const;
};

}  // namespace holter::registry
