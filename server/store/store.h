// Where declarations are kept, and what belongs to them: answers to requests that may come again, leases of owners.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/operation_observer.h"

namespace holter::store {

// One declared session as it is stored. `declaration` is opaque here (a serialised holter.v1.Session without status).
struct StoredSession {
  std::string name;  // primary key
  std::string declaration;
};

// How one request that carried a request_id was answered. `fingerprint` and `answer` are opaque here.
struct StoredRequest {
  std::string tenant;  // primary key, with
  std::string id;      // the request_id
  std::string method;
  std::string fingerprint;
  std::string answer;
  WallTime time{};
};

// Until when the sessions of an owner are declared. The store does nothing by itself when that time comes.
struct StoredLease {
  std::string tenant;  // primary key, with
  std::string owner;
  WallTime expire_time{};
};

struct PutChange {
  StoredSession session;  // inserts or replaces
};
struct DeleteChange {
  std::string name;  // of a session that may or may not be there
};
struct PutRequestChange {
  StoredRequest request;  // inserts or replaces
};
struct DeleteRequestChange {
  std::string tenant;
  std::string id;  // of a request that may or may not be there
};
struct PutLeaseChange {
  StoredLease lease;  // inserts or replaces
};
struct DeleteLeaseChange {
  std::string tenant;
  std::string owner;  // of a lease that may or may not be there
};
using Change =
    std::variant<PutChange, DeleteChange, PutRequestChange, DeleteRequestChange, PutLeaseChange, DeleteLeaseChange>;

// Implementations are thread-safe.
class Store {
 public:
  // Called once for a batch, on the store's own thread. OK: the batch is on disk, synced. Else: nothing of it is,
  // unless the sync itself failed: then all of it or nothing is found at the next start, and no later batch is taken.
  using Done = std::function<void(absl::Status)>;

  // Drains what was handed in, joins the store's thread. Every Done has been called afterwards.
  virtual ~Store() = default;

  // Every session, in the order of names. Called once, before the first Commit. DATA_LOSS with a message for the
  // operator when the store is damaged.
  virtual absl::StatusOr<std::vector<StoredSession>> Load() = 0;
  // Every answered request, the oldest first. As Load, which comes before it.
  virtual absl::StatusOr<std::vector<StoredRequest>> LoadRequests() = 0;
  // Every lease, in the order of tenants and owners. As Load, which comes before it.
  virtual absl::StatusOr<std::vector<StoredLease>> LoadLeases() = 0;

  // Hands in a batch that is committed whole or not at all, in the order of calls; batches of many callers share a
  // sync. Never blocks on the disk. RESOURCE_EXHAUSTED, STORE_FULL: the disk is full; a later commit may succeed.
  virtual void Commit(std::vector<Change> changes, Done done) = 0;
};

// In `data_dir` (made if it is not there, mode 0700), locked against a second daemon. DATA_LOSS: damaged, and refused;
// FAILED_PRECONDITION: in use, or made by a newer version.
absl::StatusOr<std::unique_ptr<Store>> OpenSqliteStore(const std::string& data_dir, OperationObserver& operations);

// Forgets everything; for --store=memory and tests.
std::unique_ptr<Store> MakeMemoryStore();

}  // namespace holter::store
