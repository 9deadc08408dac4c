#include "app/configuration.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/asio/ip/address.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <utility>
#include <vector>

#include "access/access_file.h"
#include "app/policy_file.h"
#include "app/yaml_config.h"
#include "base/duration_text.h"
#include "registry/sessions_files.h"

namespace holter::app {
namespace {

// A flag and the environment variable HOLTER_… of the same name.
CLI::Option* WithEnvironment(CLI::Option* option) {
  return option->envname(EnvironmentName(option->get_lnames().front()));
}

template <typename T>
CLI::Option* Add(CLI::App& app, const std::string& name, T& value, const std::string& description) {
  return WithEnvironment(app.add_option(name, value, description)->capture_default_str());
}

template <typename Enum>
CLI::Option* AddWord(CLI::App& app, const std::string& name, Enum& value,
                     const std::vector<std::pair<std::string, Enum>>& words, const std::string& description) {
  const auto parse = [name, &value, words](const std::string& text) {
    std::string expected;
    for (const auto& [word, meaning] : words) {
      if (word == text) {
        value = meaning;
        return;
      }
      expected += (expected.empty() ? "" : ", ") + word;
    }
    throw CLI::ValidationError(name, fmt::format("expected one of {}; got {}", expected, text));
  };
  return WithEnvironment(app.add_option_function<std::string>(name, parse, description)->type_name("WORD"));
}

CLI::Option* AddDuration(CLI::App& app, const std::string& name, Duration& value, Duration least,
                         const std::string& description) {
  const auto parse = [name, &value, least](const std::string& text) {
    const absl::StatusOr<Duration> parsed = ParseDuration(text);
    if (!parsed.ok()) {
      throw CLI::ValidationError(name, std::string(parsed.status().message()));
    }
    if (*parsed < least) {
      throw CLI::ValidationError(name, fmt::format("expected at least {}, got {}", FormatDuration(least), text));
    }
    value = *parsed;
  };
  return WithEnvironment(app.add_option_function<std::string>(name, parse, description)
                             ->type_name("DURATION")
                             ->default_str(FormatDuration(value)));
}

void AddGrpcFlags(CLI::App& app, Configuration& config) {
  Add(app, "--grpc-tls-cert", config.grpc_tls.chain,
      "Certificate chain of the gRPC listener in PEM; read again on change");
  Add(app, "--grpc-tls-key", config.grpc_tls.key, "Its private key in PEM, not encrypted");
  Add(app, "--grpc-client-ca", config.grpc_tls.authorities,
      "Authorities in PEM: only clients with a certificate of theirs get a connection");
  Add(app, "--grpc-max-request-bytes", config.grpc_max_request_bytes, "Largest request of the gRPC API")
      ->check(CLI::Range(4096, 64 << 20));
  Add(app, "--grpc-max-streams", config.grpc_max_streams, "Calls and watches at a time of one connection")
      ->check(CLI::Range(1, 1'000'000));
  AddDuration(app, "--grpc-call-timeout", config.grpc_call_timeout, std::chrono::milliseconds(100),
              "A call that has no answer by then is ended (CALL_TIMEOUT), also if its client would wait longer");
  AddDuration(app, "--grpc-least-ping-interval", config.grpc_least_ping_interval, std::chrono::milliseconds(100),
              "A client that sends HTTP/2 pings more often loses its connection");
  AddDuration(
      app, "--grpc-max-connection-age", config.grpc_max_connection_age, Duration::zero(),
      "A connection is asked to come back after so long, and cut off as much later, at most a minute; 0s: never");
}

void AddFlags(CLI::App& app, Configuration& config) {
  Add(app, "--grpc-listen", config.grpc_listen, "Address and port of the gRPC API; port 0 takes a free one");
  Add(app, "--http-listen", config.http_listen,
      "Address and port of the status page, /metrics, /sd, /probe, /livez and /readyz");
  WithEnvironment(app.add_flag("--insecure", config.insecure,
                               "Listen beyond loopback although calls are not encrypted or not authenticated"));
  WithEnvironment(app.add_flag("--insecure-http", config.insecure_http,
                               "Serve HTTP beyond loopback although it is neither encrypted nor authenticated"));
  AddGrpcFlags(app, config);
  WithEnvironment(app.add_flag("--reflection", config.reflection, "Serve gRPC reflection"));
  Add(app, "--ports-file", config.ports_file, "Write the bound addresses to this file as JSON, once all are bound");
  Add(app, "--policy-file", config.policy_file, "YAML file of what tenants may reach, and how much of everything");
  Add(app, "--access-file", config.access_file,
      "YAML file of identities and their roles; without it everybody who reaches the gRPC API may do everything");
  Add(app, "--audit-log", config.audit_log, "Append who changed what, and who was turned away, to this file as JSON");
  AddWord(app, "--store", config.store, {{"sqlite", StoreKind::kSqlite}, {"memory", StoreKind::kMemory}},
          "Where declarations are kept: sqlite (in --data-dir) or memory (forgotten at the end) [sqlite]");
  Add(app, "--data-dir", config.data_dir, "Directory of the embedded store");
  Add(app, "--backup-dir", config.backup_dir, "Where SIGUSR1 writes a backup of the store, holter-TIME.db");
  Add(app, "--sessions-dir", config.sessions_dir, "Directory of YAML files that declare sessions");
  Add(app, "--secrets-dir", config.secrets_dir, "Directory whose files name/key are meant by ${secret:name/key}");
  Add(app, "--loops", config.loops, "Event loops; 0 means one less than cores")->check(CLI::Range(0, 256));
  Add(app, "--connect-rate", config.connect_rate, "Connection attempts a second; 0 means no bound")
      ->check(CLI::Range(0.0, 1e6));
  Add(app, "--connect-in-flight", config.connect_in_flight, "Connection attempts at a time; 0 means no bound")
      ->check(CLI::Range(0, 1'000'000));
  Add(app, "--dns-server", config.dns_server, "host:port of the name server, in place of the system's");
  Add(app, "--watch-history", config.watch_history, "Changes that a Watch resume token may lie behind")
      ->check(CLI::Range(1024, 16'777'216));
  AddDuration(app, "--watch-write-timeout", config.watch_write_timeout, std::chrono::milliseconds(10),
              "A Watch whose client takes no data for so long is cut off (WATCH_LAGGED)");
  AddWord(app, "--session-series", config.series_level,
          {{"none", observe::SeriesLevel::kNone},
           {"basic", observe::SeriesLevel::kBasic},
           {"full", observe::SeriesLevel::kFull}},
          "Series a session on /metrics: none, basic or full [basic]");
  Add(app, "--session-series-limit", config.series_limit,
      "Most of these series; what is beyond is dropped and counted");
  AddWord(app, "--status-page", config.status_page,
          {{"auto", StatusPageChoice::kAuto}, {"on", StatusPageChoice::kOn}, {"off", StatusPageChoice::kOff}},
          "Show every session to whoever reaches --http-listen: on, off, or auto: unless the API asks callers who they "
          "are [auto]");
  AddWord(app, "--log-format", config.log_format, {{"text", LogFormat::kText}, {"json", LogFormat::kJson}},
          "text for people or one json object a line [text]");
  AddWord(app, "--log-level", config.log_level,
          {{"debug", LogLevel::kDebug},
           {"info", LogLevel::kInfo},
           {"warning", LogLevel::kWarning},
           {"error", LogLevel::kError}},
          "Least level that is logged [info]");
}

// In place of serving; on the command line only.
void AddTasks(CLI::App& app, Configuration& config) {
  CLI::Option_group* const group = app.add_option_group("Store", "On a store that no holterd uses");
  group->require_option(0, 1);
  const auto add = [&config, group](const std::string& flag, Task task, const std::string& description) {
    group
        ->add_flag_callback(
            flag, [&config, task] { config.task = task; }, description)
        ->configurable(false);
  };
  add("--check-store", Task::kCheckStore, "Say whether the store in --data-dir is sound, and end");
  add("--repair-store", Task::kRepairStore,
      "Keep what is whole of the store in --data-dir, put the damaged files aside, say what is lost, and end");
  group
      ->add_option_function<std::string>(
          "--restore-store",
          [&config](const std::string& path) {
            config.task = Task::kRestoreStore;
            config.restore_from = path;
          },
          "Put this backup in the place of the store in --data-dir, whose files are put aside, and end")
      ->type_name("FILE")
      ->configurable(false);
}

// What single flags cannot tell; the message of a usage error, or empty.
std::string CheckTogether(const Configuration& config) {
  if (config.grpc_tls.chain.empty() != config.grpc_tls.key.empty()) {
    return "--grpc-tls-cert and --grpc-tls-key need each other";
  }
  if (!config.grpc_tls.authorities.empty() && config.grpc_tls.chain.empty()) {
    return "--grpc-client-ca: certificates are shown over TLS only; give --grpc-tls-cert and --grpc-tls-key";
  }
  if (!config.insecure && !IsLoopbackListen(config.grpc_listen) && !IsAuthenticated(config)) {
    return fmt::format(
        "--grpc-listen: {} can be reached from beyond this machine, so calls have to be encrypted (--grpc-tls-cert, "
        "--grpc-tls-key) and authenticated (--access-file or --grpc-client-ca); or listen on loopback or say "
        "--insecure",
        config.grpc_listen);
  }
  if (!config.insecure && !config.insecure_http && !IsLoopbackListen(config.http_listen)) {
    return fmt::format(
        "--http-listen: {} can be reached from beyond this machine, and HTTP is neither encrypted nor authenticated; "
        "listen on loopback or say --insecure-http",
        config.http_listen);
  }
  return "";
}

// Whether the files that it names are right; the message, or empty.
std::string CheckFiles(const Configuration& config) {
  if (!config.access_file.empty()) {
    const auto access = access::ReadAccessFile(config.access_file);
    if (!access.ok()) {
      return fmt::format("--access-file: {}", std::string(access.status().message()));
    }
  }
  if (!config.policy_file.empty()) {
    const auto policy = ReadPolicyFile(config.policy_file);
    if (!policy.ok()) {
      return fmt::format("--policy-file: {}", std::string(policy.status().message()));
    }
  }
  if (!config.grpc_tls.chain.empty()) {
    const auto certificate = access::ReadCertificate(config.grpc_tls);
    if (!certificate.ok()) {
      return fmt::format("--grpc-tls-cert, --grpc-tls-key, --grpc-client-ca: {}",
                         std::string(certificate.status().message()));
    }
  }
  if (!config.sessions_dir.empty()) {
    const auto sessions = registry::ReadSessions(config.sessions_dir);
    const absl::Status status = sessions.ok() ? registry::CheckSessions(*sessions) : sessions.status();
    if (!status.ok()) return fmt::format("--sessions-dir: {}", std::string(status.message()));
  }
  return "";
}

std::string WhyUnreadable(const std::string& path) {
  errno = 0;
  const std::ifstream file(path);
  return fmt::format("--config: {} cannot be read: {}", path, errno != 0 ? std::strerror(errno) : "it is no file");
}

// The exit status of wrong usage, which is said in one line.
int SayUsage(const std::string& message) {
  std::cerr << "holterd: " << message << "\n";
  return 2;
}

}  // namespace

bool IsAuthenticated(const Configuration& config) {
  return !config.grpc_tls.chain.empty() && (!config.access_file.empty() || !config.grpc_tls.authorities.empty());
}

bool ShowsStatusPage(const Configuration& config) {
  if (config.status_page != StatusPageChoice::kAuto) return config.status_page == StatusPageChoice::kOn;
  return config.access_file.empty() && config.grpc_tls.authorities.empty();
}

bool IsLoopbackListen(std::string_view listen) {
  const size_t colon = listen.rfind(':');
  std::string host(listen.substr(0, colon));
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  boost::system::error_code not_numeric;
  const auto address = boost::asio::ip::make_address(host, not_numeric);
  return host == "localhost" || (!not_numeric && address.is_loopback());
}

std::optional<Configuration> ParseConfiguration(int argc, char** argv, int& exit_status) {
  Configuration config;
  CLI::App app("holterd holds WebSocket sessions open and says which are alive.", "holterd");
  app.footer(
      "Every flag is also a key of --config (without the dashes) and an environment variable (HOLTER_GRPC_LISTEN).");
  app.set_version_flag("--version", "holterd " HOLTER_VERSION);
  const auto yaml = std::make_shared<YamlConfig>(app);
  app.config_formatter(yaml);
  WithEnvironment(app.set_config("--config", "", "YAML file of flags"));
  app.allow_config_extras(CLI::config_extras_mode::error);
  bool check_only = false;
  app.add_flag("--check-config", check_only, "Say whether the configuration is right, and end")->configurable(false);
  AddDuration(app, "--stop-timeout", config.stop_timeout, Duration::zero(),
              "How long open sessions may take to close when holterd stops");
  AddFlags(app, config);
  AddTasks(app, config);
  try {
    app.parse(argc, argv);
    if (const std::string wrong = CheckTogether(config); !wrong.empty()) {
      throw CLI::ValidationError(wrong);
    }
    if (const std::string wrong = check_only ? CheckFiles(config) : ""; !wrong.empty()) {
      throw CLI::ValidationError(wrong);
    }
  } catch (const CLI::FileError&) {
    exit_status = SayUsage(WhyUnreadable(app.get_config_ptr()->as<std::string>()));
    return std::nullopt;
  } catch (const CLI::Success& asked) {  // --help, --version
    exit_status = app.exit(asked);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    exit_status = SayUsage(yaml->PlaceOf(error.what()) + error.what());
    return std::nullopt;
  }
  if (check_only) {
    std::cout << "The configuration is right.\n";
    exit_status = 0;
    return std::nullopt;
  }
  return config;
}

}  // namespace holter::app
