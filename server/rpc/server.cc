#include "rpc/server.h"

#include <fmt/format.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/server_builder_plugin.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"
#include "rpc/grpc_log.h"
#include "rpc/preset_service.h"
#include "rpc/reflection_gate.h"
#include "rpc/session_service.h"
#include "rpc/tls_credentials.h"

namespace holter::rpc {
namespace {

// How long after its deadline a shutdown waits for what it has cancelled.
constexpr Duration kLastGrace = std::chrono::seconds(1);
// How long after its age a connection may go on.
constexpr Duration kMostAgeGrace = std::chrono::minutes(1);

// Linking the reflection library switches it on for every server of the process; this makes it a choice of each.
class ReflectionOption final : public grpc::ServerBuilderOption {
 public:
  explicit ReflectionOption(bool enabled) : enabled_(enabled) {}

  void UpdateArguments(grpc::ChannelArguments* /*args*/) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    std::erase_if(*plugins, [](const auto& plugin) {
      return dynamic_cast<const grpc::reflection::ProtoServerReflectionPlugin*>(plugin.get()) != nullptr;
    });
    if (enabled_) {
      plugins->push_back(std::make_unique<grpc::reflection::ProtoServerReflectionPlugin>());
    }
  }

 private:
  const bool enabled_;
};

// Calls `late` unless it is destroyed within `deadline`.
class Deadline {
 public:
  Deadline(Duration deadline, std::function<void()> late)
      : thread_([this, deadline, late = std::move(late)] {
          std::unique_lock lock(mutex_);
          if (!changed_.wait_for(lock, deadline, [this] { return met_; })) {
            lock.unlock();
            late();
          }
        }) {}
  ~Deadline() {
    {
      const std::lock_guard lock(mutex_);
      met_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool met_ = false;
  std::thread thread_;
};

void Configure(grpc::ServerBuilder& builder, const RpcOptions& options) {
  const auto milliseconds = [](Duration duration) {
    return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
  };
  builder.SetMaxReceiveMessageSize(options.max_request_bytes);
  // A second daemon on the same port has to fail, not to take every other connection.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_concurrent_streams);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             milliseconds(options.least_ping_interval));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, milliseconds(options.handshake_timeout));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, milliseconds(options.max_connection_idle));
  if (options.max_connection_age > Duration::zero()) {
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, milliseconds(options.max_connection_age));
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
                               milliseconds(std::min(options.max_connection_age, kMostAgeGrace)));
  }
  // Watches of clients whose machine is gone end too.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, milliseconds(std::chrono::seconds(30)));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, milliseconds(std::chrono::seconds(10)));
  builder.SetOption(std::make_unique<ReflectionOption>(options.reflection));
  if (options.reflection && options.access.control != nullptr) {
    std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> interceptors;
    interceptors.push_back(MakeReflectionGate(options.access));
    builder.experimental().SetInterceptorCreators(std::move(interceptors));
  }
}

// gRPC takes the lower 16 bits of a larger number.
bool IsPortInRange(std::string_view listen) {
  const std::string_view port = listen.substr(std::min(listen.rfind(':') + 1, listen.size()));
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc::invalid_argument || (error == std::errc() && number <= 65535);
}

absl::Status CannotListen(const std::string& listen) {
  return MakeError(
      absl::StatusCode::kUnavailable, "LISTEN_FAILED",
      fmt::format("cannot listen on {} for gRPC: the address is taken, not of this machine, or malformed", listen),
      {{"address", listen}});
}

class GrpcServer final : public RpcServer {
 public:
  GrpcServer(const RpcOptions& options, std::shared_ptr<grpc::ServerCredentials> credentials,
             std::unique_ptr<SessionService> service, std::unique_ptr<PresetService> presets,
             std::unique_ptr<grpc::Server> server, int port)
      : listen_(options.listen),
        port_(port),
        credentials_(std::move(credentials)),
        service_(std::move(service)),
        presets_(std::move(presets)),
        server_(std::move(server)) {
    for (const char* const name : {v1::SessionService::service_full_name(), v1::PresetService::service_full_name()}) {
      server_->GetHealthCheckService()->SetServingStatus(name, true);
    }
  }

  ~GrpcServer() override { Shutdown(Duration::zero()); }

  int port() const override { return port_; }

  std::string address() const override {
    const size_t colon = listen_.rfind(':');
    return listen_.substr(colon) == ":0" ? fmt::format("{}:{}", listen_.substr(0, colon), port_) : listen_;
  }

  void Shutdown(Duration deadline) override {
    const std::lock_guard lock(mutex_);
    if (std::exchange(down_, true)) {
      return;
    }
    server_->GetHealthCheckService()->SetServingStatus(false);
    service_->EndStreams();
    {
      // gRPC cancels calls at its deadline, and then waits for their answers without end; who is answered before that
      // still hears why.
      const Deadline answers(deadline * 4 / 5, [this] { service_->FinishCalls(); });
      server_->Shutdown(std::chrono::system_clock::now() + deadline);
    }
    service_->Stop(kLastGrace);
  }

 private:
  const std::string listen_;
  const int port_;
  std::mutex mutex_;
  bool down_ = false;
  // gRPC's core asks it for certificates as long as there is a listener.
  const std::shared_ptr<grpc::ServerCredentials> credentials_;
  const std::unique_ptr<SessionService> service_;
  const std::unique_ptr<PresetService> presets_;
  const std::unique_ptr<grpc::Server> server_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(const RpcOptions& options) {
  if (!IsPortInRange(options.listen)) {
    return CannotListen(options.listen);
  }
  RouteGrpcLog();
  grpc::EnableDefaultHealthCheckService(true);
  const Clock& clock = options.clock != nullptr ? *options.clock : SystemClock();
  auto service = std::make_unique<SessionService>(*options.registry, *options.operations, clock, options.access,
                                                  options.call_timeout, options.write_timeout);
  auto presets = std::make_unique<PresetService>(*options.operations, clock, options.access);
  grpc::ServerBuilder builder;
  int port = 0;
  const std::shared_ptr<grpc::ServerCredentials> credentials =
      options.certificate != nullptr ? MakeTlsCredentials(*options.certificate) : grpc::InsecureServerCredentials();
  builder.AddListeningPort(options.listen, credentials, &port);
  Configure(builder, options);
  builder.RegisterService(service.get());
  builder.RegisterService(presets.get());
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    return CannotListen(options.listen);
  }
  return std::make_unique<GrpcServer>(options, credentials, std::move(service), std::move(presets), std::move(server),
                                      port);
}

}  // namespace holter::rpc
