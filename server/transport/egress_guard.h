// Opening connections on request is a weapon. The guard judges the numeric address of every dial, after resolution, and
// the very address that was judged is dialled.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "base/operation_observer.h"
#include "base/tenant_numbers.h"
#include "transport/egress_policy.h"

namespace holter::transport {

// Any thread. Holds what may be dialled now; before SetPolicy, EgressRules' defaults for everybody.
class EgressGuard {
 public:
  // `allow_loopback`: while every listener of ours is on loopback, loopback targets are allowed. `operations` hears of
  // every verdict; it outlives the guard.
  explicit EgressGuard(bool allow_loopback, OperationObserver& operations = NullOperationObserver());
  // Allows everything: for a program whose user could dial anything anyway.
  static std::unique_ptr<EgressGuard> Open();

  // What is dialled from now on is judged by it; open connections stay. `tenants` gives the numbers of targets.
  void SetPolicy(EgressPolicy policy, TenantNumbers& tenants) ABSL_LOCKS_EXCLUDED(mutex_);

  // PERMISSION_DENIED, EGRESS_DENIED, metadata `rule`: the word of what denied it. The message names the address and
  // its range only when the target's host is that address: what a name leads to is not for everybody to know.
  absl::Status Check(const EgressTarget& target, const boost::asio::ip::address& address) const
      ABSL_LOCKS_EXCLUDED(mutex_);
  // The same for a URL that is about to be declared, as far as it can be told without resolving: its host is an
  // address. Not counted. Every dial is judged all the same.
  absl::Status CheckDeclared(uint32_t tenant, std::string_view url) const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Rules {
    EgressRules everyone;
    std::unordered_map<uint32_t, EgressRules> tenants;
  };

  struct Ruling {
    EgressVerdict verdict;
    bool reported = false;  // would be denied, but is only told of

    bool allowed() const { return verdict.allowed || reported; }
  };
  Ruling Rule(const EgressTarget& target, const boost::asio::ip::address& address) const ABSL_LOCKS_EXCLUDED(mutex_);

  const bool allow_loopback_;
  OperationObserver& operations_;
  mutable absl::Mutex mutex_;  // leaf
  std::shared_ptr<const Rules> rules_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace holter::transport
