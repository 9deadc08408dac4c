#include "registry/sessions_directory.h"

#include "base/log.h"
#include "registry/sessions_files.h"

namespace holter::registry {
namespace {

// A directory that cannot be read has a fingerprint of its own.
std::string Look(const std::string& directory) {
  absl::StatusOr<std::string> fingerprint = FingerprintSessions(directory);
  return fingerprint.ok() ? *std::move(fingerprint) : std::string(fingerprint.status().message());
}

}  // namespace

std::unique_ptr<SessionsDirectory> SessionsDirectory::Start(const std::string& directory, SessionRegistry& registry,
                                                            OperationObserver& operations) {
  auto started = std::make_unique<SessionsDirectory>(directory, registry, operations);
  started->Load();
  if (!directory.empty())
    started->ticker_ = std::make_unique<Ticker>(kPollInterval, [raw = started.get()] { raw->Poll(); });
  return started;
}

SessionsDirectoryStatus SessionsDirectory::status() const {
  absl::MutexLock lock(&mutex_);
  return status_;
}

void SessionsDirectory::Poll() {
  const std::string now = Look(directory_);
  const bool is_settled = now == seen_;
  seen_ = now;
  if (!is_settled) return;
  ++polls_since_try_;
  const bool is_due = !status().last.ok() && polls_since_try_ >= kPollsPerRetry;
  if (now != loaded_ || is_due) Load();
}

void SessionsDirectory::Load() {
  // Before the content is read: what changes meanwhile is seen by the next look.
  seen_ = loaded_ = directory_.empty() ? "" : Look(directory_);
  polls_since_try_ = 0;
  const absl::Status taken = TakeFiles();
  if (!directory_.empty()) operations_.OnReload("sessions", taken.ok());
  const std::string message(taken.message());
  absl::Status before;
  {
    absl::MutexLock lock(&mutex_);
    before = std::exchange(status_.last, taken);
    taken.ok() ? ++status_.reloads : ++status_.failures;
  }
  if (!taken.ok() && taken.message() != before.message()) {
    Log(LogLevel::kError, "the files of sessions were refused; the last good set stands",
        {{"directory", directory_}, {"error", message}});
  } else if (taken.ok() && !before.ok()) {
    Log(LogLevel::kInfo, "the files of sessions are good again", {{"directory", directory_}});
  }
}

absl::Status SessionsDirectory::TakeFiles() {
  DeclaredSessions declared;
  if (!directory_.empty()) {
    absl::StatusOr<DeclaredSessions> read = ReadSessions(directory_);
    if (!read.ok()) return read.status();
    declared = *std::move(read);
  }
  if (absl::Status status = registry_.ReconcileFiles(declared.sessions); !status.ok()) {
    return WithFiles(status, declared);
  }
  absl::MutexLock lock(&mutex_);
  status_.files = declared.files;
  status_.sessions = declared.sessions.size();
  return absl::OkStatus();
}

}  // namespace holter::registry
