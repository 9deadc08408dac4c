// Whole sets of sessions: what one owner declares, and for how long.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "registry/lease_table.h"
#include "registry/session_registry.h"
#include "registry/set_plan.h"
#include "registry/write_context.h"

namespace holter::registry {

// Calls of one owner take turns; beside its turn a call holds the names of all that it may change, so that single calls
// see all of a set or nothing. Any thread; replies as WriteCalls gives them.
class SessionSets {
 public:
  explicit SessionSets(const WriteContext& context) : context_(context) {}

  void Apply(v1::ApplySessionsRequest request, SessionRegistry::ApplyReply reply) const;
  void RenewLease(const v1::RenewLeaseRequest& request, SessionRegistry::LeaseReply reply) const;
  void EndDueLeases() const;

 private:
  using Release = std::function<void()>;
  // `crowded`: too many wait already; nothing is held then, and Release is null.
  using Act = std::function<void(const std::string* crowded, const Release& release)>;

  // Takes the turn of the owner, then what `names` gives then, and runs `act`, which releases them.
  void Hold(const std::string& owner_key, std::function<std::vector<std::string>()> names, Act act) const;
  void ApplyInTurn(SetPlan& plan, const SessionRegistry::ApplyReply& reply, const Release& release) const;
  void Renew(const LeasePtr& lease, Duration ttl, const SessionRegistry::LeaseReply& reply,
             const Release& release) const;
  void End(const LeasePtr& lease) const;
  void EndInTurn(const LeasePtr& lease, const std::vector<std::string>& names, const Release& release) const;

  const WriteContext context_;
};

}  // namespace holter::registry
