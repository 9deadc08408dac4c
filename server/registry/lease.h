// An owner of sessions, and until when they are declared.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace holter::registry {

// Shared by all sessions of the owner, so that a renewal touches none of them. Any thread.
struct Lease {
  static constexpr WallTime kNoTerm = WallTime::max();

  std::string tenant;
  std::string owner;
  std::string key;  // both
  // The only part that changes; by LeaseTable.
  mutable std::atomic<WallTime> expire_time{kNoTerm};

  Lease(std::string_view of_tenant, std::string_view of_owner)
      : tenant(of_tenant), owner(of_owner), key(tenant + "/" + owner) {}
  Lease(Lease&& other) noexcept
      : tenant(std::move(other.tenant)),
        owner(std::move(other.owner)),
        key(std::move(other.key)),
        expire_time(other.expire_time.load()) {}

  std::string_view Key() const { return key; }
};

}  // namespace holter::registry
