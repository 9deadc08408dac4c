#include "app/daemon.h"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>

#include "app/start_check.h"
#include "app/store_tasks.h"
#include "base/clock.h"
#include "base/json_text.h"
#include "base/log.h"

namespace holter::app {
namespace {

// Bounds of the phases of a stop besides --stop-timeout; together below the five seconds that an operator may expect.
constexpr Duration kRpcStop = std::chrono::milliseconds(500);
constexpr Duration kHttpStop = std::chrono::milliseconds(300);

// How late a lease may end.
constexpr Duration kLeaseInterval = std::chrono::seconds(1);

}  // namespace

Daemon::Daemon(const Configuration& config)
    : config_(config),
      metrics_(observe::MetricsOptions{.clock = &SystemClock(), .version = HOLTER_VERSION}),
      secrets_(config.secrets_dir),
      guard_(/*allow_loopback=*/IsLoopbackListen(config.grpc_listen) && IsLoopbackListen(config.http_listen),
             metrics_) {}

Daemon::~Daemon() = default;

absl::Status Daemon::Start() {
  absl::Status status = CheckStart(config_);
  if (status.ok()) {
    status = BuildAccess();
  }
  if (status.ok()) {
    status = OpenStore();
  }
  if (status.ok()) {
    status = BuildEngine();
  }
  if (status.ok()) {
    status = BuildRegistry();
  }
  if (status.ok()) {
    status = StartServers();
  }
  if (!status.ok()) {
    Stop();
    return status;
  }
  unready_reason_ = "";
  reloader_->Start();
  Log(LogLevel::kInfo, "serving",
      {{"grpc", rpc_->address()}, {"http", http_->address()}, {"sessions", registry_->size()}});
  return WritePorts();
}

absl::Status Daemon::BuildAccess() {
  std::vector<access::Reloadable*> reloadables;
  if (!config_.access_file.empty()) {
    absl::StatusOr<std::unique_ptr<access::AccessControl>> access = access::AccessControl::Open(config_.access_file);
    if (!access.ok()) {
      return access.status();
    }
    access_ = *std::move(access);
    reloadables.push_back(access_.get());
  }
  if (!config_.policy_file.empty()) {
    absl::StatusOr<std::unique_ptr<LivePolicy>> policy =
        LivePolicy::Open(config_.policy_file, {.guard = &guard_, .quotas = &quotas_, .tenants = &tenants_});
    if (!policy.ok()) {
      return policy.status();
    }
    policy_ = *std::move(policy);
    reloadables.push_back(policy_.get());
  }
  if (!config_.grpc_tls.chain.empty()) {
    absl::StatusOr<std::unique_ptr<access::ServerCertificate>> certificate =
        access::ServerCertificate::Open(config_.grpc_tls);
    if (!certificate.ok()) {
      return certificate.status();
    }
    certificate_ = *std::move(certificate);
    reloadables.push_back(certificate_.get());
  }
  if (!config_.audit_log.empty()) {
    absl::StatusOr<std::unique_ptr<access::AuditLog>> audit = access::AuditLog::Open(config_.audit_log, metrics_);
    if (!audit.ok()) {
      return audit.status();
    }
    audit_ = *std::move(audit);
  }
  reloader_ = std::make_unique<access::FileReloader>(reloadables, metrics_);
  return absl::OkStatus();
}

absl::Status Daemon::BuildEngine() {
  engine::EngineOptions options;
  options.loops = config_.loops;
  options.connect_rate = config_.connect_rate;
  options.connect_in_flight = config_.connect_in_flight;
  options.transport = {.clock = &SystemClock(),
                       .secrets = &secrets_,
                       .guard = &guard_,
                       .operations = &metrics_,
                       .dns_server = config_.dns_server,
                       .user_agent = "holter/" HOLTER_VERSION};
  absl::StatusOr<std::unique_ptr<engine::Engine>> engine = engine::Engine::Create(options);
  if (!engine.ok()) {
    return engine.status();
  }
  engine_ = *std::move(engine);
  return absl::OkStatus();
}

absl::Status Daemon::OpenStore() {
  if (config_.store == StoreKind::kMemory) {
    store_ = store::MakeMemoryStore();
    return absl::OkStatus();
  }
  absl::StatusOr<std::unique_ptr<store::DurableStore>> store = store::OpenDurableStore(
      {.data_dir = config_.data_dir, .operations = &metrics_, .on_health = [this](std::string_view reason) {
         metrics_.SetStoreProblem(reason);
       }});
  if (!store.ok()) {
    return store.status();
  }
  durable_ = store->get();
  store_ = *std::move(store);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<store::EventStore>> Daemon::OpenHistory() {
  const store::EventOptions options{.on_dropped = [this](size_t events) { metrics_.AddDroppedEvents(events); }};
  if (durable_ != nullptr) {
    absl::StatusOr<std::unique_ptr<store::EventStore>> events = store::OpenSqliteEventStore(config_.data_dir, options);
    if (events.ok()) {
      return events;
    }
    Log(LogLevel::kWarning, "the history of sessions is kept in memory only",
        {{"error", std::string(events.status().message())}});
  }
  return store::MakeMemoryEventStore(options);
}

absl::Status Daemon::BuildRegistry() {
  absl::StatusOr<std::unique_ptr<store::EventStore>> events = OpenHistory();
  if (!events.ok()) {
    return events.status();
  }
  events_ = *std::move(events);
  absl::StatusOr<std::unique_ptr<registry::SessionRegistry>> registry =
      registry::SessionRegistry::Open({.engine = engine_.get(),
                                       .store = store_.get(),
                                       .events = events_.get(),
                                       .secrets = &secrets_,
                                       .observers = &metrics_,
                                       .tenants = &tenants_,
                                       .quotas = &quotas_,
                                       .guard = &guard_,
                                       .watch_history = config_.watch_history});
  if (!registry.ok()) {
    return registry.status();
  }
  registry_ = *std::move(registry);
  leases_ = std::make_unique<Ticker>(kLeaseInterval, [registry = registry_.get()] { registry->EndDueLeases(); });
  return absl::OkStatus();
}

absl::Status Daemon::StartServers() {
  std::function<WallTime()> certificate_expiry;
  if (certificate_ != nullptr) certificate_expiry = [this] { return certificate_->texts()->expiry; };
  absl::StatusOr<std::unique_ptr<observe::ObserveServer>> http =
      observe::ObserveServer::Start({.registry = registry_.get(),
                                     .engine = engine_.get(),
                                     .metrics = &metrics_,
                                     .quotas = &quotas_,
                                     .clock = &SystemClock(),
                                     .listen = config_.http_listen,
                                     .sessions = {.level = config_.series_level, .max_series = config_.series_limit},
                                     .status_page = ShowsStatusPage(config_),
                                     .certificate_expiry = std::move(certificate_expiry),
                                     .unready_reason = [this] { return std::string(unready_reason_.load()); }});
  if (!http.ok()) {
    return http.status();
  }
  http_ = *std::move(http);
  directory_ = registry::SessionsDirectory::Start(config_.sessions_dir, *registry_, metrics_);
  absl::StatusOr<std::unique_ptr<rpc::RpcServer>> rpc =
      rpc::RpcServer::Start({.registry = registry_.get(),
                             .operations = &metrics_,
                             .access = {.control = access_.get(), .audit = audit_.get()},
                             .certificate = certificate_.get(),
                             .listen = config_.grpc_listen,
                             .reflection = config_.reflection,
                             .max_request_bytes = config_.grpc_max_request_bytes,
                             .max_concurrent_streams = config_.grpc_max_streams,
                             .least_ping_interval = config_.grpc_least_ping_interval,
                             .max_connection_age = config_.grpc_max_connection_age,
                             .call_timeout = config_.grpc_call_timeout,
                             .write_timeout = config_.watch_write_timeout});
  if (!rpc.ok()) {
    return rpc.status();
  }
  rpc_ = *std::move(rpc);
  return absl::OkStatus();
}

absl::Status Daemon::WritePorts() const {
  if (config_.ports_file.empty()) {
    return absl::OkStatus();
  }
  std::string json = "{\"grpc\":";
  AppendJsonString(rpc_->address(), json);
  json += ",\"http\":";
  AppendJsonString(http_->address(), json);
  json += "}\n";
  // Renamed into place: who waits for the file never reads half of it.
  const std::string draft = config_.ports_file + ".new";
  std::ofstream file(draft, std::ios::trunc);
  file << json;
  file.close();
  if (!file || std::rename(draft.c_str(), config_.ports_file.c_str()) != 0) {
    return absl::UnavailableError(fmt::format("--ports-file: {} cannot be written", config_.ports_file));
  }
  return absl::OkStatus();
}

void Daemon::BackUp() { app::BackUp(durable_, config_.backup_dir); }

void Daemon::Reload() {
  reloader_->ReloadAll();
  if (audit_ != nullptr) {
    audit_->Reopen();
  }
}

void Daemon::Stop() {
  unready_reason_ = "stopping";
  reloader_.reset();
  if (registry_ != nullptr) {
    registry_->Close();
  }
  if (rpc_ != nullptr) {
    rpc_->Shutdown(kRpcStop);
  }
  directory_.reset();
  leases_.reset();
  if (engine_ != nullptr) {
    engine_->Shutdown(config_.stop_timeout);
  }
  rpc_.reset();
  if (http_ != nullptr) {
    http_->Shutdown(kHttpStop);
  }
  http_.reset();
  // The store's last callbacks reach the registry, so the store drains first; the registry refuses changes since Close.
  store_.reset();
  registry_.reset();
  engine_.reset();
  events_.reset();
  audit_.reset();
}

}  // namespace holter::app
