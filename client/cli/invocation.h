// One run of `holter`: what the command line said, and what is to be done about it.
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "client/cli/connection_flags.h"
#include "client/cli/console.h"
#include "client/cli/exit_code.h"
#include "holter/client.h"

namespace holter::cli {

// Owned by Run; commands refer to it from their callbacks.
struct Invocation {
  Console& console;
  std::string server = "127.0.0.1:7600";
  std::string tenant = "default";
  Duration deadline = std::chrono::seconds(10);
  ConnectionFlags connection{};
  client::ClientOptions options{};     // credentials; set by ResolveConnection
  bool needs_server = true;            // false: contexts are not looked at
  std::function<ExitCode()> action{};  // set by the subcommand that was parsed

  client::ClientOptions client_options() const;
  std::string parent() const { return "tenants/" + tenant; }
  // `feed-1` becomes `tenants/{tenant}/sessions/feed-1`; a whole name stays.
  std::string FullName(const std::string& name) const;
  // The short form of a name of the chosen tenant.
  std::string DisplayName(const std::string& name) const;
};

}  // namespace holter::cli
