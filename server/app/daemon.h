// Every part of holterd, built in order and stopped in the opposite order.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "access/access_control.h"
#include "access/audit_log.h"
#include "access/file_reloader.h"
#include "app/configuration.h"
#include "app/live_policy.h"
#include "base/secret.h"
#include "base/tenant_numbers.h"
#include "base/ticker.h"
#include "engine/engine.h"
#include "observe/metrics.h"
#include "observe/observe_server.h"
#include "registry/session_registry.h"
#include "registry/sessions_directory.h"
#include "registry/tenant_quotas.h"
#include "rpc/server.h"
#include "store/durable_store.h"
#include "store/event_store.h"
#include "transport/egress_guard.h"

namespace holter::app {

// Used by one thread, the main one, which is none of those that the parts start.
class Daemon {
 public:
  explicit Daemon(const Configuration& config);
  // Stop has to have ended, or Start not to have been called.
  ~Daemon();

  // The composition root. On an error what had been built is stopped again.
  absl::Status Start();

  // Writes a backup of the store to --backup-dir; tells the log how it went. Between Start and Stop.
  void BackUp();

  // Ordered, and bounded by the sum of its phases' bounds: readiness goes; watches and changes end; RPCs in flight end;
  // close frames (1001) go out and sessions end within --stop-timeout; loops end; the store drains; HTTP ends.
  void Stop();

  // Reads again what may change while it runs, and goes on in a new audit log. Only between Start and Stop.
  void Reload();

 private:
  absl::Status BuildAccess();
  absl::Status BuildEngine();
  absl::Status OpenStore();
  absl::StatusOr<std::unique_ptr<store::EventStore>> OpenHistory();
  absl::Status BuildRegistry();
  absl::Status StartServers();
  absl::Status WritePorts() const;

  const Configuration config_;

  // In the order of construction; each may point to those above it.
  observe::Metrics metrics_;
  const DirectorySecretSource secrets_;
  TenantNumbers tenants_;
  transport::EgressGuard guard_;
  registry::TenantQuotas quotas_;
  std::unique_ptr<LivePolicy> policy_;                      // null: no file
  std::unique_ptr<access::AccessControl> access_;           // null: no file
  std::unique_ptr<access::AuditLog> audit_;                 // null: none
  std::unique_ptr<access::ServerCertificate> certificate_;  // null: plaintext
  std::unique_ptr<access::FileReloader> reloader_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<store::Store> store_;
  store::DurableStore* durable_ = nullptr;  // store_, when it is on a disk
  std::unique_ptr<store::EventStore> events_;
  std::unique_ptr<registry::SessionRegistry> registry_;
  std::unique_ptr<Ticker> leases_;  // has the registry end them
  std::unique_ptr<registry::SessionsDirectory> directory_;
  std::unique_ptr<observe::ObserveServer> http_;
  std::unique_ptr<rpc::RpcServer> rpc_;

  // Why /readyz is red; read by the HTTP thread.
  std::atomic<const char*> unready_reason_{"starting"};
};

}  // namespace holter::app
