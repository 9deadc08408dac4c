// What an owner wants to be declared, and how that differs from what is.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/error.h"
#include "holter/v1/session_service.pb.h"
#include "registry/change_set.h"
#include "registry/lease_table.h"

namespace holter::registry {

// Used by one thread at a time.
class SetPlan {
 public:
  // So many faults of a set are told; the rest is not looked for.
  static constexpr size_t kMostViolations = 100;

  SetPlan(const WriteContext& context, v1::ApplySessionsRequest request)
      : context_(context), request_(std::move(request)) {}

  // First. INVALID_ARGUMENT: what is said once, or a name, is wrong.
  absl::Status Check();

  // Meaningful after Check.
  const std::string& tenant() const { return tenant_; }
  const std::string& owner() const { return request_.owner(); }
  bool dry_run() const { return request_.dry_run(); }
  // Of the lease; zero: none.
  Duration ttl() const { return ttl_; }

  // Call when the owner's turn is held: every session that may be changed, in order.
  std::vector<std::string> Names();

  // Call when the names are held.
  absl::Status Fill(ChangeSet& changes, v1::ApplySessionsResponse& answer);

 private:
  // One session of the set, which is the request's `index`th.
  absl::Status FillOne(int index, ChangeSet& changes, v1::ApplySessionsResponse& answer);
  void FillDeleted(ChangeSet& changes, v1::ApplySessionsResponse& answer);

  const WriteContext context_;
  v1::ApplySessionsRequest request_;
  std::string tenant_;
  Duration ttl_{};
  std::set<std::string, std::less<>> wanted_;
  std::vector<std::string> unwanted_;
  std::vector<FieldViolation> violations_;
};

// The names of all sessions of an owner, in order.
std::vector<std::string> NamesOfOwner(const SessionTable& table, std::string_view tenant, std::string_view owner);

// INVALID_ARGUMENT's parts: the tenant, and how long a lease is to last.
std::string CheckOwner(const std::string& parent, const std::string& owner, std::vector<FieldViolation>& violations);
Duration CheckTtl(std::string_view field, const google::protobuf::Duration& ttl,
                  std::vector<FieldViolation>& violations);

}  // namespace holter::registry
