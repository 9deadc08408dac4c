// Answers as a table, JSON or YAML.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "base/clock.h"
#include "client/cli/invocation.h"
#include "client/cli/table.h"
#include "holter/v1/session.pb.h"

namespace holter::cli {

enum class OutputFormat { kTable, kJson, kYaml };

// What became of one thing that a command worked on.
struct ItemResult {
  std::string name;
  std::string result;   // "created", "updated", "unchanged", "deleted", "failed", "skipped"
  std::string error{};  // with "failed"
};

// NAME STATE HEALTH REASON RTT LAST-ALIVE RECONNECTS.
Table SessionTable(const Invocation& invocation, const std::vector<v1::Session>& sessions, WallTime now);

// JSON or YAML.
void PrintMessage(Console& console, OutputFormat format, const google::protobuf::Message& message);
// One of many: a line of JSON, or a document of YAML.
void PrintStreamed(Console& console, OutputFormat format, const google::protobuf::Message& message);
// JSON and YAML: the session.
void PrintSession(const Invocation& invocation, OutputFormat format, const v1::Session& session);
// JSON and YAML: `sessions:` and a list, as `holter apply -f` reads it.
void PrintSessions(const Invocation& invocation, OutputFormat format, const std::vector<v1::Session>& sessions);
// JSON and YAML: `results:` and a list of name, result, error.
void PrintResults(const Invocation& invocation, OutputFormat format, const std::vector<ItemResult>& results);

}  // namespace holter::cli
