// The gRPC listener: SessionService, PresetService, health checking (grpc.health.v1) and, if wanted, reflection.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "access/server_certificate.h"
#include "base/clock.h"
#include "base/operation_observer.h"
#include "registry/session_registry.h"
#include "rpc/access_gate.h"

namespace holter::rpc {

struct RpcOptions {
  // These outlive the server.
  registry::SessionRegistry* registry = nullptr;
  OperationObserver* operations = nullptr;
  const Clock* clock = nullptr;  // null: SystemClock()
  AccessOptions access{};
  const access::ServerCertificate* certificate = nullptr;  // null: plaintext

  std::string listen = "127.0.0.1:7600";  // port 0: the kernel chooses
  bool reflection = false;
  int max_request_bytes = 1 << 20;
  int max_concurrent_streams = 1000;  // a connection
  // The least time between pings of a client; more often and it is disconnected.
  Duration least_ping_interval = std::chrono::seconds(10);
  // A client is asked to connect anew after so long (give or take a tenth), and cut off as much later, at most a
  // minute. Nothing else ends a request that is half said. Zero: never.
  Duration max_connection_age = std::chrono::hours(1);
  // A connection without a call is closed after so long.
  Duration max_connection_idle = std::chrono::minutes(10);
  // A connection that is not ready for calls by then (TCP, TLS, HTTP/2 settings) is closed.
  Duration handshake_timeout = std::chrono::seconds(10);
  // A unary call that has no answer by then is ended with DEADLINE_EXCEEDED, CALL_TIMEOUT.
  Duration call_timeout = std::chrono::seconds(60);
  // A watch whose client takes no data for so long is cut off.
  Duration write_timeout = std::chrono::seconds(30);
};

// Threads: any. Stop: Shutdown, from a thread that is not gRPC's; the destructor does it with no patience.
class RpcServer {
 public:
  // UNAVAILABLE, LISTEN_FAILED: the address is taken, not ours, or malformed.
  static absl::StatusOr<std::unique_ptr<RpcServer>> Start(const RpcOptions& options);
  virtual ~RpcServer() = default;

  virtual int port() const = 0;
  // With the port that was bound.
  virtual std::string address() const = 0;

  // Health becomes NOT_SERVING, watches are told (UNAVAILABLE, SHUTTING_DOWN), calls may end until `deadline` has
  // passed, then they are ended. Returns when no call is left. Later calls do nothing.
  virtual void Shutdown(Duration deadline) = 0;
};

}  // namespace holter::rpc
