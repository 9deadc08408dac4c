#include "access/audit_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/json_text.h"
#include "base/log.h"
#include "base/wall_time_text.h"

namespace holter::access {
namespace {

int OpenForAppend(const std::string& path) {
  return open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
}

void AppendField(std::string_view key, std::string_view value, std::string& line) {
  line += fmt::format("{}\"{}\":", line.empty() ? "{" : ",", key);
  AppendJsonString(value, line);
}

// How much of it went out; less than all: errno says why.
size_t WriteSome(int file, std::string_view text) {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t written = write(file, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    done += static_cast<size_t>(written);
  }
  return done;
}

}  // namespace

std::string AuditLine(const AuditRecord& record) {
  std::string line;
  AppendField("time", FormatWallTime(record.time), line);
  AppendField("identity", record.identity, line);
  AppendField("peer", record.peer, line);
  AppendField("method", record.method, line);
  line += ",\"resources\":[";
  for (size_t i = 0; i < record.resources.size(); ++i) {
    if (i > 0) line += ',';
    AppendJsonString(record.resources[i], line);
  }
  line += ']';
  AppendField("code", record.code, line);
  AppendField("request_id", record.request_id, line);
  return line + '}';
}

absl::StatusOr<std::unique_ptr<AuditLog>> AuditLog::Open(const std::string& path, OperationObserver& operations) {
  const int file = OpenForAppend(path);
  if (file < 0) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "AUDIT_LOG_UNWRITABLE",
                     fmt::format("--audit-log: {} cannot be written: {}", path, std::strerror(errno)),
                     {{"file", path}});
  }
  return std::unique_ptr<AuditLog>(new AuditLog(path, file, operations));
}

AuditLog::AuditLog(std::string path, int file, OperationObserver& operations)
    : path_(std::move(path)), operations_(operations), file_(file), thread_([this] { Run(); }) {}

AuditLog::~AuditLog() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
  if (file_ >= 0) close(file_);
}

void AuditLog::Add(const AuditRecord& record) {
  std::string line = AuditLine(record) + '\n';
  {
    absl::MutexLock lock(&mutex_);
    if (lines_.size() < kMostWaiting) {
      lines_.push_back(std::move(line));
      return;
    }
  }
  operations_.OnAuditLost(1);
}

void AuditLog::Reopen() {
  absl::MutexLock lock(&mutex_);
  reopen_ = true;
}

void AuditLog::OpenFile() {
  const int opened = OpenForAppend(path_);
  if (opened < 0) {
    Log(LogLevel::kError, "the audit log cannot be opened", {{"file", path_}, {"error", std::strerror(errno)}});
  }
  if (file_ >= 0) close(file_);
  file_ = opened;
  mid_line_ = false;
}

void AuditLog::Write(const std::vector<std::string>& lines) {
  if (file_ < 0 && !lines.empty()) OpenFile();
  size_t lost = 0;
  int error = 0;
  for (const std::string& line : lines) {
    // Behind half a line comes an empty one, so that the next is whole.
    const std::string text = (mid_line_ ? "\n" : "") + line;
    const size_t written = file_ < 0 ? 0 : WriteSome(file_, text);
    if (written == text.size()) {
      mid_line_ = false;
      continue;
    }
    error = file_ < 0 ? error : errno;
    mid_line_ = mid_line_ || written > 0;
    ++lost;
  }
  if (lost == 0) return;
  operations_.OnAuditLost(lost);
  if (error != 0) {
    Log(LogLevel::kError, "the audit log cannot be written",
        {{"file", path_}, {"lost", lost}, {"error", std::strerror(error)}});
  }
}

void AuditLog::Run() {
  bool stop = false;
  while (!stop) {
    std::vector<std::string> lines;
    bool reopen = false;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &AuditLog::HasWork));
      stop = stopping_;
      lines.swap(lines_);
      reopen = std::exchange(reopen_, false);
    }
    if (reopen) OpenFile();
    Write(lines);
  }
}

}  // namespace holter::access
