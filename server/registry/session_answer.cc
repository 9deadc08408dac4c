#include "registry/session_answer.h"

#include "registry/change_entry.h"
#include "spec/convert.h"

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

}  // namespace holter::registry
