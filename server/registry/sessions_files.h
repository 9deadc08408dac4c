// The files of --sessions-dir: which there are, and what they declare.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "holter/v1/session.pb.h"

namespace holter::registry {

// All that the files declare.
struct DeclaredSessions {
  std::vector<v1::Session> sessions;           // in the order of files, then of their lists
  std::map<std::string, std::string> file_of;  // by the session's name
  size_t files = 0;
};

// Changes whenever a file is added, removed, written or exchanged, also behind a symbolic link (Kubernetes swaps a
// directory of them). Reads no content.
absl::StatusOr<std::string> FingerprintSessions(const std::string& directory);

// Reads *.yaml, *.yml and *.json of the directory and of the folders in it (but not of folders in those), in the order
// of their paths; what is hidden is passed over. Any file that does not parse, and any name that is declared twice, is
// an error of the whole that names the file.
absl::StatusOr<DeclaredSessions> ReadSessions(const std::string& directory);

// Whether a daemon without other sessions would take them. Secrets need not be readable now.
absl::Status CheckSessions(const DeclaredSessions& declared);

// `status` with the files that the sessions in it come from.
absl::Status WithFiles(const absl::Status& status, const DeclaredSessions& declared);

}  // namespace holter::registry
