#include "registry/session_sets.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "registry/refusals.h"

namespace holter::registry {
namespace {

absl::Status OwnerNotFound(const Lease& lease) {
  return MakeError(absl::StatusCode::kNotFound, "OWNER_NOT_FOUND",
                   fmt::format("the owner {} has no sessions in tenants/{}", lease.owner, lease.tenant),
                   {{"owner", lease.owner}});
}

store::Change RowOf(const Lease& lease, WallTime expire_time) {
  if (expire_time == Lease::kNoTerm) return store::DeleteLeaseChange{.tenant = lease.tenant, .owner = lease.owner};
  return store::PutLeaseChange{{.tenant = lease.tenant, .owner = lease.owner, .expire_time = expire_time}};
}

}  // namespace

void SessionSets::Hold(const std::string& owner_key, std::function<std::vector<std::string>()> names, Act act) const {
  // Before the names of sessions, so that two calls cannot wait for each other.
  const std::string turn = "owner/" + owner_key;
  context_.names->Acquire({turn}, [sequencer = context_.names, turn, names = std::move(names),
                                   act = std::move(act)](const std::string* crowded) {
    if (crowded != nullptr) return act(crowded, nullptr);
    const auto held = std::make_shared<const std::vector<std::string>>(names());
    sequencer->Acquire(*held, [sequencer, turn, held, act](const std::string* also_crowded) {
      if (also_crowded != nullptr) {
        act(also_crowded, nullptr);
        return sequencer->Release(turn);
      }
      act(nullptr, [sequencer, turn, held] {
        for (const std::string& name : *held) sequencer->Release(name);
        sequencer->Release(turn);
      });
    });
  });
}

void SessionSets::Apply(v1::ApplySessionsRequest request, SessionRegistry::ApplyReply reply) const {
  const auto plan = std::make_shared<SetPlan>(context_, std::move(request));
  if (absl::Status status = plan->Check(); !status.ok()) return reply(status);
  Hold(
      fmt::format("{}/{}", plan->tenant(), plan->owner()), [plan] { return plan->Names(); },
      [this, plan, reply = std::move(reply)](const std::string* crowded, const Release& release) {
        if (crowded != nullptr) return reply(ConcurrentChange(*crowded));
        ApplyInTurn(*plan, reply, release);
      });
}

void SessionSets::ApplyInTurn(SetPlan& plan, const SessionRegistry::ApplyReply& reply, const Release& release) const {
  const auto changes = std::make_shared<ChangeSet>(context_);
  const auto answer = std::make_shared<v1::ApplySessionsResponse>();
  absl::Status status = context_.CheckOpen();
  if (status.ok()) status = plan.Fill(*changes, *answer);
  if (status.ok() && plan.dry_run()) status = changes->Try();
  if (!status.ok() || plan.dry_run()) {
    if (status.ok()) {
      reply(std::move(*answer));
    } else {
      reply(std::move(status));
    }
    return release();
  }
  const LeasePtr lease = context_.leases->Of(plan.tenant(), plan.owner());
  const WallTime expire_time =
      plan.ttl() > Duration::zero() ? context_.lifecycle->clock().WallNow() + plan.ttl() : Lease::kNoTerm;
  std::vector<store::Change> rows;
  if (expire_time != lease->expire_time.load()) rows.push_back(RowOf(*lease, expire_time));
  // Whoever is told of a session that begins is told when it ends.
  changes->BeforePublishing([leases = context_.leases, lease, expire_time] { leases->Set(lease, expire_time); });
  ChangeSet::Commit(changes, std::move(rows), [expire_time, answer, reply, release](absl::Status committed) {
    if (committed.ok()) {
      if (expire_time != Lease::kNoTerm) {
        *answer->mutable_summary()->mutable_expire_time() = ToTimestamp(expire_time);
      }
      reply(std::move(*answer));
    } else {
      reply(std::move(committed));
    }
    release();
  });
}

void SessionSets::RenewLease(const v1::RenewLeaseRequest& request, SessionRegistry::LeaseReply reply) const {
  std::vector<FieldViolation> violations;
  const std::string tenant = CheckOwner(request.parent(), request.owner(), violations);
  const Duration ttl = CheckTtl("ttl", request.ttl(), violations);
  if (!violations.empty()) return reply(MakeInvalid(violations));
  const LeasePtr lease = context_.leases->Of(tenant, request.owner());
  Hold(
      lease->key, [] { return std::vector<std::string>(); },
      [this, lease, ttl, reply = std::move(reply)](const std::string* crowded, const Release& release) {
        if (crowded != nullptr) return reply(ConcurrentChange(*crowded));
        Renew(lease, ttl, reply, release);
      });
}

void SessionSets::Renew(const LeasePtr& lease, Duration ttl, const SessionRegistry::LeaseReply& reply,
                        const Release& release) const {
  const size_t count = NamesOfOwner(*context_.table, lease->tenant, lease->owner).size();
  absl::Status status = context_.CheckOpen();
  if (status.ok() && count == 0) status = OwnerNotFound(*lease);
  if (!status.ok()) {
    reply(std::move(status));
    return release();
  }
  const WallTime expire_time = context_.lifecycle->clock().WallNow() + ttl;
  context_.store->Commit({RowOf(*lease, expire_time)},
                         [leases = context_.leases, lease, expire_time, count, reply, release](absl::Status committed) {
                           if (committed.ok()) {
                             leases->Set(lease, expire_time);
                             v1::Lease answer;
                             answer.set_owner(lease->owner);
                             *answer.mutable_expire_time() = ToTimestamp(expire_time);
                             answer.set_sessions(static_cast<int32_t>(count));
                             reply(std::move(answer));
                           } else {
                             reply(std::move(committed));
                           }
                           release();
                         });
}

void SessionSets::EndDueLeases() const {
  for (const LeasePtr& lease : context_.leases->TakeDue()) End(lease);
}

void SessionSets::End(const LeasePtr& lease) const {
  const auto names = std::make_shared<std::vector<std::string>>();
  Hold(
      lease->key,
      [this, lease, names] {
        *names = NamesOfOwner(*context_.table, lease->tenant, lease->owner);
        return *names;
      },
      [this, lease, names](const std::string* crowded, const Release& release) {
        // When it is crowded, the next try is not far.
        if (crowded == nullptr) EndInTurn(lease, *names, release);
      });
}

void SessionSets::EndInTurn(const LeasePtr& lease, const std::vector<std::string>& names,
                            const Release& release) const {
  // It may have been renewed while this waited for its turn.
  if (!context_.CheckOpen().ok() || !context_.leases->IsEnding(*lease)) return release();
  const auto changes = std::make_shared<ChangeSet>(context_);
  for (const std::string& text : names) {
    std::optional<LiveSession> session = context_.table->FindNamed(text);
    if (session.has_value()) changes->Remove(*std::move(session));
  }
  ChangeSet::Commit(changes, {RowOf(*lease, Lease::kNoTerm)},
                    [leases = context_.leases, lease, count = changes->removed(), release](const absl::Status& status) {
                      if (status.ok()) leases->Set(lease, Lease::kNoTerm);
                      Log(status.ok() ? LogLevel::kInfo : LogLevel::kWarning, "the lease of an owner has ended",
                          {{"tenant", lease->tenant},
                           {"owner", lease->owner},
                           {"sessions", count},
                           {"deleted", status.ok() ? std::string("all") : std::string(status.message())}});
                      release();
                    });
}

}  // namespace holter::registry
