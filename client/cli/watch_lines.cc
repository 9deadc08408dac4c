#include "client/cli/watch_lines.h"

#include <fmt/format.h>

#include "base/printable_text.h"
#include "client/cli/words.h"

namespace holter::cli {
namespace {

std::string Condition(v1::State state, v1::Health health, bool color) {
  const std::string word = HealthWord(health);
  return fmt::format("{}/{}", StateWord(state), color ? Paint(word, StyleOf(health)) : word);
}

// Of a status or an event.
template <typename Told>
std::string Cause(const Told& told) {
  const std::string reason = ReasonWord(told.reason());
  const std::string path = PathWord(told.path());
  std::string text;
  if (!reason.empty()) text += "  " + reason;
  if (!path.empty()) text += " (" + path + ")";
  if (!told.detail().empty()) text += "  " + PrintableText(told.detail());
  return text;
}

}  // namespace

std::string EventWords(const v1::SessionEvent& event, bool color) {
  const std::string now = Condition(event.to_state(), event.to_health(), color) + Cause(event);
  if (event.from_state() == v1::STATE_UNSPECIFIED) return "→ " + now;
  return Condition(event.from_state(), event.from_health(), color) + " → " + now;
}

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
