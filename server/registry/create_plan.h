// One session that a caller wants created, alone or as one of many.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/error.h"
#include "base/session_name.h"
#include "holter/v1/session_service.pb.h"
#include "registry/change_set.h"

namespace holter::registry {

// Used by one thread at a time.
class CreatePlan {
 public:
  // `parent` is that of the call, whatever the request says. Paths of violations begin with `prefix` ("requests[3].").
  CreatePlan(const v1::CreateSessionRequest& request, const std::string& parent, std::string prefix);

  // Meaningful if there are no violations.
  const SessionName& name() const { return name_; }
  // What is wrong with the name. The caller may add what it has found itself.
  std::vector<FieldViolation>& violations() { return violations_; }

  // INVALID_ARGUMENT lists the violations, and those of the declaration.
  absl::StatusOr<Declaration> Compile(const WriteContext& context) const;

  // Call when the name is held, with what Compile gave. `is_trial`: the answer shows nothing that only a real creation
  // gives. ALREADY_EXISTS.
  absl::Status Fill(const WriteContext& context, Declaration declaration, bool is_trial, ChangeSet& changes,
                    v1::Session& answer) const;

 private:
  SessionName name_;
  v1::Session session_;
  std::string prefix_;
  std::vector<FieldViolation> violations_;
};

}  // namespace holter::registry
