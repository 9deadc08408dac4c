#include "client/cli/watch_lines.h"

#include <fmt/format.h>

#include "client/cli/words.h"

namespace holter::cli {
namespace {

std::string Condition(v1::State state, v1::Health health, bool color) {
  const std::string word = HealthWord(health);
  return fmt::format("{}/{}", StateWord(state), color ? Paint(word, StyleOf(health)) : word);
}

std::string Cause(const v1::SessionStatus& status) {
  const std::string reason = ReasonWord(status.reason());
  const std::string path = PathWord(status.path());
  std::string text;
  if (!reason.empty()) text += "  " + reason;
  if (!path.empty()) text += " (" + path + ")";
  if (!status.detail().empty()) text += "  " + status.detail();
  return text;
}

}  // namespace

std::string ChangeLines::Movement(const v1::SessionChange& change, bool color) {
  const v1::Session& session = change.session();
  const v1::SessionStatus& status = session.status();
  const Known before = known_[session.name()];
  known_[session.name()] = {status.state(), status.health()};
  std::string now = Condition(status.state(), status.health(), color) + Cause(status);
  if (change.kind() == v1::SessionChange::KIND_SNAPSHOT) return now;
  if (change.kind() == v1::SessionChange::KIND_DECLARED) return "declared  " + now;
  if (before.state == v1::STATE_UNSPECIFIED) return "→ " + now;
  return Condition(before.state, before.health, color) + " → " + now;
}

bool ChangeLines::MovesHealth(const v1::SessionChange& change) const {
  const auto before = known_.find(change.session().name());
  return before == known_.end() || before->second.health != change.session().status().health();
}

std::optional<std::string> ChangeLines::LineOf(const v1::SessionChange& change, bool color) {
  const std::string& name = change.session().name();
  std::string what;
  switch (change.kind()) {
    case v1::SessionChange::KIND_SNAPSHOT:
    case v1::SessionChange::KIND_DECLARED:
    case v1::SessionChange::KIND_TRANSITION:
      what = Movement(change, color);
      break;
    case v1::SessionChange::KIND_DELETED:
      known_.erase(name);
      what = "deleted";
      break;
    case v1::SessionChange::KIND_LEFT:
      known_.erase(name);
      what = "no longer matches";
      break;
    case v1::SessionChange::KIND_BOOKMARK:
      return fmt::format("{}  bookmark", LocalTime(ToWallTime(change.time())));
    default:
      return std::nullopt;
  }
  return fmt::format("{}  {}  {}", LocalTime(ToWallTime(change.time())), invocation_.DisplayName(name), what);
}

}  // namespace holter::cli
