#include "registry/write_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "registry/refusals.h"

namespace holter::registry {
namespace {

// Everything that a call takes turns for, in order. An id stands before the names of sessions.
std::vector<std::string> TurnsOf(const WriteCall& call) {
  std::vector<std::string> turns = call.names;
  if (!call.identity.id.empty()) turns.push_back(fmt::format("request/{}/{}", call.identity.tenant, call.identity.id));
  std::sort(turns.begin(), turns.end());
  turns.erase(std::unique(turns.begin(), turns.end()), turns.end());
  return turns;
}

}  // namespace

void WriteCalls::RunErased(Course course) const {
  std::vector<std::string> turns = TurnsOf(course.call);
  const auto shared = std::make_shared<Course>(std::move(course));
  context_.names->Acquire(turns, [this, shared, turns](const std::string* crowded) {
    if (crowded != nullptr) return shared->reply(ConcurrentChange(*crowded));
    RunInTurn(*shared, [names = context_.names, turns, reply = std::move(shared->reply)](absl::Status status) {
      reply(std::move(status));
      for (const std::string& turn : turns) {
        names->Release(turn);
      }
    });
  });
}

void WriteCalls::RunInTurn(const Course& course, const std::function<void(absl::Status)>& reply) const {
  if (absl::Status status = context_.CheckOpen(); !status.ok()) return reply(status);
  const WallTime now = context_.lifecycle->clock().WallNow();
  const bool is_remembered = !course.call.identity.id.empty() && !course.call.validate_only;
  if (is_remembered) {
    const absl::StatusOr<std::optional<std::string>> known = context_.requests->Find(course.call.identity, now);
    if (!known.ok()) return reply(known.status());
    if (known->has_value()) {
      course.answer->ParseFromString(**known);
      return reply(absl::OkStatus());
    }
  }
  auto changes = std::make_shared<ChangeSet>(context_);
  if (absl::Status status = course.plan(*changes); !status.ok()) return reply(status);
  if (course.call.validate_only) return reply(changes->Try());
  if (!is_remembered) return ChangeSet::Commit(std::move(changes), {}, reply);
  std::string answer = course.answer->SerializeAsString();
  std::vector<store::Change> rows = context_.requests->Rows(course.call.identity, answer, now);
  ChangeSet::Commit(std::move(changes), std::move(rows),
                    [log = context_.requests, identity = course.call.identity, answer = std::move(answer), now,
                     reply](absl::Status status) {
                      if (status.ok()) log->Add(identity, answer, now);
                      reply(std::move(status));
                    });
}

}  // namespace holter::registry
