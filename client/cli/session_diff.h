// What two declarations of a session differ in.
#pragma once

#include <string>
#include <vector>

#include "client/cli/table.h"
#include "holter/v1/session.pb.h"

namespace holter::cli {

// One field of the declaration; empty text: it is not set.
struct FieldChange {
  std::string path;  // "spec.beats[0].interval", "spec.parameters.symbol", "labels.team"
  std::string before;
  std::string after;
};

// By path, as the fields stand in the proto. Only what is declared counts: labels, group, spec, and paused if `after`
// says anything about it.
std::vector<FieldChange> DiffDeclarations(const v1::Session& before, const v1::Session& after);

// "  ~ spec.url: ws://old/ → ws://new/", "  + labels.team: a", "  - group: feeds".
std::string DiffLine(const FieldChange& change, bool color);

}  // namespace holter::cli
