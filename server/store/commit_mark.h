// How far commits have come, kept apart from the database: a write-ahead log that was cut, a database that was set back
// or removed look perfectly sound to SQLite, and acknowledged declarations would be gone without a word.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace holter::store {

// The file DIRECTORY/holter.mark. Written after each commit and never synced: after a loss of power it may be behind
// the database, never before it.
class CommitMark {
 public:
  static std::string PathIn(const std::string& directory) { return directory + "/holter.mark"; }
  // Opens the file, which is made if it is not there.
  static absl::StatusOr<CommitMark> Open(const std::string& directory);

  CommitMark(CommitMark&& other) noexcept;
  CommitMark& operator=(CommitMark&&) = delete;
  ~CommitMark();

  // The last commit that was acknowledged; none if the file is new or does not hold a mark.
  std::optional<int64_t> Read() const;
  // Failing here loses a check, not a declaration: told, and left to the caller.
  absl::Status Write(int64_t sequence) const;

 private:
  CommitMark(int file, std::string path) : file_(file), path_(std::move(path)) {}

  int file_;
  std::string path_;
};

}  // namespace holter::store
