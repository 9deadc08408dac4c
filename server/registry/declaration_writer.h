// Create, Update and Delete of one session over the API.
#pragma once

#include "base/session_name.h"
#include "registry/create_plan.h"
#include "registry/session_registry.h"
#include "registry/write_calls.h"

namespace holter::registry {

// Any thread; replies as WriteCalls gives them.
class DeclarationWriter {
 public:
  explicit DeclarationWriter(const WriteContext& context) : context_(context), calls_(context) {}

  void Create(const v1::CreateSessionRequest& request, SessionRegistry::Reply reply) const;
  void Update(const v1::UpdateSessionRequest& request, SessionRegistry::Reply reply) const;
  void Delete(const v1::DeleteSessionRequest& request, SessionRegistry::EmptyReply reply) const;

 private:
  absl::Status PlanCreate(const CreatePlan& plan, bool is_trial, ChangeSet& changes, v1::Session& answer) const;
  absl::Status PlanUpdate(const SessionName& name, const v1::UpdateSessionRequest& request, ChangeSet& changes,
                          v1::Session& answer) const;
  absl::StatusOr<Declaration> Merge(const SessionName& name, const SessionRecord& current,
                                    const v1::UpdateSessionRequest& request) const;

  const WriteContext context_;
  const WriteCalls calls_;
};

}  // namespace holter::registry
