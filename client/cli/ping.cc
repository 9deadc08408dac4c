// holter ping: one session without a daemon, beaten as ping(8) does, with the machine, engine and transport that the
// daemon has.
#include <fmt/format.h>

#include <bit>
#include <memory>
#include <optional>

#include "absl/strings/match.h"
#include "absl/synchronization/mutex.h"
#include "base/log.h"
#include "client/cli/commands.h"
#include "client/cli/flags.h"
#include "client/cli/interrupt.h"
#include "client/cli/local_secrets.h"
#include "client/cli/ping_report.h"
#include "client/cli/spec_flags.h"
#include "core/url.h"
#include "engine/engine.h"
#include "spec/convert.h"
#include "spec/preset_merge.h"
#include "transport/egress_guard.h"

namespace holter::cli {
namespace {

// How long the farewell may take in the end.
constexpr Duration kShutdownDeadline = std::chrono::seconds(1);

struct PingFlags {
  SpecFlags spec;
  std::string connect_timeout = "10s";
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  std::string dns_server;
  uint64_t count = 0;
  bool quiet = false;
};

// Comes once or more often: the beats are done, or the user has had enough.
class Ending {
 public:
  void Come() {
    absl::MutexLock lock(&mutex_);
    come_ = true;
  }
  void Wait() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&come_));
  }

 private:
  absl::Mutex mutex_;
  bool come_ ABSL_GUARDED_BY(mutex_) = false;
};

// The rules want references for what must not be stored; nothing is stored here, so the user may write it out.
void HideSensitiveHeaders(v1::SessionSpec& spec, LocalSecretSource& secrets) {
  for (v1::Header& header : *spec.mutable_headers()) {
    for (const char* sensitive : {"authorization", "cookie", "proxy-authorization"}) {
      if (!absl::EqualsIgnoreCase(header.name(), sensitive)) continue;
      header.set_value("${secret:" + secrets.AddValue(header.value()) + "}");
    }
  }
}

void AddFiles(const PingFlags& flags, v1::SessionSpec& spec, LocalSecretSource& secrets) {
  if (!flags.ca_file.empty()) spec.mutable_tls()->set_ca_secret(secrets.AddFile(flags.ca_file));
  if (!flags.cert_file.empty()) spec.mutable_tls()->set_client_cert_secret(secrets.AddFile(flags.cert_file));
  if (!flags.key_file.empty()) spec.mutable_tls()->set_client_key_secret(secrets.AddFile(flags.key_file));
}

// A lost beat is counted, not punished: the connection stays as long as the rules allow, and comes back a second after
// its end.
void SetPatience(const PingFlags& flags, v1::SessionSpec& spec) {
  constexpr int most_misses = 100;
  spec.mutable_protocol_heartbeat()->set_misses_allowed(most_misses);
  for (v1::Beat& beat : *spec.mutable_beats()) beat.set_misses_allowed(most_misses);
  spec.mutable_reconnect()->set_first_delay("1s");
  spec.mutable_reconnect()->set_factor(1);
  spec.mutable_reconnect()->set_jitter(0);
  for (auto* const phase : {spec.mutable_timeouts()->mutable_dns(), spec.mutable_timeouts()->mutable_connect(),
                            spec.mutable_timeouts()->mutable_tls(), spec.mutable_timeouts()->mutable_upgrade()}) {
    *phase = flags.connect_timeout;
  }
}

// A preset knows how often its peers want to be asked.
SpecFlags WithDefaults(SpecFlags flags) {
  if (!flags.preset.empty()) return flags;
  if (flags.interval.empty()) flags.interval = "1s";
  if (flags.timeout.empty()) flags.timeout = "5s";
  return flags;
}

absl::StatusOr<core::SessionSpec> CompileFlags(const PingFlags& flags, LocalSecretSource& secrets) {
  absl::StatusOr<v1::SessionSpec> declared = BuildSpec(WithDefaults(flags.spec));
  if (!declared.ok()) return declared.status();
  HideSensitiveHeaders(*declared, secrets);
  AddFiles(flags, *declared, secrets);
  std::vector<FieldViolation> violations;
  std::optional<v1::SessionSpec> spec = spec::Effective(*declared, spec::FieldPath("spec", violations));
  if (!spec.has_value()) return MakeInvalid(violations);
  SetPatience(flags, *spec);
  return spec::Compile(*spec, "spec", &secrets);
}

