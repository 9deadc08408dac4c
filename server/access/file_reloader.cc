#include "access/file_reloader.h"

#include "access/file_text.h"
#include "base/log.h"

namespace holter::access {
namespace {

std::string FingerprintOf(const Reloadable& reloadable) {
  std::string fingerprint;
  for (const std::string& file : reloadable.Files()) fingerprint += FingerprintFile(file);
  return fingerprint;
}

}  // namespace

FileReloader::FileReloader(const std::vector<Reloadable*>& followed, OperationObserver& operations)
    : operations_(operations) {
  absl::MutexLock lock(&reload_mutex_);
  for (Reloadable* const reloadable : followed) {
    const std::string fingerprint = FingerprintOf(*reloadable);
    followed_.push_back({.reloadable = reloadable, .seen = fingerprint, .loaded = fingerprint, .failure = ""});
    operations_.OnReload(reloadable->what(), true);  // its first reading: what was built could be read
  }
}

void FileReloader::Start() {
  ticker_ = std::make_unique<Ticker>(kPollInterval, [this] { Poll(); });
}

void FileReloader::ReloadAll() {
  absl::MutexLock lock(&reload_mutex_);
  for (Followed& followed : followed_) Reload(followed);
}

void FileReloader::Poll() {
  absl::MutexLock lock(&reload_mutex_);
  for (Followed& followed : followed_) {
    const std::string now = FingerprintOf(*followed.reloadable);
    const bool is_settled = now == followed.seen;
    followed.seen = now;
    ++followed.polls_since_try;
    const bool is_due = !followed.failure.empty() && followed.polls_since_try >= kPollsPerRetry;
    if (is_settled && (now != followed.loaded || is_due)) Reload(followed);
  }
}

void FileReloader::Reload(Followed& followed) {
  // Before the content is read: what changes meanwhile is seen by the next look.
  const std::string before = FingerprintOf(*followed.reloadable);
  const absl::Status status = followed.reloadable->Reload();
  followed.seen = followed.loaded = before;
  followed.polls_since_try = 0;
  operations_.OnReload(followed.reloadable->what(), status.ok());
  const std::string failure(status.message());
  if (status.ok()) {
    // The files may be others now.
    followed.seen = followed.loaded = FingerprintOf(*followed.reloadable);
    Log(LogLevel::kInfo, "reloaded", {{"what", followed.reloadable->what()}});
  } else if (failure != followed.failure) {
    Log(LogLevel::kError, "what was to be reloaded was refused; what was before stands",
        {{"what", followed.reloadable->what()}, {"error", failure}});
  }
  followed.failure = failure;
}

}  // namespace holter::access
