// Which server, and who we are to it: flags, environment and the user's contexts.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "absl/status/status.h"

namespace holter::cli {

struct Invocation;

// What was said on the command line or in the environment; not set: the context decides, then the default.
struct ConnectionFlags {
  std::optional<std::string> context{};
  std::optional<std::string> server{};
  std::optional<std::string> tenant{};
  bool tls = false;
  std::optional<std::string> ca{};
  std::optional<std::string> cert{};
  std::optional<std::string> key{};
  std::optional<std::string> server_name{};
  std::optional<std::string> token_file{};
};

void AddConnectionFlags(CLI::App& app, ConnectionFlags& flags);

// Sets the invocation's server, tenant and options of the client. INVALID_ARGUMENT: the file of contexts is bad, or has
// no such context. A server that is named by itself gets nothing of the current context: its token is for its own.
absl::Status ResolveConnection(const ConnectionFlags& flags, Invocation& invocation);

}  // namespace holter::cli
