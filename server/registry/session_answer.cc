#include "registry/session_answer.h"

#include <optional>
#include <utility>
#include <vector>

#include "registry/change_entry.h"
#include "spec/convert.h"
#include "spec/preset_merge.h"

namespace holter::registry {

v1::Session ToProto(const LiveSession& session, const Clock& clock) {
  v1::Session out;
  DeclarationToProto(*session.record, &out);
  const Moment now = Moment::Of(clock);
  const core::SessionStatus status =
      session.cell != nullptr ? session.cell->Snapshot() : InitialStatus(*session.record, now);
  spec::StatusToProto(status, now.steady, now.wall, out.mutable_status());
  return out;
}

v1::Session ToWholeProto(const LiveSession& session, const Clock& clock) {
  v1::Session out = ToProto(session, clock);
  if (out.spec().preset().empty()) return out;
  std::vector<FieldViolation> none;  // what was declared has been checked
  std::optional<v1::SessionSpec> effective = spec::Effective(out.spec(), spec::FieldPath("", none));
  if (effective.has_value()) *out.mutable_effective_spec() = *std::move(effective);
  return out;
}

}  // namespace holter::registry
