// holter apply --owner: declares the files as the whole set of one owner, in one commit.
#pragma once

#include <string>

#include "client/cli/output.h"
#include "client/cli/session_file.h"

namespace holter::cli {

struct ApplySetFlags {
  std::string owner{};
  bool prune = false;
  bool dry_run = false;
  bool exit_code = false;  // a dry run tells by its exit code whether something would change
  Duration lease_ttl{};
  OutputFormat format = OutputFormat::kTable;
};

ExitCode RunApplySet(Invocation& invocation, const SessionFiles& files, const ApplySetFlags& flags);

}  // namespace holter::cli
