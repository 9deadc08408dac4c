// Every command adds itself to the command line; parsing one sets Invocation::action.
#pragma once

#include <CLI/CLI.hpp>

#include "client/cli/invocation.h"

namespace holter::cli {

void AddApplyCommand(CLI::App& app, Invocation& invocation);
void AddCreateCommand(CLI::App& app, Invocation& invocation);
void AddGetCommand(CLI::App& app, Invocation& invocation);
void AddListCommand(CLI::App& app, Invocation& invocation);
void AddDescribeCommand(CLI::App& app, Invocation& invocation);
void AddTopCommand(CLI::App& app, Invocation& invocation);
void AddWaitCommand(CLI::App& app, Invocation& invocation);
void AddCompletionCommand(CLI::App& app, Invocation& invocation);
void AddSummaryCommand(CLI::App& app, Invocation& invocation);
void AddUpdateCommand(CLI::App& app, Invocation& invocation);
void AddDeleteCommand(CLI::App& app, Invocation& invocation);
void AddPauseCommand(CLI::App& app, Invocation& invocation);
void AddResumeCommand(CLI::App& app, Invocation& invocation);
void AddReconnectCommand(CLI::App& app, Invocation& invocation);
void AddRenewLeaseCommand(CLI::App& app, Invocation& invocation);
void AddEventsCommand(CLI::App& app, Invocation& invocation);
void AddExportCommand(CLI::App& app, Invocation& invocation);
void AddWatchCommand(CLI::App& app, Invocation& invocation);
void AddProbeCommand(CLI::App& app, Invocation& invocation);
void AddTapCommand(CLI::App& app, Invocation& invocation);
void AddHealthCommand(CLI::App& app, Invocation& invocation);
void AddPresetsCommand(CLI::App& app, Invocation& invocation);
void AddExplainCommand(CLI::App& app, Invocation& invocation);
void AddPingCommand(CLI::App& app, Invocation& invocation);

}  // namespace holter::cli
