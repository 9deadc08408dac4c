// Files of sessions, as `-f` names them.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/invocation.h"
#include "holter/v1/session.pb.h"

namespace holter::cli {

// Reads `path`, or standard input for "-". Short names become whole ones; fields that are output only are dropped, so
// that what `holter list -o yaml` wrote can be declared again. Fails also when a name stands twice.
absl::StatusOr<std::vector<v1::Session>> ReadSessionFile(const Invocation& invocation, const std::string& path);

// The sessions of several files, and where each stands: "feeds.yaml: sessions[3]".
struct SessionFiles {
  std::vector<v1::Session> sessions{};
  std::vector<std::string> places{};
};

// As ReadSessionFile; no name stands twice in all of them.
absl::StatusOr<SessionFiles> ReadSessionFiles(const Invocation& invocation, const std::vector<std::string>& paths);

// Leaves what a client declares.
void ClearOutputOnly(v1::Session& session);

}  // namespace holter::cli
