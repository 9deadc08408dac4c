// holter renew-lease: an owner that is still there says so.
#include <fmt/format.h>

#include <memory>

#include "client/cli/commands.h"
#include "client/cli/flags.h"
#include "client/cli/output.h"
#include "client/cli/words.h"

namespace holter::cli {
namespace {

struct RenewFlags {
  std::string owner;
  Duration ttl{};
  OutputFormat format = OutputFormat::kTable;
};

ExitCode RunRenew(Invocation& invocation, const RenewFlags& flags) {
  client::Client client(invocation.client_options());
  const auto lease = client.RenewLease(invocation.parent(), flags.owner, flags.ttl);
  if (!lease.ok()) return ReportError(invocation.console, "renew the lease of " + flags.owner, lease.status());
  if (flags.format != OutputFormat::kTable) {
    PrintMessage(invocation.console, flags.format, *lease);
  } else {
    invocation.console.out << fmt::format("{}: {} session{} until {}\n", lease->owner(), lease->sessions(),
                                          lease->sessions() == 1 ? "" : "s",
                                          LocalTime(ToWallTime(lease->expire_time())));
  }
  return ExitCode::kOk;
}

}  // namespace

void AddRenewLeaseCommand(CLI::App& app, Invocation& invocation) {
  auto flags = std::make_shared<RenewFlags>();
  CLI::App* const command =
      app.add_subcommand("renew-lease", "Keep the sessions of an owner for some more time (apply --owner --lease-ttl)");
  command->add_option("OWNER", flags->owner, "As of apply --owner")->required();
  AddDuration(*command, "--ttl", flags->ttl, "How long from now, 5s to 24h")->required()->default_str("");
  AddOutput(*command, flags->format);
  command->callback(
      [&invocation, flags] { invocation.action = [&invocation, flags] { return RunRenew(invocation, *flags); }; });
}

}  // namespace holter::cli
