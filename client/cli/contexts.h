// The user's file of servers and how to reach each.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"

namespace holter::cli {

// How one server is reached. Paths are absolute, or relative to where the user is.
struct Context {
  std::string server{};  // empty: the default
  std::string tenant{};  // empty: the default
  bool tls = false;
  std::string ca{};
  std::string cert{};
  std::string key{};
  std::string server_name{};
  std::string token_file{};
};

struct Contexts {
  std::string current{};  // used when no other is asked for; may be empty
  std::map<std::string, Context> contexts{};
};

// $HOLTER_CONTEXTS, or ~/.config/holter/config.yaml ($XDG_CONFIG_HOME/holter/config.yaml). Empty: the user has no home.
std::string ContextsPath();

// A file that is not there holds no contexts, unless $HOLTER_CONTEXTS names it. INVALID_ARGUMENT names file, line and
// key. Relative paths in the file are relative to its folder.
absl::StatusOr<Contexts> ReadContexts(const std::string& path);

}  // namespace holter::cli