// Bit i: nothing answers beat i.
uint32_t KeepalivesOf(const core::SharedSpec& spec) {
  uint32_t keepalives = 0;
  for (size_t i = 0; i < spec.beats.size(); ++i) {
    if (!spec.beats[i].expect.has_value()) keepalives |= 1U << i;
  }
  return keepalives;
}

absl::StatusOr<std::unique_ptr<engine::Engine>> MakeEngine(const PingFlags& flags, const LocalSecretSource& secrets,
                                                           const transport::EgressGuard& guard) {
  engine::EngineOptions options;
  options.loops = 1;
  options.connect_rate = 0;
  options.transport.clock = &SystemClock();
  options.transport.secrets = &secrets;
  options.transport.guard = &guard;
  options.transport.operations = &NullOperationObserver();
  options.transport.dns_server = flags.dns_server;
  options.transport.user_agent = "holter/" HOLTER_VERSION;
  return engine::Engine::Create(options);
}

ExitCode RunPing(Invocation& invocation, const PingFlags& flags) {
  if (flags.spec.url.empty() && flags.spec.preset.empty()) {
    return ReportUsage(invocation.console, "ping: URL is required, or --preset");
  }
  ConfigureLog(LogFormat::kText, LogLevel::kError);
  Interrupt interrupt(Duration::zero());
  LocalSecretSource secrets;
  absl::StatusOr<core::SessionSpec> spec = CompileFlags(flags, secrets);
  if (!spec.ok()) return ReportUsage(invocation.console, std::string(spec.status().message()));
  const uint32_t keepalives = KeepalivesOf(*spec->shared);
  const bool is_app_answered = std::popcount(keepalives) < static_cast<int>(spec->shared->beats.size());
  if (flags.count > 0 && !is_app_answered && !spec->shared->protocol.active) {
    return ReportUsage(invocation.console,
                       "--count: nothing that is sent would be answered, so nothing can be counted");
  }
  const std::unique_ptr<transport::EgressGuard> guard = transport::EgressGuard::Open();
  Ending ending;
  PingReport report({.target = core::RedactUrl(spec->url),
                     .protocol = spec->shared->protocol.active,
                     .app = is_app_answered,
                     .keepalives = keepalives,
                     .count = flags.count,
                     .quiet = flags.quiet,
                     .out = &invocation.console.out,
                     .on_done = [&ending] { ending.Come(); }});
  auto engine = MakeEngine(flags, secrets, *guard);
  if (!engine.ok()) return ReportUsage(invocation.console, std::string(engine.status().message()));
  if (absl::Status status = (*engine)->Admit(1); !status.ok()) {
    invocation.console.err << fmt::format("holter: {}\n", std::string(status.message()));
    return ExitCode::kFailure;
  }
  (*engine)->Begin(1, *std::move(spec), &report, nullptr);
  {
    const InterruptScope scope(interrupt, [&ending] { ending.Come(); });
    ending.Wait();
  }
  report.PrintSummary();
  (*engine)->Shutdown(kShutdownDeadline);
  return report.AllWell() ? ExitCode::kOk : ExitCode::kFailure;
}

}  // namespace

void AddPingCommand(CLI::App& app, Invocation& invocation) {
  auto flags = std::make_shared<PingFlags>();
  CLI::App* const command = app.add_subcommand("ping", "Beat on a WebSocket peer, without a daemon, until Ctrl-C");
  command->add_option("URL", flags->spec.url, "ws://host[:port]/path or wss://…; a preset may have its own");
  AddSpecFlags(*command, flags->spec);
  command->add_option("--count", flags->count, "End after so many beats a layer; 0: never")->capture_default_str();
  command->add_option("--connect-timeout", flags->connect_timeout, "Deadline of each phase of connecting")
      ->type_name("DURATION")
      ->capture_default_str();
  command->add_option("--ca", flags->ca_file, "PEM file of CAs to trust in place of the system's");
  CLI::Option* const cert = command->add_option("--cert", flags->cert_file, "PEM file of a client certificate");
  CLI::Option* const key = command->add_option("--key", flags->key_file, "PEM file of its private key");
  cert->needs(key);
  key->needs(cert);
  command->add_option("--dns-server", flags->dns_server, "HOST:PORT of a DNS server, in place of the system's");
  command->add_flag("-q,--quiet", flags->quiet, "Print only the summary");
  command->callback([&invocation, flags] {
    invocation.needs_server = false;
    invocation.action = [&invocation, flags] { return RunPing(invocation, *flags); };
  });
}

}  // namespace holter::cli
