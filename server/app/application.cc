#include "app/application.h"

#include <signal.h>

#include <optional>

#include "absl/synchronization/mutex.h"
#include "app/configuration.h"
#include "app/daemon.h"
#include "app/store_tasks.h"
#include "base/log.h"

namespace holter::app {
namespace {

// Blocked before any thread starts, so that only Serve takes them.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGUSR1);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of that write, not the end
  return signals;
}

// SIGHUP reads the configuration again. Of it the log's level is taken over; flags are those of the process.
void TakeLogLevel(int argc, char** argv) {
  int exit_status = 0;
  if (const std::optional<Configuration> config = ParseConfiguration(argc, argv, exit_status)) {
    SetLogLevel(config->log_level);
  } else {
    Log(LogLevel::kError, "the configuration is wrong now; what it said before stands");
  }
}

// Until a signal asks it to stop; its number.
int Serve(const sigset_t& signals, Daemon& daemon, int argc, char** argv) {
  while (true) {
    int signal_number = 0;
    sigwait(&signals, &signal_number);
    if (signal_number == SIGUSR1) {
      daemon.BackUp();
      continue;
    }
    if (signal_number != SIGHUP) {
      return signal_number;
    }
    Log(LogLevel::kInfo, "reloading", {{"signal", "SIGHUP"}});
    TakeLogLevel(argc, argv);
    daemon.Reload();
  }
}

}  // namespace

int Main(int argc, char** argv) {
  int exit_status = 0;
  const std::optional<Configuration> config = ParseConfiguration(argc, argv, exit_status);
  if (!config.has_value()) {
    return exit_status;
  }
  if (config->task != Task::kServe) {
    return RunStoreTask(*config);
  }
  const sigset_t signals = BlockSignals();
  ConfigureLog(config->log_format, config->log_level);
  // Debian's Abseil looks for deadlocks at every lock: a lock of its own for the whole process, and half a KiB for
  // every mutex, of which each session has one. The tests leave it on.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);

  Daemon daemon(*config);
  if (const absl::Status status = daemon.Start(); !status.ok()) {
    Log(LogLevel::kError, "holterd cannot start", {{"error", std::string(status.message())}});
    return 1;
  }
  const int signal_number = Serve(signals, daemon, argc, argv);
  Log(LogLevel::kInfo, "stopping", {{"signal", signal_number == SIGTERM ? "SIGTERM" : "SIGINT"}});
  daemon.Stop();
  Log(LogLevel::kInfo, "stopped");
  return 0;
}

}  // namespace holter::app
