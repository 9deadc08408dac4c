// What holterd was told: flags, environment (HOLTER_…), and the file of --config, in this order of precedence.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "access/server_certificate.h"
#include "base/clock.h"
#include "base/log.h"
#include "observe/session_exposition.h"

namespace holter::app {

// Which store keeps the declarations.
enum class StoreKind { kSqlite, kMemory };

// Whether HTTP shows the status page. kAuto: while the API asks nobody who they are either.
enum class StatusPageChoice { kAuto, kOn, kOff };

// What to do in place of serving.
enum class Task { kServe, kCheckStore, kRepairStore, kRestoreStore };

// Checked; defaults are those of --help.
struct Configuration {
  std::string grpc_listen = "127.0.0.1:7600";
  std::string http_listen = "127.0.0.1:7601";
  bool insecure = false;
  bool insecure_http = false;
  access::CertificateFiles grpc_tls;  // chain and key both or neither: plaintext
  bool reflection = false;
  std::string ports_file;
  std::string access_file;  // empty: everybody may do everything
  std::string audit_log;    // empty: none
  std::string policy_file;  // empty: the guard's own ranges, and no limits

  StoreKind store = StoreKind::kSqlite;
  std::string data_dir = "./holter-data";
  std::string backup_dir;
  Task task = Task::kServe;
  std::string restore_from;
  std::string sessions_dir;
  std::string secrets_dir;

  int loops = 0;
  double connect_rate = 200;
  int connect_in_flight = 256;
  std::string dns_server;
  int grpc_max_request_bytes = 1 << 20;
  int grpc_max_streams = 1000;
  Duration grpc_call_timeout = std::chrono::seconds(60);
  Duration grpc_least_ping_interval = std::chrono::seconds(10);
  Duration grpc_max_connection_age = std::chrono::hours(1);
  size_t watch_history = 65536;
  Duration watch_write_timeout = std::chrono::seconds(30);

  observe::SeriesLevel series_level = observe::SeriesLevel::kBasic;
  size_t series_limit = 200'000;
  StatusPageChoice status_page = StatusPageChoice::kAuto;

  LogFormat log_format = LogFormat::kText;
  LogLevel log_level = LogLevel::kInfo;
  Duration stop_timeout = std::chrono::milliseconds(3500);
};

// Parses the command line. Sets `exit_status` when the process has to end now (--help, --version, --check-config, wrong
// usage); what is to be said has been printed.
std::optional<Configuration> ParseConfiguration(int argc, char** argv, int& exit_status);

// Whether the gRPC listener knows who calls: by token or certificate, over TLS.
bool IsAuthenticated(const Configuration& config);

// Whether the status page is served. HTTP does not know who asks: where the API does, nobody may see there what the API
// would not show them, unless the operator says so.
bool ShowsStatusPage(const Configuration& config);

// True when `listen` ("host:port") can be reached from this machine only.
bool IsLoopbackListen(std::string_view listen);

}  // namespace holter::app
