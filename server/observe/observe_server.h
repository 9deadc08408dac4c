// What Holter shows over HTTP: the status page, /metrics, /sd, /probe, /livez, /readyz.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "engine/engine.h"
#include "observe/http_server.h"
#include "observe/metrics.h"
#include "observe/session_exposition.h"
#include "registry/session_registry.h"
#include "registry/tenant_quotas.h"

namespace holter::observe {

// Each pointer outlives the server.
struct ObserveOptions {
  registry::SessionRegistry* registry = nullptr;
  engine::Engine* engine = nullptr;
  Metrics* metrics = nullptr;
  const registry::TenantQuotas* quotas = nullptr;  // null: there are none
  const Clock* clock = nullptr;
  std::string listen = "127.0.0.1:7601";
  SessionExpositionOptions sessions;
  bool status_page = true;
  // When the certificate of the gRPC listener ends; null: it has none. Called from the server's thread.
  std::function<WallTime()> certificate_expiry;
  // Why Holter does not take work now ("starting", "stopping"); empty: it does. Called from the server's thread.
  std::function<std::string()> unready_reason;
};

// Threads and stop as HttpServer.
class ObserveServer {
 public:
  static absl::StatusOr<std::unique_ptr<ObserveServer>> Start(const ObserveOptions& options);

  const std::string& address() const { return http_->address(); }
  uint16_t port() const { return http_->port(); }
  void Shutdown(Duration deadline) { http_->Shutdown(deadline); }

 private:
  explicit ObserveServer(std::unique_ptr<HttpServer> http) : http_(std::move(http)) {}
  const std::unique_ptr<HttpServer> http_;
};

}  // namespace holter::observe
