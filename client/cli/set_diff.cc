#include "client/cli/set_diff.h"

#include <fmt/format.h>

#include "absl/strings/str_join.h"
#include "client/cli/session_diff.h"
#include "client/cli/words.h"

namespace holter::cli {
namespace {

std::string SetLine(char sign, const std::string& text, Style style, bool color) {
  const std::string line = fmt::format("{} {}", sign, text);
  return color ? Paint(line, style) : line;
}

// The owner is not declared in the file, yet changes with it.
void AddValueLines(const v1::ApplyResult& result, const SessionChangeOf& values, bool color,
                   std::vector<std::string>& lines) {
  for (const FieldChange& change : DiffDeclarations(values.before, values.after)) {
    lines.push_back(DiffLine(change, color));
  }
  for (const std::string& field : result.changed_fields()) {
    if (field == "owner") {
      lines.push_back(DiffLine({.path = field, .before = values.before.owner(), .after = values.after.owner()}, color));
    }
  }
}

}  // namespace

std::vector<std::string> SetDiffLines(const Invocation& invocation, const v1::ApplySessionsResponse& applied,
                                      const std::map<std::string, SessionChangeOf>& values) {
  const bool color = invocation.console.color;
  std::vector<std::string> lines;
  for (const v1::ApplyResult& result : applied.results()) {
    const std::string name = invocation.DisplayName(result.name());
    if (result.action() == v1::ApplyResult::ACTION_CREATED) {
      lines.push_back(SetLine('+', name, Style::kGood, color));
    } else if (result.action() == v1::ApplyResult::ACTION_DELETED) {
      lines.push_back(SetLine('-', name, Style::kBad, color));
    } else if (result.action() == v1::ApplyResult::ACTION_UPDATED) {
      const auto known = values.find(result.name());
      const std::string fields = known == values.end() ? "  " + absl::StrJoin(result.changed_fields(), ", ") : "";
      lines.push_back(SetLine('~', name + fields, Style::kWarning, color));
      if (known != values.end()) AddValueLines(result, known->second, color, lines);
    }
  }
  return lines;
}

std::string SetSummaryLine(const v1::ApplySummary& summary, bool dry_run) {
  std::string counts =
      fmt::format(fmt::runtime(dry_run ? "{} to create, {} to update, {} to delete, {} unchanged; nothing was changed"
                                       : "{} created, {} updated, {} deleted, {} unchanged"),
                  summary.created(), summary.updated(), summary.deleted(), summary.unchanged());
  if (!summary.has_expire_time()) return counts;
  return fmt::format("{}; the lease ends {}", counts, LocalTime(ToWallTime(summary.expire_time())));
}

}  // namespace holter::cli
