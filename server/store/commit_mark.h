// How far commits have come, kept apart from the database: a write-ahead log that was cut, a database that was set back
// or removed look perfectly sound to SQLite, and acknowledged declarations would be gone without a word.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace holter::store {

// What a mark says.
struct MarkedCommit {
  int64_t sequence = 0;  // the last commit that was acknowledged
  int64_t identity = 0;  // of the database; 0: a mark of before there were identities
};

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

  // None if the file is new or does not hold a mark.
  std::optional<MarkedCommit> Read() const;
  // Failing here loses a check, not a declaration: told, and left to the caller.
  absl::Status Write(const MarkedCommit& commit) const;

 private:
  CommitMark(int file, std::string path) : file_(file), path_(std::move(path)) {}

  int file_;
  std::string path_;
};

}  // namespace holter::store
